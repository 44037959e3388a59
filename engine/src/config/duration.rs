//! Durations: `500ms`, `1m30s`.

use crate::time::Nanos;

/// Reads numbers with units, each unit once at most and the larger ones first; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Nanos> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (digits, after) = rest.split_at_checked(end)?;
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (name, after) = after.split_at_checked(end)?;
        let (_, nanos) = units.find(|(unit, _)| *unit == name)?;
        let part = digits.parse::<u64>().ok()?.checked_mul(*nanos)?;
        total = total.checked_add(part)?;
        rest = after;
    }
    (!text.is_empty()).then_some(Nanos(total))
}

/// The shortest way to write a duration, to the millisecond.
pub(super) fn text(duration: Nanos) -> String {
    let mut rest = duration.0;
    let mut text = String::new();
    for (unit, nanos) in UNITS {
        let count = rest / nanos;
        rest %= nanos;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

const UNITS: [(&str, u64); 4] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

#[cfg(test)]
mod tests {
    use super::{parse, text};
    use crate::time::Nanos;

    #[test]
    fn durations_are_numbers_with_units() {
        for (written, millis) in [
            ("0s", 0),
            ("500ms", 500),
            ("1s", 1000),
            ("1m30s", 90_000),
            ("90s", 90_000),
            ("24h", 86_400_000),
            ("1h2m3s4ms", 3_723_004),
        ] {
            assert_eq!(
                parse(written),
                Some(Nanos::from_millis(millis)),
                "{written}"
            );
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        for written in [
            "",
            "1",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1s1s",
            "1s1m",
            "1d",
            "10us",
            "1S",
            "1s ",
            "١s",
            "99999999999999999999s",
            "9999999999h",
        ] {
            assert_eq!(parse(written), None, "{written}");
        }
    }

    #[test]
    fn durations_are_shown_as_they_may_be_written() {
        for written in ["0s", "500ms", "1s", "1m30s", "24h", "1h2m3s4ms"] {
            assert_eq!(parse(written).map(text).as_deref(), Some(written));
        }
    }
}
