//! What all commands share.

use core::fmt;
use std::io::Write;
use std::process::ExitCode;

/// The exit code for wrong usage and for what cannot be read or written.
pub(crate) const UNUSABLE: u8 = 2;

/// Why a command could not do its work; not what it found.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Failure {
        Failure(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(error.to_string())
    }
}

/// Prints something, and that was it.
pub(crate) fn print(text: impl fmt::Display) -> Result<ExitCode, Failure> {
    write!(std::io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}

/// `-o`: how findings are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    Text,
    Json,
}

impl Format {
    /// The value of `-o`.
    pub(crate) fn of(name: &str) -> core::result::Result<Format, String> {
        match name {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err("text or json".to_owned()),
        }
    }
}
