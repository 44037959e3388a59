//! From a file to the configurations in it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::holders::{self, Held};
use super::yaml::{self, Place, SyntaxError, Yaml};
use crate::command::Failure;

/// The bytes of a file; `-` is the standard input.
pub(crate) fn read(file: &OsStr) -> Result<Vec<u8>, Failure> {
    let name = file.to_string_lossy();
    let bytes = if file == "-" {
        limited(io::stdin().lock())
    } else {
        File::open(file).and_then(limited)
    };
    let bytes = bytes.map_err(|error| Failure(format!("{name}: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        let why = format!("{name}: expected a configuration, found more than {MAX_BYTES} bytes");
        return Err(Failure(why));
    }
    Ok(bytes)
}

fn limited(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The documents of a file.
pub(crate) fn documents(name: &str, bytes: &[u8]) -> Result<Vec<Yaml>, SyntaxError> {
    let text = core::str::from_utf8(bytes).map_err(|_| SyntaxError {
        place: START,
        text: "expected text, found what is no UTF-8".to_owned(),
    })?;
    // YAML takes what JSON does not, such as a comma at the end; what reads this file as JSON will not.
    let json = Path::new(name).extension() == Some(OsStr::new("json"));
    if json && let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let (line, column) = (error.line(), error.column());
        return Err(SyntaxError {
            place: Place { line, column },
            text: format!("expected JSON, found {error}"),
        });
    }
    yaml::parse(text).map_err(|error| SyntaxError {
        text: format!("expected YAML or JSON, found {}", error.text),
        ..error
    })
}

/// The configurations in the documents of a file; one at least.
pub(crate) fn held_in(documents: &[Yaml]) -> Result<Vec<Held<'_>>, SyntaxError> {
    // What stands between two lines of --- may be nothing, if there is something elsewhere.
    let is_nothing = |document: &Yaml| document.to_node() == engine::config::Node::Null;
    let all_are = documents.iter().all(is_nothing);
    let held: Vec<Held<'_>> = documents
        .iter()
        .filter(|document| all_are || !is_nothing(document))
        .flat_map(holders::find)
        .collect();
    if held.is_empty() {
        return Err(SyntaxError {
            place: START,
            text: "expected a policy, found nothing (write rules: [] to observe only)".to_owned(),
        });
    }
    Ok(held)
}

const START: Place = Place { line: 1, column: 1 };
/// A list of a million entries has some 20 MB.
const MAX_BYTES: u64 = 64 << 20;
