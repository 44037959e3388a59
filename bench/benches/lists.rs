//! What lists cost natively: a look-up among 10 and among 1,000,000 entries, and to make these of a fetched body.
//!
//! `look_up/KIND/N` looks values up that are in the list and values that are not, in turn, all over the list, so that caches
//! help as little as they do for calls of many callers. `build/KIND/N` is from a body to entries, `load/KIND/N` from the bytes
//! that another VM has published. The size is printed before.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "criterion's macros make public functions without docs; a broken bench may panic"
)]

use std::fmt::Write;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use engine::attributes::Value;
use engine::lists::{Entries, Format, Kind, compile};

criterion_main!(benches);
criterion_group!(benches, lists);

const STRINGS: Kind = Kind::String { ignore_case: false };
/// Look-ups go through so many values in turn.
const VALUES: u32 = 1 << 14;

fn lists(criterion: &mut Criterion) {
    for n in [10, 1_000_000] {
        list(criterion, "ipv4", Kind::Ip, n, v4);
        list(criterion, "ipv6", Kind::Ip, n, v6);
        list(criterion, "string", STRINGS, n, name);
    }
}

fn v4(n: u32) -> String {
    Ipv4Addr::from_bits(n.wrapping_mul(2_654_435_761) & !1).to_string()
}

fn v6(n: u32) -> String {
    let low = u128::from(n.wrapping_mul(2_654_435_761) & !1) << 32;
    Ipv6Addr::from_bits(0x2001_0db8 << 96 | low).to_string()
}

fn name(n: u32) -> String {
    let n = n.wrapping_mul(2_654_435_761);
    format!("cluster.local/ns/team-{}/sa/app-{n}", n % 1000)
}

fn list(criterion: &mut Criterion, name: &str, kind: Kind, n: u32, entry: fn(u32) -> String) {
    let mut body = String::new();
    for at in 0..n {
        writeln!(body, "{}", entry(at)).expect("a string takes all");
    }
    let compiled = compile(Format::Lines, kind, body.as_bytes()).expect("a good list");
    let entries = compiled.entries;
    let bytes = entries.bytes().len();
    println!(
        "size/{name}/{n}: {bytes} bytes, of a body of {}",
        body.len()
    );

    // Half of them are not in the list: they are of numbers beyond it.
    let step = (n / (VALUES / 2)).max(1);
    let values: Vec<String> = (0..VALUES)
        .map(|at| entry(at / 2 * step % n + if at % 2 == 0 { 0 } else { n }))
        .collect();
    let ips: Vec<IpAddr> = values
        .iter()
        .filter_map(|value| value.parse().ok())
        .collect();
    let found = values
        .iter()
        .step_by(2)
        .filter(|value| has(&entries, kind, value))
        .count();
    assert_eq!(found, values.len() / 2);
    criterion.bench_function(&format!("look_up/{name}/{n}"), |bencher| match kind {
        Kind::Ip => {
            let mut turn = ips.iter().cycle();
            bencher.iter(|| {
                turn.next()
                    .map(|ip| black_box(entries.contains(Value::Ip(*ip))))
            });
        }
        _ => {
            let mut turn = values.iter().cycle();
            bencher.iter(|| {
                turn.next()
                    .map(|text| black_box(entries.contains(Value::Text(text))))
            });
        }
    });
    criterion.bench_function(&format!("build/{name}/{n}"), |bencher| {
        bencher.iter(|| compile(Format::Lines, kind, black_box(body.as_bytes())));
    });
    criterion.bench_function(&format!("load/{name}/{n}"), |bencher| {
        let bytes = || entries.bytes().to_vec();
        bencher.iter_batched(
            bytes,
            |bytes| Entries::from_bytes(kind, bytes),
            BatchSize::PerIteration,
        );
    });
}

fn has(entries: &Entries, kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Ip => value
            .parse()
            .is_ok_and(|ip| entries.contains(Value::Ip(ip))),
        _ => entries.contains(Value::Text(value)),
    }
}
