//! Envoy's CPU a call with this module, compared in one run with what stands in the same place otherwise.
//!
//! Every Envoy of a run lives from its beginning to its end and has one worker; rounds go through all of them in turn, so that
//! whatever else the machine does meets all alike. The load client and the provider are threads of this process and are not
//! measured: what is divided by the number of calls is the time that Envoy's own threads were running.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "measures and is not shipped: it reads clocks, and a panic is a failed run"
)]

pub mod client;
pub mod cpu;
pub mod goals;
pub mod load;
pub mod measure;
pub mod policy;
pub mod provider;
pub mod receiver;
pub mod rules;
pub mod scale;
pub mod setup;
pub mod table;
