//! Reads calls, and remembers what those said that came before. Callers repeat themselves: to see that a call says what an
//! earlier one said costs a fifth of reading it.

use std::borrow::Cow;
use std::rc::Rc;

use dubbo::outline::{self, Outline};
use dubbo::{Call, CallError, CallErrorKind, Carried, Limits, Serialization};

use super::facts::{Facts, mix};
use crate::policy::{Policy, Treatment};

/// A call that was read, or that passes unread.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// What it says but for its arguments.
    pub(crate) facts: Rc<Facts>,
    /// What its arguments say.
    pub(crate) arguments: Arguments,
}

/// What the arguments of one call say: they are its own, whatever it shares with others.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    /// A class whose definition is none that its reader knows, if the policy does not let it.
    pub(super) altered: Option<Box<str>>,
    /// The classes that the provider loads; `None` if the policy does not look at them, or they were not read.
    pub(super) classes: Option<Vec<Cow<'static, str>>>,
}

impl Arguments {
    fn of(carried: &Carried<'_>, policy: &Policy) -> Result<Arguments, CallError> {
        let altered = carried
            .altered()
            .map(|name| name.to_str_lossy())
            .find(|name| !policy.unchecked_classes.iter().any(|class| class == name));
        let classes = match policy.looks_at_classes {
            true => Some(class_names(carried)?),
            false => None,
        };
        Ok(Arguments {
            altered: altered.map(Box::from),
            classes,
        })
    }
}

fn class_names(carried: &Carried<'_>) -> Result<Vec<Cow<'static, str>>, CallError> {
    let names = carried.classes()?;
    let own = |name: dubbo::Text<'_>| match name.into_str() {
        Ok(name) => Ok(Cow::Owned(name.into_owned())),
        Err(_) => Err(CallError {
            kind: CallErrorKind::LoneSurrogate,
            field: "classes",
            offset: 0,
        }),
    };
    names.into_iter().map(own).collect()
}

/// The facts of the calls that came before.
#[derive(Debug)]
pub(crate) struct Memory {
    /// A call's place is decided by its names.
    places: Vec<Option<Remembered>>,
    /// What is remembered holds for this version of the policy's lists.
    lists_version: u64,
    seed: u64,
}

#[derive(Debug)]
struct Remembered {
    serialization: Serialization,
    outline: Outline,
    facts: Rc<Facts>,
}

/// How many calls are remembered.
const PLACES: usize = 64;
/// Longer ones are not.
const LONGEST: usize = 4096;

impl Memory {
    /// Nothing remembered. With a `seed` that callers do not know they cannot make others' calls slow.
    pub(crate) fn new(seed: u64) -> Memory {
        Memory {
            places: Vec::new(),
            lists_version: 0,
            seed,
        }
    }

    /// Forgets everything: facts depend on the policy.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }

    /// Reads the body of a call, as far as the policy wants it read.
    ///
    /// # Errors
    ///
    /// What [`Call::parse`] and [`Carried::classes`] say, and serializations that the policy denies.
    pub(super) fn read(
        &mut self,
        body: &[u8],
        serialization: Serialization,
        policy: &Policy,
    ) -> Result<Read, CallError> {
        match policy.serializations.treatment(serialization) {
            Treatment::Check => self.check(body, serialization, policy),
            Treatment::Pass => Ok(Read::default()),
            Treatment::Deny => Err(CallError {
                kind: CallErrorKind::UnsupportedSerialization,
                field: "body",
                offset: 0,
            }),
        }
    }

    fn check(
        &mut self,
        body: &[u8],
        serialization: Serialization,
        policy: &Policy,
    ) -> Result<Read, CallError> {
        let limits = Limits::default();
        if self.lists_version != policy.lists_version() {
            self.clear();
            self.lists_version = policy.lists_version();
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        let at = self.place(outline::names(body, serialization));
        if let Some(Some(known)) = self.places.get(at)
            && known.serialization == serialization
            && let Some(carried) = known.outline.fits(body, limits)
        {
            return Ok(Read {
                facts: Rc::clone(&known.facts),
                arguments: Arguments::of(&carried, policy)?,
            });
        }
        let call = Call::parse(body, serialization, limits)?;
        let arguments = Arguments::of(&call.carried(), policy)?;
        let facts = Rc::new(Facts::of(&call, policy));
        if let Some(outline) = Outline::of(&call).filter(|outline| outline.len() <= LONGEST)
            && let Some(place) = self.places.get_mut(at)
        {
            *place = Some(Remembered {
                serialization,
                outline,
                facts: Rc::clone(&facts),
            });
        }
        Ok(Read { facts, arguments })
    }

    fn place(&self, names: &[u8]) -> usize {
        let (words, rest) = names.as_chunks::<8>();
        let mut hash = self.seed;
        for word in words {
            hash = mix(hash ^ u64::from_le_bytes(*word));
        }
        for byte in rest {
            hash = mix(hash ^ u64::from(*byte));
        }
        usize::try_from(hash % PLACES as u64).unwrap_or_default()
    }
}
