//! A request's body: the protocol's version, path, service version, method, descriptor, arguments, attachments.

use anyhow::Result;
use serde::{Deserialize, Deserializer};

use super::{REQUEST, Serialization, TWO_WAY, frame};
use crate::value::{Typed, Value};

/// A call. What is not said is written as Dubbo 3.3.6's consumer does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The request id.
    pub id: i64,
    /// The interface that the attachments `path` and `interface` name.
    pub service: String,
    /// The path in the body; the service unless said.
    pub path: Option<String>,
    /// The method.
    pub method: String,
    /// The service's version, in the body and in the attachments.
    #[serde(default = "no_version")]
    pub version: String,
    /// The service's group, in the attachments.
    pub group: Option<String>,
    /// The arguments.
    #[serde(default)]
    pub args: Vec<Value>,
    /// The descriptor of the method's parameters; by the arguments unless said.
    pub descriptor: Option<String>,
    /// What stands in the body in the place of one of its strings.
    #[serde(default)]
    pub body: Odd,
    /// More attachments, after the usual ones.
    #[serde(default)]
    pub attachments: Vec<(Value, Value)>,
    /// How the attachments are written.
    #[serde(default)]
    pub attachments_form: AttachmentsForm,
    /// What stands in the place of the attachments.
    #[serde(default, deserialize_with = "given")]
    pub attachments_as: Option<Value>,
    /// Values after the attachments, where a body ends.
    #[serde(default)]
    pub then: Vec<Value>,
    /// Whether the caller waits for no answer.
    #[serde(default)]
    pub one_way: bool,
    /// What the body is written in, or the id that its header says.
    #[serde(default)]
    pub serialization: Serialization,
}

/// Values in the place of a body's strings: of another kind, or in another form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Odd {
    /// The protocol's version, which comes first.
    #[serde(default, deserialize_with = "given")]
    pub protocol: Option<Value>,
    /// The path.
    #[serde(default, deserialize_with = "given")]
    pub path: Option<Value>,
    /// The service's version.
    #[serde(default, deserialize_with = "given")]
    pub version: Option<Value>,
    /// The method.
    #[serde(default, deserialize_with = "given")]
    pub method: Option<Value>,
    /// The descriptor.
    #[serde(default, deserialize_with = "given")]
    pub descriptor: Option<Value>,
}

/// How a call's attachments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentsForm {
    /// An untyped map: the usual pairs (`path`, `remote.application`, `interface`, `version`, `timeout`,
    /// `group` if there is one), then those of the call.
    #[default]
    Usual,
    /// The same pairs in a map that names `java.util.HashMap`.
    Typed,
    /// An untyped map of the call's own pairs and no others.
    Only,
    /// Null.
    Null,
    /// Nothing: the body ends with the arguments.
    Missing,
}

impl Call {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let two_way = if self.one_way { 0 } else { TWO_WAY };
        frame(
            REQUEST | two_way | self.serialization.id(),
            0,
            self.id,
            &self.body()?,
        )
    }

    fn body(&self) -> Result<Vec<u8>> {
        let mut body = self.serialization.body();
        let descriptor = || self.args.iter().map(Value::descriptor).collect();
        let strings = [
            (&self.body.protocol, "2.0.2".to_owned()),
            (
                &self.body.path,
                self.path.as_ref().unwrap_or(&self.service).clone(),
            ),
            (&self.body.version, self.version.clone()),
            (&self.body.method, self.method.clone()),
            (
                &self.body.descriptor,
                self.descriptor.clone().unwrap_or_else(descriptor),
            ),
        ];
        for (odd, usual) in strings {
            body.value(odd.as_ref().unwrap_or(&Value::String(usual)))?;
        }
        let attachments = self.attachments();
        let values = self.args.iter().chain(&attachments).chain(&self.then);
        values.into_iter().try_for_each(|value| body.value(value))?;
        Ok(body.into_bytes())
    }

    fn attachments(&self) -> Option<Value> {
        if let Some(other) = &self.attachments_as {
            return Some(other.clone());
        }
        Some(match self.attachments_form {
            AttachmentsForm::Usual => Value::Typed(Typed::Map(self.pairs(true))),
            AttachmentsForm::Typed => Value::Typed(Typed::TypedMap(
                "java.util.HashMap".into(),
                self.pairs(true),
            )),
            AttachmentsForm::Only => Value::Typed(Typed::Map(self.pairs(false))),
            AttachmentsForm::Null => Value::Null,
            AttachmentsForm::Missing => return None,
        })
    }

    fn pairs(&self, usual: bool) -> Vec<(Value, Value)> {
        let group = self.group.as_deref().map(|group| ("group", group));
        let usual_pairs = [
            ("path", self.service.as_str()),
            ("remote.application", "lab-consumer"),
            ("interface", &self.service),
            ("version", &self.version),
            ("timeout", "3000"),
        ]
        .into_iter()
        .chain(group)
        .filter(|_| usual)
        .map(|(key, value)| (Value::String(key.into()), Value::String(value.into())));
        usual_pairs.chain(self.attachments.clone()).collect()
    }
}

/// What Java writes for a service without a version.
fn no_version() -> String {
    "0.0.0".into()
}

/// A value that is there, if only as null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
