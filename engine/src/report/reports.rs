//! The queue of records on their way to the collector.

use super::record::CallRecord;
use crate::time::{Nanos, Now};

/// `reports` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportsConfig {
    /// The Envoy cluster of the OTLP/gRPC collector.
    pub cluster: String,
    /// A batch goes out when it holds so many records.
    pub max_records: usize,
    /// A batch goes out when its first record is so old.
    pub max_delay: Nanos,
    /// So many records are kept, waiting or in flight, at most.
    pub max_queue: usize,
}

/// Who reports: what is the same for all records of a VM and stands once in a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Envoy's `node.id`.
    pub id: String,
    /// Envoy's `node.cluster`.
    pub cluster: String,
    /// A number that no other VM has; part of every record's id.
    pub vm_nonce: u64,
}

/// One attempt to send one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SendId(u64);

/// A message to send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// To be given back with the outcome.
    pub send: SendId,
    /// Numbers the batches of a VM from 1; a retry keeps it.
    pub sequence: u64,
    /// Records of calls in it.
    pub records: usize,
    /// A serialized `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
    pub message: Vec<u8>,
    /// How long the answer may take.
    pub timeout: Nanos,
}

/// Why a send failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The collector may take the same batch later.
    Transient,
    /// The collector will never take this batch.
    Permanent,
}

/// Where every record is: `made == queued + in_flight + sent + dropped`, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Books {
    /// Records of calls that were pushed.
    pub made: u64,
    /// Waiting.
    pub queued: u64,
    /// In the batch that is being sent or waits for its retry.
    pub in_flight: u64,
    /// Taken by the collector.
    pub sent: u64,
    /// Lost because the queue was full.
    pub queue_full: u64,
    /// Lost because the batch could not be sent.
    pub send_failed: u64,
    /// Lost because the collector refused them.
    pub rejected: u64,
}

impl Books {
    /// Lost, for any reason.
    pub fn dropped(&self) -> u64 {
        self.queue_full + self.send_failed + self.rejected
    }
}

/// The records of one VM and policy on their way to the collector.
#[derive(Debug)]
pub struct Reports {}

impl Reports {
    /// An empty queue. `seed` spreads the retries of many nodes; nothing else depends on it.
    pub fn new(
        _config: ReportsConfig,
        _node: Node,
        _policy: &str,
        _revision: &str,
        _seed: u64,
    ) -> Reports {
        Reports {}
    }

    /// A new policy: what is queued still goes out under the old name and revision.
    pub fn reconfigure(&mut self, _config: ReportsConfig, _policy: &str, _revision: &str) {}

    /// Queues the record of a call.
    pub fn push(&mut self, _now: Now, _call: &CallRecord<'_>) {}

    /// The next message to send, when one is due and none is in flight.
    pub fn due(&mut self, _now: Now) -> Option<Batch> {
        None
    }

    /// The collector answered; `answer` is a serialized `ExportLogsServiceResponse`.
    pub fn sent(&mut self, _send: SendId, _now: Now, _answer: &[u8]) {}

    /// The send failed.
    pub fn failed(&mut self, _send: SendId, _now: Now, _why: Failure) {}

    /// The send whose time is over, if there is one: it counts as failed, and the caller cancels it.
    pub fn expire(&mut self, _now: Now) -> Option<SendId> {
        None
    }

    /// When `due` or `expire` next has something to do.
    pub fn next_wakeup(&self) -> Option<Nanos> {
        None
    }

    /// What became of all records so far.
    pub fn books(&self) -> Books {
        Books::default()
    }
}
