//! What is read from a request's body, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

mod support;

use dubbo::{
    AttachmentValue, Call, CallError, CallErrorKind, Limits, MAX_ATTACHMENTS, Serialization,
};
use support::{EMOJI, GENERIC, LONE, hello, map, seen_hello, string, strings};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn parse(body: &[u8]) -> Result<Call<'_>, CallError> {
    Call::parse(body, Serialization::HESSIAN2, Limits::default())
}

/// The error's name and field.
fn refused(body: &[u8]) -> (&'static str, &'static str) {
    let error = parse(body).unwrap_err();
    (error.name(), error.field)
}

#[test]
fn a_usual_call_is_read_to_its_last_byte() {
    let body = seen_hello();
    let call = parse(&body).unwrap();
    assert_eq!(call.protocol, "2.0.2");
    assert_eq!(call.path, "lab.UserService");
    assert_eq!(call.version.as_deref(), Some("0.0.0"));
    assert_eq!((&*call.method, call.target_method()), ("hello", "hello"));
    assert_eq!(call.descriptor, support::STRING);
    assert_eq!(call.generic, None);
    assert_eq!(body[call.attachments_at], b'H');
    let keys: Vec<_> = call
        .attachments
        .iter()
        .map(|pair| pair.key.to_str().unwrap())
        .collect();
    assert_eq!(
        keys,
        [
            "path",
            "remote.application",
            "interface",
            "version",
            "timeout"
        ]
    );
    let timeout = call.attachments.get("timeout").unwrap();
    assert_eq!(timeout.text().unwrap().as_deref(), Some("3000"));
    assert_eq!(call.attachments.get("group"), None);
}

#[test]
fn every_prefix_of_a_body_is_truncated_at_its_end() {
    for body in [
        seen_hello(),
        hello("a.B", "", b"N"),
        hello(
            "a.B",
            "",
            b"M\x01t\x01kHNNZ\x01lC\x01c\x91\x01f\x60\xd4\0\0Z",
        ),
    ] {
        assert!(parse(&body).is_ok());
        for end in 0..body.len() {
            let error = parse(&body[..end]).unwrap_err();
            assert_eq!(error.name(), "truncated", "{end}: {error}");
            assert!(error.offset <= end, "{end}: {error}");
        }
    }
}

#[test]
fn bytes_behind_the_attachments_are_refused() {
    for extra in [b"N".as_slice(), b"HZ", b"\0", b"Z"] {
        let body = [&seen_hello(), extra].concat();
        assert_eq!(refused(&body), ("trailing_bytes", "body"));
        assert_eq!(parse(&body).unwrap_err().offset, body.len() - extra.len());
    }
}

#[test]
fn other_serializations_are_refused_as_such() {
    let body = seen_hello();
    for id in [0, 1, 3, 6, 8, 21, 31] {
        let error =
            Call::parse(&body, Serialization::from_flag(id), Limits::default()).unwrap_err();
        assert_eq!(error.kind, CallErrorKind::UnsupportedSerialization);
    }
}

#[test]
fn only_the_version_may_be_null() {
    let fields = ["protocol", "path", "version", "method", "descriptor"];
    for (place, field) in fields.iter().enumerate() {
        let mut parts = [
            string("2.0.2"),
            string("a.B"),
            string("1"),
            string("run"),
            string(""),
        ];
        parts[place] = b"N".to_vec();
        let body = [parts.concat(), b"N".to_vec()].concat();
        if *field == "version" {
            assert_eq!(parse(&body).unwrap().version, None);
        } else {
            assert_eq!(refused(&body), ("unexpected_tag", *field));
        }
    }
}

#[test]
fn what_java_would_convert_to_a_string_is_refused() {
    // An int, a long, a double, true, a class definition before the string.
    for value in [
        b"\x90".as_slice(),
        b"\xe1",
        b"\x5c",
        b"T",
        b"C\x01x\x90\x03run",
    ] {
        let body = [
            &string("2.0.2"),
            &string("a.B"),
            &string("1"),
            value,
            b"\0N",
        ]
        .concat();
        assert_eq!(refused(&body), ("unexpected_tag", "method"));
    }
}

#[test]
fn names_in_chunks_and_beyond_the_basic_plane_are_whole() {
    let chunked = b"R\x00\x04lab.S\x00\x0bUserService";
    let body = [&string("2.0.2"), chunked.as_slice(), b"\0", EMOJI, b"\0N"].concat();
    let call = parse(&body).unwrap();
    assert_eq!(call.path, "lab.UserService");
    assert_eq!(call.method, "\u{1f600}");
}

#[test]
fn a_name_that_is_no_utf8_is_refused() {
    let begin = [string("2.0.2"), string("a.B"), string("1")].concat();
    assert_eq!(
        refused(&[&begin, LONE, b"\0N"].concat()),
        ("lone_surrogate", "method")
    );
    assert_eq!(
        parse(&[&begin, LONE, b"\0N"].concat()).unwrap_err().offset,
        begin.len()
    );
    for bad in [
        b"\x01\xf0\x9f\x98\x80".as_slice(),
        b"\x01\xc0\x80",
        b"\x01\xe2\x28\xa1",
        b"\x01\xff",
    ] {
        assert_eq!(
            refused(&[&begin, bad, b"\0N"].concat()),
            ("bad_utf8", "method")
        );
    }
}

