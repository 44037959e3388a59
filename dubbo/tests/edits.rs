//! Requests with the policy's attachments.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

mod support;

use dubbo::edit::{has_owned, set_attachments};
use dubbo::{Call, Frame, Limits, Parsed, Serialization};
use support::{EMOJI, LONE, fastjson2, hello, map, request, seen_hello, string, strings};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const OWNED: [&str; 2] = ["lane", "Zone"];

/// The body after the edit, or the error's name. The frame around it must hold together.
fn edited(body: &[u8], ours: &[(&str, &str)]) -> Result<Vec<u8>, &'static str> {
    edited_in(Serialization::HESSIAN2, body, ours)
}

fn edited_in(
    serialization: Serialization,
    body: &[u8],
    ours: &[(&str, &str)],
) -> Result<Vec<u8>, &'static str> {
    let mut bytes = request(body);
    bytes[2] = 0xc0 | serialization.id();
    let Ok(Parsed::Whole(frame, [])) = Frame::parse(&bytes) else {
        panic!("{bytes:x?}")
    };
    let call = Call::parse(frame.body(), serialization, Limits::default()).unwrap();
    let mut out = b"before".to_vec();
    let result = set_attachments(&mut out, &frame.head, &call, ours, &OWNED);
    let frame_out = out.split_off(6);
    assert_eq!(out, b"before");
    if let Err(error) = result {
        assert!(frame_out.is_empty());
        return Err(error.name());
    }
    let Ok(Parsed::Whole(new, [])) = Frame::parse(&frame_out) else {
        panic!("{frame_out:x?}")
    };
    assert_eq!(new.bytes[..12], frame.bytes[..12]);
    Ok(new.body().to_vec())
}

#[test]
fn ours_are_added_behind_the_callers() {
    let body = hello("a.B", "", &map(&[("path", "a.B"), ("x", "1")]));
    let expected = hello(
        "a.B",
        "",
        &map(&[("path", "a.B"), ("x", "1"), ("lane", "canary")]),
    );
    assert_eq!(edited(&body, &[("lane", "canary")]), Ok(expected));
}

#[test]
fn the_callers_own_lanes_go_whatever_their_case_and_number() {
    let theirs = [
        ("LANE", "a"),
        ("x", "1"),
        ("lane", "b"),
        ("zoNE", "c"),
        ("lanes", "2"),
        ("lane", "d"),
    ];
    let body = hello("a.B", "", &map(&theirs));
    let expected = hello(
        "a.B",
        "",
        &map(&[("x", "1"), ("lanes", "2"), ("lane", "canary")]),
    );
    assert_eq!(edited(&body, &[("lane", "canary")]), Ok(expected));
    // They go without a route, too.
    let expected = hello("a.B", "", &map(&[("x", "1"), ("lanes", "2")]));
    assert_eq!(edited(&body, &[]), Ok(expected));
}

#[test]
fn a_call_without_owned_attachments_needs_no_edit() {
    let has = |body: &[u8]| {
        has_owned(
            &Call::parse(body, Serialization::HESSIAN2, Limits::default()).unwrap(),
            &OWNED,
        )
    };
    assert!(!has(&seen_hello()));
    assert!(!has(&hello("a.B", "", b"N")));
    assert!(has(&hello("a.B", "", &map(&[("x", "1"), ("ZONE", "")]))));
}

#[test]
fn what_is_written_is_what_java_reads() {
    let body = hello("a.B", "", b"HZ");
    let long = "x".repeat(40);
    let expected = [
        b"H\x04lane",
        EMOJI,
        string("zone").as_slice(),
        &string(&long),
        b"Z",
    ]
    .concat();
    assert_eq!(
        edited(&body, &[("lane", "\u{1f600}"), ("zone", &long)]),
        Ok(hello("a.B", "", &expected))
    );
}

#[test]
fn other_values_stay_byte_for_byte() {
    // A chunked string, an object with its definition, a reference to the map, a lone surrogate, an emoji key.
    let kept = [
        b"\x01aR\x00\x01xS\x00\x01y\x01bC\x01c\x91\x01f\x60\x91\x01cQ\x90\x01d".as_slice(),
        LONE,
        EMOJI,
        b"\xe1",
    ]
    .concat();
    let body = hello(
        "a.B",
        "",
        &[b"H\x04lane\x01z", kept.as_slice(), b"Z"].concat(),
    );
    let expected = hello(
        "a.B",
        "",
        &[b"H", kept.as_slice(), b"\x04lane\x01yZ"].concat(),
    );
    assert_eq!(edited(&body, &[("lane", "y")]), Ok(expected));
}

#[test]
fn null_attachments_get_the_bodys_words_first() {
    let pairs = [
        ("path", "a.B"),
        ("interface", "a.B"),
        ("version", "1.0.0"),
        ("lane", "canary"),
    ];
    let expected = hello("a.B", "1.0.0", &map(&pairs));
    assert_eq!(
        edited(&hello("a.B", "1.0.0", b"N"), &[("lane", "canary")]),
        Ok(expected)
    );
    let body = [
        string("2.0.2"),
        string("a.B"),
        b"N".to_vec(),
        string("run"),
        string(""),
    ]
    .concat();
    let expected = [
        body.clone(),
        map(&[("path", "a.B"), ("interface", "a.B"), ("lane", "x")]),
    ]
    .concat();
    assert_eq!(
        edited(&[body, b"N".to_vec()].concat(), &[("lane", "x")]),
        Ok(expected)
    );
}

