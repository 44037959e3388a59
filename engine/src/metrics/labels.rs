//! Which services and methods may be labels.
//!
//! Callers choose these names, and a series lives as long as Envoy. So a name is shown only when it stands in the configuration, or when
//! the provider answered a call to it with a value or null, which proves that it exists; the rest is [`OTHER`]. Until a pair of names is
//! proven it is a candidate: they are few, and a new one takes the place of the oldest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hasher};

/// Service and method of a call, as metrics know them; kept with the call until it ends. The default is `_other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallLabel {
    entry: u32,
    /// An entry whose generation has moved on belongs to other names by now.
    generation: u32,
}

/// Numbers the pairs of labels that are shown; 0 is `_other` and `_other`.
pub(super) type Shown = usize;

/// The label of what is not shown.
pub(super) const OTHER: &str = "_other";

/// All names met, within bounds.
#[derive(Debug)]
pub(super) struct Labels {
    seed: u64,
    services: BTreeSet<String>,
    methods: BTreeSet<String>,
    entries: Vec<Entry>,
    by_hash: BTreeMap<u64, u32>,
    /// Entries that are not proven, the oldest first.
    candidates: VecDeque<u32>,
    /// The entry of the last call: most calls are like the one before.
    last: u32,
    pairs: Vec<(String, String)>,
    by_pair: BTreeMap<(String, String), Shown>,
}

/// A service and a method, as called.
#[derive(Debug, Default)]
struct Entry {
    hash: u64,
    service: String,
    method: String,
    generation: u32,
    shown: Shown,
    /// Nothing more to learn: the provider has answered it.
    proven: bool,
}

impl Labels {
    /// `seed` keeps callers from choosing names that collide.
    pub(super) fn new(seed: u64) -> Labels {
        let mut labels = Labels {
            seed,
            services: BTreeSet::new(),
            methods: BTreeSet::new(),
            entries: vec![Entry {
                proven: true,
                ..Entry::default()
            }],
            by_hash: BTreeMap::new(),
            candidates: VecDeque::new(),
            last: 0,
            pairs: Vec::new(),
            by_pair: BTreeMap::new(),
        };
        labels.show(OTHER, OTHER);
        labels
    }

    pub(super) fn know_service(&mut self, service: &str) {
        self.services.insert(service.to_owned());
    }

    pub(super) fn know_method(&mut self, method: &str) {
        self.methods.insert(method.to_owned());
    }

    /// The label of a call to these names.
    pub(super) fn label(&mut self, service: &str, method: &str) -> CallLabel {
        if !self.is(self.last, service, method) {
            self.last = self.find(service, method);
        }
        let generation = self
            .entries
            .get(self.last as usize)
            .map_or(0, |entry| entry.generation);
        CallLabel {
            entry: self.last,
            generation,
        }
    }

    /// What is shown for a call; `proven` when the provider answered it with a value or null.
    pub(super) fn shown(&mut self, label: CallLabel, proven: bool) -> Shown {
        let Some(entry) = self
            .entries
            .get_mut(label.entry as usize)
            .filter(|e| e.generation == label.generation)
        else {
            return 0;
        };
        if !proven || entry.proven {
            return entry.shown;
        }
        entry.proven = true;
        let (before, service, method) = (entry.shown, entry.service.clone(), entry.method.clone());
        self.candidates
            .retain(|&candidate| candidate != label.entry);
        let shown = self.show(&service, &method).unwrap_or(before);
        if let Some(entry) = self.entries.get_mut(label.entry as usize) {
            entry.shown = shown;
        }
        shown
    }

    /// The labels of a pair.
    pub(super) fn pair(&self, shown: Shown) -> (&str, &str) {
        self.pairs
            .get(shown)
            .map_or((OTHER, OTHER), |(service, method)| (service, method))
    }

    fn is(&self, entry: u32, service: &str, method: &str) -> bool {
        self.entries
            .get(entry as usize)
            .is_some_and(|entry| entry.service == service && entry.method == method)
    }

    fn find(&mut self, service: &str, method: &str) -> u32 {
        let hash = self.hash(service, method);
        match self.by_hash.get(&hash) {
            Some(&entry) if self.is(entry, service, method) => entry,
            Some(_) => 0,
            None if service.len() + method.len() > MAX_NAME => 0,
            None => self.add_candidate(hash, service, method),
        }
    }

    fn add_candidate(&mut self, hash: u64, service: &str, method: &str) -> u32 {
        let Some(place) = self.make_room() else {
            return 0;
        };
        let shown_service = if self.services.contains(service) {
            service
        } else {
            OTHER
        };
        let shown_method = if self.methods.contains(method) {
            method
        } else {
            OTHER
        };
        let shown = self.show(shown_service, shown_method).unwrap_or_default();
        if let Some(entry) = self.entries.get_mut(place as usize) {
            self.by_hash.remove(&entry.hash);
            *entry = Entry {
                hash,
                service: service.to_owned(),
                method: method.to_owned(),
                generation: entry.generation.wrapping_add(1),
                shown,
                proven: false,
            };
            self.by_hash.insert(hash, place);
            self.candidates.push_back(place);
        }
        place
    }

    /// A new place, or that of the oldest candidate.
    fn make_room(&mut self) -> Option<u32> {
        if self.candidates.len() >= MAX_CANDIDATES || self.entries.len() >= MAX_ENTRIES {
            return self.candidates.pop_front();
        }
        self.entries.push(Entry::default());
        u32::try_from(self.entries.len() - 1).ok()
    }

    /// The number of a pair of labels; `None` when there are too many.
    fn show(&mut self, service: &str, method: &str) -> Option<Shown> {
        let pair = (service.to_owned(), method.to_owned());
        if let Some(&shown) = self.by_pair.get(&pair) {
            return Some(shown);
        }
        if self.pairs.len() >= MAX_PAIRS {
            return None;
        }
        self.pairs.push(pair.clone());
        self.by_pair.insert(pair, self.pairs.len() - 1);
        Some(self.pairs.len() - 1)
    }

    fn hash(&self, service: &str, method: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write(service.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(method.as_bytes());
        hasher.finish()
    }
}

/// Pairs of labels in one VM. Envoy takes about 600 bytes a series, and a pair has two or three.
const MAX_PAIRS: usize = 1000;
/// Remembered calls, proven or not.
const MAX_ENTRIES: usize = MAX_PAIRS + MAX_CANDIDATES;
/// Calls to names that do not exist and come between a first call and its answer; more than these delay the label.
const MAX_CANDIDATES: usize = 256;
/// Longer names are not remembered.
const MAX_NAME: usize = 512;
