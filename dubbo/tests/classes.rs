//! Which classes a call makes its provider load.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use dubbo::{Call, CallError, Carried, Limits, Outline, Serialization};
use support::{GENERIC, map, string, strings};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn call(body: &[u8]) -> Call<'_> {
    Call::parse(body, Serialization::HESSIAN2, Limits::default()).unwrap()
}

fn classes(carried: &Carried<'_>) -> Result<Vec<String>, CallError> {
    let names = carried.classes()?;
    Ok(names
        .iter()
        .map(|name| name.to_str_lossy().into_owned())
        .collect())
}

/// A call of `put` with arguments of these bytes.
fn put(arguments: &[&[u8]], attachments: &[u8]) -> Vec<u8> {
    let descriptor = "Ljava/lang/Object;".repeat(arguments.len());
    [
        &strings("a.B", "", "put", &descriptor),
        arguments.concat().as_slice(),
        attachments,
    ]
    .concat()
}

/// `$invoke` of `run` with these types and arguments.
fn invoke(types: &[u8], arguments: &[u8]) -> Vec<u8> {
    [
        &strings("a.B", "", "$invoke", GENERIC),
        b"\x03run".as_slice(),
        types,
        arguments,
        b"N",
    ]
    .concat()
}

#[test]
fn definitions_and_types_are_named_once_in_the_order_of_the_wire() {
    let arguments: [&[u8]; 5] = [
        b"C\x03a.X\x91\x01f\x60C\x03a.Y\x90\x61",
        b"\x72\x07[string\x01a\x01b",
        b"M\x03a.ZZ",
        b"M\x03a.XZ",
        b"V\x90\x91N",
    ];
    let body = put(&arguments, b"M\x03a.WZ");
    assert_eq!(
        classes(&call(&body).carried()).unwrap(),
        ["a.X", "a.Y", "[string", "a.Z", "a.W"]
    );
    assert!(
        classes(&call(&put(&[], b"HZ")).carried())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn classes_in_attachments_count() {
    let body = put(&[], b"H\x01kC\x03a.X\x90\x60Z");
    assert_eq!(classes(&call(&body).carried()).unwrap(), ["a.X"]);
}

#[test]
fn a_call_that_fits_an_outline_names_its_own_classes() {
    let first = put(&[b"C\x03a.X\x90\x60"], &map(&[("path", "a.B")]));
    let outline = Outline::of(&call(&first)).unwrap();
    let other = put(&[b"M\x03a.YZ"], &map(&[("path", "a.B")]));
    let carried = outline.fits(&other, Limits::default()).unwrap();
    assert_eq!(classes(&carried).unwrap(), ["a.Y"]);
}

#[test]
fn a_generic_call_names_the_types_of_its_parameters() {
    for types in [
        [
            b"\x72\x07[string".as_slice(),
            &string("a.X"),
            &string("a.Y"),
        ]
        .concat(),
        [b"\x7b".as_slice(), &string("a.X"), b"N", &string("a.Y")].concat(),
        [b"W".as_slice(), &string("a.X"), &string("a.Y"), b"Z"].concat(),
    ] {
        let body = invoke(&types, b"\x78");
        let mut found = classes(&call(&body).carried()).unwrap();
        found.retain(|name| name != "[string");
        assert_eq!(found, ["a.X", "a.Y"], "{types:02x?}");
    }
    let body = invoke(b"N", b"\x78");
    assert!(classes(&call(&body).carried()).unwrap().is_empty());
}

#[test]
fn a_generic_call_whose_types_are_no_strings_names_no_classes() {
    for types in [
        b"\x79\x91".as_slice(),
        b"\x03a.X",
        b"HZ",
        b"\x79HZ",
        b"C\x01x\x90\x78",
    ] {
        let body = invoke(types, b"\x78");
        let error = classes(&call(&body).carried()).unwrap_err();
        assert_eq!(
            (error.name(), error.field),
            ("unexpected_tag", "generic types")
        );
    }
}
