//! Decoding speed in bytes a second, on bytes that Caucho's writer made (testdata/hessian/streams.txt).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a broken bench may panic"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hessian::{Decoder, Limits};

#[path = "../tests/support/mod.rs"]
mod support;

criterion_main!(benches);
criterion_group!(benches, decode);

fn decode(criterion: &mut Criterion) {
    bench(criterion, "request", &stream("request"), request);
    bench(
        criterion,
        "request_with_object",
        &stream("request with an object"),
        request,
    );
    bench(
        criterion,
        "exception",
        &stream("answer with an exception"),
        values,
    );
    bench(criterion, "graph_1mb", &graph(), values);
    bench(criterion, "ascii_200kb", &string("a", 200_000), values);
    bench(
        criterion,
        "chinese_200kb",
        &string("\u{5317}", 66_000),
        values,
    );
}

fn bench(
    criterion: &mut Criterion,
    name: &str,
    bytes: &[u8],
    read: fn(&mut Decoder<'_>) -> Result<(), hessian::Error>,
) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::new(black_box(bytes), Limits::default());
            read(&mut decoder).expect("the input is valid");
            assert!(decoder.is_empty());
        });
    });
    group.finish();
}

/// What a policy reads of a Dubbo request: five strings and the attachments; arguments are stepped over.
fn request(decoder: &mut Decoder<'_>) -> Result<(), hessian::Error> {
    for _ in 0..5 {
        black_box(decoder.string()?);
    }
    decoder.skip()?;
    decoder.begin_map()?;
    while !decoder.end() {
        black_box((decoder.string()?, decoder.scalar()?));
    }
    Ok(())
}

fn values(decoder: &mut Decoder<'_>) -> Result<(), hessian::Error> {
    while !decoder.is_empty() {
        decoder.skip()?;
    }
    Ok(())
}

/// A list of some thousand users in one stream, one class definition each for user and address.
fn graph() -> Vec<u8> {
    let next = stream("user, one more in the same stream");
    let mut bytes = vec![b'W'];
    bytes.extend(stream("user, the first"));
    while bytes.len() < 1 << 20 {
        bytes.extend_from_slice(&next);
    }
    bytes.push(b'Z');
    bytes
}

fn string(unit: &str, units: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    hessian::encode::Writer::new(&mut bytes).string(&unit.repeat(units));
    bytes
}

fn stream(name: &str) -> Vec<u8> {
    support::streams()
        .into_iter()
        .find(|stream| stream.name == name)
        .expect("the stream is in the file")
        .bytes
}
