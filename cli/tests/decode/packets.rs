//! What `decode` says of captures.

use serde_json::{Value, json};

use crate::run::{Ran, decode};

/// The lines for a capture.
pub(crate) fn capture(name: &str) -> Ran {
    decode(&[&format!("../../captures/{name}")], b"")
}

/// The lines of one direction of a connection, without what only captures say.
pub(crate) fn direction(ran: &Ran, number: u64, direction: &str) -> Vec<Value> {
    let of =
        |line: &&Value| line["connection"]["number"] == number && line["direction"] == direction;
    let plain = |line: &Value| {
        let mut line = line.clone();
        let fields = line.as_object_mut().unwrap();
        for key in [
            "file",
            "time",
            "packet",
            "connection",
            "direction",
            "guessed",
        ] {
            fields.remove(key);
        }
        line
    };
    ran.lines.iter().filter(of).map(plain).collect()
}

/// The lines of a recording.
pub(crate) fn recorded(name: &str, side: &str) -> Vec<Value> {
    let mut lines = decode(&[&format!("{name}.{side}.bin")], b"").lines;
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("file");
    }
    lines
}

/// Kind, direction, offset and anomalies (name and offset) of a capture's lines.
pub(crate) fn told(ran: &Ran) -> Vec<Value> {
    let told = |line: &Value| {
        let anomalies = line["anomalies"].as_array().unwrap();
        let anomalies: Vec<_> = anomalies
            .iter()
            .map(|one| json!([one["name"], one["offset"]]))
            .collect();
        json!([line["direction"], line["offset"], line["kind"], anomalies])
    };
    ran.lines.iter().map(told).collect()
}
