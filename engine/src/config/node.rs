//! A document as a tree, before anything is known of its meaning.

use core::fmt;
use std::borrow::Cow;

/// A value. JSON text, a `google.protobuf.Struct` and, on the command line, YAML are read into this.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    String(Cow<'static, str>),
    /// An array.
    Array(Vec<Node>),
    /// An object, in the order of the document. A field that stands there twice is here twice: that is a mistake to be
    /// reported, not one to be hidden.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The field of this name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let Node::Object(fields) = self else {
            return None;
        };
        let (_, value) = fields.iter().find(|(field, _)| field == name)?;
        Some(value)
    }

    /// The elements, if this is an array.
    pub fn items(&self) -> Option<&[Node]> {
        match self {
            Node::Array(items) => Some(items),
            _ => None,
        }
    }
}

/// On one line, as YAML would take it.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Null => f.write_str("null"),
            Node::Bool(flag) => flag.fmt(f),
            Node::Number(number) => number.fmt(f),
            Node::String(text) => string(text, f),
            Node::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Node::Object(fields) => {
                f.write_str("{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { ", " })?;
                    string(name, f)?;
                    write!(f, ": {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// With quotes where YAML might take it for something else.
fn string(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_plain && !is_word {
        return f.write_str(text);
    }
    let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
    f.write_str(&quoted)
}

/// What readers of YAML take for other than a string.
const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

#[cfg(test)]
mod tests {
    use super::Node;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_value_is_shown_as_it_may_be_written() {
        for (json, shown) in [
            (
                r#"{"service": {"prefix": "com.acme."}}"#,
                "{service: {prefix: com.acme.}}",
            ),
            (r#"["a", 1, true, null, 0.5]"#, "[a, 1, true, null, 0.5]"),
            (
                r#"["yes", "True", "1.0", "", "a b", "a\"b", "*"]"#,
                r#"["yes", "True", "1.0", "", "a b", "a\"b", "*"]"#,
            ),
            (
                r#"{"source.ip": "10.0.0.0/8", "a b": []}"#,
                r#"{source.ip: "10.0.0.0/8", "a b": []}"#,
            ),
        ] {
            let node: Node = serde_json::from_str(json).unwrap_or(Node::Null);
            assert_eq!(node.to_string(), shown);
        }
    }
}
