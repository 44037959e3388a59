//! A request's body: the protocol's version, path, service version, method, descriptor, arguments, attachments.

use anyhow::Result;
use serde::Deserialize;

use super::{REQUEST, TWO_WAY, frame, hessian2};
use crate::hessian::{Value, Writer};

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
    /// More attachments, after the usual ones.
    #[serde(default)]
    pub attachments: Vec<(String, Value)>,
    /// How the attachments are written.
    #[serde(default)]
    pub attachments_form: AttachmentsForm,
    /// Whether the caller waits for no answer.
    #[serde(default)]
    pub one_way: bool,
    /// The serialization id of the header; the body is hessian2 all the same.
    #[serde(default = "hessian2")]
    pub serialization: u8,
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
}

impl Call {
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let two_way = if self.one_way { 0 } else { TWO_WAY };
        frame(
            REQUEST | two_way | self.serialization,
            0,
            self.id,
            &self.body()?,
        )
    }

    fn body(&self) -> Result<Vec<u8>> {
        let mut body = Writer::default();
        body.string("2.0.2");
        body.string(self.path.as_deref().unwrap_or(&self.service));
        body.string(&self.version);
        body.string(&self.method);
        body.string(
            &self
                .descriptor
                .clone()
                .unwrap_or_else(|| self.args.iter().map(Value::descriptor).collect()),
        );
        self.args.iter().try_for_each(|arg| body.value(arg))?;
        match self.attachments_form {
            AttachmentsForm::Usual => body.map(None, &self.pairs(true))?,
            AttachmentsForm::Typed => body.map(Some("java.util.HashMap"), &self.pairs(true))?,
            AttachmentsForm::Only => body.map(None, &self.pairs(false))?,
            AttachmentsForm::Null => body.null(),
        }
        Ok(body.into_bytes())
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
        let own = self
            .attachments
            .iter()
            .map(|(key, value)| (Value::String(key.clone()), value.clone()));
        usual_pairs.chain(own).collect()
    }
}

/// What Java writes for a service without a version.
fn no_version() -> String {
    "0.0.0".into()
}
