//! The loads and their bytes.

use anyhow::Result;
use scenario::Frame;
use serde_json::{Value, json};

/// What the clients do in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// One call after the other.
    Single,
    /// Many calls at a time.
    Pipelined,
    /// Calls with a string of 100,000 characters.
    LargeString,
    /// Calls with a byte array of 100,000 bytes.
    LargeBytes,
}

impl Load {
    /// All of them.
    pub const ALL: [Load; 4] = [
        Load::Single,
        Load::Pipelined,
        Load::LargeString,
        Load::LargeBytes,
    ];

    /// How the tables name it: connections x calls in flight on each, and the argument.
    pub fn name(self) -> &'static str {
        match self {
            Load::Single => "4 x 1, 100 B",
            Load::Pipelined => "4 x 32, 100 B",
            Load::LargeString => "2 x 4, 100 KB string",
            Load::LargeBytes => "2 x 4, 100 KB byte[]",
        }
    }

    /// Connections.
    pub fn connections(self) -> u32 {
        match self {
            Load::Single | Load::Pipelined => 4,
            Load::LargeString | Load::LargeBytes => 2,
        }
    }

    /// Calls in flight on each connection.
    pub fn in_flight(self) -> usize {
        match self {
            Load::Single => 1,
            Load::Pipelined => 32,
            Load::LargeString | Load::LargeBytes => 4,
        }
    }

    /// The request frame, as Dubbo's Java consumer writes it, with the id 0.
    pub fn request(self) -> Result<Vec<u8>> {
        let argument = match self {
            Load::Single | Load::Pipelined => json!({"text": 100}),
            Load::LargeString => json!({"text": 100_000}),
            Load::LargeBytes => json!({"bytes": 100_000}),
        };
        frame(json!({"call": {"id": 0, "service": SERVICE, "method": METHOD, "args": [argument]}}))
    }
}

/// The provider's answer to every request, with the id 0: a string of 100 characters.
pub fn answer() -> Result<Vec<u8>> {
    frame(json!({"answer": {"id": 0, "value": {"text": 100}}}))
}

/// Where the id stands in a frame.
pub const ID: std::ops::Range<usize> = 4..12;

/// The service that is called.
pub const SERVICE: &str = "com.acme.UserService";
const METHOD: &str = "getUser";

fn frame(document: Value) -> Result<Vec<u8>> {
    serde_json::from_value::<Frame>(document)?.bytes()
}
