//! Broken captures: whatever a file says, it is read to an end, with an error or without.

use std::path::Path;

use super::{Format, decode};
use crate::decode::output::Output;

/// A xorshift generator: the same numbers in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

fn read(bytes: &[u8]) -> usize {
    let mut out = Vec::new();
    let mut notes = Vec::new();
    let mut output = Output::new("hostile", None, &mut out, &mut notes);
    if let Some(format) = Format::of(bytes) {
        // What is wrong with it may be said in any way.
        let _ = decode(bytes, format, &[], &mut output);
        let _ = decode(bytes, format, &[20880], &mut output);
    }
    out.len()
}

#[test]
fn no_change_of_a_capture_stops_the_reader() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures");
    let mut numbers = Numbers(0x5eed);
    let mut printed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for _ in 0..100 {
            let mut broken = bytes.clone();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(broken.len());
                match numbers.below(4) {
                    0 => broken[at] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5)],
                    1 => broken[at] ^= 1 << numbers.below(8),
                    2 => drop(broken.drain(at..(at + numbers.below(20)).min(broken.len()))),
                    _ => broken.truncate(at.max(1)),
                }
                // The beginning tells the format.
                broken.resize(broken.len().max(4), 0);
                broken[..4].copy_from_slice(&bytes[..4]);
            }
            printed += read(&broken);
        }
    }
    assert!(printed > 0);
}
