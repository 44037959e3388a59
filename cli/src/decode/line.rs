use dubbo::answer::{self, AnswerKind};
use dubbo::event::{self, Event};
use dubbo::{AttachmentValue, Call, CallError, Head, Kind, Status};
use serde::Serialize;

use super::anomaly::{Anomaly, MAX_EVENT_ANSWER, MAX_REQUEST};
use super::call::CallFields;
use super::stream::Recorded;

/// A line of output.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    file: &'a str,
    /// Where the frame begins in the file.
    offset: u64,
    kind: &'static str,
    #[serde(flatten)]
    head: Option<HeadFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'static str>,
    #[serde(flatten)]
    call: Option<CallFields<'a>>,
    anomalies: Vec<Anomaly>,
}

/// What the head says.
#[derive(Serialize)]
struct HeadFields {
    /// Bytes of the whole frame, head and body.
    length: usize,
    /// Signed decimal digits, as Java logs it. Text, because many readers of JSON round numbers of 64 bits.
    id: String,
    serialization: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    two_way: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u8>,
}

impl<'a> Line<'a> {
    /// A frame; `call` is what its body says, if it is a call and whole.
    pub(super) fn frame(
        file: &'a str,
        frame: &Recorded<'_>,
        call: Option<&'a Result<Call<'a>, CallError>>,
    ) -> Line<'a> {
        Line {
            file,
            offset: frame.offset,
            kind: kind(frame),
            head: Some(HeadFields::of(&frame.head)),
            answer: answer(frame),
            call: call.and_then(|call| call.as_ref().ok()).map(CallFields::of),
            anomalies: anomalies(frame, call),
        }
    }

    /// Bytes that are no frame.
    pub(super) fn no_frame(file: &'a str, offset: u64, anomaly: Anomaly) -> Line<'a> {
        Line {
            file,
            offset,
            kind: "no_frame",
            head: None,
            answer: None,
            call: None,
            anomalies: vec![anomaly],
        }
    }

    /// Whether nothing is wrong with it.
    pub(super) fn is_clean(&self) -> bool {
        self.anomalies.is_empty()
    }
}

impl HeadFields {
    fn of(head: &Head) -> HeadFields {
        let (two_way, status) = match head.kind {
            Kind::Request { two_way } => (Some(two_way), None),
            Kind::Answer { status } => (None, Some(status.0)),
        };
        HeadFields {
            length: head.frame_len(),
            id: head.id.0.cast_signed().to_string(),
            serialization: head.serialization.to_string(),
            two_way,
            status,
        }
    }
}

fn kind(frame: &Recorded<'_>) -> &'static str {
    match frame.head.kind {
        Kind::Request { .. } if !frame.head.event => "call",
        Kind::Request { .. } => match event(frame) {
            Some(Event::Heartbeat) => "heartbeat",
            Some(Event::ReadOnly) => "read_only",
            Some(Event::Writeable) => "writeable",
            None => "event",
        },
        Kind::Answer { .. } if !frame.head.event => "answer",
        // Peers answer no other event.
        Kind::Answer { .. } => "heartbeat_answer",
    }
}

fn event(frame: &Recorded<'_>) -> Option<Event> {
    let request = frame.request()?;
    event::kind(request.body(), request.head.serialization)
}

fn answer(frame: &Recorded<'_>) -> Option<&'static str> {
    let status: Status = match frame.head.kind {
        Kind::Answer { status } if !frame.head.event => status,
        _ => return None,
    };
    let kind = answer::kind(status, frame.head.serialization, frame.body_start());
    Some(match kind {
        Some(AnswerKind::Value) => "value",
        Some(AnswerKind::Null) => "null",
        Some(AnswerKind::Exception) => "exception",
        Some(AnswerKind::Error(_)) => "error",
        Some(AnswerKind::Unknown) | None => "unknown",
    })
}

fn anomalies(frame: &Recorded<'_>, call: Option<&Result<Call<'_>, CallError>>) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let offset = frame.offset;
    let len = frame.head.frame_len();
    match frame.head.kind {
        Kind::Request { .. } if len > MAX_REQUEST => {
            found.push(Anomaly::too_long(
                "frame_too_long",
                offset,
                MAX_REQUEST,
                len,
            ));
        }
        Kind::Answer { .. } if frame.head.event && len > MAX_EVENT_ANSWER => {
            let name = "event_answer_too_long";
            found.push(Anomaly::too_long(name, offset, MAX_EVENT_ANSWER, len));
        }
        Kind::Request { .. } if frame.head.event && frame.is_whole() && event(frame).is_none() => {
            found.push(Anomaly::unknown_event(offset));
        }
        _ => {}
    }
    match call {
        Some(Ok(call)) => {
            let contradictions = call.identities().contradictions;
            found.extend(
                contradictions
                    .iter()
                    .map(|one| Anomaly::contradiction(offset, one)),
            );
            if has_attachment_that_is_no_text(call) {
                found.push(Anomaly::attachment_not_text(offset, call.attachments_at));
            }
        }
        Some(Err(error)) => found.push(Anomaly::call(offset, error)),
        None => {}
    }
    if !frame.is_whole() {
        found.push(Anomaly::truncated(offset + frame.found, len, frame.found));
    }
    found
}

fn has_attachment_that_is_no_text(call: &Call<'_>) -> bool {
    call.attachments.iter().any(|pair| {
        pair.key.to_str().is_err()
            || matches!(pair.value(), AttachmentValue::String(text) if text.to_str().is_err())
    })
}
