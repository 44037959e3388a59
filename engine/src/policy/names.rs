//! Texts and beginnings of texts, and who asks for them.

use std::collections::HashMap;

/// Places by the whole text or the beginning that they ask for.
#[derive(Debug, Default)]
pub(super) struct Names {
    exact: HashMap<Box<str>, Vec<u32>>,
    /// Sorted, each once, after [`Names::finish`].
    prefixes: Vec<Prefix>,
}

#[derive(Debug)]
struct Prefix {
    text: Box<str>,
    /// The longest other one that this one begins with.
    parent: Option<usize>,
    places: Vec<u32>,
}

impl Names {
    /// Adds a place, until [`Names::finish`].
    pub(super) fn add(&mut self, text: &str, prefix: bool, place: u32) {
        if prefix {
            self.prefixes.push(Prefix {
                text: text.into(),
                parent: None,
                places: vec![place],
            });
        } else {
            self.exact.entry(text.into()).or_default().push(place);
        }
    }

    /// Makes what was added ready to be found.
    pub(super) fn finish(&mut self) {
        self.prefixes.sort_by(|a, b| a.text.cmp(&b.text));
        self.prefixes.dedup_by(|later, first| {
            let same = later.text == first.text;
            if same {
                first.places.append(&mut later.places);
            }
            same
        });
        // Those that the one before begins with, the longest last: the next one begins with some of them, if with any.
        let mut open: Vec<(Box<str>, usize)> = Vec::new();
        for (at, prefix) in self.prefixes.iter_mut().enumerate() {
            while open
                .pop_if(|(text, _)| !prefix.text.starts_with(&**text))
                .is_some()
            {}
            prefix.parent = open.last().map(|(_, at)| *at);
            open.push((prefix.text.clone(), at));
        }
    }

    /// Nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty()
    }

    /// Hands over the places that ask for this text, or for a beginning of it.
    pub(super) fn find(&self, text: &str, mut take: impl FnMut(&[u32])) {
        if let Some(places) = self.exact.get(text) {
            take(places);
        }
        // Everything between the longest beginning and the text begins with it too, so it is the last one before the text, or
        // that one's parent, and so on.
        let after = self.prefixes.partition_point(|one| *one.text <= *text);
        let mut next = after.checked_sub(1);
        while let Some(prefix) = next.and_then(|at| self.prefixes.get(at)) {
            if text.starts_with(&*prefix.text) {
                take(&prefix.places);
            }
            next = prefix.parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_text_finds_itself_and_each_of_its_beginnings() {
        // Close to each other, one inside the other, twice, and beyond ASCII.
        let texts = [
            "", "a", "aa", "ab", "aba", "abaa", "abb", "abc", "ac", "b", "ba", "é", "ée", "ab",
        ];
        let mut names = Names::default();
        for (place, text) in (0..).zip(texts) {
            names.add(text, true, place);
            names.add(text, false, 100 + place);
        }
        names.finish();
        for text in texts
            .into_iter()
            .chain(["abab", "abcd", "abd", "z", "èe", "éa"])
        {
            let mut found = Vec::new();
            names.find(text, |places| found.extend(places.iter().copied()));
            found.sort_unstable();
            let begins = (0..).zip(texts).filter(|(_, one)| text.starts_with(one));
            let is = (100..).zip(texts).filter(|(_, one)| text == *one);
            let want: Vec<u32> = begins.chain(is).map(|(place, _)| place).collect();
            assert_eq!(found, want, "{text:?}");
        }
    }
}
