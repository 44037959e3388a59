//! `dubbo-policy check`: what is wrong with configurations.

mod document;
mod findings;
mod output;

use std::process::ExitCode;

use lexopt::{Arg, ValueExt};

use crate::command::{Failure, Format};
use crate::config;
use findings::{Report, Severity};

/// Checks the files that are named.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    let mut format = Format::Text;
    let mut fail_on = Severity::Error;
    let mut files = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Short('o') | Arg::Long("output") => {
                format = args.value()?.parse_with(Format::of)?
            }
            Arg::Long("fail-on") => fail_on = args.value()?.parse_with(Severity::of)?,
            Arg::Value(file) => files.push(file),
            other => return Err(other.unexpected().into()),
        }
    }
    if files.is_empty() {
        return Err(Failure(
            "check which files? - is the standard input".to_owned(),
        ));
    }
    let mut report = Report::default();
    for file in &files {
        let name = file.to_string_lossy();
        let bytes = config::read(file)?;
        document::check(&name, &bytes, &mut report);
    }
    output::write(&mut std::io::stdout().lock(), format, &report)?;
    let failed = report
        .findings
        .iter()
        .any(|finding| finding.severity >= fail_on);
    Ok(ExitCode::from(u8::from(failed)))
}
