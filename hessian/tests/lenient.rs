//! What Java's reader takes and the grammar does not: each is refused here, because a provider that goes on reading may
//! read other values than a policy did.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panic"
)]

use hessian::{Decoder, Limits};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// One value of each kind that is no string.
const NO_STRINGS: [&[u8]; 16] = [
    b"N",
    b"T",
    b"F",
    b"\x90",
    b"\xc8\x00",
    b"I\0\0\0\x01",
    b"\xe0",
    b"L\0\0\0\0\0\0\0\x01",
    b"\x59\0\0\0\x01",
    b"\x5b",
    b"D\0\0\0\0\0\0\0\0",
    b"K\0\0\0\0",
    b"\x21a",
    b"\x78",
    b"HZ",
    b"C\0\x90\x60",
];

/// The kind and the place of the error in the only value of `bytes`; the same for each way to step over it.
fn error(bytes: &[u8]) -> (&'static str, usize) {
    let error = decoder(bytes).skip().expect_err("no value");
    let collected = decoder(bytes).skip_collecting(&["class"], &mut Vec::new());
    assert_eq!(collected, Err(error));
    (error.kind.name(), error.offset)
}

fn decoder(bytes: &[u8]) -> Decoder<'_> {
    Decoder::new(bytes, Limits::default())
}

#[test]
fn null_numbers_and_truth_values_are_no_strings() {
    for other in NO_STRINGS {
        let error = decoder(other).string().expect_err("no string");
        assert_eq!((error.kind.name(), error.offset), ("unexpected_tag", 0));
    }
}

#[test]
fn null_numbers_and_truth_values_are_no_names() {
    for other in NO_STRINGS {
        let at = |before: &[u8]| ([before, other, b"\x90NNNN"].concat(), before.len());
        for (bytes, place) in [at(b"C"), at(b"C\x01c\x91"), at(b"C\x01c\x92\x01f")] {
            assert_eq!(error(&bytes), ("unexpected_tag", place), "{bytes:02x?}");
        }
        let is_int = matches!(other[0], 0x80..=0xd7 | b'I');
        for before in [&b"M"[..], b"\x71", b"V", b"U"] {
            let (bytes, place) = at(before);
            let (kind, offset) = error(&bytes);
            let expected = if is_int {
                "unknown_type"
            } else {
                "unexpected_tag"
            };
            assert_eq!((kind, offset), (expected, place), "{bytes:02x?}");
        }
    }
}

#[test]
fn what_is_no_int_is_no_count_and_no_index() {
    for other in [
        &b"N"[..],
        b"T",
        b"\xe1",
        b"\x5c",
        b"\x011",
        b"\x59\0\0\0\x01",
        b"C\0\x90\x91",
    ] {
        for before in [&b"X"[..], b"V\x01t", b"C\x01c", b"O", b"zHZQ"] {
            let bytes = [before, other, b"NNN"].concat();
            assert_eq!(
                error(&bytes),
                ("unexpected_tag", before.len()),
                "{bytes:02x?}"
            );
        }
    }
}

#[test]
fn numbers_that_end_early_are_truncated() {
    for number in [
        &b"\xc8\0"[..],
        b"\xd4\0\0",
        b"I\0\0\0\0",
        b"\xf8\0",
        b"\x3c\0\0",
        b"\x59\0\0\0\0",
        b"L\0\0\0\0\0\0\0\0",
        b"\x5d\0",
        b"\x5e\0\0",
        b"\x5f\0\0\0\0",
        b"D\0\0\0\0\0\0\0\0",
        b"J\0\0\0\0\0\0\0\0",
        b"K\0\0\0\0",
    ] {
        assert_eq!(decoder(number).skip(), Ok(()));
        for cut in 0..number.len() {
            assert_eq!(error(&number[..cut]), ("truncated", cut), "{number:02x?}");
        }
    }
}

#[test]
fn texts_that_end_early_are_truncated() {
    for text in [
        &b"\x03abc"[..],
        b"\x02\xc3\xa9\xe5\x8c\x97",
        b"\x30\x03abc",
        b"S\0\x03abc",
        b"R\0\x01aR\0\0S\0\x01b",
        b"R\0\x01a\x01b",
        b"\x02\xed\xa0\xbd\xed\xb8\x80",
    ] {
        assert_eq!(decoder(text).skip(), Ok(()));
        for cut in 0..text.len() {
            assert_eq!(error(&text[..cut]), ("truncated", cut), "{text:02x?}");
        }
    }
}

