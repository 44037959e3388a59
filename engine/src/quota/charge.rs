//! Charging a call to its quotas, all or nothing.

use super::books::Books;
use super::bucket::{Ask, Bucket, Receipt};
use super::cells::Cells;
use super::hold::Hold;
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

/// What a VM knows of a charge without a look at shared data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It has taken enough before.
    Enough,
    /// There was not enough a moment ago.
    Refuse,
    /// Shared data has to be asked.
    Ask,
}

/// Charges all of `charges`, or none of them: without a look at shared data where this VM has enough of each, or knows that
/// there is not.
pub(super) fn charge_all(
    books: &mut Books,
    store: &mut dyn SharedData,
    now: Now,
    charges: &[Charge<'_>],
) -> Result<Vec<Hold>, Refused> {
    books.settle(now);
    let mut ask = false;
    for (index, charge) in charges.iter().enumerate() {
        if charge.amount > charge.kind.limit() {
            return Err(Why::Limited.at(index));
        }
        match books.look(charge, now) {
            Look::Enough => {}
            Look::Refuse => return Err(Why::Limited.at(index)),
            Look::Ask => ask = true,
        }
    }
    if !ask && let Some(holds) = books.spend_all(charges, now) {
        return Ok(holds);
    }
    ask_all(books, store, now, charges)
}

/// Takes from shared data what this VM has not enough of.
///
/// All is tried on copies of the buckets first, so that most refusals write nothing. Then the copies are written, one
/// compare-and-set a bucket. Where another VM was faster, that bucket is tried anew; where there is no longer enough, what
/// was written before is taken back. In between it is counted although the call will not go on, so others may be refused
/// what is free a moment later, but nobody is granted what is not.
fn ask_all(
    books: &mut Books,
    store: &mut dyn SharedData,
    now: Now,
    charges: &[Charge<'_>],
) -> Result<Vec<Hold>, Refused> {
    books.announce(store, now);
    let needs = Need::all(charges);
    let mut drafts: Vec<Draft<'_>> = Vec::with_capacity(needs.len());
    for need in &needs {
        let charge = &need.charge;
        if books.look(charge, now) == Look::Enough {
            continue;
        }
        if !books.may_ask(charge, now) {
            return Err(Why::Unavailable.at(need.index));
        }
        let place = Place::of(charge.key, charge.quota.max_keys);
        let tried = match drafts.iter_mut().find(|draft| draft.place == place) {
            Some(draft) => draft.take(need, books),
            None => Draft::read(store, now, place, &books.cells).and_then(|mut draft| {
                let taken = draft.take(need, books);
                drafts.push(draft);
                taken
            }),
        };
        tried.map_err(|failure| refuse(books, now, need, failure))?;
    }
    write_all(books, store, now, &mut drafts)?;
    Ok(books.spend_asked(&needs, &drafts, now))
}

fn write_all(
    books: &mut Books,
    store: &mut dyn SharedData,
    now: Now,
    drafts: &mut [Draft<'_>],
) -> Result<(), Refused> {
    let Some((draft, rest)) = drafts.split_first_mut() else {
        return Ok(());
    };
    if let Err((need, failure)) = draft.write(store, now, books) {
        if matches!(failure, Failure::Store) {
            books.doubt(draft);
        }
        return Err(refuse(books, now, need, failure));
    }
    write_all(books, store, now, rest).inspect_err(|_| {
        draft.undo(store, books.cells.nonce());
        books.doubt(draft);
    })
}

fn refuse(books: &mut Books, now: Now, need: &Need<'_>, failure: Failure) -> Refused {
    match failure {
        Failure::Short(room) => {
            books.short(&need.charge, now, room);
            Why::Limited.at(need.index)
        }
        Failure::Store => Why::Unavailable.at(need.index),
    }
}

/// What is needed of one key: the sum of its charges.
pub(super) struct Need<'c> {
    /// The last of the charges, by its place.
    index: usize,
    pub(super) charge: Charge<'c>,
}

impl<'c> Need<'c> {
    fn all(charges: &[Charge<'c>]) -> Vec<Need<'c>> {
        let mut needs: Vec<Need<'c>> = Vec::with_capacity(charges.len());
        for (index, charge) in charges.iter().enumerate() {
            let known = needs.iter_mut().find(|need| need.charge.key == charge.key);
            match known {
                Some(need) => {
                    need.index = index;
                    need.charge.amount = need.charge.amount.saturating_add(charge.amount);
                }
                None => needs.push(Need {
                    index,
                    charge: *charge,
                }),
            }
        }
        needs
    }
}

/// Why something was not taken.
enum Failure {
    /// There is only so much.
    Short(u64),
    Store,
}

/// A bucket as it will be when its part is taken.
pub(super) struct Draft<'c> {
    place: Place,
    name: String,
    /// The version that it replaces.
    cas: Option<u32>,
    bucket: Bucket,
    pub(super) taken: Vec<Taken<'c>>,
}

/// What a draft takes for one key.
#[derive(Clone, Copy)]
pub(super) struct Taken<'c> {
    need: &'c Need<'c>,
    pub(super) ask: Ask<'c>,
    pub(super) receipt: Receipt,
}

impl<'c> Draft<'c> {
    fn read(
        store: &mut dyn SharedData,
        now: Now,
        place: Place,
        cells: &Cells,
    ) -> Result<Draft<'c>, Failure> {
        let name = place.name();
        let (bucket, cas) = read(store, &name, now, cells).map_err(|_| Failure::Store)?;
        Ok(Draft {
            place,
            name,
            cas,
            bucket,
            taken: Vec::with_capacity(1),
        })
    }

    fn take(&mut self, need: &'c Need<'c>, books: &Books) -> Result<(), Failure> {
        let ask = books.ask(&need.charge, self.bucket.now());
        let receipt = self.bucket.take(&ask, books.cells.nonce());
        let receipt = receipt.map_err(Failure::Short)?;
        self.taken.push(Taken { need, ask, receipt });
        Ok(())
    }

    fn write(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        books: &Books,
    ) -> Result<(), (&'c Need<'c>, Failure)> {
        let Some(first) = self.taken.first().map(|taken| taken.need) else {
            return Ok(());
        };
        for _ in 0..TRIES {
            match store.set(&self.name, &self.bucket.encode(), self.cas) {
                Ok(()) => return Ok(()),
                Err(SetError::Failed) => break,
                Err(SetError::CasMismatch) => {
                    let anew = Draft::read(store, now, self.place, &books.cells);
                    let mut anew = anew.map_err(|failure| (first, failure))?;
                    for taken in &self.taken {
                        let tried = anew.take(taken.need, books);
                        tried.map_err(|failure| (taken.need, failure))?;
                    }
                    *self = anew;
                }
            }
        }
        Err((first, Failure::Store))
    }

    /// Takes back what was written. Where that fails, what was taken of a rate stays counted until its window ends, and
    /// what was taken of what may be in flight until the next tick.
    fn undo(&self, store: &mut dyn SharedData, nonce: u64) {
        change(store, &self.name, |bucket| {
            for taken in &self.taken {
                bucket.undo(&taken.ask, &taken.receipt, nonce);
            }
        });
    }
}

/// Changes a bucket that exists. Whether it was written.
pub(super) fn change(store: &mut dyn SharedData, name: &str, change: impl Fn(&mut Bucket)) -> bool {
    for _ in 0..TRIES {
        let Ok(Some(found)) = store.get(name) else {
            return false;
        };
        let Ok(mut bucket) = Bucket::decode(&found.value) else {
            return false;
        };
        change(&mut bucket);
        match store.set(name, &bucket.encode(), Some(found.cas)) {
            Ok(()) => return true,
            Err(SetError::Failed) => return false,
            Err(SetError::CasMismatch) => {}
        }
    }
    false
}

fn read(
    store: &mut dyn SharedData,
    name: &str,
    now: Now,
    cells: &Cells,
) -> Result<(Bucket, Option<u32>), StoreError> {
    let (mut bucket, cas) = match store.get(name)? {
        Some(found) => (Bucket::decode(&found.value)?, Some(found.cas)),
        None => (Bucket::new(now), None),
    };
    bucket.roll(now, cells);
    Ok((bucket, cas))
}

impl Why {
    fn at(self, index: usize) -> Refused {
        Refused { index, why: self }
    }
}

/// So often a compare-and-set may fail. Where n workers do nothing but charge one key, one of n succeeds at a time: with 32
/// of them, one call in 3,000 is unavailable, after some 0.3 ms.
const TRIES: usize = 256;
