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
fn a_generic_call_whose_types_are_no_strings_is_none() {
    for types in [
        b"\x79\x91".as_slice(),
        b"\x03a.X",
        b"HZ",
        b"\x79HZ",
        b"C\x01x\x90\x78",
        // dubbo-go reads one string of an enum of its application, however many fields its definition has.
        b"C\x03a.E\x92\x04name\x01x\x60\x01A\x78",
    ] {
        let body = invoke(types, b"\x78");
        let error = Call::parse(&body, Serialization::HESSIAN2, Limits::default()).unwrap_err();
        assert_eq!(
            (error.name(), error.field),
            ("unexpected_tag", "generic types")
        );
    }
}

#[test]
fn a_generic_call_names_what_stands_under_class_keys() {
    let value = [
        b"\x79H".as_slice(),
        &string("class"),
        &string("a.X"),
        &string("inner"),
        b"C\x03a.D\x91\x09className\x60",
        &string("a.Y"),
        &string("other"),
        &string("a.Z"),
        b"Z",
    ]
    .concat();
    assert_eq!(
        classes(&call(&invoke(b"N", &value)).carried()).unwrap(),
        ["a.D", "a.X", "a.Y"]
    );
    // In other calls they are strings like any other.
    assert_eq!(
        classes(&call(&put(&[&value], b"N")).carried()).unwrap(),
        ["a.D"]
    );
}

#[test]
fn a_definition_that_differs_from_the_class_is_altered() {
    let altered = |body: &[u8]| -> Vec<String> {
        let call = call(body);
        let carried = call.carried();
        carried
            .altered()
            .map(|name| name.to_str_lossy().into_owned())
            .collect()
    };
    let uuid = |count: u8| {
        let fields = (0..count).flat_map(|at| [1, b'a' + at]);
        let values = (0..count).map(|_| b'N');
        let begin = [b"C\x0ejava.util.UUID".as_slice(), &[0x90 + count]].concat();
        begin
            .into_iter()
            .chain(fields)
            .chain([0x60])
            .chain(values)
            .collect::<Vec<_>>()
    };
    let usual = [
        b"C\x0ejava.util.UUID\x91".as_slice(),
        &string("value"),
        b"\x60",
        &string("x"),
    ]
    .concat();
    assert!(altered(&put(&[&usual, b"C\x03a.X\x90\x61"], b"N")).is_empty());
    for count in [0, 3] {
        assert_eq!(altered(&put(&[&uuid(count)], b"N")), ["java.util.UUID"]);
        let in_attachments = [b"H\x01k".as_slice(), &uuid(count), b"Z"].concat();
        assert_eq!(altered(&put(&[], &in_attachments)), ["java.util.UUID"]);
    }
    let known = put(&[b"N"], b"N");
    let outline = Outline::of(&call(&known)).unwrap();
    let body = put(&[&uuid(3)], b"N");
    let carried = outline.fits(&body, Limits::default()).unwrap();
    assert_eq!(carried.altered().count(), 1);
}

/// `$invoke` of `run` in fastjson2 with these types and arguments, or another method with three arguments.
fn in_fastjson2(method: &str, types: &[u8], arguments: &[u8]) -> Vec<u8> {
    use support::fastjson2::{string, strings, value};
    [
        strings("a.B", "", method, GENERIC),
        value(&string("run")),
        value(types),
        value(arguments),
        value(b"\x92\x4ca.M\0\xa6\xa5"),
    ]
    .concat()
}

fn classes_in_fastjson2(body: &[u8]) -> Result<Vec<String>, CallError> {
    let call = Call::parse(body, Serialization::FASTJSON2, Limits::default()).unwrap();
    assert_eq!(call.carried().altered().count(), 0);
    classes(&call.carried())
}

#[test]
fn fastjson2_names_types_where_they_first_stand_as_such() {
    // A key that becomes a type by its number, a type by its number, and each value with symbols of its own.
    let argument =
        b"\xa6\x7f\x4ca.K\0\x92\x4ca.X\x01\xa6\xa5\x4ab\x92\0\xa6\xa5\x4ac\x92\x01\xa6\xa5\xa5";
    let body = in_fastjson2("put", b"\x92\x4ca.T\0\x94", argument);
    assert_eq!(
        classes_in_fastjson2(&body).unwrap(),
        ["a.T", "a.X", "a.K", "a.M"]
    );
    let body = in_fastjson2("put", b"\xa6\x4e@type\x4ca.X\x4eclass\x4ca.Y\xa5", b"\xaf");
    assert_eq!(classes_in_fastjson2(&body).unwrap(), ["a.X", "a.M"]);
}

#[test]
fn a_generic_fastjson2_call_names_types_and_what_stands_under_class_keys() {
    let bean = b"\x95\x92\x4ca.D\0\xa6\x7f\x52className\x01\x4ca.X\x7f\x4eclass\x02\x7c\x06a\0.\0Y\0\x4ek_key\x4ca.Z\xa5";
    let body = in_fastjson2("$invoke", b"\x92\x50[String\0\x96\x4ca.S\xaf", bean);
    assert_eq!(
        classes_in_fastjson2(&body).unwrap(),
        ["[String", "a.S", "a.D", "a.X", "a.Y", "a.M"]
    );
    let body = in_fastjson2("$other", b"\x92\x50[String\0\x96\x4ca.S\xaf", bean);
    assert_eq!(
        classes_in_fastjson2(&body).unwrap(),
        ["[String", "a.D", "a.M"]
    );
}

#[test]
fn a_fastjson2_argument_that_is_no_jsonb_has_no_classes() {
    for (argument, name) in [
        (&b"\x92\x01\xa6\xa5"[..], "unknown_symbol"),
        (b"\xa5", "unexpected_tag"),
        (b"\x7e\x01a", "unexpected_tag"),
        (b"\xa6", "truncated"),
        (b"\xaf\xaf", "trailing_bytes"),
        // Java's reader remembers it as `className`.
        (b"\xa6\x53c\0lassName\x4ca.X\xa5", "ambiguous_key"),
    ] {
        let body = in_fastjson2("put", b"\xaf", argument);
        let error = classes_in_fastjson2(&body).unwrap_err();
        assert_eq!(
            (error.name(), error.field),
            (name, "argument"),
            "{argument:02x?}"
        );
    }
}

#[test]
fn a_call_names_no_more_classes_than_the_limit() {
    let limits = Limits {
        types: 3,
        ..Limits::default()
    };
    for (count, fits) in [(3, true), (4, false)] {
        let types = [b"\x94".as_slice()[0] + count];
        let types = [types.as_slice(), &b"\x4ca.S".repeat(count.into())].concat();
        let body = [
            support::fastjson2::strings("a.B", "", "$invoke", GENERIC),
            support::fastjson2::value(b"\x4crun"),
            support::fastjson2::value(&types),
            support::fastjson2::value(b"\x94"),
            support::fastjson2::value(b"\xaf"),
        ]
        .concat();
        let call = Call::parse(&body, Serialization::FASTJSON2, limits).unwrap();
        assert_eq!(call.carried().classes().is_ok(), fits);
    }
}
