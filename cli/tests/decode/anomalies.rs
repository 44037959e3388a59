//! Every anomaly, by its name and its place.

use serde_json::Value;

use crate::module::refusals;
use crate::run::{decode, frames, lines};

/// Name, offset and field of a line's anomalies.
fn anomalies(line: &Value) -> Vec<(&str, u64, Option<&str>)> {
    let list = line["anomalies"].as_array().unwrap();
    list.iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["offset"].as_u64().unwrap(),
                one["field"].as_str(),
            )
        })
        .collect()
}

/// The one line for these frames has this anomaly first, and the module counts the same reason.
#[track_caller]
fn says(yaml: &str, expected: &[(&str, u64, Option<&str>)]) {
    let bytes = frames(yaml);
    let lines = lines(&bytes);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(anomalies(&lines[0]), expected, "{yaml}");
    assert_eq!(refusals(&bytes), [expected[0].0], "{yaml}");
}

#[test]
fn what_is_no_frame() {
    says(
        "[{text: invoke lab.UserService.hello()}]",
        &[("bad_magic", 0, None)],
    );
    says("[{text: ls}]", &[("bad_magic", 0, None)]);
    says("[{hex: dabc}]", &[("bad_magic", 0, None)]);
    says(
        "[{head: {flag: 0xc2, id: 1, len: -1}}]",
        &[("negative_length", 12, None)],
    );
    says(
        "[{head: {flag: 2, status: 20, id: 1, len: -2147483648}}]",
        &[("negative_length", 12, None)],
    );
}

#[test]
fn nothing_is_read_behind_what_is_no_frame() {
    let bytes = frames("[{heartbeat: {id: 1}}, {text: ls}, {heartbeat: {id: 2}}]");
    let lines = lines(&bytes);
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[1]["kind"], &lines[1]["offset"]),
        (&"no_frame".into(), &17.into())
    );
    assert_eq!(anomalies(&lines[1]), [("bad_magic", 17, None)]);
    assert_eq!(
        lines[1]["anomalies"][0]["text"],
        "expected magic da bb, but found 6c 73 at byte 0 of the head"
    );
}

#[test]
fn frames_that_are_longer_than_the_module_takes() {
    let longest = (8 << 20) - 16;
    says(
        &format!("[{{head: {{flag: 0xc2, id: 1, zeros: {}}}}}]", longest + 1),
        &[("frame_too_long", 12, None)],
    );
    let bytes = frames(&format!(
        "[{{head: {{flag: 0xe2, id: 1, zeros: {longest}}}}}]"
    ));
    assert_eq!(anomalies(&lines(&bytes)[0]), [("unknown_event", 16, None)]);
    assert_eq!(refusals(&bytes), ["unknown_event"]);
    says(
        "[{head: {flag: 0x22, status: 20, id: 1, zeros: 1009}}]",
        &[("event_answer_too_long", 12, None)],
    );
    assert_eq!(
        anomalies(
            &lines(&frames(
                "[{head: {flag: 0x22, status: 20, id: 1, zeros: 1008}}]"
            ))[0]
        ),
        []
    );
}

#[test]
fn frames_that_the_file_cuts_off() {
    says(
        "[{part: {of: {heartbeat: {id: 1}}, from: 0, to: 16}}]",
        &[("truncated", 16, None)],
    );
    says(
        "[{part: {of: {heartbeat: {id: 1}}, from: 0, to: 1}}]",
        &[("truncated", 1, None)],
    );
    // Nothing is reserved for the two gigabytes that are promised.
    let bytes = frames("[{head: {flag: 2, status: 20, id: 1, len: 2147483647, body: '91'}}]");
    assert_eq!(anomalies(&lines(&bytes)[0]), [("truncated", 17, None)]);
}

#[test]
fn events_that_nobody_knows() {
    says(
        "[{event: {id: 1, body: '0158'}}]",
        &[("unknown_event", 16, None)],
    );
    says(
        "[{event: {id: 1, body: 4e4e}}]",
        &[("unknown_event", 16, None)],
    );
    says(
        "[{event: {id: 1, body: ''}}]",
        &[("unknown_event", 16, None)],
    );
}

