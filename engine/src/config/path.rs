//! Places in a document.

use core::fmt;

/// Where a value stands: `rules[2].match.service`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path(pub Vec<Segment>);

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A field of an object.
    Field(String),
    /// An element of an array, from 0.
    Index(usize),
}

impl Path {
    /// The path of a field of the object at this path.
    #[must_use]
    pub fn field(&self, name: &str) -> Path {
        self.child(Segment::Field(name.to_owned()))
    }

    /// The path of an element of the array at this path.
    #[must_use]
    pub fn index(&self, index: usize) -> Path {
        self.child(Segment::Index(index))
    }

    fn child(&self, segment: Segment) -> Path {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Path(segments)
    }
}

/// The document itself is `configuration`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("configuration");
        }
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Field(name) if at == 0 => f.write_str(name)?,
                Segment::Field(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}
