//! A call, as it is made and as it is shown.

use std::fmt;

use e2e::java::{Call, Outcome};
use serde_json::Value;

pub(crate) const USER: &str = "lab.UserService";
pub(crate) const SECRET: &str = "lab.SecretService";

/// One call.
pub(crate) struct Request {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) arguments: Vec<Value>,
    pub(crate) attachment: Option<(&'static str, &'static str)>,
}

impl Request {
    pub(crate) fn new(
        service: &'static str,
        method: &'static str,
        arguments: Vec<Value>,
    ) -> Request {
        Request {
            service,
            method,
            arguments,
            attachment: None,
        }
    }

    pub(crate) fn with(mut self, key: &'static str, value: &'static str) -> Request {
        self.attachment = Some((key, value));
        self
    }

    /// As a consumer takes it.
    pub(crate) fn call(&self) -> Call {
        let call = Call::new(self.method, self.arguments.clone().into());
        match self.attachment {
            Some((key, value)) => call.attachment(key, value),
            None => call,
        }
    }
}

/// `UserService.hello("ada") with lane=canary`
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(Value::to_string).collect();
        let service = self.service.trim_start_matches("lab.");
        write!(f, "{service}.{}({})", self.method, arguments.join(", "))?;
        match self.attachment {
            Some((key, value)) => write!(f, " with {key}={value}"),
            None => Ok(()),
        }
    }
}

/// The decision, by what the caller saw; named as in metrics and reports.
pub(crate) fn decision(outcome: &Outcome) -> &'static str {
    match &outcome.result {
        Err(exception) if exception.message.starts_with("dubbo-policy: LIMITED ") => "limited",
        Err(exception) if exception.message.starts_with("dubbo-policy: ") => "denied",
        _ => "allowed",
    }
}
