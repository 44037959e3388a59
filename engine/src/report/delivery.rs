//! One batch at a time on its way, and what can become of it.

use super::books::Books;
use super::queue::Chunk;
use crate::time::Nanos;

/// A message to send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// To be given back with the outcome.
    pub send: SendId,
    /// Numbers the batches from 1; a retry keeps it.
    pub sequence: u64,
    /// Records in it that the [`Books`] count.
    pub records: usize,
    /// A serialized `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.
    pub message: Vec<u8>,
    /// How long the answer may take.
    pub timeout: Nanos,
}

/// One attempt to send one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SendId(pub(super) u64);

/// Why a send failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The collector may take the same batch later.
    Transient,
    /// The collector will never take this batch.
    Permanent,
}

impl Failure {
    /// What a gRPC status other than OK says, by the table in the OTLP specification ("Failures", opentelemetry-proto 1.x).
    ///
    /// RESOURCE_EXHAUSTED is retried without looking for its RetryInfo: attempts are few anyway.
    pub fn from_grpc_status(status: u32) -> Failure {
        match status {
            // CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS
            1 | 4 | 8 | 10 | 11 | 14 | 15 => Failure::Transient,
            _ => Failure::Permanent,
        }
    }
}

/// The one batch that is on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) chunk: Chunk,
    pub(super) sequence: u64,
    pub(super) attempts: u32,
    pub(super) state: State,
}

/// `Waiting -> Sending -> settled`, or back to `Waiting` for another attempt.
#[derive(Debug)]
pub(super) enum State {
    /// For its first attempt or the next one.
    Waiting { until: Nanos },
    /// `told` are the books that the message tells of.
    Sending {
        send: SendId,
        deadline: Nanos,
        told: Books,
    },
}

impl Flight {
    /// When something happens to it without an answer.
    pub(super) fn wakeup(&self) -> Nanos {
        match self.state {
            State::Waiting { until } => until,
            State::Sending { deadline, .. } => deadline,
        }
    }

    /// What is being sent, and since when it is overdue.
    pub(super) fn sending(&self) -> Option<(SendId, Nanos, Books)> {
        match self.state {
            State::Waiting { .. } => None,
            State::Sending {
                send,
                deadline,
                told,
            } => Some((send, deadline, told)),
        }
    }

    /// Records in it that the books count.
    pub(super) fn records(&self) -> u64 {
        self.chunk.records as u64
    }
}

/// A collector that takes longer is as good as down.
pub(super) const SEND_TIMEOUT: Nanos = Nanos::from_secs(5);
