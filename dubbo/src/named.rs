use alloc::borrow::Cow;

use crate::{Attachment, AttachmentValue, Attachments, CallError, CallErrorKind};

/// The attachments that have a say in what runs. Of duplicates the last one counts, as in Java.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named<'a> {
    pub(crate) path: Option<Cow<'a, str>>,
    pub(crate) interface: Option<Cow<'a, str>>,
    /// Empty where null stands: Java lets that null replace the body's version.
    pub(crate) version: Option<Cow<'a, str>>,
    pub(crate) group: Option<Cow<'a, str>>,
    pub(crate) generic: Option<Cow<'a, str>>,
    /// Whether one of the keys stands there twice.
    pub(crate) duplicates: bool,
}

impl<'a> Named<'a> {
    /// Picks them out.
    ///
    /// # Errors
    ///
    /// Values that are neither strings nor null: peers convert them, or pass them over. Strings that are no UTF-8.
    pub(crate) fn of(attachments: &Attachments<'a>) -> Result<Self, CallError> {
        let mut named = Self::default();
        let mut seen = 0_u8;
        for pair in attachments {
            let (slot, field, bit) = match pair.key.as_bytes() {
                b"path" => (&mut named.path, "attachment path", 1),
                b"interface" => (&mut named.interface, "attachment interface", 2),
                b"version" => (&mut named.version, "attachment version", 4),
                b"group" => (&mut named.group, "attachment group", 8),
                b"generic" => (&mut named.generic, "attachment generic", 16),
                _ => continue,
            };
            *slot = value(pair, field)?;
            named.duplicates |= seen & bit != 0;
            seen |= bit;
        }
        if named.version.is_none() && seen & 4 != 0 {
            named.version = Some(Cow::Borrowed(""));
        }
        Ok(named)
    }
}

fn value<'a>(
    pair: &Attachment<'a>,
    field: &'static str,
) -> Result<Option<Cow<'a, str>>, CallError> {
    let fail = |kind| CallError {
        kind,
        field,
        offset: pair.span.start,
    };
    match &pair.value {
        AttachmentValue::Null => Ok(None),
        AttachmentValue::String(text) => text
            .clone()
            .into_str()
            .map(Some)
            .map_err(|_| fail(CallErrorKind::LoneSurrogate)),
        _ => Err(fail(CallErrorKind::IdentityKind)),
    }
}
