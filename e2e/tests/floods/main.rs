//! Floods: whatever some callers send, Envoy's memory stays within a budget, and the calls of others go on.
//!
//! Envoy has one worker, so the flood and the steady caller share everything. One flood runs at a time; each has an Envoy of its own, whose
//! memory is what the system says of it (`VmRSS` and `VmHWM` of `/proc/PID/status`). `--nocapture` shows the figures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test fails by panic, measures time, and shows what it measured"
)]

mod bombs;
mod flooded;
mod partial;
mod tiny;
