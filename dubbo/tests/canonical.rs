//! Nothing that a known writer writes is taken for altered, and what moves a reader is.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panic"
)]

use dubbo::{Call, Limits, Serialization};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod support;
#[path = "../../hessian/tests/support/mod.rs"]
mod vectors;

/// The classes that are altered in a call with this argument.
fn altered(argument: &[u8]) -> Vec<String> {
    altered_for("Ljava/lang/Object;", argument)
}

/// The same where the argument's parameter is of this type.
fn altered_for(parameter: &str, argument: &[u8]) -> Vec<String> {
    let strings = support::strings("a.S", "1.0.0", "m", parameter);
    let body = [&strings, argument, &support::map(&[("path", "a.S")])].concat();
    let call = Call::parse(&body, Serialization::HESSIAN2, Limits::default()).expect("a call");
    let carried = call.carried();
    carried
        .altered()
        .map(|name| name.to_str_lossy().into_owned())
        .collect()
}

#[test]
fn what_writers_write_is_not_altered() {
    for value in vectors::all_values() {
        // Two fields, as hessian-lite wrote them up to 3.2.7: all later readers take one value.
        let expected: &[&str] = match value.name.as_str() {
            "values.txt: object UUID" => &["java.util.UUID"],
            _ => &[],
        };
        assert_eq!(altered(&value.bytes), expected, "{}", value.name);
    }
}

#[test]
fn a_handle_may_hold_what_writers_put_there_and_nothing_else() {
    const HANDLE: &str = "com.alibaba.com.caucho.hessian.io.java8.LocalDateTimeHandle";
    const DATE: &str = "com.alibaba.com.caucho.hessian.io.java8.LocalDateHandle";
    let define = |class: &str, fields: &[&str]| {
        let count = [0x90 + u8::try_from(fields.len()).unwrap()];
        let names = fields.iter().flat_map(|field| support::string(field));
        [
            b"C".as_slice(),
            &support::string(class),
            &count,
            &names.collect::<Vec<_>>(),
        ]
        .concat()
    };
    let handle = define(HANDLE, &["date", "time"]);
    let date = define(DATE, &["year", "month", "day"]);
    let other = define("x.Foo", &["x", "y", "z"]);
    let object = b"\x61\x91\x92\x93";
    assert_eq!(
        altered(&[&handle, &b"\x60"[..], &date, object, b"N"].concat()),
        [""; 0]
    );
    assert_eq!(
        altered(&[&handle, &b"\x60"[..], &other, object, b"N"].concat()),
        [HANDLE]
    );
    assert_eq!(
        altered(&[&handle, &b"W\x60N"[..], &other, object, object, b"Z"].concat()),
        [HANDLE],
        "in a list, in the second field"
    );
    assert_eq!(
        altered(&[&handle, &other, &b"z"[..], object, b"\x60NN"].concat()),
        [""; 0],
        "beside it"
    );
    let uuid = define("java.util.UUID", &["value"]);
    let array = |depth: usize| support::string(&("[".repeat(depth) + "java.util.UUID"));
    let ours = [&uuid, &b"\x71"[..], &array(1), b"\x60\x01u"].concat();
    assert_eq!(altered(&ours), [""; 0]);
    let others = [&other, &b"\x71"[..], &array(1), b"\x60NNN"].concat();
    assert_eq!(altered(&others), ["[java.util.UUID"]);
    let arrays = [&other, &b"\x71"[..], &array(2), b"\x79\x60NNN"].concat();
    assert_eq!(altered(&arrays), ["[[java.util.UUID"]);
    let streams = [
        &b"\x71"[..],
        &support::string("[java.io.InputStream"),
        b"\x21a",
    ]
    .concat();
    assert_eq!(altered(&streams), ["[java.io.InputStream"]);
}

