//! Regular expressions.
//!
//! ```text
//! for each: length 4 (little endian) | the expression as it was written
//! ```

use regex_lite::{Error, Regex, RegexBuilder};

/// Regular expressions, each of which has to match the whole value. A look-up tries one after the other.
#[derive(Debug, Clone)]
pub struct RegexSet {
    regexes: Vec<Regex>,
    data: Vec<u8>,
}

impl RegexSet {
    /// A set of these expressions, each with the text it was compiled from.
    pub fn new<'a>(compiled: impl Iterator<Item = (&'a str, Regex)>) -> RegexSet {
        let mut set = RegexSet {
            regexes: Vec::new(),
            data: Vec::new(),
        };
        for (text, regex) in compiled {
            let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
            set.data.extend_from_slice(&len.to_le_bytes());
            set.data.extend_from_slice(text.as_bytes());
            set.regexes.push(regex);
        }
        set
    }

    /// What [`RegexSet::bytes`] gave; `None` for what cannot have come from there.
    pub(super) fn from_bytes(data: Vec<u8>, ignore_case: bool) -> Option<RegexSet> {
        let mut regexes = Vec::new();
        let mut rest = data.as_slice();
        while let Some((len, after)) = rest.split_first_chunk::<4>() {
            let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
            let (text, after) = after.split_at_checked(len)?;
            regexes.push(whole(str::from_utf8(text).ok()?, ignore_case, MOST_FETCHED).ok()?);
            rest = after;
        }
        rest.is_empty().then_some(RegexSet { regexes, data })
    }

    /// The set, for [`RegexSet::from_bytes`].
    pub(super) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Whether one of the expressions matches the whole text.
    pub fn contains(&self, text: &str) -> bool {
        self.regexes.iter().any(|regex| regex.is_match(text))
    }
}

/// An expression that has to match a whole value, in time linear in it. It may take `most` bytes when it is compiled.
pub(crate) fn whole(text: &str, ignore_case: bool, most: usize) -> Result<Regex, Error> {
    // By itself first: `a)|(b` is no expression, and would be one between the anchors.
    let alone = RegexBuilder::new(text).size_limit(most).build();
    alone.and_then(|_| {
        RegexBuilder::new(&format!("^(?:{text})$"))
            .case_insensitive(ignore_case)
            .size_limit(most)
            .build()
    })
}

/// What one fetched expression may take. There may be many, and whoever writes them does not see what this module does.
pub(super) const MOST_FETCHED: usize = 64 << 10;
