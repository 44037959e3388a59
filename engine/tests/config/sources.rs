use engine::config::{self, Node};
use serde_json::json;

use crate::documents::{full, load, struct_bytes, with};

#[test]
fn json_text_and_a_struct_make_the_same_policy() {
    for document in [full(), with(json!({}))] {
        let text = load(&document).unwrap().policy;
        let node = config::parse(&struct_bytes(&document)).unwrap();
        let bytes = config::load(&node).unwrap().policy;
        assert_eq!(text.revision, bytes.revision);
        assert_eq!(text.attachment_keys.len(), bytes.attachment_keys.len());
    }
}

#[test]
fn a_struct_holds_every_kind_of_value() {
    let document = json!({"s": "text", "n": 1.5, "t": true, "f": false, "z": null, "l": [1, [], {}], "o": {"": ""}});
    let Node::Object(mut fields) = config::parse(&struct_bytes(&document)).unwrap() else {
        panic!("a struct is an object");
    };
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let Node::Object(mut text) = config::parse(document.to_string().as_bytes()).unwrap() else {
        panic!("the text is an object");
    };
    text.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(fields, text);
}

#[test]
fn no_part_of_a_struct_is_taken_for_the_whole() {
    let bytes = struct_bytes(&full());
    let whole = config::parse(&bytes).unwrap();
    for end in 0..bytes.len() {
        assert_ne!(
            config::parse(&bytes[..end]).ok(),
            Some(whole.clone()),
            "{end}"
        );
    }
}

#[test]
fn bytes_that_are_neither_are_refused() {
    for (bytes, want) in [
        (
            &b"\x12\x00"[..],
            "configuration: expected JSON text or a serialized google.protobuf.Struct, found other bytes",
        ),
        (
            b"\"\xff\"",
            "configuration: expected JSON text or a serialized google.protobuf.Struct, found text that is no UTF-8",
        ),
        (
            b"",
            "configuration: expected a policy, found nothing (write rules: [] to observe only)",
        ),
        (
            b" \n",
            "configuration: expected a policy, found nothing (write rules: [] to observe only)",
        ),
        (
            b"{\"name\":\n  \"a\",}",
            "configuration: expected JSON, found a mistake in its syntax: trailing comma at line 2 column 7",
        ),
    ] {
        let errors = config::parse(bytes).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].to_string(), want);
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(config::parse(deep.as_bytes()).is_err());
    let mut value = b"\x1a\x01x".to_vec();
    for _ in 0..200 {
        let mut list = Vec::new();
        for tag in [0x0a, 0x32] {
            list = [&[tag][..], &varint(value.len()), &value].concat();
            value.clone_from(&list);
        }
        value = list;
    }
    let entry = [&b"\x0a\x01k\x12"[..], &varint(value.len()), &value].concat();
    let bytes = [&b"\x0a"[..], &varint(entry.len()), &entry].concat();
    assert!(config::parse(&bytes).is_err());
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

#[test]
fn a_field_that_stands_twice_is_kept_twice() {
    let node = config::parse(br#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(
        node,
        Node::Object(vec![
            ("a".to_owned(), Node::Number(1.0)),
            ("a".to_owned(), Node::Number(2.0)),
        ])
    );
}
