//! Which VMs count for a policy: each owns a cell, and says every now and then that it is there.
//!
//! ```text
//! dubbo-policy/1/cells   "dpc" | format 1 | cell*
//! cell                   policy 8 | nonce 8 | last said, on the monotonic clock 8
//! ```
//!
//! How many there are decides how much a VM takes at once. And what a VM holds in flight is given back by others when it is
//! gone, for it cannot do so itself: a trap takes it without a word.

use crate::shared::{SetError, SharedData, StoreError};
use crate::time::Nanos;

/// The cells of a policy, as one of its VMs knows them.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    policy: u64,
    nonce: u64,
    /// When this VM last said that it is there, and saw who else is.
    said: Option<Nanos>,
    /// The nonces of the policy's VMs at that time.
    seen: Vec<u64>,
}

/// One VM for one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    policy: u64,
    nonce: u64,
    last: Nanos,
}

impl Cells {
    /// No cell yet: it is made by the first tick or call, never while a configuration is read.
    pub(super) fn new(policy: u64, nonce: u64) -> Cells {
        Cells {
            policy,
            nonce,
            said: None,
            seen: Vec::new(),
        }
    }

    pub(super) fn nonce(&self) -> u64 {
        self.nonce
    }

    /// The number of VMs that count for the policy, this one among them.
    pub(super) fn live(&self) -> u64 {
        (self.seen.len() as u64).max(1)
    }

    /// Whether others can rely on it that this VM is there: whatever it takes they would give back otherwise.
    pub(super) fn is_known(&self, now: Nanos) -> bool {
        self.said.is_some_and(|said| now - said < SAFE)
    }

    /// Whether the VM that took something `at` a time is no longer there.
    ///
    /// A VM makes its cell before it takes anything, so whoever is missing a good while after that is gone. The while is
    /// for a VM that was held up between the reading of its clock and the making of its cell.
    pub(super) fn is_gone(&self, nonce: u64, at: Nanos) -> bool {
        let Some(said) = self.said else { return false };
        nonce != self.nonce && said - at >= SILENT && !self.seen.contains(&nonce)
    }

    /// Says that this VM is there, if it has said nothing for `pause`, and drops the cells of those that are not. Answers
    /// whether others have taken this one for gone in the meantime.
    pub(super) fn say(
        &mut self,
        store: &mut dyn SharedData,
        now: Nanos,
        pause: Nanos,
    ) -> Result<bool, StoreError> {
        if self.said.is_some_and(|said| now - said < pause) {
            return Ok(false);
        }
        for _ in 0..TRIES {
            let (cells, cas) = match store.get(NAME)? {
                Some(found) => (decode(&found.value)?, Some(found.cas)),
                None => (Vec::new(), None),
            };
            let known = cells.iter().any(|cell| cell.nonce == self.nonce);
            let mut cells: Vec<Cell> = cells
                .into_iter()
                .filter(|cell| cell.nonce != self.nonce && now - cell.last < SILENT)
                .collect();
            if cells.len() >= MOST {
                return Err(StoreError);
            }
            cells.push(Cell {
                policy: self.policy,
                nonce: self.nonce,
                last: now,
            });
            match store.set(NAME, &encode(&cells), cas) {
                Ok(()) => {
                    let ours = cells.iter().filter(|cell| cell.policy == self.policy);
                    self.seen = ours.map(|cell| cell.nonce).collect();
                    let lost = self.said.replace(now).is_some() && !known;
                    return Ok(lost);
                }
                Err(SetError::CasMismatch) => {}
                Err(SetError::Failed) => return Err(StoreError),
            }
        }
        Err(StoreError)
    }
}

fn encode(cells: &[Cell]) -> Vec<u8> {
    let mut value = FORMAT.to_vec();
    for cell in cells {
        for number in [cell.policy, cell.nonce, cell.last.0] {
            value.extend_from_slice(&number.to_le_bytes());
        }
    }
    value
}

fn decode(value: &[u8]) -> Result<Vec<Cell>, StoreError> {
    let numbers = value.strip_prefix(&FORMAT).ok_or(StoreError)?;
    let (cells, rest) = numbers.as_chunks::<{ 3 * size_of::<u64>() }>();
    if !rest.is_empty() {
        return Err(StoreError);
    }
    let cell = |bytes: &[u8]| match bytes.as_chunks() {
        ([policy, nonce, last], []) => Some(Cell {
            policy: u64::from_le_bytes(*policy),
            nonce: u64::from_le_bytes(*nonce),
            last: Nanos(u64::from_le_bytes(*last)),
        }),
        _ => None,
    };
    let cells = cells.iter().map(|bytes| cell(bytes));
    cells.collect::<Option<Vec<Cell>>>().ok_or(StoreError)
}

/// Who says nothing for so long is gone.
const SILENT: Nanos = Nanos::from_secs(5);

/// And who has said something for less than this can be sure not to be taken for gone, though clocks are read a bit early.
const SAFE: Nanos = Nanos::from_secs(4);

/// Cells of one process: far more than it has threads and policies.
const MOST: usize = 4096;

const TRIES: usize = 256;

const NAME: &str = "dubbo-policy/1/cells";

const FORMAT: [u8; 4] = *b"dpc\x01";
