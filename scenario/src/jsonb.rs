//! JSONB as Java's fastjson2 writes it: Latin-1 where that does, UTF-16 where not, the shortest tag for each number, names of
//! classes and fields numbered in the order of their first use.
//!
//! A Dubbo body is a sequence of values, each behind its length and with a table of names of its own.

use anyhow::{Context, Result};

use crate::frame::hex_bytes;
use crate::value::{Jsonb, Object, Typed, Value};

/// The values of one body.
#[derive(Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// A value behind its length.
    pub(crate) fn value(&mut self, value: &Value) -> Result<()> {
        let (claimed, value) = match value {
            Value::Typed(Typed::Jsonb(Jsonb::Claims(len, value))) => (Some(*len), value.as_ref()),
            value => (None, value),
        };
        let mut single = Single::default();
        match value {
            Value::String(text) => single.whole(text)?,
            value => single.value(value)?,
        }
        let len = claimed.map_or_else(|| i32::try_from(single.out.len()), Ok)?;
        self.out.extend(len.to_be_bytes());
        self.out.extend(single.out);
        Ok(())
    }

    /// The kind of an answer, which Java writes as a byte.
    pub(crate) fn kind(&mut self, kind: u8) {
        self.out.extend([0, 0, 0, 2, INT8, kind]);
    }
}

/// One value and its names.
#[derive(Default)]
struct Single {
    out: Vec<u8>,
    names: Vec<String>,
}