#[test]
fn a_typed_map_loses_its_type() {
    let body = hello("a.B", "", b"M\x11java.util.HashMap\x01x\x91\x04lane\x01aZ");
    let expected = hello("a.B", "", b"H\x01x\x91\x04lane\x01bZ");
    assert_eq!(edited(&body, &[("lane", "b")]), Ok(expected));
}

#[test]
fn a_typed_map_whose_type_may_be_referred_to_is_refused() {
    let body = hello("a.B", "", b"M\x01t\x01xM\x90ZZ");
    assert_eq!(edited(&body, &[("lane", "b")]), Err("edit_typed_map"));
}

#[test]
fn an_owned_attachment_that_is_no_string_is_refused() {
    for value in [
        b"N".as_slice(),
        b"\x91",
        b"T",
        b"HZ",
        b"C\x01c\x90\x60",
        b"Q\x90",
    ] {
        let body = hello("a.B", "", &[b"H\x04LANE", value, b"Z"].concat());
        assert_eq!(edited(&body, &[("lane", "b")]), Err("edit_removed_value"));
    }
}

#[test]
fn references_out_of_the_arguments_still_point_where_they_did() {
    // Argument: a typed map (type 0, reference 0). Attachments: reference 1; a value refers to type 0 and to reference 0.
    let begin = [
        &strings("a.B", "", "run", "Ljava/util/Map;"),
        b"M\x01tZ".as_slice(),
    ]
    .concat();
    let body = [&begin, b"H\x04lane\x01a\x01xM\x90Z\x01yQ\x90Z".as_slice()].concat();
    let expected = [&begin, b"H\x01xM\x90Z\x01yQ\x90\x04lane\x01bZ".as_slice()].concat();
    assert_eq!(edited(&body, &[("lane", "b")]), Ok(expected));
}

/// The attachments of a call in fastjson2 after the edit.
fn edited_attachments(attachments: &[u8], ours: &[(&str, &str)]) -> Result<Vec<u8>, &'static str> {
    let body = fastjson2::hello("a.B", "1", attachments);
    let new = edited_in(Serialization::FASTJSON2, &body, ours)?;
    let before = body.len() - attachments.len() - 4;
    assert_eq!(new[..before], body[..before]);
    let (length, new) = new[before..].split_at(4);
    assert_eq!(length, u32::try_from(new.len()).unwrap().to_be_bytes());
    Ok(new.to_vec())
}

#[test]
fn fastjson2_attachments_are_set_like_those_of_hessian2() {
    let map = fastjson2::map;
    let theirs = map(&[("LANE", "a"), ("x", "1"), ("lane", "b"), ("zoNE", "c")]);
    let expected = map(&[("x", "1"), ("lane", "canary")]);
    assert_eq!(
        edited_attachments(&theirs, &[("lane", "canary")]),
        Ok(expected)
    );
    assert_eq!(edited_attachments(&theirs, &[]), Ok(map(&[("x", "1")])));
    // In the place of null.
    let expected = map(&[
        ("path", "a.B"),
        ("interface", "a.B"),
        ("version", "1"),
        ("lane", "x"),
    ]);
    assert_eq!(edited_attachments(b"\xaf", &[("lane", "x")]), Ok(expected));
    // Plain values of any kind stay as they are.
    let theirs = b"\xa6\x4ak\xa6\x4aa\x01\xa5\x4al\x7c\x02\x3d\xd8\xa5";
    let expected = b"\xa6\x4ak\xa6\x4aa\x01\xa5\x4al\x7c\x02\x3d\xd8\x4dlane\x4b\xe9!\xa5";
    assert_eq!(
        edited_attachments(theirs, &[("lane", "é!")]),
        Ok(expected.to_vec())
    );
}

#[test]
fn symbols_and_types_of_fastjson2_attachments_are_written_out() {
    // `lane` goes, and with it the definition that the last key refers to by number; the type's name is key 0.
    let theirs =
        b"\x92\x4cMap\x00\xa6\x7f\x4dlane\x01\x4aa\x7f\x4ax\x02\x4ab\x7f\x02\x4ac\x7f\x00\x01\xa5";
    let expected = b"\xa6\x4ax\x4ab\x4ax\x4ac\x4cMap\x01\x4dlane\x4as\xa5";
    assert_eq!(
        edited_attachments(theirs, &[("lane", "s")]),
        Ok(expected.to_vec())
    );
    for theirs in [
        // A map inside may refer to a symbol, or define one.
        &b"\xa6\x7f\x4ax\x01\x4aa\x4ak\xa6\x7f\x01\x4ab\xa5\xa5"[..],
        b"\xa6\x4ak\xa6\x7f\x4ax\x01\x4ab\xa5\x7f\x01\x4aa\xa5",
        b"\x92\x4cMap\x00\xa6\x4ak\xa6\x7f\x00\x4ab\xa5\xa5",
        // Half a surrogate pair has no plain form.
        b"\xa6\x7f\x7c\x02\x3d\xd8\x01\x4aa\xa5",
    ] {
        assert_eq!(
            edited_attachments(theirs, &[("lane", "s")]),
            Err("edit_symbols")
        );
    }
    let theirs = b"\xa6\x4dlane\x01\xa5";
    assert_eq!(
        edited_attachments(theirs, &[("lane", "s")]),
        Err("edit_removed_value")
    );
}