#[test]
fn a_units_bytes_must_be_those_of_its_first() {
    // (the bytes of one unit, the wrong one)
    for (unit, wrong) in [
        // Java takes any byte for a continuation.
        (&b"\xc3\x41"[..], 1),
        (b"\xc3\xc3", 1),
        (b"\xe5\x41\x97", 1),
        (b"\xe5\x8c\x41", 2),
        (b"\xe5\x8c\xe5", 2),
        // A continuation without a first byte.
        (b"\x80", 0),
        (b"\xbf\xbf", 0),
        // Overlong forms: of U+0000 and U+007F in two bytes, of U+0000, U+007F and U+07FF in three.
        (b"\xc0\x80", 0),
        (b"\xc1\xbf", 0),
        (b"\xe0\x80\x80", 1),
        (b"\xe0\x81\xbf", 1),
        (b"\xe0\x9f\xbf", 1),
        // Four bytes and more, which Java refuses, too, and bytes that UTF-8 never has.
        (b"\xf0\x9f\x98\x80", 0),
        (b"\xf4\x8f\xbf\xbf", 0),
        (b"\xf8\x88\x80\x80\x80", 0),
        (b"\xfe\xff", 0),
        (b"\xff", 0),
    ] {
        for ascii in [0, 1, 7, 8, 31_u8] {
            let text = [&b"a".repeat(ascii.into())[..], unit, b"aaaa"].concat();
            for head in [&b"S\0"[..], b"\x30"] {
                let bytes = [head, &[ascii + 1], &text].concat();
                let at = head.len() + 1 + usize::from(ascii) + wrong;
                assert_eq!(error(&bytes), ("bad_utf8", at), "{bytes:02x?}");
            }
        }
    }
}

#[test]
fn a_length_counts_units_and_not_bytes_or_characters() {
    // Two units of three bytes: one character. A writer that counts characters, or bytes, is off.
    let pair = b"\xed\xa0\xbd\xed\xb8\x80";
    let read = |head: &[u8]| {
        let bytes = [head, pair].concat();
        let mut decoder = decoder(&bytes);
        decoder.skip().map(|()| decoder.offset())
    };
    assert_eq!(read(b"\x02"), Ok(7));
    assert_eq!(
        read(b"\x01"),
        Ok(4),
        "one unit: what follows is another value"
    );
    assert_eq!(
        read(b"\x06").map_err(|error| error.kind.name()),
        Err("truncated")
    );
}

#[test]
fn negative_counts_and_indices_are_refused() {
    for negative in [
        &b"\x8f"[..],
        b"\x80",
        b"\xc7\xff",
        b"\xd0\0\0",
        b"I\xff\xff\xff\xff",
        b"I\x80\0\0\0",
    ] {
        for (before, kind) in [
            (&b"X"[..], "negative_length"),
            (b"V\x01t", "negative_length"),
            (b"C\x01c", "negative_length"),
            (b"O", "unknown_class"),
            (b"zHZQ", "unknown_ref"),
            (b"y\x71", "unknown_type"),
        ] {
            let bytes = [before, negative, b"NNN"].concat();
            assert_eq!(error(&bytes), (kind, before.len()), "{bytes:02x?}");
        }
    }
}

#[test]
fn a_chunk_is_followed_by_one_of_its_own_kind_and_nothing_else() {
    for tag in 0..=u8::MAX {
        let text = matches!(tag, 0x00..=0x1f | 0x30..=0x33 | b'R' | b'S');
        let binary = matches!(tag, 0x20..=0x2f | 0x34..=0x37 | b'A' | b'B');
        for (first, goes_on) in [(b'R', text), (b'A', binary)] {
            let bytes = [&[first, 0, 1, b'a', tag][..], &[0; 0x400]].concat();
            let result = decoder(&bytes)
                .skip()
                .map_err(|error| (error.kind.name(), error.offset));
            match (goes_on, tag) {
                // Zeros go on with chunks that end in an empty string, or are no chunk of binary data.
                (true, b'A') => assert_eq!(result, Err(("unexpected_tag", 7))),
                (true, _) => assert_eq!(result, Ok(()), "{tag:02x}"),
                (false, _) => assert_eq!(result, Err(("unexpected_tag", 4)), "{tag:02x}"),
            }
        }
    }
}

#[test]
fn a_definition_stands_before_a_value_and_nowhere_else() {
    let definition = b"C\x01c\x90";
    for before in [
        &b"C"[..],
        b"C\x01c",
        b"C\x01c\x91",
        b"M",
        b"V",
        b"V\x01t",
        b"X",
        b"O",
        b"Q",
        b"R\0\x01a",
        b"A\0\x01a",
    ] {
        let bytes = [before, definition, b"\x01a\x90N"].concat();
        assert_eq!(
            error(&bytes),
            ("unexpected_tag", before.len()),
            "{bytes:02x?}"
        );
    }
    for bytes in [&b"W"[..], b"H", b"HN", b""] {
        let bytes = [bytes, definition, b"Z"].concat();
        assert_eq!(error(&bytes), ("unexpected_tag", bytes.len() - 1));
    }
    // Reading a string or an int is not stepping over a value: Java would take a definition before them.
    assert!(decoder(b"C\x01c\x90\x01a").string().is_err());
    assert!(decoder(b"C\x01c\x90\x91").int().is_err());
    assert!(decoder(b"C\x01c\x90HZ").begin_map().is_err());
    assert!(decoder(b"C\x01c\x90\x78").begin_list().is_err());
}

#[test]
fn an_end_is_no_value_and_envelopes_are_none() {
    for tag in [b'Z', b'@', b'E', b'G', b'P'] {
        assert_eq!(error(&[tag, 0, 0, 0]), ("unexpected_tag", 0));
        assert_eq!(error(&[0x79, tag, 0, 0]), ("unexpected_tag", 1));
        assert_eq!(error(&[b'H', b'N', tag]), ("unexpected_tag", 2));
    }
}
