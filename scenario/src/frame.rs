//! The frames of a scenario file and their bytes.
//!
//! ```text
//! da bb | flag:1 | status:1 | id:8 | len:4 | body (len bytes)
//! flag: 0x80 request, 0x40 two-way, 0x20 event, 0x1f serialization
//! ```

mod answer;
mod call;
mod raw;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

pub use answer::{Answer, Error, Exception, Refusal};
pub use call::{AttachmentsForm, Call};
pub use raw::{Event, Head, Heartbeat, HeartbeatAnswer, Part, Repeat};

/// A frame, or bytes that are none. Each stands in a file as `{kind: {..}}`, in snake case.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// A call as Java's consumer writes it.
    Call(Box<Call>),
    /// An answer with a value, as Java's provider writes it.
    Answer(Answer),
    /// An answer with an exception that the provider threw.
    Exception(Exception),
    /// An answer with another status than OK and a text.
    Error(Error),
    /// A heartbeat.
    Heartbeat(Heartbeat),
    /// The answer to a heartbeat.
    HeartbeatAnswer(HeartbeatAnswer),
    /// A request with the event bit and any body.
    Event(Event),
    /// What the filter answers to a call that it denied.
    Refusal(Refusal),
    /// A header as it is said here, right or wrong, and a body.
    Head(Head),
    /// Bytes.
    Hex(String),
    /// Text that is no frame: telnet, HTTP.
    Text(String),
    /// The first bytes of a frame.
    Part(Box<Part>),
    /// Frames again and again, with the next ids each time.
    Repeat(Repeat),
}

impl Frame {
    /// The frame's bytes. Fails for a refusal of which the text is not known word for word: it can be expected, but not sent.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        match self {
            Frame::Call(call) => call.bytes(),
            Frame::Answer(answer) => answer.bytes(),
            Frame::Exception(exception) => exception.bytes(),
            Frame::Error(error) => error.bytes(),
            Frame::Heartbeat(heartbeat) => heartbeat.bytes(),
            Frame::HeartbeatAnswer(answer) => answer.bytes(),
            Frame::Event(event) => event.bytes(),
            Frame::Refusal(refusal) => refusal.bytes(),
            Frame::Head(head) => head.bytes(),
            Frame::Hex(hex) => hex_bytes(hex),
            Frame::Text(text) => Ok(text.clone().into_bytes()),
            Frame::Part(part) => part.bytes(),
            Frame::Repeat(repeat) => all_bytes(&repeat.frames()),
        }
    }

    /// The frames that stand for this one: itself, but for a repetition.
    pub(crate) fn expanded(&self) -> Vec<Frame> {
        match self {
            Frame::Repeat(repeat) => repeat.frames().iter().flat_map(Frame::expanded).collect(),
            frame => vec![frame.clone()],
        }
    }

    /// The same frame with an id that is `by` higher.
    fn shifted(mut self, by: i64) -> Frame {
        let id = match &mut self {
            Frame::Call(call) => &mut call.id,
            Frame::Answer(answer) => &mut answer.id,
            Frame::Exception(exception) => &mut exception.id,
            Frame::Error(error) => &mut error.id,
            Frame::Heartbeat(heartbeat) => &mut heartbeat.id,
            Frame::HeartbeatAnswer(answer) => &mut answer.id,
            Frame::Event(event) => &mut event.id,
            Frame::Refusal(refusal) => &mut refusal.id,
            Frame::Head(head) => &mut head.id,
            Frame::Hex(_) | Frame::Text(_) | Frame::Part(_) | Frame::Repeat(_) => return self,
        };
        *id = id.wrapping_add(by);
        self
    }
}

/// The bytes of frames that follow each other.
pub(crate) fn all_bytes(frames: &[Frame]) -> Result<Vec<u8>> {
    let frames = frames
        .iter()
        .map(Frame::bytes)
        .collect::<Result<Vec<_>>>()?;
    Ok(frames.concat())
}

/// Bytes written in hex, with white space anywhere between them.
pub(crate) fn hex_bytes(hex: &str) -> Result<Vec<u8>> {
    let digits: Vec<u32> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).with_context(|| format!("{c:?} in hex")))
        .collect::<Result<_>>()?;
    ensure!(
        digits.len().is_multiple_of(2),
        "an odd number of hex digits in {hex:?}"
    );
    digits
        .chunks_exact(2)
        .map(|pair| Ok(u8::try_from(pair[0] << 4 | pair[1])?))
        .collect()
}

/// A whole frame around a body.
fn frame(flag: u8, status: u8, id: i64, body: &[u8]) -> Result<Vec<u8>> {
    let Ok(len) = i32::try_from(body.len()) else {
        bail!("a body of {} bytes has no length in a header", body.len())
    };
    Ok([head(flag, status, id, len).as_slice(), body].concat())
}

fn head(flag: u8, status: u8, id: i64, len: i32) -> [u8; 16] {
    let mut head = [0xda, 0xbb, flag, status, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    head[4..12].copy_from_slice(&id.to_be_bytes());
    head[12..].copy_from_slice(&len.to_be_bytes());
    head
}

const REQUEST: u8 = 0x80;
const TWO_WAY: u8 = 0x40;
const EVENT: u8 = 0x20;
const HESSIAN2: u8 = 2;
const OK: u8 = 20;

fn hessian2() -> u8 {
    HESSIAN2
}
