//! Any bytes as the body of a request.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::call::check(input));
