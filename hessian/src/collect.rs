//! Steps over a value and picks strings out of it by the key or field that they stand under.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::decode::Decoder;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind};
use crate::open::Open;
use crate::reader::Reader;
use crate::skip::{Named, Watch};
use crate::tag::Length;
use crate::text::Text;

impl<'a> Decoder<'a> {
    /// Steps over one value as [`Decoder::skip`] does, and adds to `found` each string that stands, at any depth, as the
    /// value of one of `keys` in a map, or in a field of such a name in an object: Java reads objects of classes that it
    /// does not know as maps.
    ///
    /// A text that stands there several times is added once. The time is linear in the value and in the definitions before
    /// it, which each call looks through.
    ///
    /// # Errors
    ///
    /// Those of [`Decoder::skip`], and [`ErrorKind::TooManyTypes`] for more texts than
    /// [`Limits::types`](crate::Limits::types). `found` then holds what came before.
    pub fn skip_collecting(
        &mut self,
        keys: &[&str],
        found: &mut Vec<Text<'a>>,
    ) -> Result<(), Error> {
        let mut collect = Collect {
            keys,
            limit: self.tables.limits.types,
            classes: 0,
            fields: BTreeSet::new(),
            wanted: false,
            is_key: false,
            inner: Place::Other,
            outer: Vec::new(),
            known: BTreeSet::new(),
            found,
        };
        for definition in &self.tables.definitions {
            collect.defined(definition);
        }
        self.walk(&mut collect)
    }
}

struct Collect<'k, 'a> {
    keys: &'k [&'k str],
    limit: usize,
    /// Definitions so far.
    classes: u32,
    /// For each field of such a name: its class, and how many fields are left from it on.
    fields: BTreeSet<(u32, u32)>,
    /// Whether the value that begins is to be collected, if it is a string.
    wanted: bool,
    /// Whether it is a map's key.
    is_key: bool,
    inner: Place,
    outer: Vec<Place>,
    /// What has been found, to add nothing twice.
    known: BTreeSet<Text<'a>>,
    found: &'k mut Vec<Text<'a>>,
}

/// Where the values that come next stand.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In a list, or in nothing.
    Other,
    /// In a map, behind a key; whether it was one of the keys.
    Map(bool),
    /// In an object of this class.
    Object(u32),
}

impl<'a> Watch<'a> for Collect<'_, 'a> {
    fn defined(&mut self, definition: &Definition<'a>) {
        for (name, left) in definition.fields().zip((1..=definition.count).rev()) {
            if self.keys.iter().any(|key| name == **key) {
                self.fields.insert((self.classes, left));
            }
        }
        self.classes += 1;
    }

    fn value(&mut self, open: Open) {
        self.is_key = matches!(open, Open::Key);
        self.wanted = match (open, self.inner) {
            (Open::ValueOfKey, Place::Map(wanted)) => wanted,
            (Open::Values(left), Place::Object(class)) => self.fields.contains(&(class, left)),
            _ => false,
        };
        if self.is_key {
            self.inner = Place::Map(false);
        }
    }

    fn string(&mut self, reader: &mut Reader<'a>, length: Length) -> Result<(), Error> {
        if !self.is_key && !self.wanted {
            return reader.skip_string_behind(length);
        }
        let offset = reader.offset().saturating_sub(1);
        let text = reader.text_behind(length)?;
        if self.is_key {
            self.inner = Place::Map(self.keys.iter().any(|key| text == **key));
        } else if !self.known.contains(&text) {
            let limit = self.limit;
            if self.known.len() >= limit {
                let kind = ErrorKind::TooManyTypes { limit };
                return Err(Error { kind, offset });
            }
            self.known.insert(text.clone());
            self.found.push(text);
        }
        Ok(())
    }

    fn begin(&mut self, named: Named) {
        self.outer.push(self.inner);
        self.inner = match named {
            Named::Class(class) => u32::try_from(class).map_or(Place::Other, Place::Object),
            Named::Type(_) | Named::Not => Place::Other,
        };
    }

