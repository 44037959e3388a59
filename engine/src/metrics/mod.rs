//! Metrics: counted in the VM, written to the host by ticks, named so that Envoy makes tags of them.

mod recorder;
mod series;

pub use recorder::{
    Answer, CallLabel, Decision, Direction, EndedCall, Metrics, QuotaResult, RuleResult,
};
pub use series::{Kind, SeriesId, Update};
