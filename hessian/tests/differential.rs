//! A second opinion: `hessian_rs` reads the same streams to the same byte.
//!
//! It cannot read surrogates (it counts characters, not UTF-16 units) nor chunks of binary data of 32 KiB, and it
//! recurses, so streams have neither and nest little.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panic"
)]

use hessian::{Decoder, Limits, Scalar};
use hessian_rs::Value;
use hessian_rs::de::Deserializer;
use proptest::collection::vec;
use proptest::prelude::*;

#[path = "support/grammar.rs"]
mod grammar;
mod support;

/// An int that follows each value: a reader that ended elsewhere would not find it.
const MARKER: i32 = 0x5a5a_1234;

fn basic_plane() -> impl Strategy<Value = char> + Clone {
    let range = prop::char::range;
    prop_oneof![
        3 => range(' ', '~'),
        1 => range('\0', '\u{7ff}'),
        1 => range('\u{800}', '\u{d7ff}'),
        1 => range('\u{e000}', '\u{ffff}'),
    ]
}

proptest! {
    #[test]
    fn both_read_each_value_to_the_same_byte(nodes in vec(grammar::node(basic_plane(), 300), 1..4)) {
        let marker = grammar::Node::Leaf([&b"I"[..], &MARKER.to_be_bytes()].concat());
        let nodes: Vec<_> = nodes.into_iter().flat_map(|node| [node, marker.clone()]).collect();
        let bytes = grammar::write(&nodes);
        let mut ours = Decoder::new(&bytes, Limits::default());
        let mut theirs = Deserializer::new(&bytes);
        while !ours.is_empty() {
            agree_on_a_value(&mut ours, &mut theirs)?;
            prop_assert_eq!(ours.int(), Ok(MARKER));
            prop_assert_eq!(theirs.read_value().expect("the marker"), Value::Int(MARKER));
        }
        prop_assert!(theirs.read_value().is_err());
    }
}

/// Both read the next value; if it is a scalar, as the same one.
fn agree_on_a_value(
    ours: &mut Decoder<'_>,
    theirs: &mut Deserializer<&Vec<u8>>,
) -> Result<(), TestCaseError> {
    let value = theirs.read_value();
    match (ours.scalar(), value) {
        (Ok(Scalar::Null), Ok(Value::Null)) | (Ok(Scalar::Other), Ok(_)) => {}
        (Ok(Scalar::Bool(ours)), Ok(Value::Bool(theirs))) => prop_assert_eq!(ours, theirs),
        (Ok(Scalar::Int(ours)), Ok(Value::Int(theirs))) => prop_assert_eq!(ours, theirs),
        (Ok(Scalar::Long(ours)), Ok(Value::Long(theirs))) => prop_assert_eq!(ours, theirs),
        (Ok(Scalar::Double(ours)), Ok(Value::Double(theirs))) => {
            prop_assert_eq!(ours.to_bits(), theirs.to_bits())
        }
        (Ok(Scalar::String(ours)), Ok(Value::String(theirs))) => prop_assert!(ours == *theirs),
        (ours, theirs) => prop_assert!(false, "ours {ours:?}, theirs {theirs:?}"),
    }
    Ok(())
}

#[test]
fn both_read_what_caucho_wrote_to_the_same_byte() {
    let mut read = 0;
    for vector in support::values() {
        let marked = [&vector.bytes, &b"I"[..], &MARKER.to_be_bytes()].concat();
        let mut theirs = Deserializer::new(&marked);
        if theirs.read_value().is_err() {
            continue;
        }
        let mut ours = Decoder::new(&marked, Limits::default());
        assert_eq!(ours.skip(), Ok(()), "{}", vector.name);
        assert_eq!(ours.int(), Ok(MARKER), "{}", vector.name);
        assert_eq!(
            theirs.read_value().expect(&vector.name),
            Value::Int(MARKER),
            "{}",
            vector.name
        );
        read += 1;
    }
    assert!(read > 250, "only {read} were read by both");
}
