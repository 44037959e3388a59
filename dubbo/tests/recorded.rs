//! Frames of real peers, from testdata/dubbo/recorded; its README says which call each one is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests may panic"
)]

use dubbo::answer::{self, AnswerKind};
use dubbo::{Call, Frame, Head, Kind, Limits, Parsed, Status, edit, event};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What both sides sent: name, requests, answers.
type Recording = (&'static str, &'static [u8], &'static [u8]);

macro_rules! recordings {
    ($($name:literal),* $(,)?) => {
        [$((
            $name,
            include_bytes!(concat!("../../testdata/dubbo/recorded/", $name, ".request.bin")),
            include_bytes!(concat!("../../testdata/dubbo/recorded/", $name, ".response.bin")),
        )),*]
    };
}

const HESSIAN2: [Recording; 15] = recordings![
    "hello",
    "non-ascii",
    "long-string",
    "object",
    "list",
    "bytes",
    "null",
    "exception",
    "no-argument",
    "attachments",
    "one-way",
    "generic",
    "group-version",
    "unknown-service",
    "heartbeats",
];
const FASTJSON2: [Recording; 13] = recordings![
    "fastjson2",
    "fastjson2-non-ascii",
    "fastjson2-latin-1",
    "fastjson2-long-string",
    "fastjson2-object",
    "fastjson2-list",
    "fastjson2-bytes",
    "fastjson2-null",
    "fastjson2-exception",
    "fastjson2-attachments",
    "fastjson2-one-way",
    "fastjson2-generic",
    "fastjson2-heartbeats",
];

fn frames(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let Ok(Parsed::Whole(frame, rest)) = Frame::parse(bytes) else {
            panic!("{bytes:x?}")
        };
        frames.push(frame);
        bytes = rest;
    }
    frames
}

fn requests(name: &str) -> Vec<Frame<'static>> {
    let (_, requests, _) = HESSIAN2
        .into_iter()
        .chain(FASTJSON2)
        .find(|recording| recording.0 == name)
        .unwrap();
    frames(requests)
}

fn parse<'a>(frame: &Frame<'a>) -> Call<'a> {
    Call::parse(frame.body(), frame.head.serialization, Limits::default()).unwrap()
}

/// `service|version|group` of the one identity that each recorded call has, and its method.
fn summary(call: &Call<'_>) -> (String, String) {
    let identities = call.identities();
    assert!(identities.contradictions.is_empty());
    let [identity] = &*identities else {
        panic!("{identities:?}")
    };
    (
        format!(
            "{}|{}|{}",
            identity.service, identity.version, identity.group
        ),
        call.target_method().into(),
    )
}

#[test]
fn every_recorded_call_is_what_the_consumer_meant() {
    for (name, service, method) in [
        ("hello", "lab.UserService||", "hello"),
        ("non-ascii", "lab.UserService||", "hello"),
        ("long-string", "lab.UserService||", "hello"),
        ("object", "lab.UserService||", "saveUser"),
        ("list", "lab.UserService||", "listUsers"),
        ("bytes", "lab.UserService||", "echoBytes"),
        ("null", "lab.UserService||", "findUser"),
        ("exception", "lab.UserService||", "fail"),
        ("no-argument", "lab.UserService||", "whoAmI"),
        ("attachments", "lab.UserService||", "hello"),
        ("one-way", "lab.UserService||", "notify"),
        ("generic", "lab.UserService||", "hello"),
        ("group-version", "lab.SecretService|2.0.0|g1", "reveal"),
        ("heartbeats", "lab.UserService||", "hello"),
        ("fastjson2", "lab.UserService||", "hello"),
        ("fastjson2-non-ascii", "lab.UserService||", "hello"),
        ("fastjson2-latin-1", "lab.UserService||", "hello"),
        ("fastjson2-long-string", "lab.UserService||", "hello"),
        ("fastjson2-object", "lab.UserService||", "saveUser"),
        ("fastjson2-list", "lab.UserService||", "listUsers"),
        ("fastjson2-bytes", "lab.UserService||", "echoBytes"),
        ("fastjson2-null", "lab.UserService||", "findUser"),
        ("fastjson2-exception", "lab.UserService||", "fail"),
        ("fastjson2-attachments", "lab.UserService||", "hello"),
        ("fastjson2-one-way", "lab.UserService||", "notify"),
        ("fastjson2-generic", "lab.UserService||", "hello"),
        ("fastjson2-heartbeats", "lab.UserService||", "hello"),
    ] {
        let call = parse(&requests(name)[0]);
        assert_eq!(summary(&call), (service.into(), method.into()), "{name}");
        let app = call.attachments.get("remote.application").unwrap();
        assert_eq!(app.text().unwrap().unwrap(), "lab-consumer");
        assert_eq!(call.generic.is_some(), name.ends_with("generic"));
    }
}