#[test]
fn the_descriptor_counts_the_arguments() {
    let two = [
        &strings("a.B", "", "run", "ILjava/lang/String;"),
        b"\x91\x01x".as_slice(),
    ]
    .concat();
    assert!(parse(&[&two, b"N".as_slice()].concat()).is_ok());
    // One argument less, and the attachments are read as the second one.
    assert_eq!(
        refused(
            &[
                &strings("a.B", "", "run", "ILjava/lang/String;"),
                b"\x91N".as_slice()
            ]
            .concat()
        )
        .0,
        "truncated"
    );
    // One more, and it stands where the attachments should.
    assert_eq!(
        refused(&[&two, b"\x91N".as_slice()].concat()),
        ("bad_attachments", "attachments")
    );
    let body = [&strings("a.B", "", "run", "I?"), b"\x91N".as_slice()].concat();
    assert_eq!(refused(&body), ("bad_descriptor", "descriptor"));
}

#[test]
fn attachments_are_null_or_a_map_and_nothing_else() {
    let null = hello("a.B", "", b"N");
    assert!(parse(&null).unwrap().attachments.is_null());
    let empty = hello("a.B", "", b"HZ");
    let call = parse(&empty).unwrap();
    assert!(!call.attachments.is_null() && call.attachments.iter().count() == 0);
    let typed = hello("a.B", "", b"M\x11java.util.HashMap\x01k\x01vZ");
    let call = parse(&typed).unwrap();
    assert_eq!(call.attachments.type_name().unwrap(), "java.util.HashMap");
    assert_eq!(
        call.attachments.get("k").unwrap().text().unwrap().unwrap(),
        "v"
    );
    // A string (dubbo-go takes the empty one for null), an object, a list, a back reference, a class definition first.
    for other in [
        b"\0".as_slice(),
        b"\x60",
        b"\x78",
        b"Q\x90",
        b"C\x01x\x90HZ",
        b"C\x01x\x91\x04path\x60\x03a.C",
    ] {
        assert_eq!(
            refused(&hello("a.B", "", other)),
            ("bad_attachments", "attachments")
        );
    }
}

#[test]
fn a_back_reference_to_a_map_in_the_arguments_is_no_map() {
    let body = [
        &strings("a.B", "", "run", "Ljava/util/Map;"),
        map(&[("path", "a.C")]).as_slice(),
        b"Q\x90",
    ]
    .concat();
    assert_eq!(refused(&body), ("bad_attachments", "attachments"));
}

#[test]
fn values_of_every_kind_are_told_apart() {
    let attachments = [
        b"H\x01aN\x01bT\x01c\x91\x01d\xe2\x01e\x5c\x01f\x01x\x01gHZ\x01h\x78\x01iC\x01k\x90\x60\x01jJ12345678".as_slice(),
        &[EMOJI, b"F", b"\x01l", LONE].concat(),
        b"Z",
    ];
    let body = hello("a.B", "", &attachments.concat());
    let call = parse(&body).unwrap();
    let pair = |key| call.attachments.get(key).unwrap();
    assert_eq!(pair("a").value(), AttachmentValue::Null);
    assert_eq!(pair("b").value(), AttachmentValue::Bool(true));
    assert_eq!(pair("c").value(), AttachmentValue::Int(1));
    assert_eq!(pair("d").value(), AttachmentValue::Long(2));
    assert_eq!(pair("e").value(), AttachmentValue::Double(1.0));
    for key in ["g", "h", "i", "j"] {
        assert_eq!(pair(key).value(), AttachmentValue::Other, "{key}");
    }
    let text = |key| {
        pair(key)
            .text()
            .map(|text| text.map(|text| text.into_owned()))
    };
    assert_eq!(text("\u{1f600}"), Ok(Some("false".into())));
    assert_eq!(text("c"), Ok(Some("1".into())));
    assert_eq!(text("d"), Ok(Some("2".into())));
    assert_eq!(text("f"), Ok(Some("x".into())));
    assert_eq!(text("a"), Ok(None));
    assert!(text("l").is_err());
}

#[test]
fn keys_are_strings() {
    for key in [b"N".as_slice(), b"\x91", b"T", b"HZ", b"C\x01x\x90\x01k"] {
        let body = hello("a.B", "", &[b"H", key, b"\x01vZ"].concat());
        assert_eq!(refused(&body), ("unexpected_tag", "attachments"));
    }
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    let body = hello(
        "a.B",
        "",
        &map(&[("lane", "one"), ("Lane", "two"), ("lane", "three")]),
    );
    let call = parse(&body).unwrap();
    assert_eq!(
        call.attachments
            .get("lane")
            .unwrap()
            .text()
            .unwrap()
            .unwrap(),
        "three"
    );
    assert_eq!(call.attachments.iter().count(), 3);
}

