use super::number::{self, Whole};
use super::reader::Reader;
use super::string::{Str, is_string};
use crate::AttachmentValue;

/// The value that stands in `bytes`, which have been walked over.
pub(crate) fn scalar(bytes: &[u8]) -> AttachmentValue<'_> {
    let mut reader = Reader::new(bytes, 0);
    let Some(&tag) = bytes.first() else {
        return AttachmentValue::Other;
    };
    if is_string(tag) {
        let text = Str::read(&mut reader).and_then(Str::text);
        return text.map_or(AttachmentValue::Other, AttachmentValue::String);
    }
    match tag {
        0xaf => return AttachmentValue::Null,
        0xb0 => return AttachmentValue::Bool(false),
        0xb1 => return AttachmentValue::Bool(true),
        _ => {}
    }
    match number::whole(&mut reader) {
        Ok(Some(Whole::Int(number))) => AttachmentValue::Int(number),
        Ok(Some(Whole::Long(number))) => AttachmentValue::Long(number),
        _ => floating(reader).unwrap_or(AttachmentValue::Other),
    }
}

/// `b2` 0, `b3` 1, `b4` a whole number, `b5` 8 bytes; `b6` a whole number, `b7` 4 bytes.
#[expect(
    clippy::cast_precision_loss,
    reason = "Java makes the number a double in the same way"
)]
fn floating<'a>(mut reader: Reader<'_>) -> Option<AttachmentValue<'a>> {
    let number = match reader.u8().ok()? {
        0xb2 => 0.0,
        0xb3 => 1.0,
        0xb4 | 0xb6 => match number::whole(&mut reader).ok()?? {
            Whole::Int(number) => number.into(),
            Whole::Long(number) => number as f64,
        },
        0xb5 => f64::from_be_bytes(*reader.array().ok()?),
        0xb7 => f32::from_be_bytes(*reader.array().ok()?).into(),
        _ => return None,
    };
    Some(AttachmentValue::Double(number))
}
