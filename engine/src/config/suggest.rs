//! `did you mean`.

/// The name that is nearest to `written`, if one is near enough to be meant.
pub fn suggest<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let near = written.chars().count() / 3 + 1;
    names
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= near)
        .min()
        .map(|(_, name)| format!("did you mean {name:?}?"))
}

/// How many letters have to be inserted, removed, replaced, or swapped with their neighbour; case does not count.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|c| c.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, &x) in a.iter().enumerate() {
        let mut this = vec![row + 1];
        let mut left = None;
        for (column, &y) in b.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let mut best = (at(&last, column) + usize::from(x != y))
                .min(at(&last, column + 1) + 1)
                .min(at(&this, column) + 1);
            if previous == Some(y) && left == Some(x) {
                best = best.min(at(&before, column - 1) + 1);
            }
            this.push(best);
            left = Some(y);
        }
        before = core::mem::replace(&mut last, this);
        previous = Some(x);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, suggest};

    #[test]
    fn a_distance_counts_edits_and_swaps() {
        for (a, b, want) in [
            ("", "", 0),
            ("", "abc", 3),
            ("match", "match", 0),
            ("mtach", "match", 1),
            ("Match", "match", 0),
            ("macth", "match", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(a, b), want, "{a} {b}");
            assert_eq!(distance(b, a), want, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_and_none_that_is_far() {
        let names = ["match", "message", "method", "name"];
        let of = |written| suggest(written, names.into_iter());
        assert_eq!(of("mtach").as_deref(), Some("did you mean \"match\"?"));
        assert_eq!(of("methods").as_deref(), Some("did you mean \"method\"?"));
        assert_eq!(of("quotas"), None);
    }
}
