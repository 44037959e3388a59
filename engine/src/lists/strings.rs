//! Whole strings.
//!
//! ```text
//! number of lengths 4 | for each length, ascending: length 4, number of strings 4 | the strings      (little endian)
//! ```

use core::cmp::Ordering;
use std::borrow::Cow;

/// Whole strings, ordered by length and then by bytes. Those of one length stand side by side, so nothing but their
/// bytes is kept for each. A look-up takes O(log n).
#[derive(Debug, Clone)]
pub struct StringSet {
    data: Vec<u8>,
    groups: Vec<Group>,
    ignore_case: bool,
}

/// The strings of one length.
#[derive(Debug, Clone, Copy)]
struct Group {
    len: usize,
    /// Where the first one begins.
    start: usize,
    count: usize,
}

impl StringSet {
    /// A set of these entries. `ignore_case` ignores that of ASCII letters.
    pub fn new<'a>(entries: impl Iterator<Item = Cow<'a, str>>, ignore_case: bool) -> StringSet {
        let mut sorted: Vec<Cow<'a, str>> = match ignore_case {
            true => entries.map(folded).collect(),
            false => entries.collect(),
        };
        sorted.sort_unstable_by(|a, b| order(a, b));
        sorted.dedup();
        let mut counts: Vec<(usize, usize)> = Vec::new();
        for entry in &sorted {
            match counts.last_mut() {
                Some((len, count)) if *len == entry.len() => *count += 1,
                _ => counts.push((entry.len(), 1)),
            }
        }
        let bytes: usize = sorted.iter().map(|entry| entry.len()).sum();
        let mut data = Vec::with_capacity(4 + counts.len() * 8 + bytes);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        data.extend_from_slice(&number(counts.len()));
        for (len, count) in &counts {
            data.extend_from_slice(&number(*len));
            data.extend_from_slice(&number(*count));
        }
        let mut start = data.len();
        let groups = counts
            .iter()
            .map(|&(len, count)| {
                let group = Group { len, start, count };
                start += len * count;
                group
            })
            .collect();
        for entry in &sorted {
            data.extend_from_slice(entry.as_bytes());
        }
        StringSet {
            data,
            groups,
            ignore_case,
        }
    }

    /// What [`StringSet::bytes`] gave; `None` for what cannot have come from there.
    pub(super) fn from_bytes(data: Vec<u8>, ignore_case: bool) -> Option<StringSet> {
        let (head, rest) = data.split_first_chunk::<4>()?;
        let lengths = usize::try_from(u32::from_le_bytes(*head)).ok()?;
        let table = rest.get(..lengths.checked_mul(8)?)?;
        let mut start = 4 + table.len();
        let mut groups = Vec::with_capacity(lengths);
        for entry in table.as_chunks::<8>().0 {
            let ([len, count], _) = entry.as_chunks::<4>() else {
                return None;
            };
            let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
            let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
            if groups.last().is_some_and(|last: &Group| last.len >= len) {
                return None;
            }
            groups.push(Group { len, start, count });
            start = start.checked_add(len.checked_mul(count)?)?;
        }
        (start == data.len()).then_some(StringSet {
            data,
            groups,
            ignore_case,
        })
    }

    /// The set, for [`StringSet::from_bytes`].
    pub(super) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Whether `text` is an entry.
    pub fn contains(&self, text: &str) -> bool {
        let group = self
            .groups
            .binary_search_by_key(&text.len(), |group| group.len);
        let Some(group) = group.ok().and_then(|at| self.groups.get(at)) else {
            return false;
        };
        let (mut low, mut high) = (0, group.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let at = group.start + middle * group.len;
            let Some(entry) = self.data.get(at..at + group.len) else {
                return false;
            };
            match self.compare(entry, text) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return true,
                Ordering::Greater => high = middle,
            }
        }
        false
    }

    fn compare(&self, entry: &[u8], text: &str) -> Ordering {
        match self.ignore_case {
            true => {
                let folded = text.bytes().map(|byte| byte.to_ascii_lowercase());
                entry.iter().copied().cmp(folded)
            }
            false => entry.cmp(text.as_bytes()),
        }
    }
}

fn folded(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => text,
    }
}

fn order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}
