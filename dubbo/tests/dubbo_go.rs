//! Whole frames as dubbo-go's own codec writes them, from testdata/dubbo/dubbo-go.txt.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panic"
)]

use dubbo::answer::{self, AnswerKind};
use dubbo::event::{self, Event};
use dubbo::{Call, Frame, Kind, Limits, Outline, Parsed, Status, edit};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The frames whose name begins with this, by the rest of their names.
fn frames(prefix: &str) -> Vec<(&'static str, Vec<u8>)> {
    include_str!("../../testdata/dubbo/dubbo-go.txt")
        .lines()
        .filter_map(|line| {
            let (name, groups) = line.strip_prefix(prefix)?.split_once(": ")?;
            Some((name, groups.split(' ').flat_map(group).collect()))
        })
        .collect()
}

/// `AB*N`: N times the bytes AB, in hexadecimal.
fn group(group: &str) -> Vec<u8> {
    let (hex, times) = group.split_once('*').unwrap_or((group, "1"));
    let bytes: Vec<u8> = hex
        .as_bytes()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    bytes.repeat(times.parse().unwrap())
}

fn whole(bytes: &[u8]) -> Frame<'_> {
    let Ok(Parsed::Whole(frame, [])) = Frame::parse(bytes) else {
        panic!("no whole frame: {bytes:x?}")
    };
    frame
}

fn parse<'a>(frame: &Frame<'a>) -> Call<'a> {
    Call::parse(frame.body(), frame.head.serialization, Limits::default()).unwrap()
}

/// `GROUP/SERVICE:VERSION` of the one identity that the call has.
fn key(call: &Call<'_>) -> String {
    let identities = call.identities();
    assert!(identities.contradictions.is_empty());
    assert_eq!(identities.len(), 1);
    let identity = &identities[0];
    let group = match &*identity.group {
        "" => String::new(),
        group => format!("{group}/"),
    };
    let version = match &*identity.version {
        "" => String::new(),
        version => format!(":{version}"),
    };
    format!("{group}{}{version}", identity.service)
}

#[test]
fn every_call_is_what_its_name_says_and_defines_no_class_in_another_way() {
    let requests = frames("request ");
    assert!(requests.len() > 140, "{} requests", requests.len());
    for (name, bytes) in &requests {
        let frame = whole(bytes);
        let (asked, note) = name.split_once(", ").unwrap_or((name, ""));
        let (service, method) = asked.rsplit_once('.').unwrap();
        let two_way = method != "notify";
        assert_eq!(frame.head.kind, Kind::Request { two_way }, "{name}");
        let call = parse(&frame);
        assert_eq!(key(&call), service, "{name}");
        let target = match note {
            "generic" => "hello",
            "generic object" => "saveUser",
            _ => method,
        };
        assert_eq!(call.target_method(), target, "{name}");
        assert_eq!(call.generic.is_some(), method == "$invoke", "{name}");
        assert_eq!(call.carried().altered().count(), 0, "{name}");
        let outline = Outline::of(&call);
        assert!(
            outline.is_none_or(|outline| outline.fits(frame.body(), Limits::default()).is_some()),
            "{name}"
        );
    }
}

#[test]
fn every_call_cut_anywhere_is_truncated() {
    for (name, bytes) in frames("request ") {
        let frame = whole(&bytes);
        for end in (0..frame.body().len()).filter(|end| *end < 2048 || end % 1009 == 0) {
            let cut = &frame.body()[..end];
            let error = Call::parse(cut, frame.head.serialization, Limits::default()).unwrap_err();
            assert_eq!(error.name(), "truncated", "{name} {end}: {error}");
        }
    }
}

#[test]
fn attachments_that_are_no_strings_stay_when_others_are_edited() {
    let requests = frames("request ");
    let (_, bytes) = requests
        .iter()
        .find(|(name, _)| name.ends_with(", attachments"))
        .unwrap();
    let frame = whole(bytes);
    let call = parse(&frame);
    assert!(
        call.attachments
            .get("x-list")
            .unwrap()
            .text()
            .unwrap()
            .is_none()
    );
    let mut out = Vec::new();
    let set = [("x-lane", "stable")];
    edit::set_attachments(&mut out, &frame.head, &call, &set, &["x-lane"]).unwrap();
    let edited = whole(&out);
    let new = parse(&edited);
    assert_eq!(
        new.attachments.iter().count(),
        call.attachments.iter().count()
    );
    assert!(
        new.attachments
            .get("x-list")
            .unwrap()
            .text()
            .unwrap()
            .is_none()
    );
    let lane = new.attachments.get("x-lane").unwrap().text().unwrap();
    assert_eq!(lane.unwrap(), "stable");
}

/// Each ends with a null that nobody reads.
#[test]
fn answers_are_what_their_names_say() {
    for (name, bytes) in frames("answer ") {
        let frame = whole(&bytes);
        assert_eq!(frame.body().last(), Some(&b'N'), "{name}");
        let Kind::Answer { status } = frame.head.kind else {
            panic!("{name} is no answer")
        };
        let (kind, note) = name.split_once(", ").unwrap_or((name, ""));
        let expected = match (kind, note) {
            ("value", _) => AnswerKind::Value,
            ("null", _) => AnswerKind::Null,
            ("exception", _) => AnswerKind::Exception,
            ("error", "bad request") => AnswerKind::Error(Status::BAD_REQUEST),
            ("error", _) => AnswerKind::Error(Status(80)),
            ("heartbeat", _) => {
                assert!(frame.head.event, "{name}");
                assert_eq!(frame.body(), b"NN", "{name}");
                continue;
            }
            _ => panic!("{name}"),
        };
        let first_bytes = &frame.body()[..answer::PROBE.min(frame.body().len())];
        let found = answer::kind(status, frame.head.serialization, first_bytes);
        assert_eq!(found, Some(expected), "{name}");
    }
}

