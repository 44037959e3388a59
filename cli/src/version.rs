//! `dubbo-policy version`.

use std::process::ExitCode;

use crate::command::{self, Failure};

/// Prints the version.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    match args.next()? {
        Some(extra) => Err(extra.unexpected().into()),
        None => command::print(concat!("dubbo-policy ", env!("CARGO_PKG_VERSION"), "\n")),
    }
}
