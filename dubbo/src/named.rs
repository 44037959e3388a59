use alloc::borrow::Cow;

use crate::{Attachment, AttachmentValue, CallError, CallErrorKind};

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
    /// A bit for each key that was met.
    seen: u8,
}

/// A string of the body that attachments usually repeat.
pub(crate) struct Repeated<'b, 'a> {
    /// Its bytes, tag and all.
    pub(crate) wire: &'a [u8],
    pub(crate) text: &'b Cow<'a, str>,
}

impl<'a> Named<'a> {
    /// Takes note of the pair at `offset` of the body, if it is one of these.
    ///
    /// # Errors
    ///
    /// A value that is neither a string nor null: peers convert it, or pass it over. A string that is no UTF-8.
    pub(crate) fn note(
        &mut self,
        pair: &Attachment<'a>,
        offset: usize,
        path: &Repeated<'_, 'a>,
        version: Option<&Repeated<'_, 'a>>,
    ) -> Result<(), CallError> {
        let (slot, usual, field, bit) = match pair.key.as_bytes() {
            b"path" => (&mut self.path, Some(path), "attachment path", 1),
            b"interface" => (&mut self.interface, Some(path), "attachment interface", 2),
            b"version" => (&mut self.version, version, VERSION, 4),
            b"group" => (&mut self.group, None, "attachment group", 8),
            b"generic" => (&mut self.generic, None, "attachment generic", 16),
            _ => return Ok(()),
        };
        let fail = |kind| CallError {
            kind,
            field,
            offset,
        };
        *slot = match usual {
            Some(usual) if usual.wire == pair.wire() => Some(usual.text.clone()),
            _ => match pair.value() {
                AttachmentValue::String(text) => Some(
                    text.into_str()
                        .map_err(|_| fail(CallErrorKind::LoneSurrogate))?,
                ),
                AttachmentValue::Null if field == VERSION => Some(Cow::Borrowed("")),
                AttachmentValue::Null => None,
                _ => return Err(fail(CallErrorKind::IdentityKind)),
            },
        };
        self.duplicates |= self.seen & bit != 0;
        self.seen |= bit;
        Ok(())
    }
}

const VERSION: &str = "attachment version";
