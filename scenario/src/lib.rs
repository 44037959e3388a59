//! Scenario files: what a client and a provider send through the filter, and what each must see.
//!
//! One file in `testdata/scenarios` runs three ways, over three implementations of [`Proxy`]: the engine natively, the built
//! module in the harness, and real Envoy. The bytes come from a frame builder of this crate's own ([`Frame::bytes`]), which
//! writes what Dubbo's Java implementation writes and shares no code with the product's reader and writer, so that a mistake in
//! one is not repeated in the other.
//!
//! ```no_run
//! # fn check(proxy: &mut dyn scenario::Proxy) -> anyhow::Result<()> {
//! scenario::run_all("testdata/scenarios".as_ref(), proxy)?;
//! # Ok(())
//! # }
//! ```

#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "runs in tests only, where a panic is a failure with its place"
)]

pub mod bypass;
mod delivery;
mod expect;
pub mod frame;
mod hessian;
mod jsonb;
mod load;
pub mod otlp;
mod proxy;
mod run;
mod show;
mod step;
pub mod value;

pub use frame::Frame;
pub use load::{load, load_all, parse};
pub use proxy::{Conn, Peer, Proxy, Report, Tier};
pub use run::{run, run_all};
pub use step::{Cut, Metric, ReportPattern, Scenario, Step};
