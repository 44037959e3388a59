//! From the bytes that the host hands over to a tree.

use super::error::{ConfigError, Errors};
use super::node::Node;
use super::path::Path;
use super::{json, protobuf};

/// Reads the filter's `configuration`: JSON text (StringValue, Istio's `pluginConfig`), or a serialized
/// `google.protobuf.Struct`.
///
/// A Struct is told by its control bytes: each of its entries has a 0x12, and JSON text has none but white space.
///
/// # Errors
/// One, when the bytes are neither, or when there are none.
pub fn parse(bytes: &[u8]) -> Result<Node, Errors> {
    if bytes.trim_ascii().is_empty() {
        return Err(vec![nothing("nothing")]);
    }
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    if bytes.iter().any(is_control) {
        return protobuf::parse(bytes).ok_or_else(|| vec![neither("other bytes")]);
    }
    let text = core::str::from_utf8(bytes).map_err(|_| vec![neither("text that is no UTF-8")])?;
    json::parse(text)
}

/// The mistake of an empty configuration.
pub(super) fn nothing(found: &str) -> ConfigError {
    ConfigError {
        path: Path::default(),
        expected: "a policy".to_owned(),
        found: found.to_owned(),
        hint: Some("write rules: [] to observe only".to_owned()),
    }
}

fn neither(found: &str) -> ConfigError {
    ConfigError {
        path: Path::default(),
        expected: "JSON text or a serialized google.protobuf.Struct".to_owned(),
        found: found.to_owned(),
        hint: None,
    }
}
