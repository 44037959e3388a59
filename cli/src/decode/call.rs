use std::borrow::Cow;

use dubbo::{Attachment, AttachmentValue, Call};
use serde::Serialize;
use serde_json::{Value, json};

/// What a call's body says, and what comes of it. Half surrogate pairs are shown as U+FFFD.
#[derive(Serialize)]
pub(super) struct CallFields<'a> {
    body: Body<'a>,
    attached: Attached<'a>,
    /// Bytes of the arguments.
    arguments_length: usize,
    /// All that some provider may run, what Java runs first.
    runs: Vec<Run<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generic: Option<Generic<'a>>,
    /// The type name of the attachments' map.
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments_type: Option<Cow<'a, str>>,
    /// Pairs, in their order on the wire and with duplicates; null for null.
    attachments: Option<Vec<(Cow<'a, str>, Value)>>,
    /// The names of the classes that the provider loads; null if they cannot be read.
    classes: Option<Vec<String>>,
}

/// Strings before the arguments.
#[derive(Serialize)]
struct Body<'a> {
    protocol: Cow<'a, str>,
    path: &'a str,
    version: Option<&'a str>,
    method: &'a str,
    descriptor: Cow<'a, str>,
}

/// Attachments that name the service; of duplicates the last, as in Java.
#[derive(Serialize)]
struct Attached<'a> {
    path: Option<Cow<'a, str>>,
    interface: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    group: Option<Cow<'a, str>>,
    generic: Option<Cow<'a, str>>,
}

/// What a provider may run; version and group are empty for none.
#[derive(Serialize)]
struct Run<'a> {
    service: Cow<'a, str>,
    version: Cow<'a, str>,
    group: Cow<'a, str>,
    method: &'a str,
}

/// The call inside a generic call.
#[derive(Serialize)]
struct Generic<'a> {
    method: &'a str,
    generic: &'a str,
}

impl<'a> CallFields<'a> {
    pub(super) fn of(call: &'a Call<'a>) -> CallFields<'a> {
        let named = |key| call.attachments.get(key)?.text().ok()?;
        let pairs = || call.attachments.iter().map(pair).collect();
        CallFields {
            body: Body {
                protocol: call.protocol.to_str_lossy(),
                path: &call.path,
                version: call.version.as_deref(),
                method: &call.method,
                descriptor: call.descriptor.to_str_lossy(),
            },
            attached: Attached {
                path: named("path"),
                interface: named("interface"),
                version: named("version"),
                group: named("group"),
                generic: named("generic"),
            },
            arguments_length: call.arguments_len(),
            runs: runs(call),
            generic: call.generic.as_ref().map(|target| Generic {
                method: &target.method,
                generic: &target.generic,
            }),
            attachments_type: call.attachments.type_name().map(|name| name.to_str_lossy()),
            attachments: (!call.attachments.is_null()).then(pairs),
            classes: classes(call),
        }
    }
}

fn classes(call: &Call<'_>) -> Option<Vec<String>> {
    let names = call.carried().classes().ok()?;
    let shown = |name: &dubbo::Text<'_>| name.to_str_lossy().into_owned();
    Some(names.iter().map(shown).collect())
}

fn runs<'a>(call: &'a Call<'a>) -> Vec<Run<'a>> {
    let identities = call.identities();
    let run = |identity: &dubbo::Identity<'a>| Run {
        service: identity.service.clone(),
        version: identity.version.clone(),
        group: identity.group.clone(),
        method: call.target_method(),
    };
    identities.iter().map(run).collect()
}

fn pair<'a>(pair: &'a Attachment<'a>) -> (Cow<'a, str>, Value) {
    (pair.key.to_str_lossy(), value(pair.value()))
}

/// A value as JSON. What JSON has no word for is an object.
fn value(value: AttachmentValue<'_>) -> Value {
    match value {
        AttachmentValue::Null => Value::Null,
        AttachmentValue::Bool(value) => value.into(),
        AttachmentValue::Int(number) => number.into(),
        AttachmentValue::Long(number) => number.into(),
        AttachmentValue::Double(number) if number.is_finite() => number.into(),
        AttachmentValue::Double(number) => json!({ "double": number.to_string() }),
        AttachmentValue::String(text) => text.to_str_lossy().into(),
        AttachmentValue::Other => json!({ "other": true }),
    }
}
