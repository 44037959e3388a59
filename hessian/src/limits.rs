/// What one stream may make the decoder hold, however long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Lists, maps and objects open at once, counted from the value that [`Decoder::skip`](crate::Decoder::skip) is
    /// asked to step over. Linked lists nest by their length, so callers that expect them raise it.
    pub depth: usize,
    /// Class definitions in a stream.
    pub classes: usize,
    /// Fields in one class definition.
    pub fields: usize,
    /// Type names in a stream; and strings, each counted once, that one
    /// [`Decoder::skip_collecting`](crate::Decoder::skip_collecting) collects, because they name types, too.
    pub types: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth: DEPTH,
            classes: CLASSES,
            fields: FIELDS,
            types: TYPES,
        }
    }
}

/// Java's own reader recurses and overflows its stack at a few thousand.
const DEPTH: usize = 256;
/// An object graph of a hundred classes is a large one.
const CLASSES: usize = 1024;
/// The JVM allows 65,535; generated classes stay in the hundreds.
const FIELDS: usize = 1024;
/// Writers other than Java's repeat a type's name at each use, and each one takes an entry.
const TYPES: usize = 4096;
