//! Answers: an int that tells the kind, the value, and the attachments that a 2.0.2 caller understands; or, with another status
//! than OK, a text.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{HESSIAN2, OK, frame, hessian2};
use crate::hessian::{Object, Typed, Value, Writer};

/// An answer with a value; null has a kind of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The call's id.
    pub id: i64,
    /// What the method returned; null unless said.
    #[serde(default = "null")]
    pub value: Value,
    /// The serialization id of the header; the body is hessian2 all the same.
    #[serde(default = "hessian2")]
    pub serialization: u8,
}

/// An answer with what the provider's method threw.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The call's id.
    pub id: i64,
    /// Its class.
    #[serde(default = "runtime_exception")]
    pub class: String,
    /// Its message.
    pub text: String,
}

/// An answer with another status than OK.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Error {
    /// The call's id.
    pub id: i64,
    /// The status.
    pub status: u8,
    /// The text that is the whole body.
    pub text: String,
}

/// What the filter answers to a denied call: a `java.lang.RuntimeException` of one field, or a status and a text. The text is
/// given word for word, or by parts of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The call's id.
    pub id: i64,
    /// The status, when the form is not the exception.
    pub status: Option<u8>,
    /// The whole text.
    pub text: Option<String>,
    /// How the text begins, when the rest is free.
    pub starts_with: Option<String>,
    /// What stands somewhere in the text.
    #[serde(default)]
    pub contains: Vec<String>,
}

impl Answer {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = Writer::default();
        if matches!(self.value, Value::Null) {
            body.int(NULL_WITH_ATTACHMENTS);
        } else {
            body.int(VALUE_WITH_ATTACHMENTS);
            body.value(&self.value)?;
        }
        answer_attachments(&mut body)?;
        frame(self.serialization, OK, self.id, &body.into_bytes())
    }
}

impl Exception {
    /// With the fields that hessian-lite writes for a `Throwable`, the list of frames left empty.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = Writer::default();
        body.int(EXCEPTION_WITH_ATTACHMENTS);
        let empty = || Value::Typed(Typed::List(Vec::new()));
        body.object(&Object {
            class: self.class.clone(),
            fields: vec![
                ("detailMessage".into(), Value::String(self.text.clone())),
                ("cause".into(), Value::Null),
                ("stackTrace".into(), empty()),
                ("suppressedExceptions".into(), empty()),
            ],
        })?;
        answer_attachments(&mut body)?;
        frame(HESSIAN2, OK, self.id, &body.into_bytes())
    }
}

impl Error {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = Writer::default();
        body.string(&self.text);
        frame(HESSIAN2, self.status, self.id, &body.into_bytes())
    }
}

impl Refusal {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let text = self
            .text
            .as_deref()
            .context("the text of this refusal is not known word for word")?;
        self.bytes_with(text)
    }

    /// The frame with this text.
    pub(crate) fn bytes_with(&self, text: &str) -> Result<Vec<u8>> {
        if let Some(status) = self.status {
            return Error {
                id: self.id,
                status,
                text: text.into(),
            }
            .bytes();
        }
        let mut body = Writer::default();
        body.int(EXCEPTION);
        body.object(&Object {
            class: runtime_exception(),
            fields: vec![("detailMessage".into(), Value::String(text.into()))],
        })?;
        frame(HESSIAN2, OK, self.id, &body.into_bytes())
    }

    /// A text that is as expected as far as it is known.
    pub(crate) fn sample_text(&self) -> String {
        let start = self.text.iter().chain(&self.starts_with).cloned();
        start
            .chain(self.contains.iter().map(|part| format!("..{part}..")))
            .collect()
    }

    /// Whether the text is one that is expected.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.text.as_ref().is_none_or(|whole| whole == text)
            && self
                .starts_with
                .as_ref()
                .is_none_or(|start| text.starts_with(start.as_str()))
            && self
                .contains
                .iter()
                .all(|part| text.contains(part.as_str()))
    }
}

fn answer_attachments(body: &mut Writer) -> Result<()> {
    body.map(
        None,
        &[(Value::String("dubbo".into()), Value::String("2.0.2".into()))],
    )
}

fn null() -> Value {
    Value::Null
}

fn runtime_exception() -> String {
    "java.lang.RuntimeException".into()
}

const EXCEPTION: i32 = 0;
const EXCEPTION_WITH_ATTACHMENTS: i32 = 3;
const VALUE_WITH_ATTACHMENTS: i32 = 4;
const NULL_WITH_ATTACHMENTS: i32 = 5;
