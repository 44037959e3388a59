//! Metrics: counted in the VM, written to the host by ticks, named so that Envoy makes tags of them.

mod labels;
mod name;
mod outcome;
mod recorder;
mod series;

pub use labels::CallLabel;
pub use name::TAGS;
pub use outcome::{Answer, Decision, Direction, ListFetch, ListState, QuotaResult, RuleResult};
pub use recorder::{EndedCall, Metrics};
pub use series::{Kind, SeriesId, Update};
