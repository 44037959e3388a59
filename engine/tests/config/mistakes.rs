//! What is said of mistakes. One document for each is in testdata/config/bad, where the command's tests look at them with
//! their lines; here is what has to hold for all.

use serde_json::json;

use crate::documents::{full, load, load_text, struct_bytes, with};

#[test]
fn five_mistakes_make_five_errors_with_their_paths() {
    let document = with(json!({
        "modus": "enforce",
        "quotas": [{"name": "per-caller", "limit": 1.5, "window": "1s"}],
        "rules": [
            {"name": "no-reveal", "match": {"service": "com.acme.*"}, "deny": {}},
            {"name": "fair-use", "quotas": ["per-call"]},
            {"name": "old", "match": {"version": 1.0}, "deny": {}},
        ],
    }));
    let mut errors = load(&document).unwrap_err();
    errors.sort();
    assert_eq!(
        errors,
        [
            "modus: expected a field of a policy, found \"modus\" (did you mean \"mode\"?)",
            "quotas[0].limit: expected a whole number from 0 to 9007199254740992, found 1.5",
            "rules[0].match.service: expected a string without *, which is compared as it stands, found \
             \"com.acme.*\" (write {prefix: \"com.acme.\"})",
            "rules[1].quotas[0]: expected the name of a quota, found \"per-call\" (did you mean \"per-caller\"?)",
            "rules[2].match.version: expected a string, found 1 (quote it)",
        ]
    );
}

#[test]
fn json_text_and_a_struct_have_the_same_mistakes() {
    let document = with(json!({"mode": 1, "rules": [{"name": "r"}], "default": null}));
    let node = engine::config::parse(&struct_bytes(&document)).unwrap();
    let mut of_struct: Vec<String> = engine::config::load(&node)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut of_text = load(&document).unwrap_err();
    of_struct.sort();
    of_text.sort();
    assert_eq!(of_struct, of_text);
    assert_eq!(of_text.len(), 3);
}

#[test]
fn an_empty_configuration_is_told_how_to_observe() {
    for document in ["{}", "null"] {
        let errors = load_text(document).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].ends_with("(write rules: [] to observe only)"),
            "{errors:?}"
        );
    }
}

/// Every value of a document that has all fields is replaced by one of another kind: each time that must be an error, and
/// one that names the place.
#[test]
fn a_value_of_another_kind_is_a_mistake_at_its_place() {
    let mut places = Vec::new();
    scalars(&full(), &mut String::new(), &mut String::new(), &mut places);
    assert!(places.len() > 100, "{}", places.len());
    for (pointer, path) in places {
        let mut document = full();
        let value = document.pointer_mut(&pointer).unwrap();
        *value = match value {
            serde_json::Value::String(_) => json!(7),
            _ => json!("seven"),
        };
        let errors = load(&document).expect_err(&path);
        assert!(
            errors
                .iter()
                .any(|error| error.starts_with(&format!("{path}: expected "))),
            "{path}: {errors:?}"
        );
    }
}

/// The same with a field that nobody knows, in every object that has known ones.
#[test]
fn a_field_that_nobody_knows_is_a_mistake_wherever_it_stands() {
    let mut objects = Vec::new();
    all_objects(&full(), &mut String::new(), &mut objects);
    assert!(objects.len() > 50, "{}", objects.len());
    for pointer in objects {
        let mut document = full();
        let object = document
            .pointer_mut(&pointer)
            .unwrap()
            .as_object_mut()
            .unwrap();
        object.insert("nobody".to_owned(), json!({}));
        let errors = load(&document).expect_err(&pointer);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains("nobody: expected "), "{errors:?}");
    }
}

fn scalars(
    value: &serde_json::Value,
    pointer: &mut String,
    path: &mut String,
    found: &mut Vec<(String, String)>,
) {
    walk(value, pointer, path, &mut |value, pointer, path| {
        if !value.is_object() && !value.is_array() {
            found.push((pointer.to_owned(), path.to_owned()));
        }
    });
}

fn all_objects(value: &serde_json::Value, pointer: &mut String, found: &mut Vec<String>) {
    walk(
        value,
        pointer,
        &mut String::new(),
        &mut |value, pointer, _| {
            // What a route sets may have any name.
            if value.is_object() && !pointer.ends_with("/set/attachments") {
                found.push(pointer.to_owned());
            }
        },
    );
}

fn walk(
    value: &serde_json::Value,
    pointer: &mut String,
    path: &mut String,
    visit: &mut impl FnMut(&serde_json::Value, &str, &str),
) {
    visit(value, pointer, path);
    let lengths = (pointer.len(), path.len());
    let mut into = |value: &serde_json::Value, step: &str, shown: &str| {
        *pointer += &format!("/{step}");
        *path += shown;
        walk(value, pointer, path, visit);
        pointer.truncate(lengths.0);
        path.truncate(lengths.1);
    };
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if lengths.1 == 0 { "" } else { "." };
                into(value, name, &format!("{dot}{name}"));
            }
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                into(item, &index.to_string(), &format!("[{index}]"));
            }
        }
        _ => {}
    }
}
