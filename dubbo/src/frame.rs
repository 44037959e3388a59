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