#[test]
fn every_recorded_frame_is_cut_where_the_next_one_begins() {
    for (name, requests, answers) in HESSIAN2.into_iter().chain(FASTJSON2) {
        for frame in frames(requests) {
            assert!(matches!(frame.head.kind, Kind::Request { .. }), "{name}");
        }
        for frame in frames(answers) {
            assert!(matches!(frame.head.kind, Kind::Answer { .. }), "{name}");
            assert_eq!(Head::parse(&frame.head.encode()), Ok(frame.head), "{name}");
        }
        let two_way = frames(requests)
            .iter()
            .filter(|frame| frame.head.kind == Kind::Request { two_way: true })
            .count();
        assert_eq!(frames(answers).len(), two_way, "{name}");
    }
}

#[test]
fn every_prefix_of_a_recorded_frame_wants_more_and_of_its_body_is_truncated() {
    for (name, bytes, _) in HESSIAN2.into_iter().chain(FASTJSON2) {
        let frame = frames(bytes)[0];
        for end in 0..frame.bytes.len() {
            assert!(
                matches!(
                    Frame::parse(&frame.bytes[..end]),
                    Ok(Parsed::NeedMore { .. })
                ),
                "{name} {end}"
            );
        }
        for end in 0..frame.body().len() {
            let error = Call::parse(
                &frame.body()[..end],
                frame.head.serialization,
                Limits::default(),
            )
            .unwrap_err();
            assert_eq!(error.name(), "truncated", "{name} {end}: {error}");
        }
    }
}

#[test]
fn recorded_heartbeats_are_events_and_what_we_write_is_the_same() {
    for frame in &requests("fastjson2-heartbeats")[1..] {
        assert!(frame.head.event);
        assert_eq!(
            event::kind(frame.body(), frame.head.serialization),
            Some(event::Event::Heartbeat)
        );
    }
    let frames = requests("heartbeats");
    assert_eq!(frames.len(), 3);
    for frame in &frames[1..] {
        assert!(frame.head.event);
        assert_eq!(
            event::kind(frame.body(), frame.head.serialization),
            Some(event::Event::Heartbeat)
        );
        assert_eq!(event::heartbeat_request(frame.head.id), frame.bytes);
    }
}

#[test]
fn recorded_answers_say_what_came_of_the_call() {
    for (name, _, answers) in HESSIAN2.into_iter().chain(FASTJSON2) {
        let expected = match name.trim_start_matches("fastjson2-") {
            "one-way" => continue,
            "null" => AnswerKind::Null,
            "exception" => AnswerKind::Exception,
            "unknown-service" => AnswerKind::Error(Status::SERVICE_ERROR),
            _ => AnswerKind::Value,
        };
        let frame = frames(answers)[0];
        let Kind::Answer { status } = frame.head.kind else {
            panic!("{name}")
        };
        let first_bytes = &frame.body()[..answer::PROBE.min(frame.body().len())];
        assert_eq!(
            answer::kind(status, frame.head.serialization, first_bytes),
            Some(expected),
            "{name}"
        );
    }
}

#[test]
fn recorded_attachments_are_edited_and_everything_else_stays() {
    for name in ["attachments", "fastjson2-attachments"] {
        edited_and_everything_else_stays(requests(name)[0]);
    }
}

fn edited_and_everything_else_stays(frame: Frame<'_>) {
    let call = parse(&frame);
    let lane = |call: &Call<'_>| {
        call.attachments
            .get("x-lane")
            .map(|pair| pair.text().unwrap().unwrap().into_owned())
    };
    assert_eq!(lane(&call).as_deref(), Some("canary"));
    assert_eq!(
        call.attachments
            .get("empty")
            .unwrap()
            .text()
            .unwrap()
            .unwrap(),
        ""
    );

    let mut out = Vec::new();
    edit::set_attachments(
        &mut out,
        &frame.head,
        &call,
        &[("x-lane", "stable")],
        &["X-Lane"],
    )
    .unwrap();
    let edited = frames(&out)[0];
    let new = parse(&edited);
    assert_eq!(lane(&new).as_deref(), Some("stable"));
    assert_eq!(
        new.attachments.iter().count(),
        call.attachments.iter().count()
    );
    assert_eq!(summary(&new), summary(&call));
    // "canary" and "stable" have six letters each: only the pair's place differs.
    assert_eq!(edited.bytes.len(), frame.bytes.len());
    assert_eq!(
        edited.bytes[..16 + call.attachments_at],
        frame.bytes[..16 + call.attachments_at]
    );
}

#[test]
fn recorded_calls_name_the_classes_in_their_arguments() {
    for (name, classes) in [
        ("hello", [].as_slice()),
        ("generic", &["[string", "[object", "java.lang.String"]),
        ("fastjson2", &[]),
        ("fastjson2-bytes", &["[B"]),
        ("fastjson2-generic", &["[String", "java.lang.String", "[O"]),
    ] {
        let frame = requests(name)[0];
        let call = parse(&frame);
        let found = call.carried().classes().unwrap();
        let found: Vec<_> = found.iter().map(|name| name.to_str().unwrap()).collect();
        assert_eq!(found, classes, "{name}");
    }
    for name in ["object", "fastjson2-object"] {
        let frame = requests(name)[0];
        let call = parse(&frame);
        let found = call.carried().classes().unwrap();
        assert!(found.iter().any(|name| *name == "lab.User"), "{found:?}");
    }
}
