//! What a plain scalar of YAML is.

use engine::config::Node;

/// Reads a scalar without quotes. YAML 1.2 says less of it than Envoy and Kubernetes do, who still take `on` and `yes`
/// for true: so does this, because their reading is the one that counts.
pub(crate) fn plain(text: &str) -> Node {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Node::Bool(true)
        }
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Node::Bool(false)
        }
        _ => number(text).map_or_else(|| Node::String(text.to_owned().into()), Node::Number),
    }
}

fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let starts = unsigned.strip_prefix('.').unwrap_or(unsigned);
    if let Some(hex) = text.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok().map(f64::from);
    }
    if !starts.starts_with(|c: char| c.is_ascii_digit()) || !unsigned.chars().all(numeric) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::plain;
    use engine::config::Node;

    #[test]
    fn scalars_are_what_yaml_says() {
        for (text, want) in [
            ("1", Some(1.0)),
            ("-1", Some(-1.0)),
            ("+1.5", Some(1.5)),
            (".5", Some(0.5)),
            ("1e3", Some(1000.0)),
            ("0x10", Some(16.0)),
            ("9007199254740993", Some(9_007_199_254_740_992.0)),
            ("1.0.0", None),
            ("10.0.0.0/8", None),
            ("1s", None),
            ("e3", None),
            ("-", None),
            ("inf", None),
            ("nan", None),
        ] {
            let want = want.map_or(Node::String(text.into()), Node::Number);
            assert_eq!(plain(text), want, "{text}");
        }
        for (text, want) in [
            ("", Node::Null),
            ("~", Node::Null),
            ("null", Node::Null),
            ("True", Node::Bool(true)),
            ("on", Node::Bool(true)),
            ("No", Node::Bool(false)),
        ] {
            assert_eq!(plain(text), want, "{text}");
        }
    }
}
