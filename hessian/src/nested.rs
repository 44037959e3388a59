//! Which classes' objects stand in which others'.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::decode::Decoder;
use crate::definition::Definition;
use crate::error::Error;
use crate::open::Open;
use crate::reader::Reader;
use crate::skip::{Named, Watch};
use crate::tag::Length;
use crate::text::Text;

impl<'a> Decoder<'a> {
    /// For each object that is the value of a field of another object, or stands in a typed list or map: the name of the
    /// outer one's class or type, and that of its own class. Each pair once.
    ///
    /// Java reads fields and elements by their declared type if the object's class does not fit it, so what is around an
    /// object has a say in how it is read. What has been consumed is walked through once more.
    pub fn nested(&self) -> Vec<(&Text<'a>, &Text<'a>)> {
        let mut again = Decoder::new(self.reader.consumed(), self.tables.limits);
        let mut nested = Nested {
            inner: Place::Other,
            outer: Vec::new(),
            pairs: BTreeSet::new(),
        };
        while !again.is_empty() && again.walk(&mut nested).is_ok() {}
        let class = |place: usize| self.tables.definitions.get(place).map(|class| &class.name);
        let name = |place| match place {
            Place::Class(place) => class(place),
            Place::Type(place) => self.tables.type_name(place),
            Place::Other => None,
        };
        let pairs = nested.pairs.into_iter();
        pairs
            .filter_map(|(outer, inner)| Some((name(outer)?, class(inner)?)))
            .collect()
    }
}

struct Nested {
    inner: Place,
    outer: Vec<Place>,
    pairs: BTreeSet<(Place, usize)>,
}

/// What the values that come next stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Other,
    Type(usize),
    Class(usize),
}

impl<'a> Watch<'a> for Nested {
    fn defined(&mut self, _: &Definition<'a>) {}

    fn value(&mut self, _: Open) {}

    fn string(&mut self, reader: &mut Reader<'a>, length: Length) -> Result<(), Error> {
        reader.skip_string_behind(length)
    }

    fn begin(&mut self, named: Named) {
        let place = match named {
            Named::Class(class) => usize::try_from(class).map_or(Place::Other, Place::Class),
            Named::Type(place) => Place::Type(place),
            Named::Not => Place::Other,
        };
        if let (Place::Type(_) | Place::Class(_), Place::Class(class)) = (self.inner, place) {
            self.pairs.insert((self.inner, class));
        }
        self.outer.push(self.inner);
        self.inner = place;
    }

    fn end(&mut self) {
        self.inner = self.outer.pop().unwrap_or(Place::Other);
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::{Decoder, Limits};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const CLASSES: &[u8] = b"C\x01a\x92\x01x\x01yC\x01b\x90C\x01c\x91\x01x";

    /// Pairs of names of one letter.
    fn nested(values: &[u8]) -> Vec<String> {
        let bytes = [CLASSES, values].concat();
        let mut decoder = Decoder::new(&bytes, Limits::default());
        while !decoder.is_empty() {
            decoder.skip().expect("a value");
        }
        decoder
            .nested()
            .into_iter()
            .map(|(outer, inner)| outer.to_str_lossy().into_owned() + &inner.to_str_lossy())
            .collect()
    }

    #[test]
    fn objects_in_fields_are_found_once_and_at_any_depth() {
        assert_eq!(nested(b"\x60\x61N"), ["ab"]);
        assert_eq!(nested(b"\x60N\x61\x60\x61\x61"), ["ab"]);
        assert_eq!(nested(b"W\x60\x62\x61N\x62NZ"), ["ac", "cb"]);
        assert_eq!(nested(b"\x62\x62\x62NO\x92O\x91"), ["cb", "cc"]);
        assert_eq!(nested(b"\x60\x90C\x01d\x90\x63"), ["ad"]);
    }

    #[test]
    fn objects_in_typed_lists_and_maps_are_found() {
        assert_eq!(nested(b"\x72\x01t\x61\x61"), ["tb"]);
        assert_eq!(nested(b"V\x01t\x91\x61U\x90\x62NZ"), ["tb", "tc"]);
        assert_eq!(nested(b"M\x01t\x61\x62\x61Z"), ["tb", "tc", "cb"]);
    }

    #[test]
    fn objects_in_other_lists_and_maps_and_in_nothing_are_not_found() {
        for values in [
            &b"\x61"[..],
            b"N\x61",
            b"\x60NN\x61",
            b"\x60\x79\x61N",
            b"\x62H\x61\x61Z",
            b"H\x61\x61Z\x61",
            b"\x71\x01t\x79\x61\x61",
        ] {
            assert!(nested(values).is_empty(), "{values:02x?}");
        }
    }
}
