//! Encoded records that wait, cut into the batches that they will be sent in.

use std::collections::VecDeque;
use std::rc::Rc;

use super::message::{self, Scope};
use crate::time::Nanos;

/// Records of one batch, as they will stand in the message.
#[derive(Debug)]
pub(super) struct Chunk {
    /// What the records have in common.
    pub(super) scope: Rc<Scope>,
    /// So many calls' records.
    pub(super) records: usize,
    /// The records as `ScopeLogs.log_records` fields, one after the other.
    pub(super) bytes: Vec<u8>,
    /// When the first was queued.
    pub(super) since: Nanos,
}

impl Chunk {
    /// A batch without records, to carry something else.
    pub(super) fn empty(scope: Rc<Scope>, now: Nanos) -> Chunk {
        Chunk {
            scope,
            records: 0,
            bytes: Vec::new(),
            since: now,
        }
    }
}

/// First in, first out; the chunk at the back takes records until it is full.
#[derive(Debug, Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    records: usize,
    bytes: usize,
    /// The buffer of a chunk that was sent, for the next one.
    spare: Vec<u8>,
}

impl Queue {
    /// Queues one encoded record.
    pub(super) fn push(
        &mut self,
        now: Nanos,
        scope: &Rc<Scope>,
        record: &[u8],
        max_records: usize,
    ) {
        let open = self
            .chunks
            .back()
            .is_some_and(|back| Rc::ptr_eq(&back.scope, scope) && !is_full(back, max_records));
        if !open {
            let bytes = core::mem::take(&mut self.spare);
            self.chunks.push_back(Chunk {
                scope: Rc::clone(scope),
                records: 0,
                bytes,
                since: now,
            });
        }
        if let Some(back) = self.chunks.back_mut() {
            let before = back.bytes.len();
            message::write_record(&mut back.bytes, record);
            back.records += 1;
            self.records += 1;
            self.bytes += back.bytes.len() - before;
        }
    }

    /// When the chunk in front is to be sent: at once (its own time) if it is full or another waits behind it.
    pub(super) fn due(&self, max_records: usize, max_delay: Nanos) -> Option<Nanos> {
        let front = self.chunks.front()?;
        let ready = self.chunks.len() > 1 || is_full(front, max_records);
        Some(if ready {
            front.since
        } else {
            front.since + max_delay
        })
    }

    /// The chunk in front.
    pub(super) fn front(&self) -> Option<&Chunk> {
        self.chunks.front()
    }

    /// Takes the chunk in front.
    pub(super) fn pop(&mut self) -> Option<Chunk> {
        let chunk = self.chunks.pop_front()?;
        self.records -= chunk.records;
        self.bytes -= chunk.bytes.len();
        Some(chunk)
    }

    /// Gives a buffer back.
    pub(super) fn recycle(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        if bytes.capacity() > self.spare.capacity() {
            self.spare = bytes;
        }
    }

    /// Records that wait.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Their bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn is_full(chunk: &Chunk, max_records: usize) -> bool {
    chunk.records >= max_records || chunk.bytes.len() >= MAX_CHUNK_BYTES
}

/// gRPC receivers take 4 MiB a message unless told otherwise; one record more than this is still far below.
const MAX_CHUNK_BYTES: usize = 1 << 20;
