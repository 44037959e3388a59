//! What Caucho's own writer wrote (testdata/hessian/values.txt) means what its name says.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panic"
)]

use hessian::encode::Writer;
use hessian::{Decoder, Limits, ListLen, LoneSurrogate, Scalar};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod support;

#[test]
fn streams_are_read_value_by_value() {
    for stream in support::streams()
        .iter()
        .filter(|stream| !stream.name.starts_with("user, one more"))
    {
        let mut decoder = decoder(&stream.bytes);
        while !decoder.is_empty() {
            assert_eq!(decoder.skip(), Ok(()), "{}", stream.name);
        }
    }
}

#[test]
fn numbers_are_what_java_wrote() {
    for value in support::values() {
        let Some((kind, number)) = value.name.split_once(' ') else {
            continue;
        };
        let expected = match kind {
            "int" => Scalar::Int(number.parse().expect("an int")),
            "long" => Scalar::Long(number.parse().expect("a long")),
            "double" => Scalar::Double(number.parse().expect("a double")),
            _ => continue,
        };
        let found = decoder(&value.bytes).scalar().expect(&value.name);
        match (&found, &expected) {
            (Scalar::Double(found), Scalar::Double(expected)) if expected.is_nan() => {
                assert!(found.is_nan())
            }
            _ => assert_eq!(found, expected, "{}", value.name),
        }
        if let Scalar::Int(int) = expected {
            assert_eq!(written(|out| out.int(int)), value.bytes, "{}", value.name);
        }
    }
}

#[test]
fn strings_are_what_java_wrote_and_are_written_as_java_does() {
    for (name, char, units) in [
        ("ascii", 'a', 1),
        ("two bytes", 'é', 1),
        ("three bytes", '北', 1),
        ("pairs", '😀', 2),
    ] {
        let prefix = format!("string {name} ");
        for value in support::values()
            .iter()
            .filter(|value| value.name.starts_with(&prefix))
        {
            let length: usize = value.name[prefix.len()..].parse().expect("a length");
            let expected = char.to_string().repeat(length.div_ceil(units));
            let text = decoder(&value.bytes).string().expect(&value.name);
            assert_eq!(
                text.to_str().expect("no lone surrogate"),
                expected,
                "{}",
                value.name
            );
            assert_eq!(
                text.units(),
                length.next_multiple_of(units),
                "{}",
                value.name
            );
            assert_eq!(
                written(|out| out.string(&expected)),
                value.bytes,
                "{}",
                value.name
            );
        }
    }
    let mixed = "a".to_owned() + &"😀".repeat(0x8000);
    assert_eq!(
        written(|out| out.string(&mixed)),
        bytes_of("string pair over a chunk's end")
    );
}

#[test]
fn lone_surrogates_are_read_and_reported() {
    let names = [
        "string high surrogate",
        "string low surrogate",
        "string surrogates in the wrong order",
    ];
    for (name, lossy) in names
        .into_iter()
        .zip(["\u{fffd}", "\u{fffd}", "\u{fffd}\u{fffd}!"])
    {
        let bytes = bytes_of(name);
        let text = decoder(&bytes).string().expect(name);
        assert_eq!(text.to_str(), Err(LoneSurrogate), "{name}");
        assert_eq!(text.to_str_lossy(), lossy, "{name}");
    }
    let bytes = bytes_of("string of every width");
    let text = decoder(&bytes).string().expect("a string");
    let expected = "\0\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}";
    assert_eq!(text.to_str().expect("no lone surrogate"), expected);
}

#[test]
fn walking_through_lists_and_maps_ends_where_stepping_over_them_does() {
    for value in support::values() {
        let mut decoder = decoder(&value.bytes);
        if value.name.starts_with("list") {
            match decoder.begin_list().expect(&value.name) {
                ListLen::Fixed(len) => (0..len).for_each(|_| decoder.skip().expect(&value.name)),
                ListLen::UntilEnd => {
                    while !decoder.end() {
                        decoder.skip().expect(&value.name);
                    }
                }
            }
        } else if let Some(rest) = value.name.strip_prefix("map of ") {
            let (class, _) = rest.split_once(' ').expect("a class and a length");
            let written = (class != "HashMap").then(|| format!("java.util.{class}"));
            let name = decoder.begin_map().expect(&value.name);
            assert_eq!(
                name.map(|name| name.to_str_lossy().into_owned()),
                written,
                "{}",
                value.name
            );
            while !decoder.end() {
                decoder
                    .scalar()
                    .and_then(|_| decoder.skip())
                    .expect(&value.name);
            }
        } else {
            continue;
        }
        assert!(decoder.is_empty(), "{}", value.name);
    }
}

#[test]
fn names_are_those_of_the_classes_and_types() {
    let bytes = bytes_of("object of many classes");
    let mut decoder = decoder(&bytes);
    decoder.skip().expect("a value");
    let names: Vec<_> = decoder
        .names()
        .map(|name| name.to_str_lossy().into_owned())
        .collect();
    let classes = (0..=18).map(|class| format!("Vectors$C{class}"));
    assert!(
        names
            .iter()
            .cloned()
            .eq(["[object".to_owned()].into_iter().chain(classes)),
        "{names:?}"
    );
}

fn decoder(bytes: &[u8]) -> Decoder<'_> {
    Decoder::new(bytes, Limits::default())
}

fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Writer::new(&mut bytes));
    bytes
}

fn bytes_of(name: &str) -> Vec<u8> {
    support::values()
        .into_iter()
        .find(|value| value.name == name)
        .expect(name)
        .bytes
}
