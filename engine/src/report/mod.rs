//! Reports: one OTLP log record a call, in bounded batches, with books that say what became of each.

mod record;
mod reports;

pub use record::CallRecord;
pub use reports::{Batch, Books, Failure, Node, Reports, ReportsConfig, SendId};
