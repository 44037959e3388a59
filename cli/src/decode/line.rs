use std::net::SocketAddr;

use dubbo::answer::{self, AnswerKind};
use dubbo::event::{self, Event};
use dubbo::{AttachmentValue, Call, CallError, Head, Kind, Status};
use engine::CloseReason;
use jiff::Timestamp;
use serde::Serialize;

use super::anomaly::{Anomaly, MAX_EVENT_ANSWER, MAX_REQUEST};
use super::call::CallFields;
use super::piece::Recorded;

/// A line of output.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    place: Option<&'a Place>,
    /// Where the frame begins in the file; in a capture, in its direction of the connection.
    offset: u64,
    kind: &'static str,
    /// Bytes that were stepped over.
    #[serde(rename = "length", skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
    /// Said of a frame whose beginning was guessed, as something before it was missing.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    guessed: bool,
    #[serde(flatten)]
    head: Option<HeadFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'static str>,
    #[serde(flatten)]
    call: Option<CallFields<'a>>,
    anomalies: Vec<Anomaly>,
}

/// Where in a capture something stands.
#[derive(Serialize)]
pub(crate) struct Place {
    /// When its first byte was seen.
    pub(crate) time: Option<Timestamp>,
    /// The number of the packet with its first byte, from 1 on, as other tools number them.
    pub(crate) packet: u64,
    pub(crate) connection: Connection,
    pub(crate) direction: Direction,
}

/// Who talks with whom.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Connection {
    /// From 1 on, in the order in which they begin in the capture.
    pub(crate) number: u64,
    pub(crate) client: SocketAddr,
    pub(crate) provider: SocketAddr,
}

/// Who hears it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    ToProvider,
    ToClient,
}

/// What the head says.
#[derive(Serialize)]
struct HeadFields {
    /// Bytes of the whole frame, head and body.
    length: usize,
    body_length: u32,
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
        place: Option<&'a Place>,
        direction: Option<Direction>,
        frame: &Recorded<'_>,
        call: Option<&'a Result<Call<'a>, CallError>>,
    ) -> Line<'a> {
        Line {
            kind: kind(frame),
            guessed: frame.guessed,
            head: Some(HeadFields::of(&frame.head)),
            answer: answer(frame),
            call: call.and_then(|call| call.as_ref().ok()).map(CallFields::of),
            anomalies: anomalies(frame, direction, call),
            ..Line::new(file, place, frame.offset)
        }
    }

    /// Bytes that are no frame.
    pub(super) fn no_frame(
        file: &'a str,
        place: Option<&'a Place>,
        offset: u64,
        anomaly: Anomaly,
    ) -> Line<'a> {
        Line {
            anomalies: vec![anomaly],
            ..Line::new(file, place, offset)
        }
    }

    /// Bytes that are missing or that cannot be read without those.
    pub(super) fn skipped(
        file: &'a str,
        place: Option<&'a Place>,
        offset: u64,
        len: u64,
        anomaly: Anomaly,
    ) -> Line<'a> {
        Line {
            kind: "skipped",
            skipped: Some(len),
            anomalies: vec![anomaly],
            ..Line::new(file, place, offset)
        }
    }

    fn new(file: &'a str, place: Option<&'a Place>, offset: u64) -> Line<'a> {
        Line {
            file,
            place,
            offset,
            kind: "no_frame",
            skipped: None,
            guessed: false,
            head: None,
            answer: None,
            call: None,
            anomalies: Vec::new(),
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
            body_length: head.body_len,
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

fn anomalies(
    frame: &Recorded<'_>,
    direction: Option<Direction>,
    call: Option<&Result<Call<'_>, CallError>>,
) -> Vec<Anomaly> {
    let offset = frame.offset;
    let mut found: Vec<Anomaly> = of_head(frame, direction).into_iter().collect();
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
            let carried = call.carried();
            let altered = carried.altered().map(|class| class.to_str_lossy());
            found.extend(altered.map(|class| Anomaly::altered_class(offset, &class)));
            if let Err(error) = carried.classes() {
                found.push(Anomaly::call(offset, &error));
            }
        }
        Some(Err(error)) => found.push(Anomaly::call(offset, error)),
        None => {}
    }
    let len = frame.head.frame_len();
    if let Some(at) = frame.lost_at {
        found.push(Anomaly::gap(at, len as u64 - frame.found));
    } else if !frame.is_whole() {
        found.push(Anomaly::truncated(offset + frame.found, len, frame.found));
    }
    found
}

/// What is wrong with a frame that is no call, or with its length.
fn of_head(frame: &Recorded<'_>, direction: Option<Direction>) -> Option<Anomaly> {
    let offset = frame.offset;
    let len = frame.head.frame_len();
    let too_long = |reason, max| Some(Anomaly::too_long(reason, offset, max, len));
    let event = frame.head.event;
    match frame.head.kind {
        Kind::Request { .. } if len > MAX_REQUEST => {
            too_long(CloseReason::FRAME_TOO_LONG, MAX_REQUEST)
        }
        Kind::Answer { .. } if event && len > MAX_EVENT_ANSWER => {
            too_long(CloseReason::EVENT_ANSWER_TOO_LONG, MAX_EVENT_ANSWER)
        }
        Kind::Request { .. } if event && frame.is_whole() => {
            let expected = match direction {
                Some(Direction::ToProvider) => "null, as from any client",
                _ => "null, R or W",
            };
            let known = match self::event(frame) {
                Some(Event::Heartbeat) => true,
                // Clients do not say so.
                Some(Event::ReadOnly | Event::Writeable) => {
                    direction != Some(Direction::ToProvider)
                }
                None => false,
            };
            (!known).then(|| Anomaly::unknown_event(offset, expected))
        }
        _ => None,
    }
}

fn has_attachment_that_is_no_text(call: &Call<'_>) -> bool {
    call.attachments.iter().any(|pair| {
        pair.key.to_str().is_err()
            || matches!(pair.value(), AttachmentValue::String(text) if text.to_str().is_err())
    })
}
