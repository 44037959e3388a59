//! What a check has found.

use engine::policy::Policy;

use crate::config::Place;

/// Everything that was found in all files.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) policies: Vec<Checked>,
}

/// A mistake, or something that is probably not meant.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) place: Place,
    pub(crate) severity: Severity,
    /// Where in the configuration; empty for what is no configuration.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// How bad it is; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Note,
    Warning,
    Error,
}

/// A policy without mistakes, and where it stands.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) file: String,
    pub(crate) place: Place,
    /// Envoy's names for what loads it; empty for a plain configuration.
    pub(crate) plugin: String,
    pub(crate) policy: Policy,
}

impl Severity {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The value of `--fail-on`.
    pub(crate) fn of(name: &str) -> Result<Severity, String> {
        match name {
            "warning" => Ok(Severity::Warning),
            "error" => Ok(Severity::Error),
            _ => Err("error or warning".to_owned()),
        }
    }
}
