//! Reads testdata/hessian: a line a vector, `name: hex hex*times hex`.

#![allow(dead_code, reason = "not every test reads both files")]

use std::iter;

/// Bytes that Caucho's writer made, and what they are.
pub(crate) struct Vector {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Single values, each a stream of its own.
pub(crate) fn values() -> Vec<Vector> {
    read(include_str!("../../../testdata/hessian/values.txt"))
}

/// Streams of several values, shaped like Dubbo's bodies.
pub(crate) fn streams() -> Vec<Vector> {
    read(include_str!("../../../testdata/hessian/streams.txt"))
}

fn read(lines: &'static str) -> Vec<Vector> {
    lines.lines().map(read_line).collect()
}

fn read_line(line: &'static str) -> Vector {
    let (name, groups) = line.split_once(": ").expect("a vector's line has a colon");
    Vector {
        name,
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
