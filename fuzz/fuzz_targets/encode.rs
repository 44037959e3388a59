//! Whatever we write.
#![no_main]

libfuzzer_sys::fuzz_target!(|written: fuzz::encode::Written| fuzz::encode::check(&written));
