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

    /// Whether a few bytes may be the beginning of a head: text on a Dubbo port is told before 16 bytes of it are there.
    ///
    /// # Errors
    ///
    /// Wrong magic.
    pub fn check_start(bytes: &[u8]) -> Result<(), FrameError> {
        let found = [0, 1].map(|at| bytes.get(at).or(MAGIC.get(at)).copied().unwrap_or_default());
        if found == MAGIC {
            Ok(())
        } else {
            Err(FrameError::Magic { found })
        }
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
    /// One of each kind, for lists of their names.
    pub const EACH: [Self; 2] = [
        Self::Magic { found: [0, 0] },
        Self::NegativeLength { found: -1 },
    ];

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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const ID: [u8; 8] = [0xff, 2, 3, 4, 5, 6, 7, 8];

    fn bytes(flag: u8, status: u8, length: [u8; 4]) -> [u8; HEAD_LEN] {
        let [l0, l1, l2, l3] = length;
        [
            0xda, 0xbb, flag, status, 0xff, 2, 3, 4, 5, 6, 7, 8, l0, l1, l2, l3,
        ]
    }

    #[test]
    fn the_list_of_errors_has_each_of_them() {
        let place = |error| match error {
            FrameError::Magic { .. } => 0,
            FrameError::NegativeLength { .. } => 1,
        };
        assert!(FrameError::EACH.map(place).into_iter().eq(0..=1));
    }

    #[test]
    fn every_flag_byte_has_a_meaning() {
        for flag in 0..=u8::MAX {
            let head = Head::parse(&bytes(flag, 20, [0, 0, 1, 0])).unwrap();
            let two_way = flag & 0x40 != 0;
            let status = Status::OK;
            let kind = if flag & 0x80 != 0 {
                Kind::Request { two_way }
            } else {
                Kind::Answer { status }
            };
            assert_eq!(head.kind, kind);
            assert_eq!(head.event, flag & 0x20 != 0);
            assert_eq!(head.serialization.id(), flag & 0x1f);
            assert_eq!(head.id, RequestId(u64::from_be_bytes(ID)));
            assert_eq!((head.body_len, head.frame_len()), (256, 272));
        }
    }

    #[test]
    fn heads_are_written_as_java_writes_them() {
        // (as it came, as it is written): a status in a request and 0x40 in an answer mean nothing.
        for (flag, status, written_flag, written_status) in [
            (0xc2, 0, 0xc2, 0),
            (0x82, 0, 0x82, 0),
            (0xe2, 0, 0xe2, 0),
            (0x97, 99, 0x97, 0),
            (0x02, 20, 0x02, 20),
            (0x22, 20, 0x22, 20),
            (0x62, 20, 0x22, 20),
            (0x42, 70, 0x02, 70),
        ] {
            let head = Head::parse(&bytes(flag, status, [0, 1, 2, 3])).unwrap();
            assert_eq!(
                head.encode(),
                bytes(written_flag, written_status, [0, 1, 2, 3])
            );
        }
    }

    #[test]
    fn other_magic_is_no_frame() {
        for (first, shown) in [
            (
                *b"GET / HTTP/1.1\r\n",
                "expected magic da bb, but found 47 45 at byte 0",
            ),
            (
                *b"\xda\xbcinvoke a.b()\r\n",
                "expected magic da bb, but found da bc at byte 0",
            ),
            // dubbo-go takes it for a frame.
            (
                *b"\xda\x00\xc2\x00\0\0\0\0\0\0\0\0\0\0\0\0",
                "expected magic da bb, but found da 00 at byte 0",
            ),
        ] {
            let error = Head::parse(&first).unwrap_err();
            assert_eq!((error.name(), &*error.to_string()), ("bad_magic", shown));
        }
    }

    #[test]
    fn lengths_that_java_reads_as_negative_are_no_lengths() {
        let longest = Head::parse(&bytes(0xc2, 0, [0x7f, 0xff, 0xff, 0xff])).unwrap();
        assert_eq!(longest.body_len, 0x7fff_ffff);
        for (length, shown) in [
            (
                [0x80, 0, 0, 0],
                "expected a body length, but found -2147483648 at byte 12",
            ),
            ([0xff; 4], "expected a body length, but found -1 at byte 12"),
        ] {
            let error = Head::parse(&bytes(0xc2, 0, length)).unwrap_err();
            assert_eq!(
                (error.name(), &*error.to_string()),
                ("negative_length", shown)
            );
        }
    }
}
