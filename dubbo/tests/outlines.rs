//! A body that fits the outline of an earlier call says what that call said.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod support;

use dubbo::outline::names;
use dubbo::{Call, Limits, Outline, Serialization};
use support::{fastjson2, hello, map, seen_hello, strings};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn call(body: &[u8]) -> Call<'_> {
    Call::parse(body, Serialization::HESSIAN2, Limits::default()).unwrap()
}

/// What a call says, but for its arguments.
fn words(call: &Call<'_>) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        call.path, call.version, call.method, call.descriptor, call.attachments
    )
}

#[test]
fn a_call_fits_its_own_outline_whatever_its_argument_is() {
    let attachments = map(&[("path", "lab.User"), ("timeout", "3000")]);
    // Any argument is right for a parameter that is any object.
    let begin = strings("lab.User", "0.0.0", "put", "Ljava/lang/Object;");
    let first = [&*begin, b"\x03bob", &*attachments].concat();
    let outline = Outline::of(&call(&first)).unwrap();
    assert!(outline.fits(&first, Limits::default()).is_some());

    let arguments: [&[u8]; 5] = [
        b"\x00",
        b"N",
        b"\x91",
        b"C\x01X\x91\x01a\x60\x01b",
        b"x\x7a\x03bob\x90",
    ];
    for argument in arguments {
        let other = [&*begin, argument, &*attachments].concat();
        let read = Call::parse(&other, Serialization::HESSIAN2, Limits::default());
        assert_eq!(
            outline.fits(&other, Limits::default()).is_some(),
            read.is_ok(),
            "{argument:02x?}"
        );
    }
}

#[test]
fn a_body_that_differs_in_any_byte_outside_its_argument_does_not_fit() {
    let body = seen_hello();
    let outline = Outline::of(&call(&body)).unwrap();
    let said = words(&call(&body));
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut other = body.clone();
            *other.get_mut(at).unwrap() ^= 1 << bit;
            if outline.fits(&other, Limits::default()).is_some() {
                assert_eq!(words(&call(&other)), said, "bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn no_prefix_of_a_body_and_no_longer_body_fits() {
    let body = seen_hello();
    let outline = Outline::of(&call(&body)).unwrap();
    for len in 0..body.len() {
        assert!(
            outline
                .fits(body.get(..len).unwrap(), Limits::default())
                .is_none(),
            "{len} bytes"
        );
    }
    let longer = [body.as_slice(), b"N"].concat();
    assert!(outline.fits(&longer, Limits::default()).is_none());
}

#[test]
fn a_call_whose_attachments_may_refer_to_its_arguments_has_no_outline() {
    for attachments in [
        b"M\x01T\x04path\x08lab.UserZ".as_slice(),
        b"H\x01a\x78Z",
        b"H\x01aJ\x00\x00\x00\x00\x00\x00\x00\x00Z",
    ] {
        let body = hello("lab.User", "0.0.0", attachments);
        assert_eq!(Outline::of(&call(&body)), None, "{attachments:02x?}");
    }
}

#[test]
fn the_names_of_a_body_end_where_its_arguments_begin() {
    let attachments = map(&[]);
    let body = hello("lab.User", "0.0.0", &attachments);
    let hessian2 = |body| names(body, Serialization::HESSIAN2).len();
    assert_eq!(
        hessian2(&body),
        body.len() - attachments.len() - support::string("bob").len()
    );
    for len in 0..body.len() {
        assert!(hessian2(body.get(..len).unwrap()) <= len);
    }
}

#[test]
fn the_names_of_a_fastjson2_body_stand_behind_their_lengths() {
    let strings =
        b"\0\0\0\x06\x4e2.0.2\0\0\0\x04\x4ca.B\0\0\0\x01\xaf\0\0\0\x04\x4crun\0\0\0\x02\x4aI";
    let body = [strings.as_slice(), b"\0\0\0\x01\x07\0\0\0\x01\xaf"].concat();
    assert_eq!(names(&body, Serialization::FASTJSON2), strings);
    for len in 0..body.len() {
        assert!(names(body.get(..len).unwrap(), Serialization::FASTJSON2).len() <= len);
    }
}

#[test]
fn a_fastjson2_call_fits_its_own_outline_whatever_its_argument_is() {
    let attachments = fastjson2::map(&[("path", "lab.User"), ("timeout", "3000")]);
    let body = |argument: &[u8]| {
        let begin = fastjson2::strings("lab.User", "", "hello", support::STRING);
        [begin, argument.to_vec(), fastjson2::value(&attachments)].concat()
    };
    let first = body(b"\0\0\0\x01\x07");
    fn parse(body: &[u8]) -> Result<Call<'_>, dubbo::CallError> {
        Call::parse(body, Serialization::FASTJSON2, Limits::default())
    }
    let outline = Outline::of(&parse(&first).unwrap()).unwrap();
    let arguments: [&[u8]; 7] = [
        b"\0\0\0\x01\x07",
        b"\0\0\0\x09\x92\x4ca.X\0\xa6\xa5",
        b"\0\0\0\x02\x7e\xff",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"",
    ];
    for argument in arguments {
        let body = body(argument);
        let fits = outline.fits(&body, Limits::default());
        assert_eq!(fits.is_some(), parse(&body).is_ok(), "{argument:02x?}");
        if let (Some(carried), Ok(call)) = (fits, parse(&body)) {
            assert_eq!(carried.classes(), call.carried().classes());
        }
    }
    for len in 0..first.len() {
        let shorter = first.get(..len).unwrap();
        assert!(
            outline.fits(shorter, Limits::default()).is_none(),
            "{len} bytes"
        );
    }
    let longer = [first.as_slice(), b"\0\0\0\x01\xaf"].concat();
    assert!(outline.fits(&longer, Limits::default()).is_none());
}
