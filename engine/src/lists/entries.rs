//! What is in a list, compiled.

use core::fmt;
use std::borrow::Cow;

use super::ips::{IpSet, parse_net};
use super::regexes::{self, RegexSet};
use super::strings::StringSet;
use crate::attributes::Value;

/// `type`, and `ignore_case` where it means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Whole strings.
    String {
        /// ASCII letters of either case are the same.
        ignore_case: bool,
    },
    /// Addresses and networks.
    Ip,
    /// Expressions that match whole strings.
    Regex {
        /// ASCII letters of either case are the same.
        ignore_case: bool,
    },
}

/// Entries of one kind. Strings and addresses are kept as the bytes that other VMs are sent, so there is nothing to
/// build when these arrive.
#[derive(Debug, Clone)]
pub enum Entries {
    /// Whole strings.
    Strings(StringSet),
    /// Addresses and networks.
    Ips(IpSet),
    /// Expressions.
    Regexes(RegexSet),
}

impl Entries {
    /// Whether the value is an entry, or of one.
    pub fn contains(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Entries::Strings(set), Value::Text(text)) => set.contains(text),
            (Entries::Regexes(set), Value::Text(text)) => set.contains(text),
            (Entries::Ips(set), Value::Ip(ip)) => set.contains(ip),
            _ => false,
        }
    }

    /// No entries.
    pub(crate) fn none(kind: Kind) -> Entries {
        match kind {
            Kind::String { ignore_case } => {
                Entries::Strings(StringSet::new(core::iter::empty(), ignore_case))
            }
            Kind::Ip => Entries::Ips(IpSet::new(core::iter::empty())),
            Kind::Regex { .. } => Entries::Regexes(RegexSet::new(core::iter::empty())),
        }
    }

    /// The same in every VM, for [`Entries::from_bytes`].
    pub fn bytes(&self) -> &[u8] {
        match self {
            Entries::Strings(set) => set.bytes(),
            Entries::Ips(set) => set.bytes(),
            Entries::Regexes(set) => set.bytes(),
        }
    }

    /// What [`Entries::bytes`] gave for entries of this kind; `None` for what cannot have come from there.
    pub fn from_bytes(kind: Kind, bytes: Vec<u8>) -> Option<Entries> {
        Some(match kind {
            Kind::String { ignore_case } => {
                Entries::Strings(StringSet::from_bytes(bytes, ignore_case)?)
            }
            Kind::Ip => Entries::Ips(IpSet::from_bytes(bytes)?),
            Kind::Regex { ignore_case } => {
                Entries::Regexes(RegexSet::from_bytes(bytes, ignore_case)?)
            }
        })
    }
}

/// Fetched entries, and what became of those that are none.
#[derive(Debug)]
pub struct Compiled {
    /// The good ones.
    pub entries: Entries,
    /// How many good ones there were, with repetitions.
    pub good: u64,
    /// How many were skipped.
    pub bad: u64,
    /// Some of these, cut, for a log line.
    pub examples: Vec<String>,
}

/// Takes up fetched entries one by one.
#[derive(Debug)]
pub(super) struct Compiler<'a> {
    kind: Kind,
    strings: Vec<Cow<'a, str>>,
    nets: Vec<ipnet::IpNet>,
    regexes: Vec<(Cow<'a, str>, regex_lite::Regex)>,
    bad: u64,
    examples: Vec<String>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(kind: Kind) -> Compiler<'a> {
        Compiler {
            kind,
            strings: Vec::new(),
            nets: Vec::new(),
            regexes: Vec::new(),
            bad: 0,
            examples: Vec::new(),
        }
    }

    /// The next entry; `Err` for what its format does not let be one, as it is to be shown.
    pub(super) fn add(&mut self, entry: Result<Cow<'a, str>, Cow<'a, str>>) {
        let bad = match entry {
            Ok(text) => match self.add_text(text) {
                None => return,
                Some(text) => text,
            },
            Err(shown) => shown,
        };
        self.bad += 1;
        if self.examples.len() < MAX_EXAMPLES {
            let end = bad.floor_char_boundary(MAX_SHOWN);
            self.examples
                .push(bad.get(..end).unwrap_or_default().to_owned());
        }
    }

    /// Gives back what is no entry of this kind.
    fn add_text(&mut self, text: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if text.is_empty() || text.len() > MAX_ENTRY || text.contains(char::is_control) {
            return Some(text);
        }
        match self.kind {
            Kind::String { .. } => self.strings.push(text),
            Kind::Ip => match parse_net(&text) {
                Ok(net) => self.nets.push(net),
                Err(_) => return Some(text),
            },
            Kind::Regex { ignore_case } => {
                if self.regexes.len() >= MAX_REGEXES {
                    return Some(text);
                }
                match regexes::whole(&text, ignore_case, regexes::MOST_FETCHED) {
                    Ok(regex) => self.regexes.push((text, regex)),
                    Err(_) => return Some(text),
                }
            }
        }
        None
    }

    /// All entries, compiled.
    pub(super) fn finish(self) -> Compiled {
        let good = self.strings.len() + self.nets.len() + self.regexes.len();
        let entries = match self.kind {
            Kind::String { ignore_case } => {
                Entries::Strings(StringSet::new(self.strings.into_iter(), ignore_case))
            }
            Kind::Ip => Entries::Ips(IpSet::new(self.nets.into_iter())),
            Kind::Regex { .. } => {
                let regexes = self.regexes.iter();
                let compiled = regexes.map(|(text, regex)| (&**text, regex.clone()));
                Entries::Regexes(RegexSet::new(compiled))
            }
        };
        Compiled {
            entries,
            good: good as u64,
            bad: self.bad,
            examples: self.examples,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::String { ignore_case: false } => "string",
            Kind::String { ignore_case: true } => "string, ignore_case",
            Kind::Ip => "ip",
            Kind::Regex { ignore_case: false } => "regex",
            Kind::Regex { ignore_case: true } => "regex, ignore_case",
        })
    }
}

/// Longer entries are bad ones: nothing that a call says is so long and meant.
const MAX_ENTRY: usize = 4096;
/// Every expression is tried for every value; those beyond are skipped, and counted.
const MAX_REGEXES: usize = 1000;
/// So many bad entries are shown.
const MAX_EXAMPLES: usize = 3;
/// So much of each.
const MAX_SHOWN: usize = 60;
