use core::fmt;

use crate::JsonbErrorKind;

/// Why a request's body is no call that can be judged, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallError {
    /// What is wrong.
    pub kind: CallErrorKind,
    /// What was being read, such as `path` or `attachments`.
    pub field: &'static str,
    /// The byte of the body that is wrong or missing.
    pub offset: usize,
}

/// The ways in which a body can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// The body is in a serialization that is not read.
    UnsupportedSerialization,
    /// The bytes are no Hessian 2 of the kind that must stand here.
    Hessian(hessian::ErrorKind),
    /// The bytes are no JSONB of the kind that must stand here.
    Jsonb(JsonbErrorKind),
    /// Half a surrogate pair in a name that decides what runs: it has no UTF-8 form, so no rule can name it.
    LoneSurrogate,
    /// A descriptor that peers count differently.
    Descriptor,
    /// The attachments are neither null nor a map. Java follows back references and class instances, too.
    AttachmentsKind {
        /// The tag that stands there.
        found: u8,
    },
    /// More pairs than [`MAX_ATTACHMENTS`](crate::MAX_ATTACHMENTS).
    TooManyAttachments,
    /// An attachment that decides what runs, with a value that is neither a string nor null.
    IdentityKind,
    /// Bytes behind the attachments. Java skips them, with a warning in its log.
    TrailingBytes,
}

impl CallError {
    /// The reason in metrics, such as `lone_surrogate`.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }
}

impl CallErrorKind {
    /// One of each kind, for lists of their names.
    pub fn each() -> impl Iterator<Item = CallErrorKind> {
        let hessian = hessian::ErrorKind::EACH.map(CallErrorKind::Hessian);
        let jsonb = JsonbErrorKind::EACH.map(CallErrorKind::Jsonb);
        OWN.into_iter().chain(hessian).chain(jsonb)
    }

    /// The reason in metrics, such as `lone_surrogate`.
    pub fn name(self) -> &'static str {
        match self {
            CallErrorKind::UnsupportedSerialization => "unsupported_serialization",
            CallErrorKind::Hessian(kind) => kind.name(),
            CallErrorKind::Jsonb(kind) => kind.name(),
            CallErrorKind::LoneSurrogate => "lone_surrogate",
            CallErrorKind::Descriptor => "bad_descriptor",
            CallErrorKind::AttachmentsKind { .. } => "bad_attachments",
            CallErrorKind::TooManyAttachments => "too_many_attachments",
            CallErrorKind::IdentityKind => "bad_identity",
            CallErrorKind::TrailingBytes => "trailing_bytes",
        }
    }
}

/// One of each kind that is no error of Hessian 2 or JSONB.
const OWN: [CallErrorKind; 7] = [
    CallErrorKind::UnsupportedSerialization,
    CallErrorKind::LoneSurrogate,
    CallErrorKind::Descriptor,
    CallErrorKind::AttachmentsKind { found: 0 },
    CallErrorKind::TooManyAttachments,
    CallErrorKind::IdentityKind,
    CallErrorKind::TrailingBytes,
];

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at byte {}", self.field, self.kind, self.offset)
    }
}

impl fmt::Display for CallErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedSerialization => {
                f.write_str("expected hessian2 or fastjson2, but found another serialization")
            }
            Self::Hessian(kind) => kind.fmt(f),
            Self::Jsonb(kind) => kind.fmt(f),
            Self::LoneSurrogate => hessian::LoneSurrogate.fmt(f),
            Self::Descriptor => {
                f.write_str("expected JVM type descriptors, but found something else")
            }
            Self::AttachmentsKind { found } => {
                write!(f, "expected null or a map, but found tag 0x{found:02x}")
            }
            Self::TooManyAttachments => {
                write!(
                    f,
                    "expected at most {} pairs, but found one more",
                    crate::MAX_ATTACHMENTS
                )
            }
            Self::IdentityKind => f.write_str("expected a string or null, but found another value"),
            Self::TrailingBytes => f.write_str("expected the end of the body, but found more"),
        }
    }
}

impl core::error::Error for CallError {}

#[cfg(test)]
mod tests {
    use super::{CallErrorKind, JsonbErrorKind, OWN};
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A new kind does not compile here before it has a place, nor pass before it stands there.
    #[test]
    fn the_list_of_kinds_has_each_of_them() {
        let place = |kind| match kind {
            CallErrorKind::UnsupportedSerialization => 0,
            CallErrorKind::LoneSurrogate => 1,
            CallErrorKind::Descriptor => 2,
            CallErrorKind::AttachmentsKind { .. } => 3,
            CallErrorKind::TooManyAttachments => 4,
            CallErrorKind::IdentityKind => 5,
            CallErrorKind::TrailingBytes => 6,
            CallErrorKind::Hessian(_) | CallErrorKind::Jsonb(_) => usize::MAX,
        };
        assert!(OWN.map(place).into_iter().eq(0..=6));
        let others = hessian::ErrorKind::EACH.len() + JsonbErrorKind::EACH.len();
        assert_eq!(CallErrorKind::each().count(), OWN.len() + others);
    }
}
