//! Frames of any bytes, and what can be told of answers and events.

use dubbo::answer::{self, AnswerKind, PROBE};
use dubbo::event;
use dubbo::{Frame, HEAD_LEN, Head, Kind, Parsed, Serialization, Status};

/// Cuts frames off a stream: nothing is lost between them, and every beginning says how much more is needed.
pub fn check(stream: &[u8]) {
    let mut rest = stream;
    loop {
        let started = Head::check_start(rest);
        match Frame::parse(rest) {
            Ok(Parsed::Whole(frame, behind)) => {
                assert_eq!(started, Ok(()));
                assert_eq!([frame.bytes, behind].concat(), rest);
                whole(&frame);
                rest = behind;
            }
            Ok(Parsed::NeedMore { head, len }) => {
                assert!(len > rest.len());
                assert_eq!(head.is_some(), rest.len() >= HEAD_LEN);
                return;
            }
            Err(error) => {
                assert!(!error.name().is_empty() && !error.to_string().is_empty());
                assert!(rest.len() >= HEAD_LEN);
                return;
            }
        }
    }
}

fn whole(frame: &Frame<'_>) {
    let head = frame.head;
    assert_eq!(frame.bytes.len(), head.frame_len());
    assert_eq!(frame.body().len(), head.body_len as usize);
    // Only what means nothing may be written differently: a status in requests, 0x40 in answers.
    let written = head.encode();
    assert_eq!(Head::parse(&written), Ok(head));
    let mut expected = *frame
        .bytes
        .first_chunk::<HEAD_LEN>()
        .expect("a whole frame has a head");
    match head.kind {
        Kind::Request { .. } => expected[3] = 0,
        Kind::Answer { .. } => expected[2] &= !0x40,
    }
    assert_eq!(written, expected);
    for len in [0, 1, HEAD_LEN - 1, HEAD_LEN, frame.bytes.len() - 1] {
        let beginning = &frame.bytes[..len.min(frame.bytes.len() - 1)];
        assert!(
            matches!(Frame::parse(beginning), Ok(Parsed::NeedMore { len, .. }) if len > beginning.len())
        );
    }
    body(frame.body(), head.serialization);
    body(frame.body(), Serialization::HESSIAN2);
    body(frame.body(), Serialization::FASTJSON2);
}

fn body(body: &[u8], serialization: Serialization) {
    // An event is known byte for byte: nothing may follow it.
    if event::kind(body, serialization).is_some() {
        assert_eq!(event::kind(&[body, b"N"].concat(), serialization), None);
        assert!(body.len() <= 8);
    }
    // What the first bytes have told, more bytes do not change.
    let all = answer::kind(Status::OK, serialization, body);
    for len in 0..=PROBE.min(body.len()) {
        let told = answer::kind(Status::OK, serialization, &body[..len]);
        assert!(
            told.is_none() || told == all,
            "{len} bytes: {told:?}, all: {all:?}"
        );
        assert!(told.is_some() || len < PROBE);
    }
    assert_eq!(
        answer::kind(Status::OK, serialization, body.get(..PROBE).unwrap_or(body)),
        all
    );
    let error = Status::SERVICE_ERROR;
    assert_eq!(
        answer::kind(error, serialization, body),
        Some(AnswerKind::Error(error))
    );
}
