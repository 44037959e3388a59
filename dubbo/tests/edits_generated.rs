//! Edits of generated calls: what an edit must keep, and what it must change.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

mod support;

use dubbo::edit::set_attachments;
use dubbo::{Attachment, Call, Head, Limits, Serialization};
use proptest::prelude::*;
use support::{request, string, strings};

const OWNED: [&str; 2] = ["lane", "zone"];

/// Keys that meet the owned ones often.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[lL][aA][nN][eE]",
        "[zZ]one",
        "path|interface|timeout",
        "[a-zA-Z.]{0,40}"
    ]
}

fn string_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ -~]{0,100}".prop_map(|text| string(&text)),
        Just(b"R\x00\x01aS\x00\x02bc".to_vec()),
        Just(support::EMOJI.to_vec()),
        Just(b"\x01\xe4\xb8\xad".to_vec()),
    ]
}

fn other_value() -> impl Strategy<Value = Vec<u8>> {
    let values = [
        b"N".as_slice(),
        b"T",
        b"\x91",
        b"\xe1",
        b"\x5c",
        b"\x22ab",
        b"J12345678",
        b"H\x01a\x01bZ",
        b"x",
        b"\x72\x01t\x91\x92",
        b"C\x01c\x91\x01f\x60N",
        b"\x57Z",
        b"Q\x90",
    ];
    prop::sample::select(values.to_vec()).prop_map(<[u8]>::to_vec)
}

/// A pair whose value is a string wherever the call would be refused otherwise.
fn pair() -> impl Strategy<Value = Vec<u8>> {
    let special = |key: &str| {
        OWNED.iter().any(|owned| key.eq_ignore_ascii_case(owned))
            || key == "path"
            || key == "interface"
    };
    (key(), string_value(), other_value(), any::<bool>()).prop_map(
        move |(key, text, other, plain)| {
            let value = if plain || special(&key) { text } else { other };
            [string(&key), value].concat()
        },
    )
}

/// Key and value as text or as shown.
fn shown<'a>(pairs: impl Iterator<Item = &'a Attachment<'a>>) -> Vec<(String, String)> {
    pairs
        .map(|pair| {
            (
                pair.key.to_str_lossy().into(),
                format!("{:?}", pair.value()),
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn an_edit_changes_owned_attachments_and_nothing_else(
        pairs in prop::collection::vec(pair(), 0..20),
        arguments in prop::collection::vec(prop_oneof![string_value(), other_value()], 0..4),
        ours in prop::collection::hash_map(prop::sample::select(OWNED.to_vec()), "\\PC{0,50}", 0..3),
    ) {
        // Back references need something to point to: the first argument is a map.
        let descriptor = "Ljava/lang/Object;".repeat(arguments.len() + 1);
        let begin = [strings("a.B", "1", "run", &descriptor), b"HZ".to_vec(), arguments.concat()].concat();
        let body = [begin.clone(), b"H".to_vec(), pairs.concat(), b"Z".to_vec()].concat();
        let bytes = request(&body);
        let head = Head::parse(bytes.first_chunk().unwrap()).unwrap();
        let call = Call::parse(&body, Serialization::HESSIAN2, Limits::default()).unwrap();

        let ours: Vec<(&str, String)> = ours.into_iter().collect();
        let mut out = Vec::new();
        set_attachments(&mut out, &head, &call, &ours, &OWNED).unwrap();

        let new_head = Head::parse(out.first_chunk().unwrap()).unwrap();
        prop_assert_eq!(new_head.frame_len(), out.len());
        prop_assert_eq!(Head { body_len: head.body_len, ..new_head }, head);
        prop_assert_eq!(&out[16..16 + begin.len()], &begin[..]);
        let new_body = &out[16..];
        let new = Call::parse(new_body, Serialization::HESSIAN2, Limits::default()).unwrap();

        let is_owned = |key: &str| OWNED.iter().any(|owned| key.eq_ignore_ascii_case(owned));
        let mut expected = shown(call.attachments.iter());
        expected.retain(|(key, _)| !is_owned(key));
        expected.extend(ours.iter().map(|(key, text)| (key.to_string(), format!("String({text:?})"))));
        prop_assert_eq!(shown(new.attachments.iter()), expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused_within_their_length(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Call::parse(&body, Serialization::HESSIAN2, Limits::default()) {
            prop_assert!(error.offset <= body.len());
        }
    }

    #[test]
    fn a_call_with_one_byte_changed_is_read_or_refused_within_its_length(at in 0_usize..150, byte: u8) {
        let mut body = support::seen_hello();
        let at = at % body.len();
        body[at] = byte;
        match Call::parse(&body, Serialization::HESSIAN2, Limits::default()) {
            Ok(call) => { let _ = call.identities().len(); }
            Err(error) => prop_assert!(error.offset <= body.len()),
        }
    }
}
