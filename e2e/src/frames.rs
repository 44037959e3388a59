//! Cutting a stream of Dubbo frames, with no code of the product's.
//!
//! ```text
//! da bb | flag:1 | status:1 | id:8 | len:4 | body (len bytes)
//! flag: 0x80 request, 0x40 two-way, 0x20 event, 0x1f serialization
//! ```

use std::ops::Range;

/// Bytes of a header.
pub const HEAD: usize = 16;

/// A whole frame in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Flag byte.
    pub flag: u8,
    /// Status byte.
    pub status: u8,
    /// Id.
    pub id: i64,
    /// Where the body stands in the stream.
    pub body: Range<usize>,
}

impl Frame {
    /// The bit 0x80.
    pub fn is_request(&self) -> bool {
        self.flag & 0x80 != 0
    }

    /// The bit 0x40, which tells that a request wants an answer.
    pub fn is_two_way(&self) -> bool {
        self.flag & 0x40 != 0
    }

    /// The bit 0x20: a heartbeat, for instance.
    pub fn is_event(&self) -> bool {
        self.flag & 0x20 != 0
    }
}

/// The whole frames of a stream from `start` on. The first that is not whole, or no frame, ends them.
pub fn frames(stream: &[u8], start: usize) -> impl Iterator<Item = Frame> + '_ {
    let mut next = start;
    std::iter::from_fn(move || {
        let head: &[u8; HEAD] = stream.get(next..next + HEAD)?.try_into().ok()?;
        let [0xda, 0xbb, flag, status, id @ .., l0, l1, l2, l3] = *head else {
            return None;
        };
        let len = usize::try_from(i32::from_be_bytes([l0, l1, l2, l3])).ok()?;
        let body = next + HEAD..next + HEAD + len;
        (body.end <= stream.len()).then(|| {
            next = body.end;
            Frame {
                flag,
                status,
                id: i64::from_be_bytes(id),
                body,
            }
        })
    })
}

/// A text within bytes.
pub fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_frames_are_cut_and_an_incomplete_one_is_left() {
        let heartbeat = b"\xda\xbb\xe2\0\0\0\0\0\0\0\0\x07\0\0\0\x01N";
        let stream = [&heartbeat[..], heartbeat, &heartbeat[..16]].concat();
        let cut: Vec<Frame> = frames(&stream, 0).collect();
        assert_eq!(cut.len(), 2);
        assert_eq!(
            cut[1],
            Frame {
                flag: 0xe2,
                status: 0,
                id: 7,
                body: 33..34
            }
        );
        assert!(frames(b"GET / HTTP/1.1\r\n\r\n", 0).next().is_none());
    }
}
