//! What arrives at one end of a connection, read frame by frame.

use dubbo::{Frame, HEAD_LEN, Head, Kind, Parsed};

/// The bytes of an answer that is passing by; everything else arrives whole.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    answer: Vec<u8>,
    /// The frames that have arrived, whole.
    pub(crate) arrived: Vec<Vec<u8>>,
}

impl Follower {
    /// Some bytes have arrived at once.
    pub(crate) fn follow(&mut self, bytes: &[u8]) {
        self.answer.extend_from_slice(bytes);
        let bytes = core::mem::take(&mut self.answer);
        let mut rest = bytes.as_slice();
        while let Parsed::Whole(frame, behind) = Frame::parse(rest).unwrap() {
            self.arrived.push(frame.bytes.to_vec());
            rest = behind;
        }
        if let Some(head) = rest.first_chunk::<HEAD_LEN>() {
            let head = Head::parse(head).unwrap();
            let passes_by = matches!(head.kind, Kind::Answer { .. }) && !head.event;
            assert!(passes_by, "a part of a request went on");
        } else {
            assert_eq!(rest, b"", "a part of a head went on");
        }
        self.answer = rest.to_vec();
    }
}
