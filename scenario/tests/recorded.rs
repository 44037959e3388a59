//! The frame builder writes hessian2 as Apache Dubbo 3.3.6 wrote it: `testdata/dubbo/recorded` holds its conversations.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a test's failure"
)]

mod recording;

use recording::recorded;

const HELLO: &str = "call: {id: ID, service: lab.UserService, method: hello, args: [bob]}";

#[test]
fn calls() {
    recorded("hello.request.bin", &format!("[{{{HELLO}}}]"));
    recorded(
        "non-ascii.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: hello, args: [\"ä中😀\"]}}]",
    );
    recorded(
        "list.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: listUsers, args: [3]}}]",
    );
    recorded(
        "group-version.request.bin",
        "[{call: {id: ID, service: lab.SecretService, method: reveal, version: 2.0.0, group: g1, args: [it]}}]",
    );
    recorded(
        "one-way.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: notify, args: [event], one_way: true}}]",
    );
}

#[test]
fn a_generic_call() {
    recorded(
        "generic.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: $invoke,
           args: [hello, {strings: [java.lang.String]}, {objects: [bob]}],
           attachments_form: only,
           attachments: [[path, lab.UserService], [remote.application, lab-consumer], [interface, lab.UserService],
                         [version, 0.0.0], [generic, 'true'], [timeout, '3000']]}}]",
    );
}

/// Among them a list of objects of the same class, maps of both kinds, an enum, a double and a long.
#[test]
fn a_call_with_an_object() {
    recorded(
        "object.request.bin",
        "[{call: {id: ID, service: lab.UserService, method: saveUser, args: [
           {object: {class: lab.User, fields: [
             [friends, {list: [
               {object: {class: lab.User, fields: [
                 [friends, {list: []}], [scores, {typed_map: [java.util.LinkedHashMap, []]}], [tags, {list: []}],
                 [photo, null], [role, null], [limit, null], [born, null], [active, false], [balance, {double: 0}],
                 [id, {long: 0}], [age, 0], [name, bob]]}}]}],
             [scores, {map: [['x', 1], ['y', 70000]]}], [tags, {list: [a, b]}], [photo, null],
             [role, {object: {class: lab.User$Role, fields: [[name, WRITER]]}}], [limit, null], [born, null],
             [active, false], [balance, {double: 0.5}], [id, {long: 1099511627776}], [age, 36], [name, 'ada 😀']]}}]}}]",
    );
}

#[test]
fn answers() {
    recorded(
        "hello.response.bin",
        "[{answer: {id: ID, value: hello bob}}]",
    );
    recorded(
        "no-argument.response.bin",
        "[{answer: {id: ID, value: blue}}]",
    );
    recorded("null.response.bin", "[{answer: {id: ID}}]");
}

#[test]
fn heartbeats_among_calls() {
    recorded(
        "heartbeats.request.bin",
        &format!("[{{{HELLO}}}, {{heartbeat: {{id: ID+1}}}}, {{heartbeat: {{id: ID+2}}}}]"),
    );
    recorded(
        "heartbeats.response.bin",
        "[{answer: {id: ID, value: hello bob}},
          {heartbeat_answer: {id: ID+1}}, {heartbeat_answer: {id: ID+2}}]",
    );
}
