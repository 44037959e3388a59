//! Decoding speed in bytes a second, on bytes that Caucho's writer made (testdata/hessian/streams.txt): a line for each input with its name, its
//! length, and megabytes a second, the median of some runs. A program and no criterion benchmark, so that it runs in V8 as well, on the
//! instruction set that is shipped: `tools/bench.sh decode`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken bench may panic"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "measures time, and prints what it measured"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hessian::{Decoder, Limits};

#[path = "../tests/support/mod.rs"]
mod support;

/// How a stream is read to its end.
type Read = fn(&mut Decoder<'_>) -> Result<(), hessian::Error>;

/// V8 optimizes what runs often, a while after it does.
const WARM_UP: Duration = Duration::from_millis(500);
/// Many, and short: on a machine with other work most of them are not interrupted.
const RUNS: usize = 501;
const RUN: Duration = Duration::from_micros(300);

fn main() {
    let inputs: [(&str, Vec<u8>, Read); 7] = [
        ("request", stream("request"), request),
        ("request, stepped over", stream("request"), values),
        (
            "request with an object",
            stream("request with an object"),
            request,
        ),
        (
            "answer with an exception",
            stream("answer with an exception"),
            values,
        ),
        ("object graph", graph(), values),
        ("ASCII string", string("a", 200_000), values),
        ("Chinese string", string("\u{5317}", 66_000), values),
    ];
    for (name, bytes, read) in &inputs {
        let start = Instant::now();
        while start.elapsed() < WARM_UP {
            speed(bytes, *read);
        }
        let mut speeds: Vec<f64> = (0..RUNS).map(|_| speed(bytes, *read)).collect();
        speeds.sort_by(f64::total_cmp);
        println!("{name}\t{}\t{:.0}", bytes.len(), speeds[RUNS / 2]);
    }
}

/// Megabytes a second.
fn speed(bytes: &[u8], read: Read) -> f64 {
    // The clock costs as much as a short stream.
    let at_once = 1 + (64 << 10) / bytes.len();
    let start = Instant::now();
    let mut streams = 0;
    while start.elapsed() < RUN {
        for _ in 0..at_once {
            let mut decoder = Decoder::new(black_box(bytes), Limits::default());
            read(&mut decoder).expect("the input is valid");
            assert!(decoder.is_empty());
        }
        streams += at_once;
    }
    (streams * bytes.len()) as f64 / start.elapsed().as_secs_f64() / 1e6
}

/// What a policy reads of a Dubbo request: five strings and the attachments; arguments are stepped over.
fn request(decoder: &mut Decoder<'_>) -> Result<(), hessian::Error> {
    for _ in 0..5 {
        black_box(decoder.string()?);
    }
    decoder.skip()?;
    decoder.begin_map()?;
    while !decoder.end() {
        black_box((decoder.string()?, decoder.scalar()?));
    }
    Ok(())
}

fn values(decoder: &mut Decoder<'_>) -> Result<(), hessian::Error> {
    while !decoder.is_empty() {
        decoder.skip()?;
    }
    Ok(())
}

/// A list of some thousand users in one stream, one class definition each for user and address.
fn graph() -> Vec<u8> {
    let next = stream("user, one more in the same stream");
    let mut bytes = vec![b'W'];
    bytes.extend(stream("user, the first"));
    while bytes.len() < 1 << 20 {
        bytes.extend_from_slice(&next);
    }
    bytes.push(b'Z');
    bytes
}

fn string(unit: &str, units: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    hessian::encode::Writer::new(&mut bytes).string(&unit.repeat(units));
    bytes
}

fn stream(name: &str) -> Vec<u8> {
    support::streams()
        .into_iter()
        .find(|stream| stream.name == name)
        .expect("the stream is in the file")
        .bytes
}
