//! Which services some provider may run for a call. The rows were seen on Apache Dubbo 3.3.6 and 2.7.23 and on
//! dubbo-go 3.3.1 unless they say something else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

mod support;

use dubbo::Contradiction::{self, DuplicateKey, IllegalGroup, IllegalPath, Interface, Path};
use dubbo::{Call, Limits, Serialization};
use support::{fastjson2, map};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A call in hessian2 and in fastjson2.
struct Both([(Serialization, Vec<u8>); 2]);

/// A call of `hello` with attachments of these bytes.
fn raw(path: &str, version: &str, in_hessian2: &[u8], in_fastjson2: &[u8]) -> Both {
    Both([
        (
            Serialization::HESSIAN2,
            support::hello(path, version, in_hessian2),
        ),
        (
            Serialization::FASTJSON2,
            fastjson2::hello(path, version, in_fastjson2),
        ),
    ])
}

fn hello(path: &str, version: &str, pairs: &[(&str, &str)]) -> Both {
    raw(path, version, &map(pairs), &fastjson2::map(pairs))
}

/// The identities as `service|version|group`, and the contradictions: the same in both.
fn judged(calls: &Both) -> (Vec<String>, Vec<Contradiction>) {
    let Both(calls) = calls;
    let [first, second] = calls.each_ref().map(|(serialization, body)| {
        let call = Call::parse(body, *serialization, Limits::default()).unwrap();
        let identities = call.identities();
        let names = identities
            .iter()
            .map(|id| format!("{}|{}|{}", id.service, id.version, id.group));
        (names.collect(), identities.contradictions.iter().collect())
    });
    assert_eq!(first, second);
    first
}

fn check(calls: &Both, identities: &[&str], contradictions: &[Contradiction]) {
    let (found, why) = judged(calls);
    assert_eq!(found, identities);
    assert_eq!(why, contradictions);
}

#[test]
fn a_usual_call_has_one_identity_and_no_contradiction() {
    let seen = Both([
        (Serialization::HESSIAN2, support::seen_hello()),
        (Serialization::FASTJSON2, fastjson2::seen_hello()),
    ]);
    check(&seen, &["lab.UserService||"], &[]);
    let grouped = [
        ("path", "a.B"),
        ("interface", "a.B"),
        ("version", "1.0.0"),
        ("group", "g"),
    ];
    check(&hello("a.B", "1.0.0", &grouped), &["a.B|1.0.0|g"], &[]);
}

#[test]
fn no_version_an_empty_one_and_zero_are_one() {
    for version in ["", "0.0.0"] {
        for attachment in [
            [("path", "a.B"), ("version", "")],
            [("path", "a.B"), ("version", "0.0.0")],
        ] {
            check(&hello("a.B", version, &attachment), &["a.B||"], &[]);
        }
        check(&hello("a.B", version, &[("path", "a.B")]), &["a.B||"], &[]);
        check(&raw("a.B", version, b"N", b"\xaf"), &["a.B||"], &[]);
    }
}

#[test]
fn the_attachment_path_is_what_runs() {
    let body = hello("lab.User", "", &[("path", "lab.Secret")]);
    check(&body, &["lab.Secret||", "lab.User||"], &[Path]);
}

#[test]
fn an_interface_alone_is_what_dubbo_go_runs() {
    let body = hello("lab.User", "", &[("interface", "lab.Secret")]);
    check(&body, &["lab.User||", "lab.Secret||"], &[Interface]);
}

#[test]
fn a_path_comes_before_an_interface() {
    let body = hello(
        "lab.User",
        "",
        &[("path", "lab.User"), ("interface", "lab.Secret")],
    );
    check(&body, &["lab.User||"], &[Interface]);
}

#[test]
fn a_call_of_a_service_with_a_path_of_its_own_contradicts_itself() {
    // Dubbo 2.7.7 and newer write the interface into the body, older ones the path.
    let attachments = [("path", "a"), ("interface", "com.acme.A")];
    check(
        &hello("com.acme.A", "", &attachments),
        &["a||", "com.acme.A||"],
        &[Path, Interface],
    );
    check(&hello("a", "", &attachments), &["a||"], &[Interface]);
}

#[test]
fn null_attachments_leave_the_bodys_words_and_dubbo_go_without_a_version() {
    // That dubbo-go forgets the version was read in its source (protocol/dubbo/impl/hessian.go), not seen.
    check(
        &raw("a.B", "1.0.0", b"N", b"\xaf"),
        &["a.B|1.0.0|", "a.B||"],
        &[],
    );
}

#[test]
fn an_empty_map_leaves_the_bodys_words() {
    check(
        &raw("a.B", "1.0.0", b"HZ", b"\xa6\xa5"),
        &["a.B|1.0.0|"],
        &[],
    );
}

