//! What becomes of the bytes of one callback: passed on as they are, left out, or replaced.

use core::ops::Range;

/// What the host must do with the buffer that it showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Nothing: the bytes go on as they came.
    Keep,
    /// Put these bytes in the place of all of them.
    Replace(Vec<u8>),
}

/// Collects the output, copying nothing for as long as it equals the input.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    input: &'a [u8],
    /// The output is the first so many bytes of the input, until `edited` says otherwise.
    kept: usize,
    edited: Option<Vec<u8>>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Output<'a> {
        Output {
            input,
            kept: 0,
            edited: None,
        }
    }

    /// A part of the input.
    pub(crate) fn input(&self, range: Range<usize>) -> &'a [u8] {
        self.input.get(range).unwrap_or_default()
    }

    /// Passes on a part of the input, which must not lie before what was passed on already.
    pub(crate) fn keep(&mut self, range: Range<usize>) {
        match &mut self.edited {
            None if range.start == self.kept => self.kept = range.end,
            _ => {
                let part = self.input(range);
                self.edit().extend_from_slice(part);
            }
        }
    }

    /// The output so far, to append something to that does not stand in the input.
    pub(crate) fn edit(&mut self) -> &mut Vec<u8> {
        let kept = self.input.get(..self.kept).unwrap_or_default();
        self.edited.get_or_insert_with(|| kept.to_vec())
    }

    /// The number of bytes of the input that make up the output, or the bytes that do.
    pub(crate) fn finish(self) -> Result<usize, Vec<u8>> {
        self.edited.map_or(Ok(self.kept), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::Output;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_untouched_input_is_not_copied() {
        let mut output = Output::new(b"abcdef");
        output.keep(0..2);
        output.keep(2..6);
        assert_eq!(output.finish(), Ok(6));
    }

    #[test]
    fn a_gap_leaves_bytes_out() {
        let mut output = Output::new(b"abcdef");
        output.keep(0..2);
        output.keep(4..6);
        assert_eq!(output.finish(), Err(b"abef".to_vec()));
    }

    #[test]
    fn a_left_out_tail_is_no_copy_either() {
        let mut output = Output::new(b"abcdef");
        output.keep(0..4);
        assert_eq!(output.finish(), Ok(4));
    }

    #[test]
    fn what_is_written_stands_where_it_was_written() {
        let mut output = Output::new(b"abcdef");
        output.keep(0..2);
        output.edit().extend_from_slice(b"--");
        output.keep(2..6);
        assert_eq!(output.finish(), Err(b"ab--cdef".to_vec()));
    }
}
