//! Requests with other attachments.

use alloc::vec::Vec;
use core::fmt;

use hessian::encode::Writer;

use crate::attachments::Form;
use crate::{Attachment, AttachmentValue, Attachments, Call, HEAD_LEN, Head, Serialization, jsonb};

/// Why a call's attachments cannot be changed without changing what else it says. Such a call is to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// A pair that must go has a value that is no string; it may define a class or be counted by references behind it.
    RemovedValue,
    /// The map has a type name, which must go, and values that may refer to that name by its number.
    TypedMap,
    /// There are symbols among the values, which refer to what must go or be rewritten by its number. Only in fastjson2,
    /// whose own writer puts none there.
    Symbols,
    /// The body would have 2^31 bytes or more.
    TooLong,
}

impl EditError {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::RemovedValue,
        Self::TypedMap,
        Self::Symbols,
        Self::TooLong,
    ];

    /// The reason in metrics, such as `edit_typed_map`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RemovedValue => "edit_removed_value",
            Self::TypedMap => "edit_typed_map",
            Self::Symbols => "edit_symbols",
            Self::TooLong => "edit_too_long",
        }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RemovedValue => {
                "expected a string in an attachment that the policy sets, but found another value"
            }
            Self::TypedMap => "expected plain values in typed attachments, but found others",
            Self::Symbols => "expected values without symbols, but found some",
            Self::TooLong => "expected a body below 2^31 bytes, but it would be longer",
        })
    }
}

impl core::error::Error for EditError {}

/// Whether the call has an attachment whose key is one of `owned`, ignoring ASCII case.
pub fn has_owned(call: &Call<'_>, owned: &[impl AsRef<str>]) -> bool {
    call.attachments.iter().any(|pair| is_owned(pair, owned))
}

/// Appends the request with `ours` as the only attachments whose keys are `owned`, ignoring ASCII case.
///
/// What stands before the attachments and the pairs that stay keep their bytes. The map is written without a type name, as
/// Envoy's dubbo_proxy sees no attachments in a typed one; in place of null attachments stand the body's path (also as the
/// interface) and version, as dubbo-go looks for them only there.
///
/// # Errors
///
/// Attachments that cannot be changed, see [`EditError`]; `out` is then as it was. How long a frame may be is the caller's
/// to say.
pub fn set_attachments(
    out: &mut Vec<u8>,
    head: &Head,
    call: &Call<'_>,
    ours: &[(impl AsRef<str>, impl AsRef<str>)],
    owned: &[impl AsRef<str>],
) -> Result<(), EditError> {
    check(call, owned)?;
    let start = out.len();
    out.extend(head.encode());
    out.extend_from_slice(call.body.get(..call.attachments_at).unwrap_or_default());
    if call.serialization() == Serialization::FASTJSON2 {
        jsonb::value(out, |out| {
            write_map(&mut Jsonb(out), call, ours, owned);
        });
    } else {
        write_map(&mut Hessian2(out), call, ours, owned);
    }
    let body_len = out.len() - start - HEAD_LEN;
    match i32::try_from(body_len).and_then(u32::try_from) {
        Ok(body_len) => {
            if let Some(place) = out.get_mut(start..start + HEAD_LEN) {
                place.copy_from_slice(&Head { body_len, ..*head }.encode());
            }
            Ok(())
        }
        Err(_) => {
            out.truncate(start);
            Err(EditError::TooLong)
        }
    }
}

/// Whether [`set_attachments`] can write the call, however long it gets.
///
/// # Errors
///
/// Why it cannot.
pub fn check(call: &Call<'_>, owned: &[impl AsRef<str>]) -> Result<(), EditError> {
    let pairs = &call.attachments;
    if pairs
        .iter()
        .any(|pair| is_owned(pair, owned) && !matches!(pair.value(), AttachmentValue::String(_)))
    {
        return Err(EditError::RemovedValue);
    }
    if call.serialization() == Serialization::FASTJSON2 {
        return check_symbols(pairs);
    }
    if pairs.type_name().is_some()
        && pairs
            .iter()
            .any(|pair| pair.value() == AttachmentValue::Other)
    {
        return Err(EditError::TypedMap);
    }
    Ok(())
}

/// Keys are written without symbols, so nothing else may have any.
fn check_symbols(pairs: &Attachments<'_>) -> Result<(), EditError> {
    let plain = |pair: &Attachment<'_>| pair.value() != AttachmentValue::Other;
    let writable = |pair: &Attachment<'_>| pair.key.to_str().is_ok();
    if !pairs.symbolic || pairs.iter().all(|pair| plain(pair) && writable(pair)) {
        Ok(())
    } else {
        Err(EditError::Symbols)
    }
}

fn write_map(
    map: &mut impl Map,
    call: &Call<'_>,
    ours: &[(impl AsRef<str>, impl AsRef<str>)],
    owned: &[impl AsRef<str>],
) {
    map.begin();
    for pair in call
        .attachments
        .iter()
        .filter(|pair| !is_owned(pair, owned))
    {
        match pair.key.to_str() {
            Ok(key) if call.attachments.symbolic => {
                map.string(&key);
                map.copy(pair.wire());
            }
            _ => map.copy(pair.pair),
        }
    }
    if call.attachments.form == Form::Null {
        let identity = [
            ("path", Some(&call.path)),
            ("interface", Some(&call.path)),
            ("version", call.version.as_ref()),
        ];
        for (key, value) in identity
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
        {
            map.string(key);
            map.string(value);
        }
    }
    for (key, value) in ours {
        map.string(key.as_ref());
        map.string(value.as_ref());
    }
    map.end();
}

/// An untyped map that is being written.
trait Map {
    fn begin(&mut self);
    fn string(&mut self, text: &str);
    /// Values as they stood in the call.
    fn copy(&mut self, bytes: &[u8]);
    fn end(&mut self);
}

struct Hessian2<'o>(&'o mut Vec<u8>);

impl Map for Hessian2<'_> {
    fn begin(&mut self) {
        Writer::new(self.0).begin_map();
    }

    fn string(&mut self, text: &str) {
        Writer::new(self.0).string(text);
    }

    fn copy(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        Writer::new(self.0).end();
    }
}

struct Jsonb<'o>(&'o mut Vec<u8>);

impl Map for Jsonb<'_> {
    fn begin(&mut self) {
        self.0.push(jsonb::OBJECT);
    }

    fn string(&mut self, text: &str) {
        jsonb::string(self.0, text);
    }

    fn copy(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        self.0.push(jsonb::OBJECT_END);
    }
}

fn is_owned(pair: &Attachment<'_>, owned: &[impl AsRef<str>]) -> bool {
    // A key with a lone surrogate equals no key that a configuration can hold.
    pair.key.to_str().is_ok_and(|key| {
        owned
            .iter()
            .any(|owned| key.eq_ignore_ascii_case(owned.as_ref()))
    })
}

#[cfg(test)]
mod tests {
    use super::EditError;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_list_of_errors_has_each_of_them() {
        let place = |error| match error {
            EditError::RemovedValue => 0,
            EditError::TypedMap => 1,
            EditError::Symbols => 2,
            EditError::TooLong => 3,
        };
        assert!(EditError::ALL.map(place).into_iter().eq(0..=3));
    }
}