#[test]
fn attachments_override_version_and_group() {
    let body = hello(
        "a.B",
        "1.0.0",
        &[("path", "a.B"), ("version", "2.0.0"), ("group", "g")],
    );
    check(&body, &["a.B|2.0.0|g", "a.B|1.0.0|g"], &[]);
    // dubbo-go knows no version but the attachment's.
    let body = hello("a.B", "1.0.0", &[("path", "a.B")]);
    check(&body, &["a.B|1.0.0|", "a.B||"], &[]);
}

#[test]
fn a_null_version_replaces_the_bodys_and_other_nulls_are_nothing() {
    // Java puts all pairs over what it took from the body, nulls too.
    let body = raw(
        "a.B",
        "1.0.0",
        b"H\x07versionN\x04pathN\x05groupN\x09interfaceNZ",
        b"\xa6\x50version\xaf\x4dpath\xaf\x4egroup\xaf\x52interface\xaf\xa5",
    );
    check(&body, &["a.B||", "a.B|1.0.0|"], &[]);
}

#[test]
fn a_path_hides_a_group_and_a_version() {
    for (path, identities) in [
        ("lab.Secret:2.0.0", ["lab.Secret|2.0.0|"].as_slice()),
        (
            "g1/lab.Secret:1.0.0",
            &["g1/lab.Secret|1.0.0|", "lab.Secret|1.0.0|g1"],
        ),
    ] {
        // In both places, so that nothing but the path contradicts.
        let body = hello(path, "", &[("path", path)]);
        check(&body, identities, &[IllegalPath]);
        let with_version = hello("lab.User", "", &[("path", path)]);
        let (found, why) = judged(&with_version);
        assert_eq!(found[..identities.len()], *identities);
        assert_eq!(why, [IllegalPath, Path]);
    }
}

#[test]
fn a_legal_path_with_a_slash_has_both_readings() {
    let body = |path| hello(path, "1.0", &[("path", path), ("version", "1.0")]);
    check(&body("ctx/a.B"), &["ctx/a.B|1.0|", "a.B|1.0|ctx"], &[]);
    check(
        &body("a/b/c.D"),
        &["a/b/c.D|1.0|", "b/c.D|1.0|a", "c.D|1.0|a/b"],
        &[],
    );
    // dubbo-go strips the slash.
    check(
        &body("/lab.Secret"),
        &["/lab.Secret|1.0|", "lab.Secret|1.0|"],
        &[],
    );
    let grouped = hello("ctx/a.B", "", &[("path", "ctx/a.B"), ("group", "g")]);
    check(&grouped, &["ctx/a.B||g", "a.B||g/ctx"], &[]);
}

#[test]
fn a_group_with_a_slash_would_read_as_a_path() {
    let body = hello("a.B", "", &[("path", "a.B"), ("group", "g/ctx")]);
    check(&body, &["a.B||g/ctx"], &[IllegalGroup]);
}

#[test]
fn of_duplicates_the_last_runs_and_the_call_contradicts_itself() {
    let body = hello(
        "lab.User",
        "",
        &[("path", "lab.User"), ("path", "lab.Secret")],
    );
    check(
        &body,
        &["lab.Secret||", "lab.User||"],
        &[DuplicateKey, Path],
    );
    let body = hello(
        "lab.User",
        "",
        &[("path", "lab.Secret"), ("path", "lab.User")],
    );
    check(&body, &["lab.User||"], &[DuplicateKey]);
    for key in ["interface", "version", "group", "generic"] {
        let value = if key == "interface" { "a.B" } else { "" };
        let body = hello("a.B", "", &[("path", "a.B"), (key, value), (key, value)]);
        assert_eq!(judged(&body).1, [DuplicateKey], "{key}");
    }
    let body = hello(
        "a.B",
        "",
        &[("path", "a.B"), ("lane", "x"), ("lane", "y"), ("PATH", "z")],
    );
    check(&body, &["a.B||"], &[]);
}

#[test]
fn an_empty_path_is_a_contradiction() {
    let body = hello("a.B", "", &[("path", ""), ("interface", "a.C")]);
    check(&body, &["||", "a.C||", "a.B||"], &[Path, Interface]);
}

#[test]
fn typed_maps_say_the_same_as_untyped_ones() {
    let pairs = [("path", "lab.Secret")];
    let in_hessian2 = [b"M\x03any".as_slice(), &map(&pairs)[1..]].concat();
    let in_fastjson2 = [b"\x92\x4cany\0".as_slice(), &fastjson2::map(&pairs)].concat();
    check(
        &raw("lab.User", "", &in_hessian2, &in_fastjson2),
        &["lab.Secret||", "lab.User||"],
        &[Path],
    );
}

#[test]
fn there_are_never_more_than_nine() {
    let attachments = [
        ("path", "a/b/c:1"),
        ("interface", "d/e/f:2"),
        ("version", "3"),
        ("group", "g"),
    ];
    let (found, _) = judged(&hello("h/i/j", "4", &attachments));
    assert!(found.len() <= 9, "{found:?}");
    let attachments = [("path", ""), ("interface", "d/e/f"), ("version", "3")];
    let (found, _) = judged(&hello("h/i/j", "4", &attachments));
    assert_eq!(found.len(), 7, "{found:?}");
}