impl Single {
    fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.out.push(NULL),
            Value::Bool(value) => self.out.push(if *value { 0xb1 } else { 0xb0 }),
            Value::Int(value) => self.int(*value),
            Value::String(text) => self.string(text)?,
            Value::Typed(typed) => self.typed(typed)?,
        }
        Ok(())
    }

    fn typed(&mut self, typed: &Typed) -> Result<()> {
        match typed {
            Typed::Long(value) => self.long(*value),
            Typed::Double(value) => self.double(*value),
            Typed::Bytes(len) => {
                self.out.push(0x91);
                self.length(*len)?;
                self.out.resize(self.out.len() + len, 0x5a);
            }
            Typed::Text(len) => self.string(&"x".repeat(*len))?,
            Typed::List(items) => self.list(items)?,
            Typed::Strings(items) => {
                self.class("[String")?;
                self.list(&items.iter().cloned().map(Value::String).collect::<Vec<_>>())?;
            }
            Typed::Objects(items) => {
                self.class("[O")?;
                self.list(items)?;
            }
            Typed::Map(pairs) => self.map(pairs)?,
            Typed::TypedMap(class, pairs) => {
                self.class(class)?;
                self.map(pairs)?;
            }
            Typed::Object(Object { class, fields }) => {
                self.class(class)?;
                self.fields(fields)?;
            }
            Typed::Raw(hex) => self.out.extend(hex_bytes(hex)?),
            Typed::Ascii(text) => self.out.extend(text.as_bytes()),
            Typed::Pieces(pieces) => pieces.iter().try_for_each(|piece| self.value(piece))?,
            Typed::Jsonb(jsonb) => self.jsonb(jsonb)?,
        }
        Ok(())
    }

    fn jsonb(&mut self, jsonb: &Jsonb) -> Result<()> {
        match jsonb {
            Jsonb::Utf8(text) => self.sized(UTF8, text.as_bytes())?,
            Jsonb::Utf16(text) => {
                let marked = format!("\u{feff}{text}");
                self.sized(0x7b, &utf16(&marked, u16::to_be_bytes))?;
            }
            Jsonb::Utf16le(text) => self.sized(UTF16LE, &utf16(text, u16::to_le_bytes))?,
            Jsonb::Utf16be(text) => self.sized(0x7d, &utf16(text, u16::to_be_bytes))?,
            Jsonb::Symbol(name) => self.symbol(name)?,
            Jsonb::Reference(path) => {
                self.out.push(0x93);
                self.string(path)?;
            }
            Jsonb::Int8(value) => self.out.extend([INT8, value.to_be_bytes()[0]]),
            Jsonb::Fields(fields) => self.fields(fields)?,
            Jsonb::Class(class, value) => {
                self.class(class)?;
                self.value(value)?;
            }
            Jsonb::Claims(..) => anyhow::bail!("only a value of the body has a length"),
        }
        Ok(())
    }

    fn int(&mut self, value: i32) {
        let [b3, b2, b1, b0] = value.to_be_bytes();
        match value {
            -0x10..=0x2f => self.out.push(b0),
            -0x800..=0x7ff => self.out.extend([0x38u8.wrapping_add(b1), b0]),
            -0x4_0000..=0x3_ffff => self.out.extend([0x44u8.wrapping_add(b2), b1, b0]),
            _ => self.out.extend([0x48, b3, b2, b1, b0]),
        }
    }

    fn long(&mut self, value: i64) {
        let [.., b2, b1, b0] = value.to_be_bytes();
        match value {
            -8..=15 => self.out.push(0xe0u8.wrapping_add(b0)),
            -0x800..=0x7ff => self.out.extend([0xd0u8.wrapping_add(b1), b0]),
            -0x4_0000..=0x3_ffff => self.out.extend([0xc4u8.wrapping_add(b2), b1, b0]),
            _ => match i32::try_from(value) {
                Ok(value) => self.tagged(0xbf, &value.to_be_bytes()),
                Err(_) => self.tagged(0xbe, &value.to_be_bytes()),
            },
        }
    }

    fn double(&mut self, value: f64) {
        let whole = value as i64;
        if (whole as f64).to_bits() != value.to_bits() {
            return self.tagged(0xb5, &value.to_be_bytes());
        }
        match whole {
            0 => self.out.push(0xb2),
            1 => self.out.push(0xb3),
            _ => {
                self.out.push(0xb4);
                self.long(whole);
            }
        }
    }

    fn length(&mut self, len: usize) -> Result<()> {
        self.int(i32::try_from(len)?);
        Ok(())
    }

    /// A string that is the whole value: as UTF-8 where that is shorter than UTF-16.
    fn whole(&mut self, text: &str) -> Result<()> {
        let shorter = text.len() < 2 * text.encode_utf16().count();
        if shorter && !is_latin(text) {
            return self.sized(UTF8, text.as_bytes());
        }
        self.string(text)
    }

    /// Latin-1, one byte a character; low-endian UTF-16 for everything else.
    fn string(&mut self, text: &str) -> Result<()> {
        if !is_latin(text) {
            return self.sized(UTF16LE, &utf16(text, u16::to_le_bytes));
        }
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        match u8::try_from(latin.len()) {
            Ok(len @ 0..=47) => {
                self.tagged(0x49 + len, &latin);
                Ok(())
            }
            _ => self.sized(0x79, &latin),
        }
    }

    fn sized(&mut self, tag: u8, bytes: &[u8]) -> Result<()> {
        self.out.push(tag);
        self.length(bytes.len())?;
        self.out.extend(bytes);
        Ok(())
    }

    fn list(&mut self, items: &[Value]) -> Result<()> {
        match u8::try_from(items.len()) {
            Ok(len @ 0..=15) => self.out.push(0x94 + len),
            _ => {
                self.out.push(0xa4);
                self.length(items.len())?;
            }
        }
        items.iter().try_for_each(|item| self.value(item))
    }

    fn map(&mut self, pairs: &[(Value, Value)]) -> Result<()> {
        self.out.push(MAP);
        for (key, value) in pairs {
            self.value(key)?;
            self.value(value)?;
        }
        self.out.push(MAP_END);
        Ok(())
    }

    fn fields(&mut self, fields: &[(String, Value)]) -> Result<()> {
        self.out.push(MAP);
        for (name, value) in fields {
            self.symbol(name)?;
            self.value(value)?;
        }
        self.out.push(MAP_END);
        Ok(())
    }

    /// `92`, then the class as a name of the table.
    fn class(&mut self, name: &str) -> Result<()> {
        self.out.push(0x92);
        self.name(name)
    }

    /// `7f`, then a name of the table.
    fn symbol(&mut self, name: &str) -> Result<()> {
        self.out.push(0x7f);
        self.name(name)
    }

    /// The text and its number, or the number alone of a name that is known.
    fn name(&mut self, name: &str) -> Result<()> {
        let known = self.names.iter().position(|known| known == name);
        let number = known.unwrap_or(self.names.len());
        if known.is_none() {
            self.string(name)?;
            self.names.push(name.into());
        }
        self.int(i32::try_from(number).context("too many names")?);
        Ok(())
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.out.push(tag);
        self.out.extend(bytes);
    }
}

