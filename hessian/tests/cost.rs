//! What hostile input can cost: the promise of the crate's documentation, measured.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panic"
)]

use std::alloc::System;

use hessian::{Decoder, Limits};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: usize = 1 << 20;

/// All tables full, each grown by doubling: 4096 types and 1024 classes of 32 to 48 bytes, 256 open values of 8.
const TABLES: usize = 512 << 10;

/// The only test of this file, because the allocator counts for the whole process.
#[test]
fn a_mebibyte_of_anything_takes_bounded_memory_and_no_recursion() {
    let class_of = |name: usize| [&[b'C'][..], &string(name), &[0x90]].concat();
    let bombs = [
        ("nested lists of one", "too_deep", repeat(b"\x79")),
        ("nested open lists", "too_deep", repeat(b"W")),
        ("nested maps as keys", "too_deep", repeat(b"H")),
        ("nested maps as values", "too_deep", repeat(b"H\x90")),
        (
            "nested objects",
            "too_deep",
            [&b"C\x01c\x91\x01f"[..], &repeat(b"\x60")].concat(),
        ),
        (
            "objects of an unknown class",
            "unexpected_tag",
            repeat(b"O"),
        ),
        ("types that are none", "unexpected_tag", repeat(b"M")),
        ("definitions that are none", "unexpected_tag", repeat(b"C")),
        (
            "definitions without end",
            "too_many_classes",
            repeat(b"C\x01c\x90"),
        ),
        (
            "definitions of long names",
            "too_many_classes",
            class_of(600).repeat(MIB / 600),
        ),
        ("references that are none", "unexpected_tag", repeat(b"Q")),
        ("empty string chunks", "truncated", repeat(b"R\0\0")),
        ("empty binary chunks", "truncated", repeat(b"A\0\0")),
        ("short string chunks", "truncated", repeat(b"R\0\x01a")),
        (
            "a class name in short chunks",
            "truncated",
            [&b"C"[..], &repeat(b"R\0\x01a")].concat(),
        ),
        (
            "a type name in short chunks",
            "truncated",
            [&b"y\x70"[..], &repeat(b"R\0\x01a")].concat(),
        ),
        (
            "a list of 2^31 values",
            "truncated",
            [&b"XI\x7f\xff\xff\xff"[..], &repeat(b"N")].concat(),
        ),
        (
            "a class of 2^31 fields",
            "truncated",
            [&b"C\x01cI\x7f\xff\xff\xff"[..], &repeat(b"\0")].concat(),
        ),
        (
            "objects without fields of a long name",
            "truncated",
            [&b"W"[..], &class_of(60_000), &repeat(b"\x60")].concat(),
        ),
        (
            "lists of types by reference",
            "truncated",
            [&b"Wp"[..], &string(60_000), &repeat(b"p\x90")].concat(),
        ),
        (
            "lists of types by name",
            "too_many_types",
            [&b"W"[..], &repeat(b"p\x01t")].concat(),
        ),
        (
            "map keys that are maps",
            "truncated",
            [&b"H"[..], &repeat(b"HZN")].concat(),
        ),
        (
            "references to one list",
            "truncated",
            [&b"W"[..], &repeat(b"Q\x90")].concat(),
        ),
        (
            "numbers",
            "truncated",
            [&b"W"[..], &repeat(b"\x90")].concat(),
        ),
        (
            "characters of three bytes",
            "truncated",
            [&b"R\xff\xff"[..], "\u{5317}".repeat(0xffff).as_bytes()]
                .concat()
                .repeat(5),
        ),
    ];
    for (name, kind, bytes) in bombs {
        let region = Region::new(ALLOCATOR);
        let result = Decoder::new(&bytes, Limits::default()).skip();
        let allocated = region.change().bytes_allocated;
        // A name in several chunks is joined, in a buffer that doubles.
        let bound = if name.contains("name in short chunks") {
            4 * MIB
        } else {
            TABLES
        };
        assert!(allocated <= bound, "{name}: {allocated} bytes");
        assert_eq!(
            result.map_err(|error| error.kind.name()),
            Err(kind),
            "{name}"
        );
    }

    let request = b"\x052.0.2\x01a\x050.0.0\x01m\x00\x91\x7a\x90\x90H\x01k\x01vZ";
    let region = Region::new(ALLOCATOR);
    let mut decoder = Decoder::new(request, Limits::default());
    for _ in 0..5 {
        decoder.string().expect("a string");
    }
    while !decoder.is_empty() {
        decoder.skip().expect("a value");
    }
    assert_eq!(region.change().allocations, 0, "no names, no deep nesting");
}

fn string(len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    hessian::encode::Writer::new(&mut bytes).string(&"n".repeat(len));
    bytes
}

fn repeat(bytes: &[u8]) -> Vec<u8> {
    bytes.repeat(MIB / bytes.len())
}
