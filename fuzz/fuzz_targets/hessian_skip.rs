//! Any bytes as a Hessian stream.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::skip::check(bytes));
