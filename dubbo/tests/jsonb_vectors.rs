//! What fastjson2's own writer writes is stepped over to the byte, and what is read of attachments is what its reader reads.
//! testdata/README.md says where the files come from.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

mod support;

use dubbo::{Call, CallError, Limits, Serialization};
use support::fastjson2::{hello, strings, value};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VALUES: &str = include_str!("../../testdata/dubbo/fastjson2/values.txt");
const ATTACHMENTS: &str = include_str!("../../testdata/dubbo/fastjson2/attachments.txt");

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// `name: hex`; `AB*N` stands for N times the group AB.
fn values() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    VALUES.lines().map(|line| {
        let (name, words) = line.rsplit_once(": ").unwrap();
        let groups = words
            .split_whitespace()
            .map(|word| match word.split_once('*') {
                Some((group, times)) => hex(group).repeat(times.parse().unwrap()),
                None => hex(word),
            });
        (name, groups.flatten().collect())
    })
}

fn parse(body: &[u8]) -> Result<Call<'_>, CallError> {
    Call::parse(body, Serialization::FASTJSON2, Limits::default())
}

/// Walks through an argument of these bytes.
fn walk(argument: &[u8]) -> Result<Vec<String>, CallError> {
    let body = [
        strings("a.B", "", "run", "Ljava/lang/Object;"),
        value(argument),
        value(b"\xaf"),
    ]
    .concat();
    let call = parse(&body)?;
    let classes = call.carried().classes()?;
    Ok(classes
        .iter()
        .map(|name| name.to_str_lossy().into_owned())
        .collect())
}

#[test]
fn every_value_that_fastjson2_writes_is_stepped_over_to_the_byte() {
    let mut count = 0;
    for (name, bytes) in values() {
        assert!(walk(&bytes).is_ok(), "{name}: {:?}", walk(&bytes));
        let longer = [bytes.as_slice(), b"\xaf"].concat();
        assert_eq!(
            walk(&longer).unwrap_err().name(),
            "trailing_bytes",
            "{name}"
        );
        let ends = (0..bytes.len()).filter(|end| bytes.len() < 4096 || end % 97 == 0);
        for end in ends {
            let error = walk(&bytes[..end]).unwrap_err();
            assert_eq!(error.name(), "truncated", "{name}, {end} bytes: {error}");
        }
        count += 1;
    }
    assert!(count > 350, "{count} values");
}

#[test]
fn every_plain_value_may_be_an_attachment() {
    let mut count = 0;
    for (name, bytes) in values() {
        let attachments = [b"\xa6\x4ak", bytes.as_slice(), b"\x4al\x4av\xa5"].concat();
        let body = hello("a.B", "", &attachments);
        match parse(&body) {
            Ok(call) => {
                let end = call.attachments.get("l").unwrap();
                assert_eq!(end.text().unwrap().unwrap(), "v", "{name}");
                count += 1;
            }
            // With a type's name or a reference in it.
            Err(error) => {
                assert_eq!(error.name(), "unexpected_tag", "{name}: {error}");
                assert!(
                    bytes.iter().any(|byte| matches!(byte, 0x92 | 0x93)),
                    "{name}"
                );
            }
        }
    }
    assert!(count > 330, "{count} values");
}

#[test]
fn the_classes_of_a_value_are_those_that_were_written() {
    let classes = |wanted| {
        let (_, bytes) = values().find(|(name, _)| *name == wanted).unwrap();
        walk(&bytes).unwrap()
    };
    assert!(classes("hash map").is_empty());
    assert_eq!(classes("enum"), ["Vectors$Level"]);
    assert_eq!(classes("objects"), ["[O", "Vectors$Inner", "[I"]);
    assert_eq!(
        classes("users by name"),
        [
            "TreeMap",
            "Vectors$User",
            "Vectors$Level",
            "java.util.ImmutableCollections$List12",
            "LinkedHashSet",
            "Vectors$Inner"
        ]
    );
    assert_eq!(
        classes("exception"),
        [
            "RuntimeException",
            "IllegalStateException",
            "java.util.Collections$EmptyList"
        ]
    );
}

#[test]
fn what_is_read_of_attachments_is_what_java_reads() {
    let mut read = 0;
    for line in ATTACHMENTS.lines() {
        let (bytes, java) = line.split_once(": ").unwrap();
        let body = hello("lab.User", "", &hex(bytes));
        let Ok(call) = parse(&body) else {
            continue;
        };
        let path = call
            .attachments
            .get("path")
            .and_then(|pair| pair.text().unwrap());
        let path = path.map_or("null".to_owned(), |path| {
            let units = path.encode_utf16().map(|unit| format!("{unit:04x}"));
            format!("String {}", units.collect::<String>())
        });
        assert_eq!(path, java, "{bytes}");
        read += 1;
    }
    // Eleven forms of keys twice, fourteen of values, and seven whole maps; the rest is refused.
    assert_eq!(read, 2 * 11 + 14 + 7);
}