#[test]
fn a_heartbeat_is_the_one_that_we_write() {
    let frames = frames("heartbeat");
    let (_, bytes) = &frames[0];
    let frame = whole(bytes);
    let kind = event::kind(frame.body(), frame.head.serialization);
    assert_eq!(kind, Some(Event::Heartbeat));
    assert_eq!(event::heartbeat_request(frame.head.id), frame.bytes);
}

/// What both ends sent on a connection: name, whether dubbo-go provided, what the consumer sent, what the provider sent.
type Recording = (&'static str, bool, &'static [u8], &'static [u8]);

macro_rules! recordings {
    ($($name:literal: $provides:literal),* $(,)?) => {
        [$((
            $name,
            $provides,
            include_bytes!(concat!("../../testdata/dubbo/recorded/", $name, ".request.bin")),
            include_bytes!(concat!("../../testdata/dubbo/recorded/", $name, ".response.bin")),
        )),*]
    };
}

const RECORDINGS: [Recording; 3] =
    recordings!["go-to-go": true, "go-to-java": false, "java-to-go": true];

fn cut(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let Ok(Parsed::Whole(frame, rest)) = Frame::parse(bytes) else {
            panic!("no frame: {bytes:x?}")
        };
        frames.push(frame);
        bytes = rest;
    }
    frames
}

fn calls<'a>(frames: &[Frame<'a>]) -> Vec<Frame<'a>> {
    let request = |frame: &&Frame<'_>| matches!(frame.head.kind, Kind::Request { .. });
    frames
        .iter()
        .filter(request)
        .filter(|frame| !frame.head.event)
        .copied()
        .collect()
}

#[test]
fn recorded_calls_between_the_languages_are_what_the_consumers_meant() {
    for (name, _, requests, _) in RECORDINGS {
        let frames = calls(&cut(requests));
        let called: Vec<_> = frames
            .iter()
            .map(|frame| {
                let call = parse(frame);
                assert_eq!(call.carried().altered().count(), 0, "{name}");
                format!("{}.{}", key(&call), call.target_method())
            })
            .collect();
        let expected = [
            "lab.UserService.hello",
            "lab.UserService.hello",
            "lab.UserService.saveUser",
            "lab.UserService.listUsers",
            "lab.UserService.echoBytes",
            "lab.UserService.findUser",
            "lab.UserService.fail",
            "lab.UserService.whoAmI",
            "lab.UserService.notify",
            "lab.UserService.hello",
            "g1/lab.SecretService:2.0.0.reveal",
        ];
        assert_eq!(called, expected, "{name}");
    }
}

#[test]
fn recorded_answers_between_the_languages_belong_to_the_calls() {
    for (name, go, requests, answers) in RECORDINGS {
        let answers: Vec<_> = cut(answers)
            .into_iter()
            .filter(|frame| !frame.head.event)
            .collect();
        let mut waiting = calls(&cut(requests));
        waiting.retain(|frame| frame.head.kind == Kind::Request { two_way: true });
        assert_eq!(answers.len(), waiting.len(), "{name}");
        for (call, frame) in waiting.iter().zip(&answers) {
            assert_eq!(call.head.id, frame.head.id, "{name}");
            let Kind::Answer { status } = frame.head.kind else {
                panic!("{name}: {:?} is no answer", frame.head)
            };
            let expected = match parse(call).target_method() {
                "findUser" => AnswerKind::Null,
                "fail" => AnswerKind::Exception,
                _ => AnswerKind::Value,
            };
            let first_bytes = &frame.body()[..answer::PROBE.min(frame.body().len())];
            let found = answer::kind(status, frame.head.serialization, first_bytes);
            assert_eq!(found, Some(expected), "{name}");
            assert_eq!(frame.body().ends_with(b"ZN"), go, "{name}");
        }
    }
}

/// In each recording one end or both asked; the other answered with the same id.
#[test]
fn recorded_heartbeats_between_the_languages_are_events_with_answers() {
    for (name, _, requests, answers) in RECORDINGS {
        let events = |bytes| {
            let frames = cut(bytes).into_iter().filter(|frame| frame.head.event);
            frames.partition::<Vec<_>, _>(|frame| {
                matches!(frame.head.kind, Kind::Request { two_way: true })
            })
        };
        let (asked, answered) = events(requests);
        let (asked_back, answered_back) = events(answers);
        for (asked, answered) in [(&asked, &answered_back), (&asked_back, &answered)] {
            for (asked, answered) in asked.iter().zip(answered) {
                let kind = event::kind(asked.body(), asked.head.serialization);
                assert_eq!(kind, Some(Event::Heartbeat), "{name}");
                assert_eq!(asked.head.id, answered.head.id, "{name}");
                // Java writes one null, dubbo-go two.
                assert!([&b"N"[..], b"NN"].contains(&answered.body()), "{name}");
            }
        }
        assert!(asked.len() + asked_back.len() >= 2, "{name}");
        assert!(answered.len() + answered_back.len() >= 1, "{name}");
    }
}
