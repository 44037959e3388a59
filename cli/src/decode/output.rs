use std::io::{self, Write};

use super::line::{Direction, Line, Place};
use super::piece::Piece;
use super::sink::Sink;

/// Prints what stands in a file: lines, and notes to who reads along.
pub(super) struct Output<'a> {
    file: &'a str,
    /// Where its bytes go, if it has those of one side, and that is said.
    direction: Option<Direction>,
    out: &'a mut dyn Write,
    notes: &'a mut dyn Write,
    clean: bool,
}

impl<'a> Output<'a> {
    pub(super) fn new(
        file: &'a str,
        direction: Option<Direction>,
        out: &'a mut dyn Write,
        notes: &'a mut dyn Write,
    ) -> Output<'a> {
        Output {
            file,
            direction,
            out,
            notes,
            clean: true,
        }
    }

    /// Whether nothing that was printed is wrong.
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.clean &= line.is_clean();
        serde_json::to_writer(&mut *self.out, line)?;
        self.out.write_all(b"\n")
    }
}

impl Sink for Output<'_> {
    fn take(&mut self, place: Option<&Place>, piece: Piece<'_>) -> io::Result<()> {
        match piece {
            Piece::Frame(frame) => {
                let call = frame.call();
                let direction = place.map(|place| place.direction).or(self.direction);
                let call = call.as_ref();
                self.line(&Line::frame(self.file, place, direction, &frame, call))
            }
            Piece::NoFrame { offset, anomaly } => {
                self.line(&Line::no_frame(self.file, place, offset, anomaly))
            }
            Piece::Skipped {
                offset,
                len,
                anomaly,
                ..
            } => self.line(&Line::skipped(self.file, place, offset, len, anomaly)),
        }
    }

    fn leave_out(&mut self) {
        self.clean = false;
    }

    fn note(&mut self, text: &str) {
        // A note that nobody can read is no reason to stop.
        let _ = writeln!(self.notes, "dubbo-policy: {}: {text}", self.file);
    }
}
