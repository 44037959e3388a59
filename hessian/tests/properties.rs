//! What holds for every stream, and for every sequence of bytes.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panic"
)]

use hessian::encode::Writer;
use hessian::{Decoder, Error, ErrorKind, Limits};
use proptest::collection::vec;
use proptest::prelude::*;

#[path = "support/grammar.rs"]
mod grammar;

fn nodes() -> impl Strategy<Value = Vec<grammar::Node>> {
    vec(grammar::node(any::<char>(), 300), 1..4)
}

proptest! {
    #[test]
    fn each_value_of_a_stream_is_stepped_over_to_its_last_byte(nodes in nodes()) {
        let bytes = grammar::write(&nodes);
        let mut decoder = decoder(&bytes);
        for last in 1..=nodes.len() {
            prop_assert_eq!(decoder.skip(), Ok(()));
            prop_assert_eq!(decoder.offset(), grammar::write(&nodes[..last]).len());
        }
        prop_assert!(decoder.is_empty());
    }

    #[test]
    fn a_value_cut_anywhere_is_truncated_at_the_cut(node in grammar::node(any::<char>(), 50)) {
        let bytes = grammar::write(&[node]);
        for cut in 0..bytes.len() {
            let truncated = Error { kind: ErrorKind::Truncated, offset: cut };
            prop_assert_eq!(decoder(&bytes[..cut]).skip(), Err(truncated));
        }
    }

    #[test]
    fn any_bytes_are_a_value_or_an_error_within_them(bytes in vec(any::<u8>(), 0..200)) {
        is_a_value_or_an_error_within(&bytes)?;
    }

    #[test]
    fn a_stream_with_wrong_bytes_is_a_value_or_an_error_within_them(
        nodes in nodes(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = grammar::write(&nodes);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        is_a_value_or_an_error_within(&bytes)?;
    }

    #[test]
    fn an_int_is_read_back_as_it_was_written(value in any::<i32>(), shift in 0..32_u32) {
        let value = value >> shift;
        let bytes = written(|out| out.int(value));
        let mut decoder = decoder(&bytes);
        prop_assert_eq!(decoder.int(), Ok(value));
        prop_assert!(decoder.is_empty());
    }

    #[test]
    fn a_string_is_read_back_as_it_was_written(text in any::<String>(), times in prop_oneof![Just(1), 1..3000_usize]) {
        let text = text.repeat(times);
        let bytes = written(|out| out.string(&text));
        let mut decoder = decoder(&bytes);
        let read = decoder.string().expect("a string");
        prop_assert!(decoder.is_empty());
        prop_assert_eq!(read.units(), text.encode_utf16().count());
        prop_assert!(read == *text);
        let string = read.to_str().expect("no lone surrogate");
        prop_assert_eq!(&*string, text.as_str());
        prop_assert_eq!(&hessian::Text::from(&*string), &read);
    }
}

/// One that does not look at what is behind the value, and that finds a value cut short at the cut.
fn is_a_value_or_an_error_within(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut decoder = decoder(bytes);
    match decoder.skip() {
        Err(error) => prop_assert!(error.offset <= bytes.len(), "{error}"),
        Ok(()) => {
            let value = &bytes[..decoder.offset()];
            let mut alone = self::decoder(value);
            prop_assert_eq!(alone.skip(), Ok(()));
            prop_assert!(alone.is_empty());
            for cut in 0..value.len() {
                prop_assert_eq!(
                    self::decoder(&value[..cut])
                        .skip()
                        .map_err(|error| error.kind),
                    Err(ErrorKind::Truncated)
                );
            }
        }
    }
    Ok(())
}

fn decoder(bytes: &[u8]) -> Decoder<'_> {
    Decoder::new(bytes, Limits::default())
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Writer::new(&mut bytes));
    bytes
}
