//! `dubbo-policy replay`: what a policy would have made of the calls of a capture, and what another would make of them.

mod decided;
mod output;
mod player;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use engine::attributes::Attribute;
use engine::config::load_unseen;
use lexopt::{Arg, ValueExt};

use crate::command::Failure;
use crate::{config, decode};
use output::Output;
use player::{Player, Players};

/// Replays the files that are named, one after the other: connections do not go on from one to the next, quotas do.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    let mut files: Vec<OsString> = Vec::new();
    let mut ports = Vec::new();
    let mut direction = None;
    let mut file: Option<OsString> = None;
    let mut other: Option<OsString> = None;
    let mut name: Option<String> = None;
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Value(file) => files.push(file),
            Arg::Short('c') | Arg::Long("config") => file = Some(args.value()?),
            Arg::Long("against") => other = Some(args.value()?),
            Arg::Long("policy") => name = Some(args.value()?.string()?),
            Arg::Long("port") => ports.push(args.value()?.parse()?),
            Arg::Long("from") => direction = Some(args.value()?.parse_with(decode::sent_by)?),
            other => return Err(other.unexpected().into()),
        }
    }
    let Some(file) = file else {
        return Err(Failure("which configuration? --config FILE".to_owned()));
    };
    if files.is_empty() {
        let why = "replay which files? - is the standard input".to_owned();
        return Err(Failure(why));
    }
    if other.as_ref() == Some(&OsString::from("-")) && file == "-" {
        let why = "the standard input can be one configuration only".to_owned();
        return Err(Failure(why));
    }
    let players = |file: &OsString| {
        let bytes = config::read(file)?;
        let player = |unseen: &'static [Attribute]| {
            let load = |node: &_| load_unseen(node, unseen);
            let chosen = config::choose(file, &bytes, name.as_deref(), load);
            chosen.map(|chosen| Player::new(chosen.policy))
        };
        Ok::<_, Failure>(Players {
            captures: player(&decided::UNSEEN)?,
            streams: player(&decided::UNSEEN_IN_STREAMS)?,
        })
    };
    let policy = players(&file)?;
    let against = other.as_ref().map(players).transpose()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut notes = io::stderr();
    let mut output = Output::new(policy, against, direction, &mut out, &mut notes);
    for file in &files {
        let name = file.to_string_lossy().into_owned();
        output.begin(name.clone());
        let replayed = decode::read(file, direction, &ports, &mut output);
        replayed.map_err(|why| Failure(format!("{name}: {why}")))?;
    }
    let clean = output.finish()?;
    out.flush()?;
    Ok(ExitCode::from(u8::from(!clean)))
}
