//! What is read from a request's body in fastjson2, and what is refused. What Java does with it was tried on fastjson2
//! 2.0.56 with the features that Dubbo 3.3.6 reads by; `testdata/tools/fastjson2` shows it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

mod support;

use dubbo::{AttachmentValue, Call, CallError, Limits, MAX_ATTACHMENTS, Serialization};
use support::GENERIC;
use support::fastjson2::{hello, map, seen_hello, string, strings, value};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// `path` as a key.
const PATH: &[u8] = b"\x4dpath";

fn parse(body: &[u8]) -> Result<Call<'_>, CallError> {
    Call::parse(body, Serialization::FASTJSON2, Limits::default())
}

/// The error's name and field.
fn refused(body: &[u8]) -> (&'static str, &'static str) {
    let error = parse(body).unwrap_err();
    (error.name(), error.field)
}

/// A call with these bytes as its attachments.
fn with(attachments: &[&[u8]]) -> Vec<u8> {
    hello("lab.User", "", &attachments.concat())
}

/// A call with these bytes between the marks of a map.
fn pairs(pairs: &[&[u8]]) -> Vec<u8> {
    with(&[b"\xa6", &pairs.concat(), b"\xa5"])
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
    assert_eq!(call.serialization(), Serialization::FASTJSON2);
    assert_eq!(body[call.attachments_at + 4], 0xa6);
    assert_eq!(call.attachments.iter().count(), 5);
    let timeout = call.attachments.get("timeout").unwrap();
    assert_eq!(timeout.text().unwrap().as_deref(), Some("3000"));
    assert_eq!(call.attachments.get("group"), None);
}

