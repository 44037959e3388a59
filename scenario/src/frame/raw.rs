//! Events, headers that may be wrong, and frames made of frames.

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::{EVENT, Frame, OK, REQUEST, Serialization, TWO_WAY, frame, head, hex_bytes};

/// A heartbeat: an event whose body is null.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Its id; nothing keeps it from being that of a call in flight.
    pub id: i64,
    /// Whether nobody waits for an answer.
    #[serde(default)]
    pub one_way: bool,
    /// What its null is written in, or the id that its header says.
    #[serde(default)]
    pub serialization: Serialization,
}

/// The answer to a heartbeat, as Java writes it unless the body says otherwise (dubbo-go: `4e4e`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatAnswer {
    /// The heartbeat's id.
    pub id: i64,
    /// The body in hex; null unless said.
    pub body: Option<String>,
    /// What its null is written in, or the id that its header says.
    #[serde(default)]
    pub serialization: Serialization,
}

/// A request with the event bit and any body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its id.
    pub id: i64,
    /// The body in hex: `0152` is "R" (read only), `0157` "W" (writeable).
    pub body: String,
    /// Whether the sender waits for an answer.
    #[serde(default)]
    pub two_way: bool,
    /// Of which the header says the id; the body is what it is.
    #[serde(default)]
    pub serialization: Serialization,
}

/// A header as it is said, whether it is right or not, and a body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The third byte.
    pub flag: u8,
    /// The fourth byte.
    #[serde(default)]
    pub status: u8,
    /// The id.
    pub id: i64,
    /// The declared length; the body's unless said.
    pub len: Option<i32>,
    /// The body in hex.
    #[serde(default)]
    pub body: String,
    /// So many zeros after the body.
    #[serde(default)]
    pub zeros: usize,
}

/// The first bytes of a frame.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The frame.
    pub of: Frame,
    /// Where the part begins.
    #[serde(default)]
    pub from: usize,
    /// Where it ends; the frame's end unless said.
    pub to: Option<usize>,
}

/// Frames again and again; the ids grow by one each time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How often.
    pub times: u16,
    /// By how much the ids grow from one time to the next.
    #[serde(default = "one")]
    pub id_step: i64,
    /// What is repeated.
    pub frames: Vec<Frame>,
}

impl Heartbeat {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        Event {
            id: self.id,
            body: self.serialization.null().into(),
            two_way: !self.one_way,
            serialization: self.serialization,
        }
        .bytes()
    }
}

impl HeartbeatAnswer {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let body = self.body.as_deref();
        let body = hex_bytes(body.unwrap_or(self.serialization.null()))?;
        frame(EVENT | self.serialization.id(), OK, self.id, &body)
    }
}

impl Event {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let two_way = if self.two_way { TWO_WAY } else { 0 };
        frame(
            REQUEST | two_way | EVENT | self.serialization.id(),
            0,
            self.id,
            &hex_bytes(&self.body)?,
        )
    }
}

impl Head {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = hex_bytes(&self.body)?;
        body.resize(body.len() + self.zeros, 0);
        let len = self.len.map_or_else(|| i32::try_from(body.len()), Ok)?;
        Ok([head(self.flag, self.status, self.id, len).as_slice(), &body].concat())
    }
}

impl Part {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let whole = self.of.bytes()?;
        let to = self.to.unwrap_or(whole.len());
        ensure!(
            self.from <= to && to <= whole.len(),
            "bytes {} to {to} of a frame that has {}",
            self.from,
            whole.len()
        );
        Ok(whole[self.from..to].to_vec())
    }
}

impl Repeat {
    pub(super) fn frames(&self) -> Vec<Frame> {
        (0..self.times)
            .flat_map(|time| {
                self.frames
                    .iter()
                    .map(move |frame| frame.clone().shifted(self.id_step * i64::from(time)))
            })
            .collect()
    }
}

fn one() -> i64 {
    1
}
