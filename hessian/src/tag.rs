//! The first byte of a value.

/// What a byte begins: total over all 256. A number in a variant says how many bytes follow the tag, unless its doc
/// says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// `N`
    Null,
    /// `T`, `F`
    Bool(bool),
    /// `80-bf` 0, `c0-cf` 1, `d0-d7` 2, `I` 4
    Int(u8),
    /// `d8-ef` 0, `f0-ff` 1, `38-3f` 2, `59` 4, `L` 8
    Long(u8),
    /// `5b` `5c` 0, `5d` 1, `5e` 2, `5f` 4, `D` 8
    Double(u8),
    /// `J` 8 (milliseconds), `K` 4 (minutes)
    Date(u8),
    /// `00-1f`, `30-33`, `R`, `S`
    String(Length),
    /// `20-2f`, `34-37`, `A`, `B`
    Binary(Length),
    /// `70-77` with the count, type before the values
    TypedListShort(u8),
    /// `78-7f` with the count
    ListShort(u8),
    /// `V` type count values
    TypedListFixed,
    /// `X` count values
    ListFixed,
    /// `U` type values `Z`
    TypedListOpen,
    /// `W` values `Z`
    ListOpen,
    /// `M` type pairs `Z`
    TypedMap,
    /// `H` pairs `Z`
    Map,
    /// `C` name count names: a prefix of the value that follows
    Class,
    /// `60-6f` with the class index
    ObjectShort(u8),
    /// `O` class index
    Object,
    /// `Q` index
    Ref,
    /// `Z`, which is no value
    End,
    /// `40`, `45`, `47`, `50`: no value; the last three are used by the Hessian RPC envelope
    Unassigned,
}

/// Where a string's or binary's length stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// In the tag.
    Short(u8),
    /// The high bits in the tag, the low byte after it.
    Medium(u8),
    /// In two bytes after the tag.
    Long {
        /// False for `R` and `A`: another chunk follows.
        last: bool,
    },
}

impl Tag {
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "the table has an entry for every byte"
    )]
    pub(crate) fn of(byte: u8) -> Tag {
        TABLE[byte as usize]
    }
}

static TABLE: [Tag; 256] = {
    let mut table = [Tag::Unassigned; 256];
    let mut byte = 0;
    while byte < table.len() {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "byte < 256"
        )]
        {
            table[byte] = classify(byte as u8);
        }
        byte += 1;
    }
    table
};

/// The grammar of hessian.caucho.com/doc/hessian-serialization.html, section 8 (bytecode map).
const fn classify(byte: u8) -> Tag {
    match byte {
        0x00..=0x1f => Tag::String(Length::Short(byte)),
        0x20..=0x2f => Tag::Binary(Length::Short(byte - 0x20)),
        0x30..=0x33 => Tag::String(Length::Medium(byte - 0x30)),
        0x34..=0x37 => Tag::Binary(Length::Medium(byte - 0x34)),
        0x38..=0x3f => Tag::Long(2),
        b'A' => Tag::Binary(Length::Long { last: false }),
        b'B' => Tag::Binary(Length::Long { last: true }),
        b'C' => Tag::Class,
        b'D' => Tag::Double(8),
        b'F' => Tag::Bool(false),
        b'H' => Tag::Map,
        b'I' => Tag::Int(4),
        b'J' => Tag::Date(8),
        b'K' => Tag::Date(4),
        b'L' => Tag::Long(8),
        b'M' => Tag::TypedMap,
        b'N' => Tag::Null,
        b'O' => Tag::Object,
        b'Q' => Tag::Ref,
        b'R' => Tag::String(Length::Long { last: false }),
        b'S' => Tag::String(Length::Long { last: true }),
        b'T' => Tag::Bool(true),
        b'U' => Tag::TypedListOpen,
        b'V' => Tag::TypedListFixed,
        b'W' => Tag::ListOpen,
        b'X' => Tag::ListFixed,
        0x59 => Tag::Long(4),
        b'Z' => Tag::End,
        0x5b..=0x5c => Tag::Double(0),
        0x5d => Tag::Double(1),
        0x5e => Tag::Double(2),
        0x5f => Tag::Double(4),
        0x60..=0x6f => Tag::ObjectShort(byte - 0x60),
        0x70..=0x77 => Tag::TypedListShort(byte - 0x70),
        0x78..=0x7f => Tag::ListShort(byte - 0x78),
        0x80..=0xbf => Tag::Int(0),
        0xc0..=0xcf => Tag::Int(1),
        0xd0..=0xd7 => Tag::Int(2),
        0xd8..=0xef => Tag::Long(0),
        0xf0..=0xff => Tag::Long(1),
        0x40 | b'E' | b'G' | b'P' => Tag::Unassigned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_byte_but_five_begins_a_value_or_a_definition() {
        let none = |byte: &u8| matches!(Tag::of(*byte), Tag::Unassigned | Tag::End);
        assert!(
            (0..=u8::MAX)
                .filter(none)
                .eq([0x40, 0x45, 0x47, 0x50, 0x5a])
        );
    }
}
