use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use hessian::{Decoder, Limits, LoneSurrogate, Text};

use crate::jsonb;

/// How many attachments a call may have. Calls have around ten, and each one takes 64 bytes
/// of memory, which is 32 times its smallest form.
pub const MAX_ATTACHMENTS: usize = 1024;

/// Room for the attachments of a usual call, so that they cost one allocation.
pub(crate) const USUAL_ATTACHMENTS: usize = 12;

/// What stands behind the arguments of a call: null, or a map from strings to values.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachments<'a> {
    pub(crate) form: Form<'a>,
    pub(crate) pairs: Vec<Attachment<'a>>,
    /// Whether there are symbols among them, which later ones refer to by number; only in fastjson2.
    pub(crate) symbolic: bool,
}

/// How the attachments are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form<'a> {
    Null,
    Map,
    TypedMap(Text<'a>),
}

/// A pair of the map. Its value is read when it is asked for: most are not.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment<'a> {
    /// The key; it may hold lone surrogates.
    pub key: Text<'a>,
    /// The bytes of key and value, which have been stepped over: they are two whole values.
    pub(crate) pair: &'a [u8],
    /// How many of them are the key's.
    pub(crate) key_len: usize,
    /// Whether they are JSONB, and not Hessian 2.
    pub(crate) jsonb: bool,
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
    /// Anything else: a date, binary data, a list, a map, an object, a reference.
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

    /// The pair with a key. Of duplicates the last one counts, as in Java.
    pub fn get(&self, key: &str) -> Option<&Attachment<'a>> {
        self.pairs.iter().rev().find(|pair| pair.key == *key)
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

impl<'a> Attachment<'a> {
    /// The bytes of the value.
    pub(crate) fn wire(&self) -> &'a [u8] {
        self.pair.get(self.key_len..).unwrap_or_default()
    }

    /// The value.
    pub fn value(&self) -> AttachmentValue<'a> {
        if self.jsonb {
            return jsonb::scalar(self.wire());
        }
        match Decoder::new(self.wire(), Limits::default()).scalar() {
            Ok(scalar) => scalar.into(),
            // An object or a reference: what it refers to stands elsewhere in the body.
            Err(_) => AttachmentValue::Other,
        }
    }

    /// The value as text for rules and reports: strings as they are, whole numbers in decimal, `true` and `false`.
    /// Nothing for null, for floating point numbers (peers print them differently) and for what is no scalar.
    ///
    /// # Errors
    ///
    /// A string with a lone surrogate.
    pub fn text(&self) -> Result<Option<Cow<'a, str>>, LoneSurrogate> {
        Ok(match self.value() {
            AttachmentValue::Null | AttachmentValue::Double(_) | AttachmentValue::Other => None,
            AttachmentValue::Bool(true) => Some(Cow::Borrowed("true")),
            AttachmentValue::Bool(false) => Some(Cow::Borrowed("false")),
            AttachmentValue::Int(number) => Some(Cow::Owned(number.to_string())),
            AttachmentValue::Long(number) => Some(Cow::Owned(number.to_string())),
            AttachmentValue::String(text) => Some(text.into_str()?),
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
