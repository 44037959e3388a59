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
    let strings = support::strings("a.S", "1.0.0", "m", "Ljava/lang/Object;");
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
