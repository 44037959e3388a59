use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::Range;

use hessian::{LoneSurrogate, Text};

/// How many attachments a call may have. Calls have around ten, and each one costs about 30 times its two smallest bytes
/// in memory.
pub const MAX_ATTACHMENTS: usize = 1024;

/// What stands behind the arguments of a call: null, or a map from strings to values.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachments<'a> {
    pub(crate) form: Form<'a>,
    pub(crate) pairs: Vec<Attachment<'a>>,
}

/// How the attachments are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form<'a> {
    Null,
    Map,
    TypedMap(Text<'a>),
}

/// A pair of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment<'a> {
    /// The key; it may hold lone surrogates.
    pub key: Text<'a>,
    /// The value.
    pub value: AttachmentValue<'a>,
    /// Where key and value stand in the body.
    pub(crate) span: Range<usize>,
}

/// The value of an attachment.
#[derive(Clone, Debug, PartialEq)]
pub enum AttachmentValue<'a> {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A 32-bit number.
    Int(i32),
    /// A 64-bit number.
    Long(i64),
    /// A floating point number.
    Double(f64),
    /// A string; it may hold lone surrogates.
    String(Text<'a>),
    /// Anything else: stepped over.
    Other,
}

impl<'a> Attachments<'a> {
    /// Whether null stands in the place of the map.
    pub fn is_null(&self) -> bool {
        matches!(self.form, Form::Null)
    }

    /// The map's type name, if it has one.
    pub fn type_name(&self) -> Option<&Text<'a>> {
        match &self.form {
            Form::TypedMap(name) => Some(name),
            Form::Null | Form::Map => None,
        }
    }

    /// The value of a key. Of duplicates the last one counts, as in Java.
    pub fn get(&self, key: &str) -> Option<&AttachmentValue<'a>> {
        self.pairs
            .iter()
            .rev()
            .find(|pair| pair.key == *key)
            .map(|pair| &pair.value)
    }

    /// The pairs, in their order on the wire, with duplicates.
    pub fn iter(&self) -> core::slice::Iter<'_, Attachment<'a>> {
        self.pairs.iter()
    }
}

impl<'b, 'a> IntoIterator for &'b Attachments<'a> {
    type Item = &'b Attachment<'a>;
    type IntoIter = core::slice::Iter<'b, Attachment<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl AttachmentValue<'_> {
    /// The value as text for rules and reports: strings as they are, whole numbers in decimal, `true` and `false`.
    /// Nothing for null, for floating point numbers (peers print them differently) and for what was stepped over.
    ///
    /// # Errors
    ///
    /// A string with a lone surrogate.
    pub fn text(&self) -> Result<Option<Cow<'_, str>>, LoneSurrogate> {
        Ok(match self {
            Self::Null | Self::Double(_) | Self::Other => None,
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Long(number) => Some(Cow::Owned(number.to_string())),
            Self::String(text) => Some(text.to_str()?),
        })
    }
}

impl<'a> From<hessian::Scalar<'a>> for AttachmentValue<'a> {
    fn from(scalar: hessian::Scalar<'a>) -> Self {
        match scalar {
            hessian::Scalar::Null => Self::Null,
            hessian::Scalar::Bool(value) => Self::Bool(value),
            hessian::Scalar::Int(value) => Self::Int(value),
            hessian::Scalar::Long(value) => Self::Long(value),
            hessian::Scalar::Double(value) => Self::Double(value),
            hessian::Scalar::String(text) => Self::String(text),
            hessian::Scalar::Other => Self::Other,
        }
    }
}
