//! Any traffic on a connection.
#![no_main]

libfuzzer_sys::fuzz_target!(|traffic: fuzz::connection::Traffic| fuzz::connection::check(&traffic));