fn is_latin(text: &str) -> bool {
    text.chars().all(|c| c <= '\u{ff}')
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

const NULL: u8 = 0xaf;
const INT8: u8 = 0xbd;
const MAP: u8 = 0xa6;
const MAP_END: u8 = 0xa5;
const UTF8: u8 = 0x7a;
const UTF16LE: u8 = 0x7c;

/// What no recording holds. The tags are those of fastjson2 2.0.56's `JSONB.Constants`.
#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(yaml: &str, hex: &str) {
        let value: Value = serde_saphyr::from_str(yaml).unwrap();
        let mut writer = Writer::default();
        writer.value(&value).unwrap();
        let expected = hex_bytes(hex).unwrap();
        let len = u32::try_from(expected.len()).unwrap().to_be_bytes();
        assert_eq!(
            writer.into_bytes().escape_ascii().to_string(),
            [&len, expected.as_slice()]
                .concat()
                .escape_ascii()
                .to_string(),
            "{yaml}"
        );
    }

    #[test]
    fn numbers_have_the_shortest_tag() {
        for (int, hex) in [
            (0, "00"),
            (-16, "f0"),
            (47, "2f"),
            (48, "3830"),
            (-17, "37ef"),
            (-2048, "3000"),
            (2047, "3fff"),
            (-262_144, "400000"),
            (262_143, "47ffff"),
            (262_144, "4800040000"),
        ] {
            same(&int.to_string(), hex);
        }
        for (long, hex) in [
            (-8, "d8"),
            (0, "e0"),
            (15, "ef"),
            (16, "d010"),
            (-2048, "c800"),
            (262_143, "c7ffff"),
            (262_144, "bf00040000"),
            (1_i64 << 40, "be0000010000000000"),
        ] {
            same(&format!("{{long: {long}}}"), hex);
        }
        same("{double: 1}", "b3");
        same("{double: 12}", "b4ec");
        same("{jsonb: {int8: -1}}", "bdff");
    }

    #[test]
    fn strings_have_the_form_that_is_asked_for() {
        same("{jsonb: {utf8: aä}}", "7a 03 61 c3a4");
        same("{jsonb: {utf16: a}}", "7b 04 feff 0061");
        same("{jsonb: {utf16le: aä}}", "7c 04 6100 e400");
        same("{jsonb: {utf16be: aä}}", "7d 04 0061 00e4");
        same("{text: 48}", &format!("79 38 30 {}", "78".repeat(48)));
    }

    #[test]
    fn a_name_is_written_once_and_then_is_its_number() {
        same(
            "{list: [{jsonb: {symbol: a}}, {jsonb: {symbol: b}}, {jsonb: {symbol: a}}]}",
            "97 7f4a61 00 7f4a62 01 7f 00",
        );
        same(
            "{list: [{typed_map: [a.B, []]}, {typed_map: [a.B, []]}]}",
            "96 92 4c612e42 00 a6a5 92 00 a6a5",
        );
    }

    #[test]
    fn references_and_long_lists_are_written() {
        same("{jsonb: {reference: $.a}}", "93 4c 242e61");
        same(
            &format!("{{list: [{}]}}", ["1"; 16].join(", ")),
            &format!("a4 10 {}", "01".repeat(16)),
        );
    }

    #[test]
    fn a_value_may_lie_about_its_length() {
        let value: Value = serde_saphyr::from_str("{jsonb: {claims: [-1, null]}}").unwrap();
        let mut writer = Writer::default();
        writer.value(&value).unwrap();
        assert_eq!(writer.into_bytes(), [0xff, 0xff, 0xff, 0xff, 0xaf]);
    }
}
