//! A serialized `google.protobuf.Struct`, which is what Envoy hands over when `configuration` is one (not JSON, as its
//! documentation says).
//!
//! ```text
//! Struct    1: repeated entry {1: key string, 2: Value}
//! Value     1: null (varint)  2: number (8 bytes)  3: string  4: bool (varint)  5: Struct  6: ListValue
//! ListValue 1: repeated Value
//! ```

use super::node::Node;

/// Nesting of values; the configuration's own goes to a dozen.
const MAX_DEPTH: usize = 64;

/// Reads a Struct; `None` when the bytes are none.
pub(super) fn parse(bytes: &[u8]) -> Option<Node> {
    read_struct(bytes, 0)
}

fn read_struct(bytes: &[u8], depth: usize) -> Option<Node> {
    let mut fields = Vec::new();
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        let Field(1, Payload::Bytes(entry)) = field else {
            return None;
        };
        fields.push(read_entry(entry, depth)?);
    }
    Some(Node::Object(fields))
}

fn read_entry(bytes: &[u8], depth: usize) -> Option<(String, Node)> {
    let mut entry = (String::new(), Node::Null);
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        match field {
            Field(1, Payload::Bytes(key)) => entry.0 = String::from_utf8(key.to_vec()).ok()?,
            Field(2, Payload::Bytes(value)) => entry.1 = read_value(value, depth + 1)?,
            _ => return None,
        }
    }
    Some(entry)
}

fn read_value(bytes: &[u8], depth: usize) -> Option<Node> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut value = Node::Null;
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        value = match field {
            Field(1, Payload::Varint(_)) => Node::Null,
            Field(2, Payload::Fixed64(bits)) => Node::Number(f64::from_bits(bits)),
            Field(3, Payload::Bytes(text)) => {
                Node::String(String::from_utf8(text.to_vec()).ok()?.into())
            }
            Field(4, Payload::Varint(flag)) => Node::Bool(flag != 0),
            Field(5, Payload::Bytes(fields)) => read_struct(fields, depth)?,
            Field(6, Payload::Bytes(items)) => read_list(items, depth)?,
            _ => return None,
        };
    }
    Some(value)
}

fn read_list(bytes: &[u8], depth: usize) -> Option<Node> {
    let mut items = Vec::new();
    let mut reader = Reader { rest: bytes };
    while let Some(field) = reader.field()? {
        let Field(1, Payload::Bytes(item)) = field else {
            return None;
        };
        items.push(read_value(item, depth + 1)?);
    }
    Some(Node::Array(items))
}

/// A field's number and what it holds.
struct Field<'a>(u64, Payload<'a>);

enum Payload<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

/// The wire format of protobuf, as far as these messages use it.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The next field, `Some(None)` at the end, `None` for bytes that are no field.
    fn field(&mut self) -> Option<Option<Field<'a>>> {
        if self.rest.is_empty() {
            return Some(None);
        }
        let tag = self.varint()?;
        let payload = match tag & 7 {
            0 => Payload::Varint(self.varint()?),
            1 => {
                let (bytes, rest) = self.rest.split_first_chunk()?;
                self.rest = rest;
                Payload::Fixed64(u64::from_le_bytes(*bytes))
            }
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(len)?;
                self.rest = rest;
                Payload::Bytes(bytes)
            }
            _ => return None,
        };
        Some(Some(Field(tag >> 3, payload)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}
