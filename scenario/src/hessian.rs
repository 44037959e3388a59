//! Hessian 2 as Java's hessian-lite writes it: the shortest tag for each value, Java's string encoding and chunks, type names and
//! class definitions written once a body.

use anyhow::{Result, bail};

use crate::frame::hex_bytes;
use crate::value::{Object, Typed, Value};

/// One Hessian stream: one body.
#[derive(Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
    types: Vec<String>,
    classes: Vec<(String, Vec<String>)>,
}

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    pub(crate) fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.null(),
            Value::Bool(value) => self.out.push(if *value { b'T' } else { b'F' }),
            Value::Int(value) => self.int(*value),
            Value::String(text) => self.string(text),
            Value::Typed(typed) => self.typed(typed)?,
        }
        Ok(())
    }

    fn typed(&mut self, typed: &Typed) -> Result<()> {
        match typed {
            Typed::Long(value) => self.long(*value),
            Typed::Double(value) => self.double(*value),
            Typed::Bytes(len) => self.binary(&vec![0x5a; *len]),
            Typed::Text(len) => self.string(&"x".repeat(*len)),
            Typed::List(items) => self.list(None, items)?,
            Typed::Strings(items) => self.list(
                Some("[string"),
                &items.iter().cloned().map(Value::String).collect::<Vec<_>>(),
            )?,
            Typed::Objects(items) => self.list(Some("[object"), items)?,
            Typed::Map(pairs) => self.map(None, pairs)?,
            Typed::TypedMap(class, pairs) => self.map(Some(class), pairs)?,
            Typed::Object(object) => self.object(object)?,
            Typed::Raw(hex) => self.out.extend(hex_bytes(hex)?),
            Typed::Ascii(text) => self.out.extend(text.as_bytes()),
            Typed::Pieces(pieces) => pieces.iter().try_for_each(|piece| self.value(piece))?,
            Typed::Jsonb(jsonb) => bail!("{jsonb:?} in a body of hessian2"),
        }
        Ok(())
    }

    pub(crate) fn null(&mut self) {
        self.out.push(b'N');
    }

    pub(crate) fn int(&mut self, value: i32) {
        let [b3, b2, b1, b0] = value.to_be_bytes();
        match value {
            -0x10..=0x2f => self.out.push(0x90u8.wrapping_add(b0)),
            -0x800..=0x7ff => self.out.extend([0xc8u8.wrapping_add(b1), b0]),
            -0x4_0000..=0x3_ffff => self.out.extend([0xd4u8.wrapping_add(b2), b1, b0]),
            _ => self.out.extend([b'I', b3, b2, b1, b0]),
        }
    }

    fn long(&mut self, value: i64) {
        let [.., b2, b1, b0] = value.to_be_bytes();
        match value {
            -8..=15 => self.out.push(0xe0u8.wrapping_add(b0)),
            -0x800..=0x7ff => self.out.extend([0xf8u8.wrapping_add(b1), b0]),
            -0x4_0000..=0x3_ffff => self.out.extend([0x3cu8.wrapping_add(b2), b1, b0]),
            _ => match i32::try_from(value) {
                Ok(value) => self.tagged(0x59, &value.to_be_bytes()),
                Err(_) => self.tagged(b'L', &value.to_be_bytes()),
            },
        }
    }

    fn double(&mut self, value: f64) {
        let whole = value as i32;
        let mills = (value * 1000.0) as i32;
        if f64::from(whole).to_bits() == value.to_bits() {
            match whole {
                0 => return self.out.push(0x5b),
                1 => return self.out.push(0x5c),
                -0x80..=0x7f => return self.tagged(0x5d, &whole.to_be_bytes()[3..]),
                -0x8000..=0x7fff => return self.tagged(0x5e, &whole.to_be_bytes()[2..]),
                _ => {}
            }
        }
        if 0.001 * f64::from(mills) == value {
            self.tagged(0x5f, &mills.to_be_bytes());
        } else {
            self.tagged(b'D', &value.to_be_bytes());
        }
    }

    /// Lengths count UTF-16 units, and each unit is written by itself: a surrogate pair is two units of three bytes.
    pub(crate) fn string(&mut self, text: &str) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut rest = units.as_slice();
        while rest.len() > CHUNK {
            let splits_a_pair = (0xd800..=0xdbff).contains(&rest[CHUNK - 1]);
            let (chunk, after) = rest.split_at(if splits_a_pair { CHUNK - 1 } else { CHUNK });
            self.tagged(b'R', &length16(chunk.len()));
            self.units(chunk);
            rest = after;
        }
        let [high, low] = length16(rest.len());
        match rest.len() {
            0..=31 => self.out.push(low),
            32..=1023 => self.out.extend([0x30 + high, low]),
            _ => self.out.extend([b'S', high, low]),
        }
        self.units(rest);
    }

    fn units(&mut self, units: &[u16]) {
        for unit in units {
            let [high, low] = unit.to_be_bytes();
            match unit {
                0..0x80 => self.out.push(low),
                0x80..0x800 => self
                    .out
                    .extend([0xc0 | (high << 2) | (low >> 6), 0x80 | (low & 0x3f)]),
                _ => self.out.extend([
                    0xe0 | (high >> 4),
                    0x80 | ((high & 0x0f) << 2) | (low >> 6),
                    0x80 | (low & 0x3f),
                ]),
            }
        }
    }

    fn binary(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while rest.len() > BINARY_CHUNK {
            let (chunk, after) = rest.split_at(BINARY_CHUNK);
            self.tagged(b'A', &length16(chunk.len()));
            self.out.extend(chunk);
            rest = after;
        }
        let [high, low] = length16(rest.len());
        match rest.len() {
            0..=15 => self.out.push(0x20 + low),
            16..=1023 => self.out.extend([0x34 + high, low]),
            _ => self.out.extend([b'B', high, low]),
        }
        self.out.extend(rest);
    }

    fn list(&mut self, class: Option<&str>, items: &[Value]) -> Result<()> {
        let short = u8::try_from(items.len()).ok().filter(|len| *len <= 7);
        match (class, short) {
            (None, Some(len)) => self.out.push(0x78 + len),
            (None, None) => self.out.push(b'X'),
            (Some(class), Some(len)) => {
                self.out.push(0x70 + len);
                self.type_name(class);
            }
            (Some(class), None) => {
                self.out.push(b'V');
                self.type_name(class);
            }
        }
        if short.is_none() {
            self.int(i32::try_from(items.len())?);
        }
        items.iter().try_for_each(|item| self.value(item))
    }

    pub(crate) fn map(&mut self, class: Option<&str>, pairs: &[(Value, Value)]) -> Result<()> {
        match class {
            None => self.out.push(b'H'),
            Some(class) => {
                self.out.push(b'M');
                self.type_name(class);
            }
        }
        for (key, value) in pairs {
            self.value(key)?;
            self.value(value)?;
        }
        self.out.push(b'Z');
        Ok(())
    }

    pub(crate) fn object(&mut self, object: &Object) -> Result<()> {
        let definition = (
            object.class.clone(),
            object
                .fields
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>(),
        );
        let index = match self.classes.iter().position(|known| *known == definition) {
            Some(index) => index,
            None => {
                self.out.push(b'C');
                self.string(&definition.0);
                self.int(i32::try_from(definition.1.len())?);
                definition.1.iter().for_each(|name| self.string(name));
                self.classes.push(definition);
                self.classes.len() - 1
            }
        };
        match u8::try_from(index) {
            Ok(index) if index < 16 => self.out.push(0x60 + index),
            _ => {
                self.out.push(b'O');
                self.int(i32::try_from(index)?);
            }
        }
        object
            .fields
            .iter()
            .try_for_each(|(_, value)| self.value(value))
    }

    fn type_name(&mut self, name: &str) {
        match self.types.iter().position(|known| known == name) {
            Some(index) => self.int(i32::try_from(index).unwrap_or(i32::MAX)),
            None => {
                self.types.push(name.into());
                self.string(name);
            }
        }
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.out.push(tag);
        self.out.extend(bytes);
    }
}