/// That a client is about to go away is nothing to a provider, and what it does with it is not known.
#[test]
fn from_a_client_heartbeats_are_the_only_events() {
    let bytes = frames("[{event: {id: 1, body: '0152'}}]");
    let from = |side| decode(&["--from", side, "-"], &bytes);
    let client = from("client");
    assert_eq!(anomalies(&client.lines[0]), [("unknown_event", 16, None)]);
    assert_eq!(refusals(&bytes), ["unknown_event"]);
    assert_eq!((client.code, from("provider").code), (Some(1), Some(0)));
    let heartbeat = frames("[{heartbeat: {id: 1}}]");
    assert_eq!(decode(&["--from", "client", "-"], &heartbeat).code, Some(0));
}

#[test]
fn calls_that_cannot_be_read() {
    // 05 "2.0.2", 01 "a", 01 "1", 01 "m", descriptor, arguments, attachments
    let call = |rest: &str| {
        format!("[{{head: {{flag: 0xc2, id: 1, body: '05322e302e3201610131016d{rest}'}}}}]")
    };
    for (rest, name, offset, field) in [
        ("", "truncated", 28, "descriptor"),
        ("0158", "bad_descriptor", 28, "descriptor"),
        ("0149", "truncated", 30, "argument"),
        ("014940", "unexpected_tag", 30, "argument"),
        ("00", "truncated", 29, "attachments"),
        ("005190", "bad_attachments", 29, "attachments"),
        ("004804706174680161", "truncated", 37, "attachments"),
        ("004804706174685a5a", "unexpected_tag", 35, "attachments"),
        ("00480470617468905a", "bad_identity", 30, "attachment path"),
        ("004e4e", "trailing_bytes", 30, "body"),
    ] {
        says(&call(rest), &[(name, offset, Some(field))]);
    }
    says(
        "[{call: {id: 1, service: a.B, method: m, serialization: 8}}]",
        &[("unsupported_serialization", 16, Some("body"))],
    );
}

/// A megabyte of beginnings of lists.
#[test]
fn endless_nesting_ends() {
    let nested = "57".repeat(1 << 20);
    let bytes = frames(&format!(
        "[{{head: {{flag: 0xc2, id: 1, body: '05322e302e3201610131016d0149{nested}'}}}}]"
    ));
    let lines = lines(&bytes);
    assert_eq!(lines[0]["anomalies"][0]["name"], "too_deep");
    assert_eq!(refusals(&bytes), ["too_deep"]);
}

#[test]
fn calls_that_contradict_themselves() {
    let call =
        |more: &str| format!("[{{call: {{id: 1, service: lab.UserService, method: m, {more}}}}}]");
    for (more, names) in [
        ("path: lab.SecretService", &["path_mismatch"][..]),
        (
            "attachments: [[interface, lab.SecretService]]",
            &["duplicate_key", "interface_mismatch"],
        ),
        ("attachments: [[version, 0.0.0]]", &["duplicate_key"]),
        ("group: a/b", &["illegal_group"]),
        (
            "attachments: [[path, 'lab.SecretService:2.0.0']]",
            &[
                "illegal_path",
                "duplicate_key",
                "path_mismatch",
                "interface_mismatch",
            ],
        ),
    ] {
        let expected: Vec<_> = names.iter().map(|name| (*name, 16, None)).collect();
        says(&call(more), &expected);
    }
}

/// `ed a0 80` is the first half of a surrogate pair.
#[test]
fn half_a_surrogate_pair_is_told_wherever_it_stands() {
    let body = "05322e302e3201610131016d004e";
    let method = body.replace("016d", "01eda080");
    says(
        &format!("[{{head: {{flag: 0xc2, id: 1, body: '{method}'}}}}]"),
        &[("lone_surrogate", 26, Some("method"))],
    );
    let attachments = |pair: &str| body.replace("004e", &format!("0048{pair}5a"));
    for (pair, shown) in [
        ("01eda0800161", ["\u{fffd}", "a"]),
        ("016101eda080", ["a", "\u{fffd}"]),
    ] {
        let body = attachments(pair);
        let lines = lines(&frames(&format!(
            "[{{head: {{flag: 0xc2, id: 1, body: '{body}'}}}}]"
        )));
        assert_eq!(
            anomalies(&lines[0]),
            [("lone_surrogate", 29, Some("attachments"))]
        );
        assert_eq!(lines[0]["attachments"][0], Value::from(shown.to_vec()));
    }
}