#[test]
fn every_prefix_of_a_body_is_truncated_at_its_end() {
    for body in [
        seen_hello(),
        with(&[b"\xaf"]),
        with(&[b"\x92\x4at\0\xa6\xa5"]),
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
    for extra in [&b"\0"[..], b"\xaf", b"\0\0\0\x01\xaf"] {
        let body = [&seen_hello(), extra].concat();
        assert_eq!(refused(&body), ("trailing_bytes", "body"));
        assert_eq!(parse(&body).unwrap_err().offset, body.len() - extra.len());
    }
}

#[test]
fn a_value_fills_its_length() {
    let fields = ["protocol", "path", "version", "method", "descriptor"];
    for (place, field) in fields.into_iter().enumerate() {
        let body = |bytes: &[u8]| {
            let mut parts = ["2.0.2", "a.B", "1", "run", ""].map(string);
            parts[place] = bytes.to_vec();
            let values = parts.iter().flat_map(|part| value(part));
            values.chain(value(b"\xaf")).collect::<Vec<_>>()
        };
        assert_eq!(refused(&body(b"\x49\xaf")), ("trailing_bytes", field));
        assert_eq!(refused(&body(b"\x4a")), ("truncated", field));
        assert_eq!(refused(&body(b"")), ("truncated", field));
    }
    assert_eq!(
        refused(&with(&[b"\xa6\xa5\xaf"])),
        ("trailing_bytes", "attachments")
    );
    assert_eq!(
        refused(&with(&[b"\xaf\xaf"])),
        ("trailing_bytes", "attachments")
    );
    assert_eq!(refused(&with(&[b"\xa6"])), ("truncated", "attachments"));
    assert_eq!(refused(&with(&[])), ("truncated", "attachments"));
}

#[test]
fn lengths_are_believed_only_as_far_as_there_are_bytes() {
    let begin = strings("a.B", "", "run", "I");
    for (length, name) in [
        (b"\xff\xff\xff\xff", "negative_length"),
        (b"\x80\0\0\0", "negative_length"),
        (b"\x7f\xff\xff\xff", "truncated"),
        (b"\0\0\0\0", "truncated"),
    ] {
        let body = [&begin, length.as_slice(), b"\x01\0\0\0\x01\xaf"].concat();
        assert_eq!(refused(&body), (name, "argument"));
        let body = [length.as_slice(), b"\x4e2.0.2"].concat();
        assert_eq!(refused(&body), (name, "protocol"));
    }
    // Within a value: of a string, of an array, of binary data.
    for (bytes, name) in [
        (&b"\x4ak\x79\x48\x7f\xff\xff\xff"[..], "truncated"),
        (b"\x4ak\x79\xff", "negative_length"),
        (b"\x4ak\x79\x48\x80\0\0\0", "negative_length"),
        (b"\x4ak\xa4\x48\x7f\xff\xff\xff", "truncated"),
        (b"\x4ak\xa4\xff", "negative_length"),
        (b"\x4ak\x91\x48\x7f\xff\xff\xff", "truncated"),
        (b"\x4ak\xbb\xff", "negative_length"),
    ] {
        assert_eq!(
            refused(&pairs(&[bytes])),
            (name, "attachments"),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn only_the_version_may_be_null() {
    let fields = ["protocol", "path", "version", "method", "descriptor"];
    for (place, field) in fields.into_iter().enumerate() {
        let mut parts = ["2.0.2", "a.B", "1", "run", ""].map(string);
        parts[place] = b"\xaf".to_vec();
        let values = parts.iter().flat_map(|part| value(part));
        let body: Vec<_> = values.chain(value(b"\xaf")).collect();
        if field == "version" {
            assert_eq!(parse(&body).unwrap().version, None);
        } else {
            assert_eq!(refused(&body), ("unexpected_tag", field));
        }
    }
}

#[test]
fn what_java_would_convert_to_a_string_is_refused() {
    for method in [
        b"\x01".as_slice(),
        b"\xbe\0\0\0\0\0\0\0\x01",
        b"\xb1",
        b"\xb3",
        b"\x92\x59java.lang.String\0\x4crun",
        b"\x93\x4a$",
        b"\x7f\x4crun\0",
        b"\x7f\0",
        b"\x7e\x03run",
        b"\x95\x4crun",
        b"\xa6\xa5",
    ] {
        let names = ["2.0.2", "a.B", "1"].map(string);
        let begin = names.iter().flat_map(|part| value(part));
        let rest = [value(method), value(b"\x49"), value(b"\xaf")].concat();
        let body: Vec<_> = begin.chain(rest).collect();
        assert_eq!(
            refused(&body),
            ("unexpected_tag", "method"),
            "{method:02x?}"
        );
    }
}

/// `path` in each form, and whether Java's map finds it under that literal.
const FORMS: [(&[u8], bool); 12] = [
    (b"\x4dpath", true),
    (b"\x79\x04path", true),
    (b"\x79\x38\x04path", true),
    (b"\x79\x44\0\x04path", true),
    (b"\x79\x48\0\0\0\x04path", true),
    (b"\x7a\x04path", false),
    (b"\x7b\x08\0p\0a\0t\0h", true),
    (b"\x7b\x0a\xfe\xff\0p\0a\0t\0h", true),
    (b"\x7b\x0a\xff\xfep\0a\0t\0h\0", true),
    (b"\x7c\x08p\0a\0t\0h\0", false),
    (b"\x7d\x08\0p\0a\0t\0h", true),
    (b"\x7f\x4dpath\x05", true),
];

#[test]
fn a_key_is_read_in_every_form_in_which_java_finds_it() {
    for (form, found) in FORMS {
        let body = pairs(&[form, b"\x4ax"]);
        if found {
            let call = parse(&body).unwrap();
            let path = call.attachments.get("path").unwrap();
            assert_eq!(path.text().unwrap().unwrap(), "x", "{form:02x?}");
            assert_eq!(call.identities()[0].service, "x", "{form:02x?}");
        } else {
            assert_eq!(
                refused(&body),
                ("ambiguous_key", "attachments"),
                "{form:02x?}"
            );
        }
    }
}

#[test]
fn a_value_is_read_in_every_form() {
    for (form, _) in FORMS {
        let body = pairs(&[PATH, form]);
        if form[0] == 0x7f {
            assert_eq!(refused(&body), ("unexpected_tag", "attachments"));
            continue;
        }
        let call = parse(&body).unwrap();
        assert_eq!(call.identities()[0].service, "path", "{form:02x?}");
        let names = ["2.0.2"].map(string);
        let body = [
            value(&names[0]),
            value(form),
            value(b"\x49"),
            value(form),
            value(b"\x49"),
            value(b"\xaf"),
        ]
        .concat();
        let call = parse(&body).unwrap();
        assert_eq!(
            (&*call.path, &*call.method),
            ("path", "path"),
            "{form:02x?}"
        );
    }
}

#[test]
fn letters_of_latin1_and_beyond_are_the_same_in_every_form() {
    for (form, text) in [
        (&b"\x4a\xe9"[..], "é"),
        (b"\x7a\x02\xc3\xa9", "é"),
        (b"\x7c\x02\xe9\0", "é"),
        (b"\x7d\x02\0\xe9", "é"),
        (b"\x7a\x04\xf0\x9f\x98\x80", "\u{1f600}"),
        (b"\x7c\x04\x3d\xd8\x00\xde", "\u{1f600}"),
        (b"\x7b\x06\xfe\xff\xd8\x3d\xde\x00", "\u{1f600}"),
    ] {
        let body = pairs(&[PATH, form]);
        assert_eq!(parse(&body).unwrap().identities()[0].service, text);
        let body = pairs(&[form, b"\x4ax"]);
        let call = parse(&body).unwrap();
        assert!(call.attachments.get(text).is_some(), "{form:02x?}");
    }
}

#[test]
fn strings_that_are_none_are_refused() {
    for (form, name) in [
        (&b"\x7a\x03\xed\xa0\xbd"[..], "bad_utf8"),
        (b"\x7a\x02\xc0\x80", "bad_utf8"),
        (b"\x7a\x01\xff", "bad_utf8"),
        (b"\x7c\x03a\0b", "bad_utf16"),
        (b"\x7b\x03\xff\xfea", "bad_utf16"),
        (b"\x7d\x01a", "bad_utf16"),
        (b"\x7e\x01a", "unexpected_tag"),
    ] {
        // Whether anybody looks at it or not.
        assert_eq!(refused(&pairs(&[PATH, form])), (name, "attachments"));
        assert_eq!(refused(&pairs(&[b"\x4ak", form])), (name, "attachments"));
        let key = refused(&pairs(&[form, b"\x4ak"])).0;
        assert!(key == name || key == "ambiguous_key", "{form:02x?}: {key}");
        let body = [value(b"\x4e2.0.2"), value(form)].concat();
        assert_eq!(refused(&body), (name, "path"));
    }
}

#[test]
fn half_a_surrogate_pair_is_refused_where_a_rule_could_look() {
    const LONE: &[u8] = b"\x7c\x02\x3d\xd8";
    assert_eq!(
        refused(&pairs(&[PATH, LONE])),
        ("lone_surrogate", "attachment path")
    );
    let body = [value(b"\x4e2.0.2"), value(LONE)].concat();
    assert_eq!(refused(&body), ("lone_surrogate", "path"));
    let body = pairs(&[b"\x4ak", LONE, LONE, b"\x4av"]);
    let call = parse(&body).unwrap();
    assert!(call.attachments.get("k").unwrap().text().is_err());
}

#[test]
fn keys_that_java_remembers_as_others_are_refused() {
    // Java returns "interface" for the first three, once it has seen that.
    for key in [
        &b"\x53i\0nterface"[..],
        b"\x54\0\0interface",
        b"\x55i\0\0\0nterface",
        b"\x55\xe9\xff\xff\xffnterface",
    ] {
        assert_eq!(
            refused(&pairs(&[key, b"\x4ax"])),
            ("ambiguous_key", "attachments")
        );
    }
}

#[test]
fn symbols_are_known_before_they_are_named() {
    let body = pairs(&[b"\x7f\x4dpath\x01\x4aa", b"\x7f\x01\x4ab"]);
    let call = parse(&body).unwrap();
    assert_eq!(call.identities()[0].service, "b");
    assert!(
        call.identities()
            .contradictions
            .contains(dubbo::Contradiction::DuplicateKey)
    );
    // A symbol of a map inside, or the name of the type, is a symbol, too.
    let body = pairs(&[b"\x4ak\xa6\x7f\x4dpath\x01\x4aa\xa5", b"\x7f\x01\x4ab"]);
    assert_eq!(parse(&body).unwrap().identities()[0].service, "b");
    let body = with(&[b"\x92\x4dpath\0\xa6\x7f\0\x4ab\xa5"]);
    assert_eq!(parse(&body).unwrap().identities()[0].service, "b");

    for (bytes, name) in [
        (&b"\x7f\x01\x4ab"[..], "unknown_symbol"),
        (b"\x7f\xff\x4ab", "unknown_symbol"),
        (b"\x7f\x4dpath\xff\x4ab", "symbol_order"),
        // Java's reader then has two meanings for it: the old one by sum, and the new one by name.
        (
            b"\x7f\x4dpath\x01\x4aa\x7f\x4dpatj\x01\x4ab",
            "symbol_order",
        ),
        (
            b"\x7f\x4dpath\x02\x4aa\x7f\x4dpatj\x01\x4ab",
            "symbol_order",
        ),
        (b"\x7f\xaf\x4ab", "unexpected_tag"),
        (b"\x7f\x4dpath\xbd\x01\x4aa", "unexpected_tag"),
    ] {
        assert_eq!(
            refused(&pairs(&[bytes])),
            (name, "attachments"),
            "{bytes:02x?}"
        );
    }
    let limits = Limits {
        types: 1,
        ..Limits::default()
    };
    let body = pairs(&[b"\x7f\x4aa\0\x4aa", b"\x7f\x4ab\x01\x4ab"]);
    let error = Call::parse(&body, Serialization::FASTJSON2, limits).unwrap_err();
    assert_eq!(error.name(), "too_many_symbols");
}

#[test]
fn attachments_are_null_or_a_map_and_nothing_else() {
    let body = with(&[b"\xaf"]);
    assert!(parse(&body).unwrap().attachments.is_null());
    let body = with(&[b"\xa6\xa5"]);
    let call = parse(&body).unwrap();
    assert!(!call.attachments.is_null() && call.attachments.iter().count() == 0);
    for begin in [
        &b"\x92\x5ajava.util.HashMap\0"[..],
        b"\x92\x79\x11java.util.HashMap\x38\x00",
        b"\x92\x7f\x5ajava.util.HashMap\x05",
    ] {
        let body = with(&[begin, &map(&[("k", "v")])]);
        let call = parse(&body).unwrap();
        assert_eq!(call.attachments.type_name().unwrap(), "java.util.HashMap");
        let value = call.attachments.get("k").unwrap();
        assert_eq!(value.text().unwrap().unwrap(), "v");
    }
    for (other, name) in [
        // Java takes the first five for maps: it needs no `a6`.
        (&b"\x4dpath\x4ax\xa5"[..], "bad_attachments"),
        (
            b"\x92\x5ajava.util.HashMap\0\x4dpath\x4ax\xa5",
            "bad_attachments",
        ),
        (b"\xa5", "bad_attachments"),
        (b"\x01\x4ax\xa5", "bad_attachments"),
        (b"\xb1\x4ax\xa5", "bad_attachments"),
        (b"\x94", "bad_attachments"),
        (b"\x93\x4a$", "bad_attachments"),
        (b"\x4b{}", "bad_attachments"),
        (b"\x92\x4ax\0\xaf", "bad_attachments"),
        (b"\x92\x4ax\0\x92\x4ax\x01\xa6\xa5", "bad_attachments"),
        // A type that is known by nothing but its number.
        (b"\x92\0\xa6\xa5", "unknown_symbol"),
        (b"\x92\xaf\xa6\xa5", "unexpected_tag"),
    ] {
        assert_eq!(
            refused(&with(&[other])),
            (name, "attachments"),
            "{other:02x?}"
        );
    }
}

#[test]
fn keys_are_strings() {
    for key in [
        &b"\xaf"[..],
        b"\x01",
        b"\xb1",
        b"\xa6\xa5",
        b"\x93\x4a$",
        b"\x92\x4ax\0\x4ay",
    ] {
        assert_eq!(
            refused(&pairs(&[key, b"\x4ax"])),
            ("unexpected_tag", "attachments"),
            "{key:02x?}"
        );
    }
}

#[test]
fn values_of_every_kind_are_told_apart() {
    use AttachmentValue::{Bool, Double, Int, Long, Null, Other};
    for (bytes, expected) in [
        (&b"\xaf"[..], Null),
        (b"\xb0", Bool(false)),
        (b"\xb1", Bool(true)),
        (b"\x2f", Int(47)),
        (b"\xf0", Int(-16)),
        (b"\x30\0", Int(-2048)),
        (b"\x3f\xff", Int(2047)),
        (b"\x40\0\0", Int(-262_144)),
        (b"\x47\xff\xff", Int(262_143)),
        (b"\x48\x80\0\0\0", Int(i32::MIN)),
        (b"\xbd\xff", Int(-1)),
        (b"\xbc\x80\0", Int(-32_768)),
        (b"\xd8", Long(-8)),
        (b"\xef", Long(15)),
        (b"\xc8\0", Long(-2048)),
        (b"\xd7\xff", Long(2047)),
        (b"\xc0\0\0", Long(-262_144)),
        (b"\xc7\xff\xff", Long(262_143)),
        (b"\xbf\x80\0\0\0", Long(i32::MIN.into())),
        (b"\xbe\x7f\xff\xff\xff\xff\xff\xff\xff", Long(i64::MAX)),
        (b"\xb2", Double(0.0)),
        (b"\xb3", Double(1.0)),
        (b"\xb4\x05", Double(5.0)),
        (b"\xb5\x3f\xf8\0\0\0\0\0\0", Double(1.5)),
        (b"\xb6\xf0", Double(-16.0)),
        (b"\xb7\x3f\xc0\0\0", Double(1.5)),
        (b"\x90\x38\x63", Other),
        (b"\x91\x02ab", Other),
        (b"\x96\x01\x4aa", Other),
        (b"\xa4\x02\x01\x02", Other),
        (b"\xa6\x4aa\xa6\x01\xb1\xa5\xa5", Other),
        (b"\xa7\x01\x02\x03\0", Other),
        (b"\xa8\x07\xe4\x02\x01\x01\x02\x03\0", Other),
        (b"\xa9\x07\xe4\x02\x01", Other),
        (b"\xaa\x07\xe4\x02\x01\x01\x02\x03\0\x4aZ", Other),
        (b"\xab12345678", Other),
        (b"\xac1234", Other),
        (b"\xad1234", Other),
        (b"\xae\xd9\x01", Other),
        (b"\xb8\xd9", Other),
        (b"\xb9\x02\xbb\x02ab", Other),
        (b"\xb9\x02\x05", Other),
        (b"\xba\xd9", Other),
        (b"\xbb\x02ab", Other),
    ] {
        let body = pairs(&[b"\x4ak", bytes, b"\x4al\x4ax"]);
        let call = parse(&body).unwrap();
        let found = call.attachments.get("k").unwrap();
        assert_eq!(found.value(), expected, "{bytes:02x?}");
        let end = call.attachments.get("l").unwrap();
        assert_eq!(end.text().unwrap().unwrap(), "x", "{bytes:02x?}");
        if expected != Null {
            let body = pairs(&[PATH, bytes]);
            assert_eq!(
                refused(&body),
                ("bad_identity", "attachment path"),
                "{bytes:02x?}"
            );
        }
    }
}

#[test]
fn values_that_java_reads_by_their_class_or_elsewhere_are_refused() {
    for bytes in [
        // A string that is none, and an array of three values in which a path hides.
        &b"\x92\x59java.lang.String\0\x4ax"[..],
        b"\x92\x53ArrayList\0\x91\x01\x4dpath",
        b"\x93\x4c$.x",
        b"\x95\x93\x4c$.x",
        b"\xa6\x4aa\x92\x4ab\0\x01\xa5",
        b"\x7f\x4ax\0",
        b"\x7f\0",
        b"\x7e\x01x",
        b"\xa5",
    ] {
        for key in [PATH, b"\x4ak"] {
            assert_eq!(
                refused(&pairs(&[key, bytes])),
                ("unexpected_tag", "attachments"),
                "{bytes:02x?}"
            );
        }
    }
}

#[test]
fn values_nest_as_deep_as_the_limit_and_no_deeper() {
    let deep = |depth: usize| pairs(&[b"\x4ak", &b"\x95".repeat(depth), b"\xaf"]);
    assert!(parse(&deep(256)).is_ok());
    assert_eq!(refused(&deep(257)), ("too_deep", "attachments"));
    let deep = |depth: usize| {
        pairs(&[
            b"\x4ak",
            &b"\xa6\x49".repeat(depth),
            b"\xaf",
            &b"\xa5".repeat(depth),
        ])
    };
    assert!(parse(&deep(256)).is_ok());
    assert_eq!(refused(&deep(257)), ("too_deep", "attachments"));
}

#[test]
fn attachments_have_a_bound() {
    let many = |count| pairs(&[&b"\x49\x49".repeat(count)]);
    assert!(parse(&many(MAX_ATTACHMENTS)).is_ok());
    assert_eq!(
        refused(&many(MAX_ATTACHMENTS + 1)),
        ("too_many_attachments", "attachments")
    );
}

#[test]
fn a_generic_call_runs_the_method_in_its_first_argument() {
    for (method, first, inner) in [
        ("$invoke", &b"\x4freveal"[..], "reveal"),
        ("$invokeAsync", b"\x4freveal", "reveal"),
        ("$invoke", b"\x7c\x0cr\0e\0v\0e\0a\0l\0", "reveal"),
        ("$invoke", b"\x52 \0reveal ", "reveal"),
    ] {
        for descriptor in [GENERIC, "III"] {
            let body = [
                strings("a.B", "", method, descriptor),
                value(first),
                value(b"\x94"),
                value(b"\x94"),
                value(&map(&[("generic", "true")])),
            ]
            .concat();
            let call = parse(&body).unwrap();
            assert_eq!((&*call.method, call.target_method()), (method, inner));
            assert_eq!(call.generic.unwrap().generic, "true");
        }
    }
    for first in [
        &b"\xaf"[..],
        b"\x01",
        b"\x93\x4a$",
        b"\x92\x59java.lang.String\0\x4ax",
        b"\x7f\x4ax\0",
    ] {
        let body = [
            strings("a.B", "", "$invoke", GENERIC),
            value(first),
            value(b"\x94"),
            value(b"\x94"),
            value(b"\xaf"),
        ]
        .concat();
        assert_eq!(refused(&body), ("unexpected_tag", "generic method"));
    }
    let body = [
        strings("a.B", "", "$invoke", GENERIC),
        value(b"\x4freveal"),
        value(b"\x94"),
        value(b"\x94"),
        value(b"\xaf"),
    ]
    .concat();
    let call = parse(&body).unwrap();
    assert_eq!(
        (
            call.target_method(),
            &*call.generic.as_ref().unwrap().generic
        ),
        ("reveal", "")
    );
}

#[test]
fn echo_is_a_method_like_any_other() {
    let body = [
        strings("a.B", "", "$echo", "Ljava/lang/Object;"),
        value(b"\x4bOK"),
        value(b"\xaf"),
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
        "protocol: expected more bytes, but found the end of the value at byte 0"
    );
    assert_eq!(
        display(&with(&[b"\x93\x4a$"])),
        "attachments: expected null or a map, but found tag 0x93 at byte 73"
    );
    assert_eq!(
        display(&pairs(&[PATH, b"\x91\x00"])),
        "attachment path: expected a string or null, but found another value at byte 74"
    );
    assert_eq!(
        display(&pairs(&[PATH, b"\x93\x4a$"])),
        "attachments: expected a value, but found tag 0x93 at byte 79"
    );
}
