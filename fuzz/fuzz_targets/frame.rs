//! Any bytes as frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|stream: &[u8]| fuzz::frame::check(stream));
