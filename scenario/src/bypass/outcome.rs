//! What came of a case.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The ways to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Without anything between.
    Direct,
    /// Through Envoy's `dubbo_proxy`, which routes the open service only.
    DubboProxy,
    /// Through the module before Envoy's `tcp_proxy`.
    Module,
}

/// What came of a case on one way. Where several things did, the first of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The provider, or Envoy, takes no calls any more.
    Crashed,
    /// What the policy closes has run.
    Secret,
    /// The open service has run.
    Open,
    /// The module has answered with a refusal.
    Refused,
    /// There was an answer with another status, or with an exception.
    Error,
    /// There was an answer with a value, without a service of ours having run.
    Answered,
    /// There was an answer that is no frame.
    Text,
    /// The connection was closed.
    Closed,
    /// Nothing, and the connection stays.
    Nothing,
}

impl Outcome {
    /// Whether something has come of it that should not.
    pub fn is_success(self) -> bool {
        matches!(self, Outcome::Secret | Outcome::Crashed | Outcome::Text)
    }

    /// Whether it is this outcome of the module's, as far as time allows to tell: an answer may come when nobody waits any more.
    pub fn is_like(self, other: Outcome) -> bool {
        let late = |outcome| {
            matches!(
                outcome,
                Outcome::Nothing | Outcome::Answered | Outcome::Error | Outcome::Open
            )
        };
        self == other || [self, other].contains(&Outcome::Nothing) && late(self) && late(other)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", format!("{self:?}").to_lowercase())
    }
}

/// What came of a case at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Without anything between.
    pub direct: Outcome,
    /// Through Envoy's `dubbo_proxy`.
    pub dubbo_proxy: Outcome,
    /// Through the module.
    pub module: Outcome,
}

impl Row {
    /// What came of it on this way.
    pub fn on(&self, way: Way) -> Outcome {
        match way {
            Way::Direct => self.direct,
            Way::DubboProxy => self.dubbo_proxy,
            Way::Module => self.module,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row {
            direct,
            dubbo_proxy,
            module,
        } = self;
        write!(f, "{direct} / {dubbo_proxy} / {module}")
    }
}