/// hessian-lite reads an argument by its parameter's type, if the object's class does not fit it: one value for a UUID.
#[test]
fn a_parameter_takes_objects_of_its_own_type_and_no_others() {
    const UUID: &str = "Ljava/util/UUID;";
    let uuid = b"C\x0ejava.util.UUID\x91\x05value\x60\x01u";
    let other = b"C\x05x.Foo\x93\x01x\x01y\x01z\x60\x01u\x04path\x03a.S";
    assert_eq!(altered_for(UUID, uuid), [""; 0]);
    assert_eq!(altered_for(UUID, b"N"), [""; 0]);
    assert_eq!(altered_for(UUID, other), [UUID]);
    assert_eq!(altered_for("Ljava/lang/Object;", other), [""; 0]);
    assert_eq!(altered_for("Lx/UUID;", other), [""; 0]);
    let list = |ty: &str, object: &[u8]| [b"\x71", &*support::string(ty), object].concat();
    let array = "[Ljava/util/UUID;";
    assert_eq!(altered_for(array, &list("[java.util.UUID", uuid)), [""; 0]);
    assert_eq!(altered_for(array, b"N"), [""; 0]);
    assert_eq!(altered_for(array, &list("[object", other)), [array]);
    assert_eq!(altered_for(array, &[b"\x79", &other[..]].concat()), [array]);
    assert_eq!(
        altered_for("Ljava/io/InputStream;", b"\x21a"),
        ["Ljava/io/InputStream;"]
    );
    // What stands before it and behind it does not matter.
    let two = [&b"\x91"[..], other].concat();
    assert_eq!(
        altered_for("ILjava/time/LocalDate;", &two),
        ["ILjava/time/LocalDate;"]
    );
}

/// Dubbo up to 2.7.23 goes on reading in the middle of an argument that is no string where one is asked for.
#[test]
fn an_argument_for_a_string_or_a_number_is_one() {
    let text = [&b"\x01a"[..], b"R\0\x01a\x01b"];
    let numbers = [&b"\x90"[..], b"T", b"\xe0", b"\x5b", b"D\0\0\0\0\0\0\0\0"];
    let others = [
        &b"\x79N"[..],
        b"HZ",
        b"\x21a",
        b"K\0\0\0\0",
        b"C\x01a\x90\x60",
        b"C\x01a\x90N",
        b"C\x01a\x90\x01b",
        b"M\x01tZ",
    ];
    for parameter in ["Ljava/lang/String;", "C", "Ljava/lang/Character;"] {
        for fine in text.iter().chain(&numbers).chain(&[&b"N"[..]]) {
            assert_eq!(
                altered_for(parameter, fine),
                [""; 0],
                "{parameter} {fine:?}"
            );
        }
        for other in others {
            assert_eq!(altered_for(parameter, other), [parameter], "{other:?}");
        }
    }
    for parameter in [
        "I",
        "J",
        "Z",
        "Ljava/lang/Integer;",
        "Ljava/lang/Boolean;",
        "D",
    ] {
        for fine in numbers.iter().chain(&[&b"N"[..]]) {
            assert_eq!(
                altered_for(parameter, fine),
                [""; 0],
                "{parameter} {fine:?}"
            );
        }
        for other in others.iter().chain(&text) {
            assert_eq!(altered_for(parameter, other), [parameter], "{other:?}");
        }
    }
    // A reference to the list before it.
    let reference = b"\x79NQ\x90";
    let both = "Ljava/lang/Object;Ljava/lang/String;";
    assert_eq!(altered_for(both, reference), [both]);
}

#[test]
fn a_call_that_fits_an_outline_has_arguments_of_the_right_kind() {
    for (descriptor, other) in [
        ("Ljava/lang/String;", &b"\x79N"[..]),
        ("I", b"\x01a"),
        ("Ljava/util/UUID;", b"C\x01a\x90\x60"),
    ] {
        let strings = support::strings("a.S", "", "m", descriptor);
        let body = |argument: &[u8]| [&*strings, argument, b"N"].concat();
        let read = body(b"N");
        let call = Call::parse(&read, Serialization::HESSIAN2, Limits::default()).unwrap();
        let outline = dubbo::Outline::of(&call).unwrap();
        assert!(outline.fits(&body(b"N"), Limits::default()).is_some());
        assert!(outline.fits(&body(other), Limits::default()).is_none());
        let other = body(other);
        let call = Call::parse(&other, Serialization::HESSIAN2, Limits::default()).unwrap();
        assert!(dubbo::Outline::of(&call).is_none(), "{descriptor}");
    }
}
