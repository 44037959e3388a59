//! Frames that no recording has; the bytes come from the scenarios' own builder.

use serde_json::json;

use crate::run::{decode, frames, lines};

#[test]
fn attachments_are_shown_as_they_stand_there() {
    let bytes = frames(
        "[{call: {id: 1, service: a.B, method: m, attachments_form: only, attachments: [
            [path, a.B], [lane, blue], [lane, green], ['null', null], ['yes', true], [int, -7], [long, {long: 1099511627776}],
            [double, {double: 0.5}], [none, {raw: '447ff8000000000000'}], [list, {list: [1]}]]}}]",
    );
    assert_eq!(
        lines(&bytes)[0]["attachments"],
        json!([
            ["path", "a.B"],
            ["lane", "blue"],
            ["lane", "green"],
            ["null", null],
            ["yes", true],
            ["int", -7],
            ["long", 1_099_511_627_776_i64],
            ["double", 0.5],
            ["none", {"double": "NaN"}],
            ["list", {"other": true}],
        ])
    );
}

#[test]
fn null_and_typed_attachments_are_told_from_others() {
    let bytes = frames(
        "[{call: {id: 1, service: a.B, method: m, attachments_form: \"null\"}},
          {call: {id: 2, service: a.B, method: m, attachments_form: typed}}]",
    );
    let lines = lines(&bytes);
    assert_eq!(lines[0]["attachments"], json!(null));
    assert_eq!(lines[0]["attached"]["path"], json!(null));
    assert_eq!(lines[1]["attachments_type"], "java.util.HashMap");
    assert_eq!(lines[1]["attachments"].as_array().unwrap().len(), 5);
}

#[test]
fn texts_that_mean_something_to_json_or_a_terminal_come_back_as_they_were() {
    let hostile = "\"}\n{\\u0000\u{1b}[2J\u{0}\u{2028}\u{7f}</script>ä中😀";
    let escaped: String = hostile
        .chars()
        .map(|char| format!("\\U{:08x}", u32::from(char)))
        .collect();
    let bytes = frames(&format!(
        "[{{call: {{id: 1, service: \"{escaped}\", method: \"{escaped}\", attachments: [[\"{escaped}\", \"{escaped}\"]]}}}}]"
    ));
    let ran = decode(&["-"], &bytes);
    assert_eq!(ran.lines.len(), 1);
    let line = &ran.lines[0];
    assert_eq!(line["body"]["path"], hostile);
    assert_eq!(line["runs"][0]["method"], hostile);
    assert_eq!(line["attachments"][5], json!([hostile, hostile]));
}

#[test]
fn ids_are_those_of_javas_logs() {
    let bytes =
        frames("[{heartbeat: {id: -1}}, {heartbeat: {id: 9007199254740993, one_way: true}}]");
    let lines = lines(&bytes);
    assert_eq!(
        (&lines[0]["id"], &lines[0]["two_way"]),
        (&json!("-1"), &json!(true))
    );
    assert_eq!(
        (&lines[1]["id"], &lines[1]["two_way"]),
        (&json!("9007199254740993"), &json!(false))
    );
}

#[test]
fn every_kind_of_frame_has_a_name() {
    let bytes = frames(
        "[{call: {id: 1, service: a.B, method: m}}, {heartbeat: {id: 2}}, {event: {id: 3, body: '0152'}},
          {event: {id: 4, body: '0157'}}, {answer: {id: 5, value: x}}, {answer: {id: 6}},
          {exception: {id: 7, class: a.E, text: x}}, {error: {id: 8, status: 100, text: x}},
          {heartbeat_answer: {id: 9, body: 4e4e}}]",
    );
    let lines = lines(&bytes);
    let said: Vec<_> = lines
        .iter()
        .map(|line| (line["kind"].as_str().unwrap(), line["answer"].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("call", None),
            ("heartbeat", None),
            ("read_only", None),
            ("writeable", None),
            ("answer", Some("value")),
            ("answer", Some("null")),
            ("answer", Some("exception")),
            ("answer", Some("error")),
            ("heartbeat_answer", None),
        ]
    );
}

#[test]
fn all_that_some_provider_may_run_is_shown_and_javas_choice_is_the_first() {
    let bytes = frames(
        "[{call: {id: 1, service: lab.SecretService, path: lab.UserService, group: g1, method: m}}]",
    );
    let secret =
        json!({"service": "lab.SecretService", "version": "", "group": "g1", "method": "m"});
    let user = json!({"service": "lab.UserService", "version": "", "group": "g1", "method": "m"});
    assert_eq!(lines(&bytes)[0]["runs"], json!([secret, user]));
}

/// Answers are not kept, nor are requests that the module would refuse for their length.
#[test]
fn long_frames_pass_and_the_next_one_is_read() {
    let bytes = frames(
        "[{head: {flag: 2, status: 20, id: 1, body: '91', zeros: 9000000}},
          {head: {flag: 0xc2, id: 2, zeros: 9000000}}, {heartbeat: {id: 3}}]",
    );
    let lines = lines(&bytes);
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["answer", "call", "heartbeat"]);
    assert_eq!(lines[0]["answer"], "value");
    assert_eq!(lines[2]["offset"], 16 + 9_000_001 + 16 + 9_000_000);
}
