use core::fmt;

use crate::{Serialization, Status};

/// The length of a frame's head, in bytes.
pub const HEAD_LEN: usize = 16;

/// The head of a frame, big endian:
///
/// ```text
/// da bb | flag | status | id: 8 bytes | body length: 4 bytes
///         |      `- of answers; in requests it means nothing
///         `- 0x80 request, 0x40 two-way, 0x20 event, 0x1f serialization
/// ```
///
/// All eight flag bits have a meaning, so no flag is wrong by itself; 0x40 says nothing in an answer and may stand there
/// (dubbo-js sets it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Request or answer, with what only one of them has.
    pub kind: Kind,
    /// Heartbeats and the like: no call, and no answer of a call.
    pub event: bool,
    /// How the body is written.
    pub serialization: Serialization,
    /// Which request this is, or answers.
    pub id: RequestId,
    /// Bytes of the body; below 2^31.
    pub body_len: u32,
}

/// What only requests and only answers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call or an event.
    Request {
        /// Whether an answer is awaited.
        two_way: bool,
    },
    /// What came of a request.
    Answer {
        /// How it went, before the body is looked at.
        status: Status,
    },
}

/// The id that joins an answer with its request: any 64 bits. Peers start anywhere, repeat ids, and share them between
/// calls and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Why bytes are no frame. There is no way on from here: whatever follows may be what an attacker wants to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrameError {
    /// The first two bytes are not `da bb`: telnet text, HTTP, TLS, or a peer that lost its way.
    Magic {
        /// What stands there.
        found: [u8; 2],
    },
    /// The body length is 2^31 or more. Java reads it as negative and goes on with the bytes behind the head.
    NegativeLength {
        /// What Java reads.
        found: i32,
    },
}

impl Head {
    /// Reads a head.
    ///
    /// # Errors
    ///
    /// Wrong magic and negative lengths. What is too long for a policy, and which serializations it takes, is the caller's
    /// to say.
    pub fn parse(bytes: &[u8; HEAD_LEN]) -> Result<Self, FrameError> {
        let &[
            m0,
            m1,
            flag,
            status,
            i0,
            i1,
            i2,
            i3,
            i4,
            i5,
            i6,
            i7,
            l0,
            l1,
            l2,
            l3,
        ] = bytes;
        if [m0, m1] != MAGIC {
            return Err(FrameError::Magic { found: [m0, m1] });
        }
        let length = i32::from_be_bytes([l0, l1, l2, l3]);
        let Ok(body_len) = u32::try_from(length) else {
            return Err(FrameError::NegativeLength { found: length });
        };
        let kind = if flag & REQUEST != 0 {
            Kind::Request {
                two_way: flag & TWO_WAY != 0,
            }
        } else {
            Kind::Answer {
                status: Status(status),
            }
        };
        Ok(Self {
            kind,
            event: flag & EVENT != 0,
            serialization: Serialization::from_flag(flag),
            id: RequestId(u64::from_be_bytes([i0, i1, i2, i3, i4, i5, i6, i7])),
            body_len,
        })
    }

    /// Writes the head as Java does: no status in requests, no 0x40 in answers.
    pub fn encode(&self) -> [u8; HEAD_LEN] {
        let (flag, status) = match self.kind {
            Kind::Request { two_way: true } => (REQUEST | TWO_WAY, 0),
            Kind::Request { two_way: false } => (REQUEST, 0),
            Kind::Answer { status } => (0, status.0),
        };
        let event = if self.event { EVENT } else { 0 };
        let [i0, i1, i2, i3, i4, i5, i6, i7] = self.id.0.to_be_bytes();
        let [l0, l1, l2, l3] = self.body_len.to_be_bytes();
        let [m0, m1] = MAGIC;
        [
            m0,
            m1,
            flag | event | self.serialization.id(),
            status,
            i0,
            i1,
            i2,
            i3,
            i4,
            i5,
            i6,
            i7,
            l0,
            l1,
            l2,
            l3,
        ]
    }

    /// Bytes of the whole frame, head and body.
    pub fn frame_len(&self) -> usize {
        // usize has at least 32 bits on every target, and body_len is below 2^31.
        HEAD_LEN + self.body_len as usize
    }
}

impl FrameError {
    /// The reason in metrics, such as `bad_magic`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Magic { .. } => "bad_magic",
            Self::NegativeLength { .. } => "negative_length",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Magic { found: [a, b] } => write!(
                f,
                "expected magic da bb, but found {a:02x} {b:02x} at byte 0"
            ),
            Self::NegativeLength { found } => {
                write!(f, "expected a body length, but found {found} at byte 12")
            }
        }
    }
}

impl core::error::Error for FrameError {}

/// The first two bytes of every frame.
const MAGIC: [u8; 2] = [0xda, 0xbb];
const REQUEST: u8 = 0x80;
const TWO_WAY: u8 = 0x40;
const EVENT: u8 = 0x20;
