//! What may stand in a field: for the JSON Schema and for the documentation. Readers read by code of their own; a test
//! holds every type against what they say of a wrong value.

use core::fmt::{self, Write};
use core::ops::RangeInclusive;

use super::duration;
use super::schema::Section;
use crate::time::Nanos;

/// The type of a field.
#[derive(Debug)]
pub(super) enum Type {
    /// A string.
    Text,
    /// A string of 1 to so many bytes.
    Bytes(usize),
    /// A string that names something of the configuration.
    Name,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole(RangeInclusive<u64>),
    /// A duration: `1m30s`.
    Duration(RangeInclusive<Nanos>),
    /// One of these words.
    Words(&'static [&'static str]),
    /// An object of this section.
    Object(&'static Section),
    /// A list.
    List(&'static Type),
    /// A list with one element at least.
    NonEmpty(&'static Type),
    /// An object of strings, whatever their names.
    Strings,
    /// The name of an attribute.
    Attribute,
    /// An object of attributes with their matchers, or a list of such objects.
    Condition,
    /// A matcher of the same attribute.
    Matcher,
    /// A matcher of one of an attribute's many values.
    MatcherOfOne,
    /// One or the other.
    Either(&'static Type, &'static Type),
}

/// As docs/configuration.md begins what it says of the type.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Text => f.write_str("string"),
            Type::Bytes(max) => write!(f, "string of 1 to {max} bytes"),
            Type::Name => f.write_str("name"),
            Type::Flag => f.write_str("boolean"),
            Type::Whole(range) => {
                number(*range.start(), f)?;
                f.write_str(" to ")?;
                number(*range.end(), f)
            }
            Type::Duration(range) => {
                let (start, end) = (duration::text(*range.start()), duration::text(*range.end()));
                write!(f, "{start} to {end}")
            }
            Type::Words(words) => {
                for (at, word) in words.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}`{word}`")?;
                }
                Ok(())
            }
            Type::Object(section) if section.fields.is_empty() => f.write_str("`{}`"),
            Type::Object(_) => f.write_str("["),
            Type::List(Type::Text) | Type::NonEmpty(Type::Text) => f.write_str("list of strings"),
            Type::List(Type::Attribute) => f.write_str("list of attributes"),
            Type::List(Type::Name) => f.write_str("list of names"),
            Type::List(_) | Type::NonEmpty(_) => f.write_str("list of "),
            Type::Strings => f.write_str("object of strings"),
            Type::Attribute => f.write_str("attribute"),
            Type::Condition => f.write_str("[condition](#conditions)"),
            Type::Matcher | Type::MatcherOfOne => f.write_str("matcher"),
            Type::Either(one, _) => one.fmt(f),
        }
    }
}

/// With a comma every three digits; `2^53` for the large ones.
fn number(number: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if number.is_power_of_two() && number >= 1 << 30 {
        return write!(f, "2^{}", number.trailing_zeros());
    }
    let digits = number.to_string();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            f.write_char(',')?;
        }
        f.write_char(digit)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "types_tests.rs"]
mod tests;
