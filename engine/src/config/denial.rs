//! `denial`.

use dubbo::Status;

use super::reader::Value;
use super::schema;
use crate::policy::Form;

/// Reads how a refused caller is told.
pub(super) fn read(value: &Value<'_>) -> Option<Form> {
    let fields = value.fields(&schema::DENIAL)?;
    let with_status = fields
        .get("form")
        .and_then(|form| form.choice(&[("exception", false), ("status", true)]));
    let code = fields.get("status")?.whole(STATUSES);
    match (with_status?, fields.written("status")) {
        (true, _) => code
            .and_then(|code| u8::try_from(code).ok())
            .map(|code| Form::Status(Status(code))),
        (false, None) => Some(Form::Exception),
        (false, Some(status)) => {
            let hint = "write form: status".to_owned();
            status.reject("no status for form: exception", Some(hint));
            None
        }
    }
}

/// 20 is success, and what is below has never been a status.
pub(super) const STATUSES: core::ops::RangeInclusive<u64> = 21..=255;
