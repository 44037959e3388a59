use serde_json::json;

use crate::documents::{full, load, load_text, with};

fn revision(document: &serde_json::Value) -> String {
    load(document).unwrap().policy.revision
}

#[test]
fn a_revision_is_sixteen_hexadecimal_digits() {
    let revision = revision(&full());
    assert_eq!(revision.len(), 16);
    assert!(revision.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

/// Reports and metrics of several versions of the module are compared by it, so it must not change by the way. When it has
/// to, say so in the changelog.
#[test]
fn the_revision_is_the_hash_of_all_values_and_defaults() {
    let values = [
        "configuration\0object",
        "apiVersion\0text dubbo-policy/v1",
        "name\0text test",
        "mode\0text enforce",
        "default\0text allow",
        "lists\0list 0",
        "quotas\0list 0",
        "rules\0list 0",
        "routes\0list 0",
        "denial\0object",
        "denial.form\0text exception",
        "denial.status\0number 70",
        "protocol\0object",
        "protocol.contradiction\0text deny",
        "protocol.services\0list 0",
        "protocol.serialization\0object",
        "protocol.serialization.fastjson2\0text check",
        "protocol.serialization.other\0text deny",
        "protocol.unchecked_classes\0list 0",
        "protocol.foreign_bytes\0text close",
        "protocol.limits\0object",
        "protocol.limits.max_frame_bytes\0number 8388608",
        "protocol.limits.held_bytes_per_worker\0number 67108864",
        "protocol.limits.frame_timeout\0duration 30000000000",
        "protocol.limits.calls_in_flight_per_connection\0number 65536",
        "protocol.limits.calls_in_flight_per_worker\0number 262144",
        "protocol.limits.forget_calls_after\0duration 600000000000",
        "protocol.limits.denial_timeout\0duration 5000000000",
    ];
    let sum = values
        .iter()
        .map(|value| mix(fnv1a(value)))
        .fold(0, u64::wrapping_add);
    assert_eq!(revision(&with(json!({}))), format!("{:016x}", mix(sum)));
}

/// <http://www.isthe.com/chongo/tech/comp/fnv/>
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The finalizer of <https://prng.di.unimi.it/splitmix64.c>.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[test]
fn the_order_of_fields_does_not_count() {
    let one = r#"{"apiVersion": "dubbo-policy/v1", "name": "a", "rules": [{"name": "r", "deny": {}, "dry_run": true}]}"#;
    let other = r#"{"rules": [{"dry_run": true, "deny": {}, "name": "r"}], "name": "a", "apiVersion": "dubbo-policy/v1"}"#;
    let revision = |text| load_text(text).unwrap().policy.revision;
    assert_eq!(revision(one), revision(other));
}

#[test]
fn a_default_counts_like_the_same_value_written_out() {
    let short = json!({
        "lists": [{"name": "l", "type": "string", "entries": ["a"]}],
        "quotas": [{"name": "q", "limit": 1, "window": "1s"}],
        "rules": [
            {"name": "r", "match": {"method": {"prefix": "get"}}, "quotas": [{"quota": "q"}]},
            {"name": "d", "deny": {}, "denial": {}},
        ],
        "routes": [{"name": "z", "set": {"connection_cluster": "c"}}],
        "reports": {"otlp": {"cluster": "c"}},
    });
    let long = json!({
        "mode": "enforce",
        "default": "allow",
        "lists": [{"name": "l", "type": "string", "ignore_case": false, "entries": ["a"]}],
        "quotas": [{
            "name": "q", "limit": 1.0, "window": "1000ms", "algorithm": "rolling", "per": [], "overrides": [],
            "max_keys": 10000, "when_full": "share",
        }],
        "rules": [
            {
                "name": "r", "match": {"method": {"prefix": "get", "ignore_case": false}},
                "quotas": [{"quota": "q", "charge": 1}], "dry_run": false,
            },
            {"name": "d", "deny": {}, "dry_run": false, "denial": {"form": "exception"}},
        ],
        "routes": [{"name": "z", "set": {"connection_cluster": "c", "attachments": {}}}],
        "reports": {
            "otlp": {"cluster": "c"},
            "batch": {"max_records": 100, "max_delay": "1s", "max_queue_per_worker": 10000},
        },
        "denial": {"form": "exception"},
        "protocol": {
            "contradiction": "deny", "services": [], "serialization": {"fastjson2": "check", "other": "deny"},
            "unchecked_classes": [], "foreign_bytes": "close",
            "limits": {
                "max_frame_bytes": 8388608, "held_bytes_per_worker": 67108864, "frame_timeout": "30s",
                "calls_in_flight_per_connection": 65536, "calls_in_flight_per_worker": 262144,
                "forget_calls_after": "10m", "denial_timeout": "5s",
            },
        },
    });
    assert_eq!(revision(&with(short)), revision(&with(long)));
}

#[test]
fn every_change_of_meaning_changes_the_revision() {
    let mut revisions = vec![revision(&full())];
    for (pointer, value) in [
        ("/name", json!("other")),
        ("/mode", json!("dry_run")),
        ("/default", json!("allow")),
        ("/lists/0/entries/0", json!("203.0.112.0/24")),
        ("/lists/1/ignore_case", json!(false)),
        ("/quotas/0/limit", json!(101)),
        ("/quotas/0/window", json!("2s")),
        ("/quotas/0/algorithm", json!("fixed")),
        ("/quotas/0/overrides/0/limit", json!(1001)),
        ("/rules/1/match/0/group/not", json!("public")),
        ("/rules/6/match/one_way", json!(false)),
        ("/rules/6/dry_run", json!(false)),
        ("/rules/7/require/classes/every/0/prefix", json!("java.")),
        ("/rules/8/match/callback", json!(true)),
        ("/rules/10/denial/status", json!(70)),
        ("/routes/0/set/attachments/lane", json!("stable")),
        ("/reports/batch/max_delay", json!("501ms")),
        ("/protocol/serialization/fastjson2", json!("deny")),
        ("/protocol/serialization/other", json!("pass")),
        ("/protocol/unchecked_classes", json!([])),
        ("/protocol/limits/denial_timeout", json!("3s")),
    ] {
        let mut changed = full();
        *changed.pointer_mut(pointer).unwrap() = value;
        revisions.push(revision(&changed));
    }
    let mut swapped = full();
    swapped["rules"].as_array_mut().unwrap().swap(0, 1);
    revisions.push(revision(&swapped));
    let count = revisions.len();
    revisions.sort();
    revisions.dedup();
    assert_eq!(revisions.len(), count);
}