    fn end(&mut self) {
        self.inner = self.outer.pop().unwrap_or(Place::Other);
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::{Decoder, Limits};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What stands under `class` or `className` in the values of `bytes`.
    fn collect(bytes: &[u8]) -> Vec<String> {
        let mut decoder = Decoder::new(bytes, Limits::default());
        let mut found = Vec::new();
        while !decoder.is_empty() {
            decoder
                .skip_collecting(&["class", "className"], &mut found)
                .expect("a value");
        }
        found
            .iter()
            .map(|text| text.to_str_lossy().into_owned())
            .collect()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn strings_under_the_keys_are_found_at_any_depth() {
        assert_eq!(collect(b"H\x05class\x01aZ"), ["a"]);
        let nested = b"H\x05class\x01a\x01kH\x05class\x01bZ\x05class\x05classZ";
        assert_eq!(collect(nested), ["a", "b", "class"]);
        let lists = b"yM\x01tH\x01kW\x7aH\x09className\x01aZNZZN\x05class\x01bZ";
        assert_eq!(collect(lists), ["a", "b"]);
        let values = b"H\x05class\x01aZH\x05class\x01bZ";
        assert_eq!(collect(values), ["a", "b"]);
    }

    #[test]
    fn strings_in_fields_of_such_names_are_found() {
        let class = b"C\x01c\x93\x01x\x05class\x09className";
        let inner = b"\x60\x01n\x01b\x01c";
        let object = [&class[..], b"\x60", inner, b"\x01a\x05class"].concat();
        assert_eq!(collect(&object), ["b", "c", "a", "class"]);
    }

    #[test]
    fn other_strings_are_not_found() {
        for bytes in [
            &b"\x05class"[..],
            b"z\x05class\x01a",
            b"H\x01k\x05class\x01l\x01aZ",
            b"H\x05class\x91\x01k\x01aZ",
            b"H\x05class\x79\x01aZ",
            b"HH\x05class\x91Z\x01aZ",
            b"H\x05class\x91\x90\x01aZ",
            b"H\x06classs\x01aZ",
            b"HN\x01aZ",
            b"C\x05class\x91\x01f\x60\x01a",
            b"C\x01c\x91\x05class\x60\x7a\x01a\x01b",
            b"C\x01c\x92\x05class\x01f\x60\x91\x01a",
            b"C\x01c\x91\x05class\x05class",
        ] {
            assert_eq!(collect(bytes), NONE, "{bytes:02x?}");
        }
    }

    #[test]
    fn a_key_and_its_value_are_found_in_every_form() {
        assert_eq!(collect(b"HR\0\x02clR\0\0\x03assR\0\x01aS\0\x01bZ"), ["ab"]);
        assert_eq!(
            collect(b"HC\0\x90\x05classC\0\x90\x01aZ"),
            ["a"],
            "behind definitions"
        );
        assert_eq!(
            collect(b"HC\x01c\x91\x05class\x01k\x60\x01aZ"),
            ["a"],
            "defined in a key"
        );
        let class = b"C\x01c\x91R\0\x02cl\x03ass";
        assert_eq!(collect(&[&class[..], b"O\x90\x01a"].concat()), ["a"]);
        assert_eq!(
            collect(&[&class[..], b"N\x60\x01a"].concat()),
            ["a"],
            "defined before the value"
        );
    }

    #[test]
    fn a_text_is_added_once_and_no_more_than_types_may_be() {
        let same = b"H\x05class\x01aZ".repeat(9);
        assert_eq!(collect(&[b"X\x99", &same[..]].concat()), ["a"]);
        let others: String = (0..5).map(|n| format!("H\x05class\x01{n}Z")).collect();
        for (types, result) in [(5, Ok(())), (4, Err(("too_many_types", 49)))] {
            let limits = Limits {
                types,
                ..Limits::default()
            };
            let bytes = [b"X\x95", others.as_bytes()].concat();
            let mut found = Vec::new();
            let mut decoder = Decoder::new(&bytes, limits);
            let collected = decoder.skip_collecting(&["class"], &mut found);
            assert_eq!(
                collected.map_err(|error| (error.kind.name(), error.offset)),
                result
            );
            assert_eq!(found.len(), types);
        }
    }
}
