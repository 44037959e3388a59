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
use support::{hello, map, seen_hello, string};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The identities as `service|version|group`, and the contradictions.
fn judged(body: &[u8]) -> (Vec<String>, Vec<Contradiction>) {
    let call = Call::parse(body, Serialization::HESSIAN2, Limits::default()).unwrap();
    let identities = call.identities();
    let names = identities
        .iter()
        .map(|id| format!("{}|{}|{}", id.service, id.version, id.group));
    (names.collect(), identities.contradictions.iter().collect())
}

fn check(body: &[u8], identities: &[&str], contradictions: &[Contradiction]) {
    let (found, why) = judged(body);
    assert_eq!(found, identities);
    assert_eq!(why, contradictions);
}

#[test]
fn a_usual_call_has_one_identity_and_no_contradiction() {
    check(&seen_hello(), &["lab.UserService||"], &[]);
    let grouped = map(&[
        ("path", "a.B"),
        ("interface", "a.B"),
        ("version", "1.0.0"),
        ("group", "g"),
    ]);
    check(&hello("a.B", "1.0.0", &grouped), &["a.B|1.0.0|g"], &[]);
}

#[test]
fn no_version_an_empty_one_and_zero_are_one() {
    for version in ["", "0.0.0"] {
        for attachment in [
            [("path", "a.B"), ("version", "")],
            [("path", "a.B"), ("version", "0.0.0")],
        ] {
            check(&hello("a.B", version, &map(&attachment)), &["a.B||"], &[]);
        }
        check(
            &hello("a.B", version, &map(&[("path", "a.B")])),
            &["a.B||"],
            &[],
        );
        check(&hello("a.B", version, b"N"), &["a.B||"], &[]);
    }
}

#[test]
fn the_attachment_path_is_what_runs() {
    let body = hello("lab.User", "", &map(&[("path", "lab.Secret")]));
    check(&body, &["lab.Secret||", "lab.User||"], &[Path]);
}

#[test]
fn an_interface_alone_is_what_dubbo_go_runs() {
    let body = hello("lab.User", "", &map(&[("interface", "lab.Secret")]));
    check(&body, &["lab.User||", "lab.Secret||"], &[Interface]);
}

#[test]
fn a_path_comes_before_an_interface() {
    let body = hello(
        "lab.User",
        "",
        &map(&[("path", "lab.User"), ("interface", "lab.Secret")]),
    );
    check(&body, &["lab.User||"], &[Interface]);
}

#[test]
fn a_call_of_a_service_with_a_path_of_its_own_contradicts_itself() {
    // Dubbo 2.7.7 and newer write the interface into the body, older ones the path.
    let attachments = map(&[("path", "a"), ("interface", "com.acme.A")]);
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
    check(&hello("a.B", "1.0.0", b"N"), &["a.B|1.0.0|", "a.B||"], &[]);
}

#[test]
fn an_empty_map_leaves_the_bodys_words() {
    check(&hello("a.B", "1.0.0", b"HZ"), &["a.B|1.0.0|"], &[]);
}

#[test]
fn attachments_override_version_and_group() {
    let body = hello(
        "a.B",
        "1.0.0",
        &map(&[("path", "a.B"), ("version", "2.0.0"), ("group", "g")]),
    );
    check(&body, &["a.B|2.0.0|g", "a.B|1.0.0|g"], &[]);
    // dubbo-go knows no version but the attachment's.
    let body = hello("a.B", "1.0.0", &map(&[("path", "a.B")]));
    check(&body, &["a.B|1.0.0|", "a.B||"], &[]);
}

#[test]
fn a_null_version_replaces_the_bodys_and_other_nulls_are_nothing() {
    // Java puts all pairs over what it took from the body, nulls too.
    let body = hello(
        "a.B",
        "1.0.0",
        b"H\x07versionN\x04pathN\x05groupN\x09interfaceNZ",
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
        let body = hello(path, "", &map(&[("path", path)]));
        check(&body, identities, &[IllegalPath]);
        let with_version = hello("lab.User", "", &map(&[("path", path)]));
        let (found, why) = judged(&with_version);
        assert_eq!(found[..identities.len()], *identities);
        assert_eq!(why, [IllegalPath, Path]);
    }
}

#[test]
fn a_legal_path_with_a_slash_has_both_readings() {
    let body = |path| hello(path, "1.0", &map(&[("path", path), ("version", "1.0")]));
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
    let grouped = hello("ctx/a.B", "", &map(&[("path", "ctx/a.B"), ("group", "g")]));
    check(&grouped, &["ctx/a.B||g", "a.B||g/ctx"], &[]);
}

#[test]
fn a_group_with_a_slash_would_read_as_a_path() {
    let body = hello("a.B", "", &map(&[("path", "a.B"), ("group", "g/ctx")]));
    check(&body, &["a.B||g/ctx"], &[IllegalGroup]);
}

#[test]
fn of_duplicates_the_last_runs_and_the_call_contradicts_itself() {
    let body = hello(
        "lab.User",
        "",
        &map(&[("path", "lab.User"), ("path", "lab.Secret")]),
    );
    check(
        &body,
        &["lab.Secret||", "lab.User||"],
        &[DuplicateKey, Path],
    );
    let body = hello(
        "lab.User",
        "",
        &map(&[("path", "lab.Secret"), ("path", "lab.User")]),
    );
    check(&body, &["lab.User||"], &[DuplicateKey]);
    for key in ["interface", "version", "group", "generic"] {
        let value = if key == "interface" { "a.B" } else { "" };
        let body = hello(
            "a.B",
            "",
            &map(&[("path", "a.B"), (key, value), (key, value)]),
        );
        assert_eq!(judged(&body).1, [DuplicateKey], "{key}");
    }
    let body = hello(
        "a.B",
        "",
        &map(&[("path", "a.B"), ("lane", "x"), ("lane", "y"), ("PATH", "z")]),
    );
    check(&body, &["a.B||"], &[]);
}

#[test]
fn an_empty_path_is_a_contradiction() {
    let body = hello("a.B", "", &map(&[("path", ""), ("interface", "a.C")]));
    check(&body, &["||", "a.C||", "a.B||"], &[Path, Interface]);
}

#[test]
fn typed_maps_say_the_same_as_untyped_ones() {
    let attachments = [
        b"M\x03any".as_slice(),
        &string("path"),
        &string("lab.Secret"),
        b"Z",
    ]
    .concat();
    check(
        &hello("lab.User", "", &attachments),
        &["lab.Secret||", "lab.User||"],
        &[Path],
    );
}

#[test]
fn there_are_never_more_than_nine() {
    let attachments = map(&[
        ("path", "a/b/c:1"),
        ("interface", "d/e/f:2"),
        ("version", "3"),
        ("group", "g"),
    ]);
    let (found, _) = judged(&hello("h/i/j", "4", &attachments));
    assert!(found.len() <= 9, "{found:?}");
    let attachments = map(&[("path", ""), ("interface", "d/e/f"), ("version", "3")]);
    let (found, _) = judged(&hello("h/i/j", "4", &attachments));
    assert_eq!(found.len(), 7, "{found:?}");
}
