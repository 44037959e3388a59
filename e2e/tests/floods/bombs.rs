//! Arguments that cost a careless reader its stack, its memory or its time.
//!
//! The provider is the one that answers all calls unread: what Java makes of those that are right is Java's.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use e2e::echo::Echo;
use serde_json::json;

use crate::flooded::{Flooded, MIB, frame};

const TIMES: usize = 12;

/// What becomes of a call with a bomb.
enum End {
    /// It is right, and passes.
    Passes,
    /// The connection is closed, for this reason.
    Closes(&'static str),
}

/// A bomb: its name, its argument, and what becomes of its call.
type Bomb = (&'static str, Vec<u8>, End);

fn bombs() -> Vec<Bomb> {
    let filled = |bytes: &[u8]| bytes.repeat(MIB as usize / bytes.len());
    let name = |len: usize| {
        let mut name = vec![b'S'];
        name.extend((len as u16).to_be_bytes());
        name.extend(b"n".repeat(len));
        name
    };
    let class = |len: usize| [b"C", name(len).as_slice(), b"\x90"].concat();
    let around =
        |before: &[u8], filling: &[u8], after: &[u8]| [before, &filled(filling), after].concat();
    let too_deep = || End::Closes("too_deep");
    vec![
        ("nested lists of one", filled(b"\x79"), too_deep()),
        ("nested open lists", filled(b"W"), too_deep()),
        ("nested maps as keys", filled(b"H"), too_deep()),
        ("nested typed maps", filled(b"M\x01t"), too_deep()),
        (
            "nested objects",
            around(b"C\x01c\x91\x01f", b"O\x90", b""),
            too_deep(),
        ),
        (
            "definitions without end",
            filled(b"C\x01c\x90"),
            End::Closes("too_many_classes"),
        ),
        (
            "definitions of nothing",
            filled(b"C"),
            End::Closes("unexpected_tag"),
        ),
        (
            "references to one list",
            around(b"W", b"Q\x90", b"Z"),
            End::Passes,
        ),
        (
            "references to nothing",
            filled(b"Q"),
            End::Closes("unexpected_tag"),
        ),
        (
            "empty chunks of a string",
            around(b"", b"R\0\0", b"\0"),
            End::Passes,
        ),
        (
            "empty chunks of bytes",
            around(b"", b"A\0\0", b"\x20"),
            End::Passes,
        ),
        (
            "a type's name in short chunks",
            around(b"y\x70", b"R\0\x01a", b"\0"),
            End::Passes,
        ),
        (
            "40,000 objects of a class with a long name",
            [
                b"W".as_slice(),
                &class(60_000),
                &b"\x60".repeat(40_000),
                b"Z",
            ]
            .concat(),
            End::Passes,
        ),
        (
            "lists of a type with a long name",
            [
                b"Wp".as_slice(),
                &name(60_000),
                &b"p\x90".repeat(40_000),
                b"Z",
            ]
            .concat(),
            End::Passes,
        ),
        (
            "maps as keys of one map",
            around(b"H", b"HZN", b"Z"),
            End::Passes,
        ),
        (
            "a list of 2^31 values",
            around(b"XI\x7f\xff\xff\xff", b"N", b""),
            End::Closes("truncated"),
        ),
    ]
}

/// A two-way call of `hello(Object)`, put together by hand.
fn call(argument: &[u8]) -> Result<Vec<u8>> {
    // Without arguments the frame ends with its attachments; the descriptor and the argument go between.
    let bytes = frame(json!({"call": {
        "id": 1, "service": "lab.UserService", "method": "hello", "attachments_form": "only", "attachments": [],
    }}))?;
    let body = bytes.get(16..).context("a body")?;
    let strings = body
        .strip_suffix(b"\0HZ")
        .context("an empty descriptor and no attachments")?;
    let body = [strings, b"\x12Ljava/lang/Object;", argument, b"HZ"].concat();
    let len = u32::try_from(body.len())?.to_be_bytes();
    Ok([&bytes[..12], &len, &body].concat())
}

#[test]
fn bombs_cost_no_more_than_their_bytes() -> Result<()> {
    let echo = Echo::start()?;
    let flooded = Flooded::start(echo.port, json!({}))?;
    let bombs = bombs();
    flooded.run("bombs", || {
        for (name, argument, end) in &bombs {
            let call = call(argument)?;
            for _ in 0..TIMES {
                explode(&flooded, &call, end).with_context(|| (*name).to_owned())?;
            }
        }
        Ok(())
    })?;
    for (name, _, end) in &bombs {
        let End::Closes(reason) = end else { continue };
        let same = bombs
            .iter()
            .filter(|(_, _, other)| matches!(other, End::Closes(other) if other == reason));
        let expected = (same.count() * TIMES) as u64;
        let closed = flooded.envoy.wait_metric(
            "dubbo_policy_connections_closed_total",
            &[("reason", reason)],
            expected,
        )?;
        ensure!(closed == expected, "{name}: {closed} times {reason}");
    }
    Ok(())
}

fn explode(flooded: &Flooded, call: &[u8], end: &End) -> Result<()> {
    let mut stream = flooded.connect()?;
    // A connection that closes early takes no more.
    let written = stream.write_all(call);
    let mut answer = [0; 4];
    match end {
        End::Passes => {
            written?;
            stream.read_exact(&mut answer).context("no answer")?;
            ensure!(answer == *b"\xda\xbb\x02\x14", "answered by {answer:02x?}");
        }
        End::Closes(_) => {
            let read = stream.read(&mut answer);
            ensure!(!matches!(read, Ok(1..)), "answered by {answer:02x?}");
            ensure!(
                read.is_ok()
                    || read.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock),
                "it is open"
            );
        }
    }
    Ok(())
}
