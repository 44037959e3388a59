//! What other implementations write (testdata/hessian, every file) is stepped over to the right byte.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panic"
)]

use hessian::{Decoder, Error, ErrorKind, Limits};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod support;

type Step = fn(&mut Decoder<'_>) -> Result<(), Error>;

/// The ways to step over a value: they must not differ.
const STEPS: [Step; 2] = [
    |decoder| decoder.skip(),
    |decoder| decoder.skip_collecting(&["class", "name"], &mut Vec::new()),
];

#[test]
fn each_value_is_stepped_over_to_its_last_byte() {
    let values = support::all_values();
    assert!(values.len() > 700, "{} vectors", values.len());
    for value in values {
        for step in STEPS {
            let bytes = [&value.bytes, &b"Z\0\0"[..]].concat();
            for end in [value.bytes.len(), bytes.len()] {
                let mut decoder = decoder(&bytes[..end]);
                assert_eq!(step(&mut decoder), Ok(()), "{}", value.name);
                assert_eq!(decoder.offset(), value.bytes.len(), "{}", value.name);
            }
        }
    }
}

#[test]
fn each_value_cut_anywhere_is_truncated_at_the_cut() {
    for value in support::all_values() {
        for cut in cuts(value.bytes.len()) {
            let truncated = Error {
                kind: ErrorKind::Truncated,
                offset: cut,
            };
            for step in STEPS {
                let error = step(&mut decoder(&value.bytes[..cut]));
                assert_eq!(error, Err(truncated), "{} cut at {cut}", value.name);
            }
        }
    }
}

#[test]
fn each_definition_is_whole() {
    let mut definitions = 0;
    for value in support::all_values() {
        let mut decoder = decoder(&value.bytes);
        decoder.skip().expect(&value.name);
        for definition in decoder.definitions() {
            assert_eq!(value.bytes[definition.offset], b'C', "{}", value.name);
            assert_eq!(
                definition.fields().count(),
                definition.field_count(),
                "{}",
                value.name
            );
            assert!(
                decoder.names().any(|name| *name == definition.name),
                "{}",
                value.name
            );
            definitions += 1;
        }
    }
    assert!(definitions > 300, "{definitions} definitions");
}

fn decoder(bytes: &[u8]) -> Decoder<'_> {
    Decoder::new(bytes, Limits::default())
}

/// Every place to cut a short value at; of a long one its ends, and steps between.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    let near_an_end = move |cut: &usize| *cut < 8 || *cut + 8 > len;
    let step = len / 8 + 1;
    (0..len).filter(move |cut| match len {
        ..2048 => true,
        2048..1_000_000 => near_an_end(cut) || cut % step == 0,
        _ => *cut == len / 2 || *cut == len - 1,
    })
}