#[test]
fn attachments_have_a_bound() {
    let pairs = |count| [b"H".to_vec(), vec![0; 2 * count], b"Z".to_vec()].concat();
    assert!(parse(&hello("a.B", "", &pairs(MAX_ATTACHMENTS))).is_ok());
    assert_eq!(
        refused(&hello("a.B", "", &pairs(MAX_ATTACHMENTS + 1))),
        ("too_many_attachments", "attachments")
    );
}

#[test]
fn values_that_decide_what_runs_are_strings_or_null() {
    let fields = [
        ("path", "attachment path"),
        ("interface", "attachment interface"),
        ("version", "attachment version"),
        ("group", "attachment group"),
        ("generic", "attachment generic"),
    ];
    for (key, field) in fields {
        let with = |value: &[u8]| {
            hello(
                "a.B",
                "",
                &[b"H", string(key).as_slice(), value, b"Z"].concat(),
            )
        };
        assert!(parse(&with(b"N")).is_ok());
        for value in [b"\x91".as_slice(), b"T", b"HZ", b"C\x01x\x90\x60"] {
            assert_eq!(refused(&with(value)), ("bad_identity", field));
        }
        assert_eq!(refused(&with(LONE)), ("lone_surrogate", field));
        let hidden_by_a_good_one = [
            b"H",
            string(key).as_slice(),
            b"\x91",
            &string(key),
            b"\x01x",
            b"Z",
        ]
        .concat();
        assert_eq!(
            refused(&hello("a.B", "", &hidden_by_a_good_one)),
            ("bad_identity", field)
        );
    }
}

#[test]
fn a_generic_call_runs_the_method_in_its_first_argument() {
    for (method, first, inner) in [
        ("$invoke", string("reveal"), "reveal"),
        ("$invokeAsync", string("reveal"), "reveal"),
        // Java trims what is not above U+0020.
        ("$invoke", string(" \t\0reveal\r\n "), "reveal"),
        ("$invoke", b"R\x00\x03revS\x00\x04eal ".to_vec(), "reveal"),
        ("$invoke", EMOJI.to_vec(), "\u{1f600}"),
    ] {
        let body = [
            strings("a.B", "", method, GENERIC),
            first,
            b"\x78\x78".to_vec(),
            map(&[("generic", "true")]),
        ]
        .concat();
        let call = parse(&body).unwrap();
        assert_eq!((&*call.method, call.target_method()), (method, inner));
        assert_eq!(call.generic.unwrap().generic, "true");
    }
}

#[test]
fn a_generic_call_needs_no_attachment_and_no_descriptor_of_its_own() {
    // The providers' filters look at the name and at the number of arguments.
    for descriptor in [GENERIC, "III", "Ljava/lang/Object;[I[[Lx;"] {
        let body = [
            &strings("a.B", "", "$invoke", descriptor),
            b"\x06reveal\x78\x78N".as_slice(),
        ]
        .concat();
        let call = parse(&body).unwrap();
        assert_eq!(call.target_method(), "reveal", "{descriptor}");
        assert_eq!(call.generic.unwrap().generic, "");
    }
    for count in [0, 1, 2, 4] {
        let begin = strings("a.B", "", "$invoke", &"I".repeat(count));
        let body = [begin, vec![0x91; count], b"N".to_vec()].concat();
        let call = parse(&body).unwrap();
        assert_eq!((call.target_method(), &call.generic), ("$invoke", &None));
    }
}

#[test]
fn a_generic_call_whose_method_is_no_plain_string_is_refused() {
    for first in [
        b"N".as_slice(),
        b"\x91",
        b"C\x10java.lang.String\x91\x05value\x60\x06reveal",
        b"Q\x90",
    ] {
        let body = [&strings("a.B", "", "$invoke", GENERIC), first, b"\x78\x78N"].concat();
        assert_eq!(refused(&body), ("unexpected_tag", "generic method"));
    }
    let body = [&strings("a.B", "", "$invoke", GENERIC), LONE, b"\x78\x78N"].concat();
    assert_eq!(refused(&body), ("lone_surrogate", "generic method"));
}

#[test]
fn echo_is_a_method_like_any_other() {
    let body = [
        &strings("a.B", "", "$echo", "Ljava/lang/Object;"),
        b"\x02OKN".as_slice(),
    ]
    .concat();
    let call = parse(&body).unwrap();
    assert_eq!((call.target_method(), &call.generic), ("$echo", &None));
}

#[test]
fn errors_say_what_was_expected_and_where() {
    let display = |body: &[u8]| parse(body).unwrap_err().to_string();
    assert_eq!(
        display(b""),
        "protocol: expected more bytes, but found the end of the input at byte 0"
    );
    assert_eq!(
        display(&[seen_hello(), b"N".to_vec()].concat()),
        format!(
            "body: expected the end of the body, but found more at byte {}",
            seen_hello().len()
        )
    );
    assert_eq!(
        display(&hello("a.B", "", b"Q\x90")),
        "attachments: expected null or a map, but found tag 0x51 at byte 40"
    );
    assert_eq!(
        display(&hello("a.B", "", b"H\x04path\x91Z")),
        "attachment path: expected a string or null, but found another value at byte 41"
    );
}
