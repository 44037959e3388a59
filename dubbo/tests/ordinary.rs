//! The calls of ordinary consumers, from testdata/dubbo/recorded: many on one connection, in every form and with values of every
//! kind. All must be read, to the last byte, and nothing in them may look like an attack.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests may panic"
)]

use dubbo::{Call, Frame, Kind, Limits, Parsed};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

macro_rules! streams {
    ($($name:literal),* $(,)?) => {
        [$(
            ($name, include_bytes!(concat!("../../testdata/dubbo/recorded/", $name, ".request.bin")).as_slice()),
            ($name, include_bytes!(concat!("../../testdata/dubbo/recorded/", $name, ".response.bin")).as_slice()),
        )*]
    };
}

const STREAMS: [(&str, &[u8]); 26] = streams![
    "forms",
    "paths",
    "callbacks",
    "values",
    "fastjson2-forms",
    "fastjson2-paths",
    "fastjson2-callbacks",
    "fastjson2-values",
    "2.7.23-forms",
    "2.7.23-paths",
    "2.7.23-callbacks",
    "2.7.23-values",
    "2.7.23-heartbeats",
];

fn frames(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let Ok(Parsed::Whole(frame, rest)) = Frame::parse(bytes) else {
            panic!("no frame: {}", bytes.escape_ascii())
        };
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// Every call of the recordings, from either side.
fn calls() -> Vec<(&'static str, Frame<'static>)> {
    let frames = STREAMS
        .iter()
        .flat_map(|(name, bytes)| frames(bytes).into_iter().map(move |frame| (*name, frame)));
    frames
        .filter(|(_, frame)| matches!(frame.head.kind, Kind::Request { .. }) && !frame.head.event)
        .collect()
}

#[test]
fn every_ordinary_call_is_read_and_carries_nothing_altered() {
    let calls = calls();
    assert!(calls.len() > 400, "{} calls", calls.len());
    for (name, frame) in calls {
        let call = Call::parse(frame.body(), frame.head.serialization, Limits::default());
        let call = call
            .unwrap_or_else(|error| panic!("{name}: {error:?} in {}", frame.body().escape_ascii()));
        let carried = call.carried();
        let altered: Vec<_> = carried.altered().collect();
        assert!(altered.is_empty(), "{name}: {altered:?}");
        let classes = carried.classes();
        assert!(classes.is_ok(), "{name}: {classes:?}");
        let contradictions = &call.identities().contradictions;
        // Only a service that is exported under another path says two things.
        let expected = name.ends_with("paths");
        assert_eq!(
            contradictions.is_empty(),
            !expected,
            "{name}: {contradictions:?}"
        );
    }
}
