//! What is wrong with a configuration.

use core::fmt;

use super::path::Path;

/// One mistake. A configuration is read to its end, so there is one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Where.
    pub path: Path,
    /// What may stand there.
    pub expected: String,
    /// What does.
    pub found: String,
    /// What is probably meant.
    pub hint: Option<String>,
}

/// `PATH: expected .., found .. (HINT)`.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConfigError {
            path,
            expected,
            found,
            hint,
        } = self;
        write!(f, "{path}: expected {expected}, found {found}")?;
        match hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for ConfigError {}

/// Every mistake of a configuration, in the order of the document; never empty.
pub type Errors = Vec<ConfigError>;

/// Something that is allowed and probably not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub path: Path,
    /// What may go wrong, and what to write instead.
    pub text: String,
}

/// `PATH: TEXT`.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.text)
    }
}
