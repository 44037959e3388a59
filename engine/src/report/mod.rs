//! Reports: one OTLP log record a call, in bounded batches, with books that say what became of each.

mod attributes;
mod books;
mod delivery;
mod event;
mod flood;
mod message;
mod queue;
mod record;
mod reports;
mod retry;

pub use books::Books;
pub use delivery::{Batch, Failure, SendId};
pub use record::CallRecord;
pub use reports::{Node, Reports, ReportsConfig};
