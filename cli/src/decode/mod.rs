//! `dubbo-policy decode`: what stands in the bytes of a connection, one side's or a capture's.

mod anomaly;
mod call;
mod capture;
mod cutter;
mod guess;
mod line;
mod output;
mod piece;
mod sink;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use lexopt::{Arg, ValueExt};

use crate::command::Failure;
use cutter::Cutter;
pub(crate) use line::{Direction, Place};
use output::Output;
pub(crate) use piece::{Piece, Recorded};
pub(crate) use sink::Sink;

/// Decodes the files that are named, one after the other.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    let mut files: Vec<OsString> = Vec::new();
    let mut ports = Vec::new();
    let mut direction = None;
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Value(file) => files.push(file),
            Arg::Long("port") => ports.push(args.value()?.parse()?),
            Arg::Long("from") => direction = Some(args.value()?.parse_with(sent_by)?),
            other => return Err(other.unexpected().into()),
        }
    }
    if files.is_empty() {
        return Err(Failure(
            "decode which files? - is the standard input".to_owned(),
        ));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let mut notes = io::stderr();
    let mut clean = true;
    for file in &files {
        let name = file.to_string_lossy();
        let mut output = Output::new(&name, direction, &mut out, &mut notes);
        let decoded = read(file, direction, &ports, &mut output);
        clean &= output.is_clean();
        out.flush()?;
        decoded.map_err(|why| Failure(format!("{name}: {why}")))?;
    }
    Ok(ExitCode::from(u8::from(!clean)))
}

/// Hands over the frames of a file, whatever it is.
pub(crate) fn read(
    file: &OsStr,
    direction: Option<Direction>,
    ports: &[u16],
    output: &mut dyn Sink,
) -> Result<(), String> {
    let (start, input) = open(file).map_err(|error| error.to_string())?;
    match capture::Format::of(&start) {
        Some(_) if direction.is_some() => {
            Err("expected what one side sent, as --from is given, but found a capture".to_owned())
        }
        Some(format) => capture::decode(input, format, ports, output),
        None if ports.is_empty() => stream(input, output).map_err(|error| error.to_string()),
        None => Err("expected a capture, as --port is given, but found something else".to_owned()),
    }
}

/// Where that goes what a side sends.
pub(crate) fn sent_by(side: &str) -> Result<Direction, &'static str> {
    match side {
        "client" => Ok(Direction::ToProvider),
        "provider" => Ok(Direction::ToClient),
        _ => Err("expected client or provider"),
    }
}

/// The first bytes of a file, and all of them.
fn open(file: &OsStr) -> io::Result<(Vec<u8>, impl Read)> {
    let mut input: Box<dyn Read> = if file == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file)?)
    };
    let mut start = Vec::new();
    input.by_ref().take(4).read_to_end(&mut start)?;
    let input = io::Cursor::new(start.clone()).chain(input);
    Ok((start, BufReader::with_capacity(BUFFER, input)))
}

/// Hands over the frames of what one side of a connection sent.
fn stream(mut input: impl Read, output: &mut dyn Sink) -> io::Result<()> {
    let mut cutter = Cutter::new();
    let mut buffer = vec![0; BUFFER];
    let mut print = |piece: piece::Piece<'_>, (): ()| output.take(None, piece);
    loop {
        let len = match input.read(&mut buffer) {
            Ok(0) => return cutter.end(&mut print),
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..len).unwrap_or_default();
        cutter.data(bytes, (), false, &mut print)?;
    }
}

/// How much of a file is read at a time.
const BUFFER: usize = 256 * 1024;
