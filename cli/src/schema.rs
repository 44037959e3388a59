//! `dubbo-policy schema`: the JSON Schema of a configuration.

use std::process::ExitCode;

use engine::config;

use crate::command::{self, Failure};

/// Prints the schema.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    if let Some(extra) = args.next()? {
        return Err(extra.unexpected().into());
    }
    let schema = config::json_schema(include_str!("../../docs/configuration.md"));
    command::print(format!("{schema:#}\n"))
}
