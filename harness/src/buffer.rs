//! A stream's data as the module sees it, with the edits that Envoy takes.

use crate::status::Status;

/// The bytes of one direction: present during that direction's data callback, and after it for as
/// long as the module keeps them by answering Pause.
#[derive(Default)]
pub(crate) struct Buffer(Option<Vec<u8>>);

impl Buffer {
    /// Makes the buffer present and appends what has arrived.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.get_or_insert_default().extend_from_slice(bytes);
    }

    /// Takes the bytes out; the buffer is absent afterwards.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.0.take().unwrap_or_default()
    }

    /// Bytes held; 0 when absent.
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, Vec::len)
    }

    /// Reads from `start`, at most `length` bytes; nothing, and no error, beyond the end or when
    /// the buffer is absent.
    pub(crate) fn read(&self, start: u32, length: u32) -> Result<Vec<u8>, Status> {
        read(self.0.as_deref().unwrap_or_default(), start, length)
    }

    /// Envoy's `Buffer::copyFrom`: at 0 the first `length` bytes are replaced (0: prepends), at or
    /// beyond the end the bytes are appended, anything else is refused and changes nothing.
    pub(crate) fn edit(&mut self, start: u32, length: u32, bytes: &[u8]) -> Result<(), Status> {
        let held = self.0.as_mut().ok_or(Status::BAD_ARGUMENT)?;
        if start == 0 {
            let replaced = held.len().min(length as usize);
            held.splice(..replaced, bytes.iter().copied());
            Ok(())
        } else if start as usize >= held.len() {
            held.extend_from_slice(bytes);
            Ok(())
        } else {
            Err(Status::BAD_ARGUMENT)
        }
    }
}

/// How every buffer of the ABI is read: clamped to what there is, refused only on overflow.
pub(crate) fn read(bytes: &[u8], start: u32, length: u32) -> Result<Vec<u8>, Status> {
    let end = start.checked_add(length).ok_or(Status::BAD_ARGUMENT)? as usize;
    let start = (start as usize).min(bytes.len());
    Ok(bytes[start..end.min(bytes.len()).max(start)].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(bytes: &[u8]) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.push(bytes);
        buffer
    }

    #[test]
    fn ok_the_four_edits_that_envoy_takes() {
        for (start, length, bytes, after) in [
            (0, 2, "xyz", "xyzcdef"),
            (0, 6, "xyz", "xyz"),
            (0, u32::MAX, "xyz", "xyz"),
            (0, 6, "", ""),
            (0, 0, "xyz", "xyzabcdef"),
            (6, 0, "xyz", "abcdefxyz"),
            (99, 0, "xyz", "abcdefxyz"),
        ] {
            let mut buffer = buffer(b"abcdef");
            assert_eq!(buffer.edit(start, length, bytes.as_bytes()), Ok(()));
            assert_eq!(
                buffer.take(),
                after.as_bytes(),
                "edit at {start}, length {length}"
            );
        }
    }

    #[test]
    fn err_an_edit_behind_the_head_changes_nothing() {
        for (start, length) in [(1, 0), (3, 3), (5, 1), (3, u32::MAX)] {
            let mut buffer = buffer(b"abcdef");
            assert_eq!(
                buffer.edit(start, length, b"xyz"),
                Err(Status::BAD_ARGUMENT)
            );
            assert_eq!(buffer.take(), b"abcdef");
        }
    }

    #[test]
    fn err_an_absent_buffer_takes_no_edit() {
        assert_eq!(
            Buffer::default().edit(0, 0, b"x"),
            Err(Status::BAD_ARGUMENT)
        );
        let mut taken = buffer(b"abc");
        taken.take();
        assert_eq!(taken.edit(0, 0, b"x"), Err(Status::BAD_ARGUMENT));
    }

    #[test]
    fn ok_reads_are_clamped() {
        let buffer = buffer(b"abcdef");
        assert_eq!(buffer.read(0, u32::MAX), Ok(b"abcdef".to_vec()));
        assert_eq!(buffer.read(2, 2), Ok(b"cd".to_vec()));
        assert_eq!(buffer.read(9, 2), Ok(Vec::new()));
        assert_eq!(Buffer::default().read(0, 5), Ok(Vec::new()));
    }

    #[test]
    fn err_a_read_whose_end_overflows() {
        assert_eq!(buffer(b"abc").read(1, u32::MAX), Err(Status::BAD_ARGUMENT));
    }
}
