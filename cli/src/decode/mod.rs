//! `dubbo-policy decode`: what stands in the bytes that one side of a connection sent.

mod anomaly;
mod call;
mod line;
mod stream;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use lexopt::Arg;

use crate::command::Failure;
use line::Line;
use stream::{Piece, Stream};

/// Decodes the files that are named, one after the other.
pub(crate) fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Value(file) => files.push(file),
            other => return Err(other.unexpected().into()),
        }
    }
    if files.is_empty() {
        return Err(Failure(
            "decode which files? - is the standard input".to_owned(),
        ));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let mut clean = true;
    for file in &files {
        let name = file.to_string_lossy();
        let input = open(file).and_then(stream_only);
        let input = input.map_err(|error| unreadable(&name, &error))?;
        clean &= decode(&name, input, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!clean)))
}

fn open(file: &OsStr) -> io::Result<Box<dyn Read>> {
    Ok(if file == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::with_capacity(BUFFER, File::open(file)?))
    })
}

/// The same input, unless it begins like a packet capture.
fn stream_only(mut input: Box<dyn Read>) -> io::Result<impl Read> {
    let mut start = Vec::new();
    input.by_ref().take(4).read_to_end(&mut start)?;
    if let Some((_, format)) = CAPTURES.iter().find(|(magic, _)| start == magic) {
        return Err(io::Error::other(format!(
            "expected the bytes that one side of a connection sent, but found a {format} capture, which is not supported yet"
        )));
    }
    Ok(io::Cursor::new(start).chain(input))
}

/// Prints a line for each frame; returns whether none had an anomaly. Behind bytes that are no frame nothing is read: what
/// follows them may be what an attacker wants to be read.
fn decode(file: &str, input: impl Read, out: &mut impl Write) -> Result<bool, Failure> {
    let mut stream = Stream::new(input);
    let mut clean = true;
    let mut print = |line: &Line<'_>| -> io::Result<()> {
        clean &= line.is_clean();
        serde_json::to_writer(&mut *out, line)?;
        out.write_all(b"\n")
    };
    while let Some(piece) = stream.next().map_err(|error| unreadable(file, &error))? {
        match piece {
            Piece::Frame(frame) => {
                let call = frame.call();
                print(&Line::frame(file, &frame, call.as_ref()))?;
            }
            Piece::NoFrame { offset, anomaly } => {
                print(&Line::no_frame(file, offset, anomaly))?;
                break;
            }
        }
    }
    Ok(clean)
}

fn unreadable(file: &str, error: &io::Error) -> Failure {
    Failure(format!("{file}: {error}"))
}

/// How much of a file is read at a time.
const BUFFER: usize = 256 * 1024;

/// What captures begin with: pcap with microseconds and nanoseconds in either byte order, and pcapng.
const CAPTURES: [([u8; 4], &str); 5] = [
    ([0xa1, 0xb2, 0xc3, 0xd4], "pcap"),
    ([0xd4, 0xc3, 0xb2, 0xa1], "pcap"),
    ([0xa1, 0xb2, 0x3c, 0x4d], "pcap"),
    ([0x4d, 0x3c, 0xb2, 0xa1], "pcap"),
    ([0x0a, 0x0d, 0x0d, 0x0a], "pcapng"),
];
