use core::fmt;

/// Why a stream cannot be read, and where.
///
/// After an error the decoder's position means nothing: the stream is to be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The byte, counted from the stream's beginning, that is wrong or missing.
    pub offset: usize,
}

/// The ways in which a stream can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends before the value does. A declared length or count that the rest of the input cannot hold is
    /// found at once, before its elements are looked at.
    Truncated,
    /// A tag byte that does not begin what must stand here.
    UnexpectedTag {
        /// What must stand here.
        expected: &'static str,
        /// The tag.
        found: u8,
    },
    /// A byte in a string that is not Java's form of UTF-8: a stray or missing continuation byte, an overlong form, or
    /// `f0` and above (Java writes characters beyond U+FFFF as two surrogates of three bytes each).
    BadUtf8 {
        /// The byte.
        found: u8,
    },
    /// A length or count below zero.
    NegativeLength {
        /// The length.
        found: i32,
    },
    /// An object of a class that no definition before it describes.
    UnknownClass {
        /// The class index.
        index: i32,
        /// Definitions so far.
        known: usize,
    },
    /// A type reference that no type name before it made.
    UnknownType {
        /// The type index.
        index: i32,
        /// Type names so far.
        known: usize,
    },
    /// A back reference (`Q`) to a value that has not begun.
    UnknownRef {
        /// The reference's index.
        index: i32,
        /// Lists, maps and objects so far.
        known: usize,
    },
    /// More open lists, maps and objects than [`Limits::depth`](crate::Limits::depth).
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More class definitions than [`Limits::classes`](crate::Limits::classes).
    TooManyClasses {
        /// The limit.
        limit: usize,
    },
    /// More fields in one class than [`Limits::fields`](crate::Limits::fields).
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// More type names than [`Limits::types`](crate::Limits::types).
    TooManyTypes {
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
        ErrorKind::BadUtf8 { found: 0 },
        ErrorKind::NegativeLength { found: 0 },
        ErrorKind::UnknownClass { index: 0, known: 0 },
        ErrorKind::UnknownType { index: 0, known: 0 },
        ErrorKind::UnknownRef { index: 0, known: 0 },
        ErrorKind::TooDeep { limit: 0 },
        ErrorKind::TooManyClasses { limit: 0 },
        ErrorKind::TooManyFields { limit: 0 },
        ErrorKind::TooManyTypes { limit: 0 },
    ];

    /// The kind as a metric names it, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Truncated => "truncated",
            ErrorKind::UnexpectedTag { .. } => "unexpected_tag",
            ErrorKind::BadUtf8 { .. } => "bad_utf8",
            ErrorKind::NegativeLength { .. } => "negative_length",
            ErrorKind::UnknownClass { .. } => "unknown_class",
            ErrorKind::UnknownType { .. } => "unknown_type",
            ErrorKind::UnknownRef { .. } => "unknown_ref",
            ErrorKind::TooDeep { .. } => "too_deep",
            ErrorKind::TooManyClasses { .. } => "too_many_classes",
            ErrorKind::TooManyFields { .. } => "too_many_fields",
            ErrorKind::TooManyTypes { .. } => "too_many_types",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ErrorKind::Truncated => {
                f.write_str("expected more bytes, but found the end of the input")
            }
            ErrorKind::UnexpectedTag { expected, found } => {
                write!(f, "expected {expected}, but found tag 0x{found:02x}")
            }
            ErrorKind::BadUtf8 { found } => {
                write!(f, "expected modified UTF-8, but found 0x{found:02x}")
            }
            ErrorKind::NegativeLength { found } => {
                write!(f, "expected a length, but found {found}")
            }
            ErrorKind::UnknownClass { index, known } => {
                write!(
                    f,
                    "expected one of {known} classes, but found class {index}"
                )
            }
            ErrorKind::UnknownType { index, known } => {
                write!(f, "expected one of {known} types, but found type {index}")
            }
            ErrorKind::UnknownRef { index, known } => {
                write!(
                    f,
                    "expected one of {known} references, but found reference {index}"
                )
            }
            ErrorKind::TooDeep { limit } => write!(
                f,
                "expected at most {limit} open values, but found one more"
            ),
            ErrorKind::TooManyClasses { limit } => {
                write!(f, "expected at most {limit} classes, but found one more")
            }
            ErrorKind::TooManyFields { limit } => {
                write!(f, "expected at most {limit} fields, but found more")
            }
            ErrorKind::TooManyTypes { limit } => {
                write!(f, "expected at most {limit} types, but found one more")
            }
        }
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::ErrorKind;
    use crate::{Decoder, Limits};

    /// A new kind does not compile here before it has a place, nor pass before it stands there.
    #[test]
    fn the_list_of_kinds_has_each_of_them() {
        let place = |kind| match kind {
            ErrorKind::Truncated => 0,
            ErrorKind::UnexpectedTag { .. } => 1,
            ErrorKind::BadUtf8 { .. } => 2,
            ErrorKind::NegativeLength { .. } => 3,
            ErrorKind::UnknownClass { .. } => 4,
            ErrorKind::UnknownType { .. } => 5,
            ErrorKind::UnknownRef { .. } => 6,
            ErrorKind::TooDeep { .. } => 7,
            ErrorKind::TooManyClasses { .. } => 8,
            ErrorKind::TooManyFields { .. } => 9,
            ErrorKind::TooManyTypes { .. } => 10,
        };
        assert!(ErrorKind::EACH.map(place).into_iter().eq(0..=10));
    }

    #[test]
    fn messages_name_what_was_expected_what_was_found_and_where() {
        let limits = Limits {
            depth: 2,
            classes: 1,
            fields: 2,
            types: 1,
        };
        let table: [(&[u8], &str, &str); 24] = [
            (
                b"",
                "truncated",
                "expected more bytes, but found the end of the input at byte 0",
            ),
            (
                b"\x03ab",
                "truncated",
                "expected more bytes, but found the end of the input at byte 3",
            ),
            (
                b"I\0\0\0",
                "truncated",
                "expected more bytes, but found the end of the input at byte 4",
            ),
            (
                b"X\xaf",
                "truncated",
                "expected more bytes, but found the end of the input at byte 2",
            ),
            (
                b"@",
                "unexpected_tag",
                "expected a value, but found tag 0x40 at byte 0",
            ),
            (
                b"Z",
                "unexpected_tag",
                "expected a value, but found tag 0x5a at byte 0",
            ),
            (
                b"H\x90Z",
                "unexpected_tag",
                "expected a value, but found tag 0x5a at byte 2",
            ),
            (
                b"WC\0\x90Z",
                "unexpected_tag",
                "expected a value, but found tag 0x5a at byte 4",
            ),
            (
                b"C\x90",
                "unexpected_tag",
                "expected a class name, but found tag 0x90 at byte 1",
            ),
            (
                b"C\0\0\0",
                "unexpected_tag",
                "expected an int, but found tag 0x00 at byte 2",
            ),
            (
                b"C\0\x91\x90N",
                "unexpected_tag",
                "expected a field name, but found tag 0x90 at byte 3",
            ),
            (
                b"MN",
                "unexpected_tag",
                "expected a type, but found tag 0x4e at byte 1",
            ),
            (
                b"R\0\x01aN",
                "unexpected_tag",
                "expected a string's next chunk, but found tag 0x4e at byte 4",
            ),
            (
                b"A\0\x01a\x01a",
                "unexpected_tag",
                "expected binary data's next chunk, but found tag 0x01 at byte 4",
            ),
            (
                b"\x01\x80",
                "bad_utf8",
                "expected modified UTF-8, but found 0x80 at byte 1",
            ),
            (
                b"\x02a\xe5\x41\x41",
                "bad_utf8",
                "expected modified UTF-8, but found 0x41 at byte 3",
            ),
            (
                b"X\x8f",
                "negative_length",
                "expected a length, but found -1 at byte 1",
            ),
            (
                b"\x61",
                "unknown_class",
                "expected one of 0 classes, but found class 1 at byte 0",
            ),
            (
                b"O\x8f",
                "unknown_class",
                "expected one of 0 classes, but found class -1 at byte 1",
            ),
            (
                b"y\x70\x90",
                "unknown_type",
                "expected one of 0 types, but found type 0 at byte 2",
            ),
            (
                b"yQ\x91",
                "unknown_ref",
                "expected one of 1 references, but found reference 1 at byte 2",
            ),
            (
                b"yyyN",
                "too_deep",
                "expected at most 2 open values, but found one more at byte 2",
            ),
            (
                b"C\0\x90C\0\x90N",
                "too_many_classes",
                "expected at most 1 classes, but found one more at byte 4",
            ),
            (
                b"C\0\x93\0\0\0N",
                "too_many_fields",
                "expected at most 2 fields, but found more at byte 2",
            ),
        ];
        for (bytes, name, message) in table {
            let error = Decoder::new(bytes, limits).skip().expect_err(message);
            assert_eq!(
                (error.kind.name(), error.to_string().as_str()),
                (name, message)
            );
        }
        let error = Decoder::new(b"zp\x01ap\x01a", limits)
            .skip()
            .expect_err("two types");
        assert_eq!(
            error.to_string(),
            "expected at most 1 types, but found one more at byte 5"
        );
        assert_eq!(error.kind.name(), "too_many_types");
    }
}
