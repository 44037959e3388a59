use std::io;

use super::line::Place;
use super::piece::Piece;

/// What takes the frames of a file.
pub(crate) trait Sink {
    /// The next piece of a stream. `place` says where in a capture it stands.
    fn take(&mut self, place: Option<&Place>, piece: Piece<'_>) -> io::Result<()>;

    /// No more pieces of this connection come.
    fn end(&mut self, _connection: u64) {}

    /// Something about the file, for who reads along.
    fn note(&mut self, text: &str);

    /// Something that may be wrong was not read.
    fn leave_out(&mut self);
}
