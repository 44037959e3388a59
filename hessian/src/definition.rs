use crate::reader::Reader;
use crate::tag::Tag;
use crate::text::Text;

/// A class definition: `C name count names`.
///
/// It says how many values an object of the class has on the wire, and what each is called. A reader that has code of its
/// own for a class may read something else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Definition<'a> {
    /// The class.
    pub name: Text<'a>,
    /// Where its `C` stands in the stream.
    pub offset: usize,
    /// How many fields.
    pub(crate) count: u32,
    /// The names of the fields, which have been stepped over once.
    pub(crate) fields: &'a [u8],
}

impl<'a> Definition<'a> {
    /// How many fields it has.
    pub fn field_count(&self) -> usize {
        self.count as usize
    }

    /// The names of its fields, in the order of an object's values. They are read anew each time.
    pub fn fields(&self) -> impl Iterator<Item = Text<'a>> + Clone + use<'a> {
        let mut reader = Reader::new(self.fields);
        (0..self.count).map_while(move |_| match reader.tag() {
            Ok(Tag::String(length)) => reader.text_behind(length).ok(),
            _ => None,
        })
    }
}
