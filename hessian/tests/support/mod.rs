//! Reads testdata/hessian: a line a vector, `name: hex hex*times hex`.

#![allow(dead_code, reason = "not every test reads every file")]

use std::collections::HashSet;
use std::iter;

/// Bytes that another implementation's writer made, and what they are.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Single values of Caucho's writer, each a stream of its own.
pub(crate) fn values() -> Vec<Vector> {
    read(include_str!("../../../testdata/hessian/values.txt")).collect()
}

/// Streams of several values, shaped like Dubbo's bodies.
pub(crate) fn streams() -> Vec<Vector> {
    read(include_str!("../../../testdata/hessian/streams.txt")).collect()
}

/// Single values of every writer; bytes that several wrote stand there once.
pub(crate) fn all_values() -> Vec<Vector> {
    let mut seen = HashSet::new();
    let mut vectors: Vec<_> = files()
        .iter()
        .flat_map(|(file, lines)| {
            read(lines).map(move |vector| Vector {
                name: format!("{file}: {}", vector.name),
                ..vector
            })
        })
        .collect();
    vectors.retain(|vector| seen.insert(vector.bytes.clone()));
    vectors
}

/// The files of single values: whichever there are.
#[cfg(not(target_arch = "wasm32"))]
fn files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/hessian");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("testdata/hessian can be read")
        .map(|file| file.expect("a file of testdata/hessian").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .filter(|path| !path.ends_with("streams.txt"))
        .map(|path| {
            let lines = std::fs::read_to_string(&path).expect("a file of vectors is text");
            (
                path.file_name().expect("a file").display().to_string(),
                lines,
            )
        })
        .collect();
    files.sort();
    files
}

/// There are no files on wasm32, but those that are built in.
#[cfg(target_arch = "wasm32")]
fn files() -> Vec<(String, String)> {
    [
        (
            "values.txt",
            include_str!("../../../testdata/hessian/values.txt"),
        ),
        (
            "lite-3.2.txt",
            include_str!("../../../testdata/hessian/lite-3.2.txt"),
        ),
        (
            "lite-4.0.txt",
            include_str!("../../../testdata/hessian/lite-4.0.txt"),
        ),
    ]
    .map(|(file, lines)| (file.to_owned(), lines.to_owned()))
    .into()
}

fn read(lines: &str) -> impl Iterator<Item = Vector> {
    lines.lines().map(read_line)
}

fn read_line(line: &str) -> Vector {
    let (name, groups) = line.split_once(": ").expect("a vector's line has a colon");
    Vector {
        name: name.to_owned(),
        bytes: groups.split_whitespace().flat_map(read_group).collect(),
    }
}

fn read_group(group: &str) -> impl Iterator<Item = u8> + use<> {
    let (hex, times) = group.split_once('*').unwrap_or((group, "1"));
    let times = times.parse().expect("a group's count is a number");
    let (digits, _) = hex.as_bytes().as_chunks();
    let bytes: Vec<u8> = digits
        .iter()
        .map(|[high, low]| 16 * digit(*high) + digit(*low))
        .collect();
    iter::repeat_n(bytes, times).flatten()
}

fn digit(hex: u8) -> u8 {
    let digit = char::from(hex)
        .to_digit(16)
        .expect("a group is hexadecimal");
    digit.try_into().expect("a digit is less than 16")
}
