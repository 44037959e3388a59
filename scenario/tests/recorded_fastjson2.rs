//! The frame builder writes fastjson2 as Apache Dubbo 3.3.6 wrote it: `testdata/dubbo/recorded` holds its conversations.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a test's failure"
)]

mod recording;

use recording::recorded;

const HELLO: &str = "call: {id: ID, service: lab.UserService, method: hello, args: [bob], serialization: fastjson2}";

fn hello(argument: &str) -> String {
    format!("[{{{}}}]", HELLO.replace("bob", argument))
}

#[test]
fn calls() {
    recorded("fastjson2.request.bin", &hello("bob"));
    recorded(
        "fastjson2-long-string.request.bin",
        &hello(&format!("'{}'", "0123456789abcdef".repeat(64))),
    );
    recorded(
        "fastjson2-list.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: listUsers, args: [3], serialization: fastjson2}}]",
    );
    recorded(
        "fastjson2-one-way.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: notify, args: [event], one_way: true, serialization: fastjson2}}]",
    );
}

/// Latin-1 where that is enough; then what is shorter of UTF-8 and UTF-16, but UTF-16 within an object (`calls_with_objects`).
#[test]
fn strings_in_each_form() {
    recorded("fastjson2-latin-1.request.bin", &hello("äö"));
    recorded("fastjson2-non-ascii.request.bin", &hello("ä中😀"));
    recorded(
        "fastjson2-non-ascii.response.bin",
        "[{answer: {id: ID, value: 'hello ä中😀', serialization: fastjson2}}]",
    );
}

#[test]
fn calls_with_attachments() {
    recorded(
        "fastjson2-attachments.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: hello, args: [bob], serialization: fastjson2,
           attachments_form: only,
           attachments: [[path, lab.UserService], [remote.application, lab-consumer], [x-lane, canary],
                         [interface, lab.UserService], [version, 0.0.0], [timeout, '3000'], [empty, '']]}}]",
    );
}

#[test]
fn a_generic_call() {
    recorded(
        "fastjson2-generic.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: $invoke, serialization: fastjson2,
           args: [hello, {strings: [java.lang.String]}, {objects: [bob]}],
           attachments_form: only,
           attachments: [[path, lab.UserService], [remote.application, lab-consumer], [interface, lab.UserService],
                         [version, 0.0.0], [generic, 'true'], [timeout, '3000']]}}]",
    );
}

/// Classes and names of fields are numbered together, and are numbers from their second use on; an enum is its place.
#[test]
fn calls_with_objects() {
    recorded(
        "fastjson2-object.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: saveUser, serialization: fastjson2, args: [
           {object: {class: lab.User, fields: [
             [age, 36], [balance, {double: 0.5}],
             [friends, {list: [{jsonb: {fields: [
               [balance, {double: 0}], [friends, {list: []}], [limit, null], [name, bob], [photo, null],
               [scores, {typed_map: [LM, []]}], [tags, {list: []}]]}}]}],
             [id, {long: 1099511627776}], [limit, null], [name, 'ada 😀'], [photo, null], [role, 1],
             [scores, {map: [['x', 1], ['y', 70000]]}], [tags, {list: [a, b]}]]}}]}}]",
    );
}

#[test]
fn answers() {
    let answer =
        |value: &str| format!("[{{answer: {{id: ID, value: {value}, serialization: fastjson2}}}}]");
    recorded("fastjson2.response.bin", &answer("hello bob"));
    recorded("fastjson2-null.response.bin", &answer("null"));
}

/// The recorded exception has a code and a stack of 56 frames; its first bytes, which tell the kind and the class, are the same.
#[test]
fn an_exception_begins_as_the_recorded_one() {
    let recorded = recording::read("fastjson2-exception.response.bin");
    let first_id = recording::first_id(&recorded);
    let written = recording::written(&format!(
        "[{{exception: {{id: {first_id}, class: lab.BusinessException, text: no, serialization: fastjson2}}}}]"
    ));
    assert_eq!(written[..12], recorded[..12]);
    // After the lengths of the body and, behind the kind, of the value.
    assert_eq!(written[16..22], recorded[16..22]);
    let class = b"\x92\x5elab.BusinessException\x00\xa6\x7f";
    assert!(written[26..].starts_with(class) && recorded[26..].starts_with(class));
}

#[test]
fn heartbeats_among_calls() {
    recorded(
        "fastjson2-heartbeats.request.bin",
        &format!(
            "[{{{HELLO}}}, {{heartbeat: {{id: ID+2, serialization: fastjson2}}}}, {{heartbeat: {{id: ID+4, serialization: fastjson2}}}}]"
        ),
    );
    recorded(
        "fastjson2-heartbeats.response.bin",
        "[{answer: {id: ID, value: hello bob, serialization: fastjson2}},
          {heartbeat_answer: {id: ID+2, serialization: fastjson2}}, {heartbeat_answer: {id: ID+4, serialization: fastjson2}}]",
    );
}
