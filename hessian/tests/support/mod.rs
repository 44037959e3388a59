//! Reads testdata/hessian: a line a vector, `name: hex hex*times hex`.

use std::iter;

/// Bytes that Caucho's writer made, and what they are.
pub struct Vector {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// Single values, each a stream of its own.
pub fn values() -> Vec<Vector> {
    read(include_str!("../../../testdata/hessian/values.txt"))
}

/// Streams of several values, shaped like Dubbo's bodies.
pub fn streams() -> Vec<Vector> {
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
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("a group is hexadecimal"))
        .collect();
    iter::repeat_n(bytes, times).flatten()
}
