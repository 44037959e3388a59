use core::fmt;

/// Why a value is no JSONB of the kind that must stand there, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    /// What is wrong.
    pub(crate) kind: ErrorKind,
    /// The byte of the body that is wrong or missing.
    pub(crate) offset: usize,
}

/// The ways in which JSONB can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The value's bytes end before the value does, or the body before the value's length.
    Truncated,
    /// A tag byte that does not begin what must stand here.
    UnexpectedTag {
        /// What must stand here.
        expected: &'static str,
        /// The tag.
        found: u8,
    },
    /// Bytes behind the value, within its length. Java does not look at them.
    TrailingBytes,
    /// A length or count below zero.
    NegativeLength {
        /// The length.
        found: i32,
    },
    /// A string that is no UTF-8. Java reads U+FFFD for what is wrong in it.
    BadUtf8 {
        /// The byte.
        found: u8,
    },
    /// A string in UTF-16 with half a unit.
    BadUtf16,
    /// A key that Java does not take for what it says: fastjson2 remembers short keys by sums in which a NUL counts as
    /// nothing and `ÿ` as a sign, and plain ASCII that is not written as such equals no other string.
    AmbiguousKey,
    /// The number of a symbol that nothing before it defines.
    UnknownSymbol {
        /// The number.
        number: i32,
    },
    /// A symbol whose number is not above that of the symbol before it. fastjson2 counts them up; what is defined twice has
    /// two meanings for its reader.
    SymbolOrder {
        /// The number.
        number: i32,
    },
    /// More symbols, or more names of classes, than [`Limits::types`](crate::Limits::types).
    TooManySymbols {
        /// The limit.
        limit: usize,
    },
    /// More open arrays and objects than [`Limits::depth`](crate::Limits::depth).
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl ErrorKind {
    /// One of each kind, for lists of their names.
    pub const EACH: [ErrorKind; 11] = [
        ErrorKind::Truncated,
        ErrorKind::UnexpectedTag {
            expected: "",
            found: 0,
        },
        ErrorKind::TrailingBytes,
        ErrorKind::NegativeLength { found: 0 },
        ErrorKind::BadUtf8 { found: 0 },
        ErrorKind::BadUtf16,
        ErrorKind::AmbiguousKey,
        ErrorKind::UnknownSymbol { number: 0 },
        ErrorKind::SymbolOrder { number: 0 },
        ErrorKind::TooManySymbols { limit: 0 },
        ErrorKind::TooDeep { limit: 0 },
    ];

    /// The kind as a metric names it, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Truncated => "truncated",
            ErrorKind::UnexpectedTag { .. } => "unexpected_tag",
            ErrorKind::TrailingBytes => "trailing_bytes",
            ErrorKind::NegativeLength { .. } => "negative_length",
            ErrorKind::BadUtf8 { .. } => "bad_utf8",
            ErrorKind::BadUtf16 => "bad_utf16",
            ErrorKind::AmbiguousKey => "ambiguous_key",
            ErrorKind::UnknownSymbol { .. } => "unknown_symbol",
            ErrorKind::SymbolOrder { .. } => "symbol_order",
            ErrorKind::TooManySymbols { .. } => "too_many_symbols",
            ErrorKind::TooDeep { .. } => "too_deep",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ErrorKind::Truncated => {
                f.write_str("expected more bytes, but found the end of the value")
            }
            ErrorKind::UnexpectedTag { expected, found } => {
                write!(f, "expected {expected}, but found tag 0x{found:02x}")
            }
            ErrorKind::TrailingBytes => {
                f.write_str("expected the end of the value, but found more")
            }
            ErrorKind::NegativeLength { found } => {
                write!(f, "expected a length, but found {found}")
            }
            ErrorKind::BadUtf8 { found } => write!(f, "expected UTF-8, but found 0x{found:02x}"),
            ErrorKind::BadUtf16 => f.write_str("expected UTF-16, but found an odd length"),
            ErrorKind::AmbiguousKey => {
                f.write_str("expected a plain key, but found one that Java takes for another")
            }
            ErrorKind::UnknownSymbol { number } => {
                write!(f, "expected a known symbol, but found number {number}")
            }
            ErrorKind::SymbolOrder { number } => write!(
                f,
                "expected a number above the last symbol's, but found {number}"
            ),
            ErrorKind::TooManySymbols { limit } => {
                write!(f, "expected at most {limit} symbols, but found one more")
            }
            ErrorKind::TooDeep { limit } => write!(
                f,
                "expected at most {limit} open values, but found one more"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_list_of_kinds_has_each_of_them() {
        let place = |kind| match kind {
            ErrorKind::Truncated => 0,
            ErrorKind::UnexpectedTag { .. } => 1,
            ErrorKind::TrailingBytes => 2,
            ErrorKind::NegativeLength { .. } => 3,
            ErrorKind::BadUtf8 { .. } => 4,
            ErrorKind::BadUtf16 => 5,
            ErrorKind::AmbiguousKey => 6,
            ErrorKind::UnknownSymbol { .. } => 7,
            ErrorKind::SymbolOrder { .. } => 8,
            ErrorKind::TooManySymbols { .. } => 9,
            ErrorKind::TooDeep { .. } => 10,
        };
        assert!(ErrorKind::EACH.map(place).into_iter().eq(0..=10));
    }
}
