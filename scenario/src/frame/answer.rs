//! Answers: an int that tells the kind, the value, and the attachments that a 2.0.2 caller understands; or, with another status
//! than OK, a text.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::body::Body;
use super::{OK, Serialization, frame};
use crate::value::{Jsonb, Object, Typed, Value};

/// An answer with a value; null has a kind of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The call's id.
    pub id: i64,
    /// What the method returned; null unless said.
    #[serde(default = "null")]
    pub value: Value,
    /// What the body is written in, or the id that its header says.
    #[serde(default)]
    pub serialization: Serialization,
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
    /// What the body is written in, or the id that its header says.
    #[serde(default)]
    pub serialization: Serialization,
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
    /// What the body is written in, or the id that its header says.
    #[serde(default)]
    pub serialization: Serialization,
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
    /// The serialization of the call, in which the exception is written too.
    #[serde(default)]
    pub serialization: Serialization,
}

impl Answer {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = self.serialization.body();
        if matches!(self.value, Value::Null) {
            body.kind(NULL_WITH_ATTACHMENTS);
        } else {
            body.kind(VALUE_WITH_ATTACHMENTS);
            body.value(&self.value)?;
        }
        answer_attachments(&mut body)?;
        frame(self.serialization.id(), OK, self.id, &body.into_bytes())
    }
}

impl Exception {
    /// With the fields that Java writes for a `Throwable`, the list of frames left empty.
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = self.serialization.body();
        body.kind(EXCEPTION_WITH_ATTACHMENTS);
        let text = ("detailMessage".into(), Value::String(self.text.clone()));
        let empty = || Value::Typed(Typed::List(Vec::new()));
        let fields = match self.serialization {
            Serialization::Fastjson2 => vec![text, ("stackTrace".into(), empty())],
            Serialization::Hessian2 | Serialization::Claimed(_) => vec![
                text,
                ("cause".into(), Value::Null),
                ("stackTrace".into(), empty()),
                ("suppressedExceptions".into(), empty()),
            ],
        };
        body.value(&object(&self.class, fields))?;
        answer_attachments(&mut body)?;
        frame(self.serialization.id(), OK, self.id, &body.into_bytes())
    }
}

impl Error {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let mut body = self.serialization.body();
        body.value(&Value::String(self.text.clone()))?;
        let id = self.serialization.id();
        frame(id, self.status, self.id, &body.into_bytes())
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
                serialization: self.serialization,
            }
            .bytes();
        }
        let mut body = self.serialization.body();
        body.kind(EXCEPTION);
        body.value(&self.exception(text))?;
        frame(self.serialization.id(), OK, self.id, &body.into_bytes())
    }

    /// One field. In JSONB its name is written as a plain key, which a Dubbo 3.3.6 caller took for one exception, too.
    fn exception(&self, text: &str) -> Value {
        let (name, text) = ("detailMessage", Value::String(text.into()));
        match self.serialization {
            Serialization::Fastjson2 => {
                let fields = Value::Typed(Typed::Map(vec![(Value::String(name.into()), text)]));
                Value::Typed(Typed::Jsonb(Jsonb::Class(
                    runtime_exception(),
                    Box::new(fields),
                )))
            }
            Serialization::Hessian2 | Serialization::Claimed(_) => {
                object(&runtime_exception(), vec![(name.into(), text)])
            }
        }
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

fn object(class: &str, fields: Vec<(String, Value)>) -> Value {
    Value::Typed(Typed::Object(Object {
        class: class.into(),
        fields,
    }))
}

fn answer_attachments(body: &mut Body) -> Result<()> {
    let [key, value] = ["dubbo", "2.0.2"].map(|text| Value::String(text.into()));
    body.value(&Value::Typed(Typed::Map(vec![(key, value)])))
}

fn null() -> Value {
    Value::Null
}

fn runtime_exception() -> String {
    "java.lang.RuntimeException".into()
}

const EXCEPTION: u8 = 0;
const EXCEPTION_WITH_ATTACHMENTS: u8 = 3;
const VALUE_WITH_ATTACHMENTS: u8 = 4;
const NULL_WITH_ATTACHMENTS: u8 = 5;
