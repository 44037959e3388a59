//! Answers: an int that tells the kind, the value, and the attachments that a 2.0.2 caller understands; or, with another status
//! than OK, a text.

use anyhow::{Context, Result, ensure};
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
    /// The serialization of the call: hessian2 (2) or fastjson2 (23), in which the exception is written too.
    #[serde(default = "hessian2")]
    pub serialization: u8,
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
        let body = match self.serialization {
            FASTJSON2 => jsonb_exception(text)?,
            _ => hessian_exception(text)?,
        };
        frame(self.serialization, OK, self.id, &body)
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

fn hessian_exception(text: &str) -> Result<Vec<u8>> {
    let mut body = Writer::default();
    body.int(EXCEPTION);
    body.object(&Object {
        class: runtime_exception(),
        fields: vec![("detailMessage".into(), Value::String(text.into()))],
    })?;
    Ok(body.into_bytes())
}

/// What a Dubbo 3.3.6 caller took for one exception: `bd 00`, then `92 CLASS 00 a6 "detailMessage" TEXT a5`, each behind its
/// length.
fn jsonb_exception(text: &str) -> Result<Vec<u8>> {
    let class = jsonb_string("java.lang.RuntimeException")?;
    let field = jsonb_string("detailMessage")?;
    let text = jsonb_string(text)?;
    let value = [&[0x92][..], &class, &[0x00, 0xa6], &field, &text, &[0xa5]].concat();
    let len = u32::try_from(value.len())?.to_be_bytes();
    Ok([&[0, 0, 0, 2, 0xbd, 0x00][..], &len, &value].concat())
}

/// ASCII of up to 47 bytes: `49 + n`; of up to 2047: `79`, then the length as an int of one or two bytes.
fn jsonb_string(text: &str) -> Result<Vec<u8>> {
    ensure!(
        text.is_ascii() && text.len() < 2048,
        "no JSONB form is known here for {text:?}"
    );
    let [high, low] = u16::try_from(text.len())?.to_be_bytes();
    let head = match low {
        0..=47 if high == 0 => vec![0x49 + low],
        _ => vec![0x79, 0x38 + high, low],
    };
    Ok([&head, text.as_bytes()].concat())
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

const FASTJSON2: u8 = 23;
const EXCEPTION: i32 = 0;
const EXCEPTION_WITH_ATTACHMENTS: i32 = 3;
const VALUE_WITH_ATTACHMENTS: i32 = 4;
const NULL_WITH_ATTACHMENTS: i32 = 5;
