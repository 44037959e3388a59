//! Charging a call to its quotas, all or nothing.

use super::bucket::{Bucket, Receipt};
use super::key::Key;
use super::limit::{Kind, Quota};
use super::table::Place;
use crate::shared::{SetError, SharedData, StoreError};
use crate::time::Now;

/// What a call takes from one quota.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'q> {
    /// The quota.
    pub quota: &'q Quota,
    /// Whose counters, made for the same kind.
    pub key: Key,
    /// What is limited: the quota's own limit, or the override's.
    pub kind: &'q Kind,
    /// How much.
    pub amount: u64,
    /// Whether nothing will tell when the call ends.
    pub one_way: bool,
}

/// A charge that could not be made. No other charge of the call was made either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Which of the charges, by its place.
    pub index: usize,
    /// Why.
    pub why: Why,
}

/// Why a charge could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The limit is reached.
    Limited,
    /// Shared data failed, and nothing is granted without it.
    Unavailable,
}

/// Charges all of `charges`, or none of them.
///
/// All are tried on copies of their buckets first, so most refusals write nothing. Then the copies are written, one
/// compare-and-set a bucket. Where another VM was faster, that bucket's charges are tried anew; where they no longer fit,
/// what was written before is taken back. In between it is counted although the call will not go on, so others may be
/// refused what is free a moment later, but nobody is granted what is not.
pub(super) fn charge_all(
    store: &mut dyn SharedData,
    now: Now,
    charges: &[Charge<'_>],
) -> Result<(), Refused> {
    let mut drafts: Vec<Draft<'_>> = Vec::with_capacity(charges.len());
    for (index, charge) in charges.iter().enumerate() {
        if charge.amount > charge.kind.limit() {
            return Err(Why::Limited.at(index));
        }
        let place = Place::of(charge.key, charge.quota.max_keys);
        match drafts.iter_mut().find(|draft| draft.place == place) {
            Some(draft) => draft.charge(index, charge)?,
            None => {
                let mut draft = Draft::read(store, now, place, index)?;
                draft.charge(index, charge)?;
                drafts.push(draft);
            }
        }
    }
    write_all(store, now, &mut drafts)
}

fn write_all(
    store: &mut dyn SharedData,
    now: Now,
    drafts: &mut [Draft<'_>],
) -> Result<(), Refused> {
    let Some((draft, rest)) = drafts.split_first_mut() else {
        return Ok(());
    };
    draft.write(store, now)?;
    write_all(store, now, rest).inspect_err(|_| draft.undo(store))
}

/// A bucket as it will be when its part of the charges is made.
struct Draft<'c> {
    place: Place,
    name: String,
    /// The version that it replaces.
    cas: Option<u32>,
    bucket: Bucket,
    made: Vec<Made<'c>>,
}

struct Made<'c> {
    index: usize,
    charge: &'c Charge<'c>,
    receipt: Receipt,
}

impl<'c> Draft<'c> {
    /// Opens the bucket for the charge at `index`.
    fn read(
        store: &mut dyn SharedData,
        now: Now,
        place: Place,
        index: usize,
    ) -> Result<Draft<'c>, Refused> {
        let name = place.name();
        let (mut bucket, cas) = match read(store, &name) {
            Ok(Some((bucket, cas))) => (bucket, Some(cas)),
            Ok(None) => (Bucket::new(now), None),
            Err(StoreError) => return Err(Why::Unavailable.at(index)),
        };
        bucket.roll(now);
        Ok(Draft {
            place,
            name,
            cas,
            bucket,
            made: Vec::with_capacity(1),
        })
    }

    fn charge(&mut self, index: usize, charge: &'c Charge<'c>) -> Result<(), Refused> {
        let receipt = self.bucket.charge(charge);
        let receipt = receipt.ok_or(Why::Limited.at(index))?;
        self.made.push(Made {
            index,
            charge,
            receipt,
        });
        Ok(())
    }

    fn write(&mut self, store: &mut dyn SharedData, now: Now) -> Result<(), Refused> {
        let first = self.made.first().map_or(0, |made| made.index);
        for _ in 0..TRIES {
            match store.set(&self.name, &self.bucket.encode(), self.cas) {
                Ok(()) => return Ok(()),
                Err(SetError::Failed) => break,
                Err(SetError::CasMismatch) => {
                    let mut anew = Draft::read(store, now, self.place, first)?;
                    for made in &self.made {
                        anew.charge(made.index, made.charge)?;
                    }
                    *self = anew;
                }
            }
        }
        Err(Why::Unavailable.at(first))
    }

    /// Takes back what was written. Where that fails, it stays counted until its window ends.
    fn undo(&self, store: &mut dyn SharedData) {
        for _ in 0..TRIES {
            let Ok(Some((mut bucket, cas))) = read(store, &self.name) else {
                return;
            };
            for made in &self.made {
                bucket.take_back(&made.receipt);
            }
            if store.set(&self.name, &bucket.encode(), Some(cas)) != Err(SetError::CasMismatch) {
                return;
            }
        }
    }
}

fn read(store: &mut dyn SharedData, name: &str) -> Result<Option<(Bucket, u32)>, StoreError> {
    match store.get(name)? {
        Some(found) => Ok(Some((Bucket::decode(&found.value)?, found.cas))),
        None => Ok(None),
    }
}

impl Why {
    fn at(self, index: usize) -> Refused {
        Refused { index, why: self }
    }
}

/// So often a compare-and-set may fail. Where n workers do nothing but charge one key, one of n succeeds at a time: with 32
/// of them, one call in 3,000 is unavailable, after some 0.3 ms.
const TRIES: usize = 256;
