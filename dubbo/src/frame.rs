use crate::{FrameError, HEAD_LEN, Head};

/// A whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What the first 16 bytes say.
    pub head: Head,
    /// Head and body, as they came.
    pub bytes: &'a [u8],
}

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A whole frame, and the bytes behind it.
    Whole(Frame<'a>, &'a [u8]),
    /// Part of a frame.
    NeedMore {
        /// The head, once it is whole.
        head: Option<Head>,
        /// How long the bytes must get before looking again is worthwhile: a whole head, then the whole frame.
        len: usize,
    },
}

impl<'a> Frame<'a> {
    /// Cuts the first frame off `bytes`.
    ///
    /// # Errors
    ///
    /// As [`Head::parse`].
    pub fn parse(bytes: &'a [u8]) -> Result<Parsed<'a>, FrameError> {
        let Some(head) = bytes.first_chunk::<HEAD_LEN>() else {
            return Ok(Parsed::NeedMore {
                head: None,
                len: HEAD_LEN,
            });
        };
        let head = Head::parse(head)?;
        Ok(match bytes.split_at_checked(head.frame_len()) {
            Some((bytes, rest)) => Parsed::Whole(Self { head, bytes }, rest),
            None => Parsed::NeedMore {
                head: Some(head),
                len: head.frame_len(),
            },
        })
    }

    /// What stands behind the head.
    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(HEAD_LEN..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A heartbeat's answer as Dubbo 3.3.6 wrote it, and the head of the next frame.
    const BYTES: &[u8] = b"\xda\xbb\x22\x14\0\0\0\0\0\0\0\x01\0\0\0\x01N\xda\xbb";

    #[test]
    fn a_whole_frame_is_cut_off() {
        let Parsed::Whole(frame, rest) = Frame::parse(BYTES).unwrap() else {
            panic!()
        };
        assert_eq!(
            (frame.body(), rest),
            (b"N".as_slice(), b"\xda\xbb".as_slice())
        );
        assert_eq!(frame.bytes.len(), frame.head.frame_len());
    }

    #[test]
    fn every_prefix_says_how_long_it_must_get() {
        for end in 0..17 {
            let Parsed::NeedMore { head, len } = Frame::parse(&BYTES[..end]).unwrap() else {
                panic!()
            };
            assert_eq!(
                (head.is_some(), len),
                (end == 16, if end < 16 { 16 } else { 17 })
            );
        }
    }

    #[test]
    fn a_declared_length_is_not_waited_for_when_the_head_is_wrong() {
        assert!(Frame::parse(b"\xda\xbb\xc2\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff").is_err());
        assert!(Frame::parse(b"ls\r\nls\r\nls\r\nls\r\n").is_err());
    }
}
