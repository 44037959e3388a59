//! A JSON array of strings, or an object with one.

use core::fmt;
use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Each, NotAList};

/// Calls `each` for each entry.
///
/// # Errors
/// When the body is no JSON, or neither an array nor an object with one under `whitelist`.
pub(super) fn read<'a>(body: &'a [u8], each: Each<'_, 'a>) -> Result<(), NotAList> {
    // As text, as configurations are read: another kind of input would be another copy of the reader in the module.
    let text = str::from_utf8(body).map_err(|_| NotAList("it is no UTF-8".to_owned()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    List(each)
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| NotAList(format!("it is no JSON list: {error}")))
}

struct List<'f, 'a>(Each<'f, 'a>);

impl<'a> DeserializeSeed<'a> for List<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for List<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array, or an object with one under `whitelist`")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(entry) = items.next_element_seed(Entry)? {
            (self.0)(entry);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(name) = fields.next_key::<Cow<'a, str>>()? {
            if name != WHITELIST {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            if found {
                return Err(A::Error::custom("whitelist stands there twice"));
            }
            found = true;
            fields.next_value_seed(Array(&mut *self.0))?;
        }
        match found {
            true => Ok(()),
            false => Err(A::Error::custom("an object without whitelist")),
        }
    }
}

/// What `whitelist` is.
struct Array<'f, 'a>(Each<'f, 'a>);

impl<'a> DeserializeSeed<'a> for Array<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for Array<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array under `whitelist`")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, items: A) -> Result<(), A::Error> {
        List(self.0).visit_seq(items)
    }
}

/// An element; one that is no string is a bad entry.
struct Entry;

type Read<'a> = Result<Cow<'a, str>, Cow<'a, str>>;

impl<'a> DeserializeSeed<'a> for Entry {
    type Value = Read<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Read<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Entry {
    type Value = Read<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Read<'a>, E> {
        Ok(Ok(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Read<'a>, E> {
        Ok(Ok(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Read<'a>, E> {
        Ok(Err(Cow::Borrowed("null")))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Read<'a>, E> {
        Ok(Err(Cow::Borrowed("a boolean")))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Read<'a>, E> {
        Ok(Err(Cow::Borrowed(NUMBER)))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Read<'a>, E> {
        Ok(Err(Cow::Borrowed(NUMBER)))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Read<'a>, E> {
        Ok(Err(Cow::Borrowed(NUMBER)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Read<'a>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(Cow::Borrowed("an array")))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut fields: A) -> Result<Read<'a>, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err(Cow::Borrowed("an object")))
    }
}

const NUMBER: &str = "a number";
const WHITELIST: &str = "whitelist";
