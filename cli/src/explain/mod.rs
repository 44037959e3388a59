//! `dubbo-policy explain`: what a policy makes of one call, and why.

mod account;
mod given;
mod output;

use std::ffi::OsString;
use std::process::ExitCode;

use engine::config::load_unseen;
use lexopt::{Arg, ValueExt};

use crate::command::{Failure, Format};
use crate::config;
use account::Account;
use given::Given;

/// Explains the decision on the call that the arguments describe.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    let mut format = Format::Text;
    let mut file: Option<OsString> = None;
    let mut name: Option<String> = None;
    let mut pairs: Vec<String> = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Short('o') | Arg::Long("output") => {
                format = args.value()?.parse_with(Format::of)?
            }
            Arg::Short('c') | Arg::Long("config") => file = Some(args.value()?),
            Arg::Long("policy") => name = Some(args.value()?.string()?),
            Arg::Value(pair) => pairs.push(pair.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(file) = file else {
        return Err(Failure(
            "which configuration? --config FILE; - is the standard input".to_owned(),
        ));
    };
    let bytes = config::read(&file)?;
    let chosen = config::choose(&file, &bytes, name.as_deref(), |node| {
        load_unseen(node, &[])
    })?;
    let given = Given::read(&pairs, &chosen.policy)?;
    let account = Account::of(&chosen, &given);
    output::write(&mut std::io::stdout().lock(), format, &account)?;
    Ok(ExitCode::from(u8::from(!account.is_allowed())))
}