fn length16(len: usize) -> [u8; 2] {
    let [.., high, low] = len.to_be_bytes();
    [high, low]
}

/// UTF-16 units of a string chunk (hessian-lite `Hessian2Output.writeString`).
const CHUNK: usize = 0x8000;
/// Bytes of a binary chunk (hessian-lite 4: its buffer of 8192 less the chunk's head).
const BINARY_CHUNK: usize = 8189;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: Value) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.value(&value).unwrap();
        writer.into_bytes()
    }

    /// The examples of the Hessian 2.0 serialization protocol (hessian.caucho.com/doc/hessian-serialization.html).
    #[test]
    fn numbers_are_written_as_the_specification_shows() {
        let ints = [
            (0, "90"),
            (-16, "80"),
            (47, "bf"),
            (48, "c830"),
            (-17, "c7ef"),
            (-2048, "c000"),
            (-256, "c700"),
            (2047, "cfff"),
            (-262_144, "d00000"),
            (262_143, "d7ffff"),
            (262_144, "4900040000"),
        ];
        for (value, hex) in ints {
            assert_eq!(
                written(Value::Int(value)),
                hex_bytes(hex).unwrap(),
                "int {value}"
            );
        }
        let longs = [
            (0, "e0"),
            (-8, "d8"),
            (15, "ef"),
            (-9, "f7f7"),
            (16, "f810"),
            (-2048, "f000"),
            (-256, "f700"),
            (2047, "ffff"),
            (-262_144, "380000"),
            (262_143, "3fffff"),
            (300, "f92c"),
            (0x8000_0000, "4c0000000080000000"),
            (0x7fff_ffff, "597fffffff"),
        ];
        for (value, hex) in longs {
            assert_eq!(
                written(Value::Typed(Typed::Long(value))),
                hex_bytes(hex).unwrap(),
                "long {value}"
            );
        }
        let doubles = [
            (0.0, "5b"),
            (1.0, "5c"),
            (-128.0, "5d80"),
            (-32_768.0, "5e8000"),
            (12.25, "5f00002fda"),
            (std::f64::consts::PI, "44400921fb54442d18"),
        ];
        for (value, hex) in doubles {
            assert_eq!(
                written(Value::Typed(Typed::Double(value))),
                hex_bytes(hex).unwrap(),
                "double {value}"
            );
        }
    }

    #[test]
    fn strings_are_written_as_the_specification_shows() {
        assert_eq!(written(Value::String(String::new())), [0]);
        assert_eq!(written(Value::String("hello".into())), b"\x05hello");
        assert_eq!(written(Value::String("\u{c3}".into())), [1, 0xc3, 0x83]);
        assert_eq!(written(Value::Typed(Typed::Text(32)))[..2], [0x30, 32]);
        assert_eq!(written(Value::Typed(Typed::Text(1023)))[..2], [0x33, 0xff]);
        assert_eq!(written(Value::Typed(Typed::Text(1024)))[..3], [b'S', 4, 0]);
    }

    #[test]
    fn a_character_outside_the_bmp_is_two_units_of_three_bytes() {
        assert_eq!(
            written(Value::String("\u{1f600}".into())),
            hex_bytes("02 eda0bd edb880").unwrap()
        );
    }

    #[test]
    fn a_chunk_is_shortened_where_it_would_split_a_pair() {
        let text = format!("{}\u{1f600}", "x".repeat(0x7fff));
        let bytes = written(Value::String(text));
        assert_eq!(bytes[..3], [b'R', 0x7f, 0xff]);
        assert_eq!(bytes[3 + 0x7fff..], hex_bytes("02 eda0bd edb880").unwrap());
    }

    #[test]
    fn binary_is_written_as_the_specification_shows() {
        assert_eq!(written(Value::Typed(Typed::Bytes(0))), [0x20]);
        assert_eq!(written(Value::Typed(Typed::Bytes(15)))[..1], [0x2f]);
        assert_eq!(written(Value::Typed(Typed::Bytes(16)))[..2], [0x34, 16]);
        assert_eq!(written(Value::Typed(Typed::Bytes(1024)))[..3], [b'B', 4, 0]);
        let two = written(Value::Typed(Typed::Bytes(8190)));
        assert_eq!(
            (&two[..3], &two[3 + 8189..]),
            (&[b'A', 0x1f, 0xfd][..], &[0x21, 0x5a][..])
        );
    }

    #[test]
    fn lists_and_maps_are_written_as_the_specification_shows() {
        assert_eq!(
            written(Value::Typed(Typed::List(vec![
                Value::Int(0),
                Value::String("a".into())
            ]))),
            b"\x7a\x90\x01a"
        );
        assert_eq!(
            written(Value::Typed(Typed::Strings(vec!["a".into()]))),
            b"\x71\x07[string\x01a"
        );
        let eight = written(Value::Typed(Typed::List(vec![Value::Null; 8])));
        assert_eq!(eight, b"X\x98NNNNNNNN");
        let pairs = vec![(Value::Int(1), Value::String("fee".into()))];
        assert_eq!(
            written(Value::Typed(Typed::Map(pairs.clone()))),
            b"H\x91\x03feeZ"
        );
        assert_eq!(
            written(Value::Typed(Typed::TypedMap("lab.Car".into(), pairs))),
            b"M\x07lab.Car\x91\x03feeZ"
        );
    }

    /// The cars of the specification's section on objects.
    #[test]
    fn a_class_is_defined_once() {
        let car = |color: &str, model: &str| {
            let fields = [("color", color), ("model", model)]
                .map(|(name, value)| (name.into(), Value::String(value.into())));
            Value::Typed(Typed::Object(Object {
                class: "example.Car".into(),
                fields: fields.into(),
            }))
        };
        let mut writer = Writer::default();
        writer.value(&car("red", "corvette")).unwrap();
        writer.value(&car("green", "civic")).unwrap();
        let expected =
            b"C\x0bexample.Car\x92\x05color\x05model\x60\x03red\x08corvette\x60\x05green\x05civic";
        assert_eq!(writer.into_bytes(), expected);
    }

    #[test]
    fn a_type_name_is_written_once() {
        let mut writer = Writer::default();
        for _ in 0..2 {
            writer.value(&Value::Typed(Typed::Strings(vec![]))).unwrap();
        }
        assert_eq!(writer.into_bytes(), b"\x70\x07[string\x70\x90");
    }
}
