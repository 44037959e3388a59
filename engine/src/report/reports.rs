//! Records of calls on their way to the collector.

use std::rc::Rc;

use super::books::Books;
use super::delivery::{Batch, Failure, Flight, SEND_TIMEOUT, SendId, State};
use super::event::{self, Uid};
use super::flood::Floods;
use super::message::{self, Resource, Scope};
use super::queue::{Chunk, Queue};
use super::record::{self, CallRecord};
use super::retry::Backoff;
use crate::metrics::Direction;
use crate::time::{Nanos, Now};

/// `reports` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportsConfig {
    /// The Envoy cluster of the OTLP/gRPC collector.
    pub cluster: String,
    /// A batch goes out when it holds so many records; at least 1.
    pub max_records: usize,
    /// A batch goes out when its first record is so old.
    pub max_delay: Nanos,
    /// So many records are kept, waiting or in flight, at most; and at most 1 KiB of memory for each of them.
    pub max_queue: usize,
}

/// Who reports: what is the same for all records and stands once in a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Envoy's `node.id`.
    pub id: String,
    /// Envoy's `node.cluster`.
    pub cluster: String,
    /// Which way the listener's traffic goes.
    pub direction: Direction,
    /// A number that no other VM has, nor another policy in the same VM: half of every record's id.
    pub vm_nonce: u64,
}

/// The records of one VM and policy on their way to the collector: one send at a time, everything bounded, nothing lost uncounted.
///
/// What was dropped is told to the collector in a `dubbo.policy.reports_dropped` record as soon as one gets through. That record stands
/// outside the books: it is made anew for each attempt.
#[derive(Debug)]
pub struct Reports {
    config: ReportsConfig,
    direction: Direction,
    resource: Resource,
    scope: Rc<Scope>,
    vm: String,
    queue: Queue,
    flight: Option<Flight>,
    floods: Floods,
    backoff: Backoff,
    /// Without `queued` and `in_flight`, which follow from the above.
    books: Books,
    /// The books when the collector was last told what was dropped.
    told: Books,
    /// Before this no batch is made only to tell.
    next_notice: Nanos,
    sequence: u64,
    sends: u64,
    uids: u64,
    scratch: Vec<u8>,
}

impl Reports {
    /// An empty queue. `seed` spreads the retries of many nodes; nothing else depends on it.
    pub fn new(
        config: ReportsConfig,
        node: Node,
        policy: &str,
        revision: &str,
        seed: u64,
    ) -> Reports {
        let vm = format!("{:016x}", node.vm_nonce);
        Reports {
            config,
            direction: node.direction,
            resource: Resource::new(&node, &vm),
            scope: Rc::new(Scope::new(node.direction, policy, revision)),
            vm,
            queue: Queue::default(),
            flight: None,
            floods: Floods::default(),
            backoff: Backoff::new(seed),
            books: Books::default(),
            told: Books::default(),
            next_notice: Nanos(0),
            sequence: 0,
            sends: 0,
            uids: 0,
            scratch: Vec::new(),
        }
    }

    /// A new policy: what is queued still goes out under the old name and revision.
    pub fn reconfigure(&mut self, config: ReportsConfig, policy: &str, revision: &str) {
        self.config = config;
        self.scope = Rc::new(Scope::new(self.direction, policy, revision));
    }

    /// No more records will come: what is queued goes out as soon as it can.
    pub fn finish(&mut self) {
        self.config.max_delay = Nanos(0);
    }

    /// Which way the listener's traffic goes, for what is queued from now on.
    pub fn set_direction(&mut self, direction: Direction, policy: &str, revision: &str) {
        self.direction = direction;
        self.scope = Rc::new(Scope::new(direction, policy, revision));
    }

    /// The Envoy cluster to send to.
    pub fn cluster(&self) -> &str {
        &self.config.cluster
    }

    /// Queues the record of a call, or drops it if the queue is full.
    pub fn push(&mut self, now: Now, call: &CallRecord<'_>) {
        if self.floods.admit(now, call) {
            self.enqueue(now, |out, uid| record::write_call(out, now, uid, call));
        } else {
            self.books.summarized += 1;
        }
    }

    /// The next message to send, when one is due and none is in flight.
    pub fn due(&mut self, now: Now) -> Option<Batch> {
        for summary in self.floods.take(now.mono) {
            self.enqueue(now, |out, uid| {
                event::write_summary(out, now, uid, &summary)
            });
        }
        if self.flight.is_none() {
            self.flight = self.take_off(now.mono);
        }
        let ready = |flight: &mut Flight| flight.sending().is_none() && flight.wakeup() <= now.mono;
        let mut flight = self.flight.take_if(ready)?;
        let batch = self.attempt(&mut flight, now);
        self.flight = Some(flight);
        Some(batch)
    }

    /// The collector answered; `answer` is a serialized `ExportLogsServiceResponse`.
    pub fn sent(&mut self, send: SendId, answer: &[u8]) {
        let Some((flight, told)) = self.land(send) else {
            return;
        };
        let rejected = message::rejected_records(answer).min(flight.records());
        self.told = told;
        self.books.sent += flight.records() - rejected;
        self.books.rejected += rejected;
        self.queue.recycle(flight.chunk.bytes);
    }

    /// The send failed, or could not even be started.
    pub fn failed(&mut self, send: SendId, now: Now, why: Failure) {
        let Some((mut flight, _)) = self.land(send) else {
            return;
        };
        let wait = match why {
            Failure::Transient => self.backoff.wait(flight.attempts),
            Failure::Permanent => None,
        };
        if let Some(wait) = wait {
            flight.state = State::Waiting {
                until: now.mono + wait,
            };
            self.flight = Some(flight);
        } else {
            self.books.send_failed += flight.records();
            self.queue.recycle(flight.chunk.bytes);
        }
    }

    /// The send whose time is over, if there is one: it counts as failed, and the caller cancels it.
    pub fn expire(&mut self, now: Now) -> Option<SendId> {
        let (send, deadline, _) = self.flight.as_ref()?.sending()?;
        if now.mono < deadline {
            return None;
        }
        self.failed(send, now, Failure::Transient);
        Some(send)
    }

    /// When [`Reports::due`] or [`Reports::expire`] next has something to do.
    pub fn next_wakeup(&self) -> Option<Nanos> {
        let send = match &self.flight {
            Some(flight) => Some(flight.wakeup()),
            None => self
                .queue_due()
                .or_else(|| self.has_news().then_some(self.next_notice)),
        };
        [send, self.floods.due()].into_iter().flatten().min()
    }

    /// Where all records so far are.
    pub fn books(&self) -> Books {
        let in_flight = self.flight.as_ref().map_or(0, Flight::records);
        Books {
            queued: self.queue.records() as u64,
            in_flight,
            ..self.books
        }
    }

    fn enqueue(&mut self, now: Now, write: impl FnOnce(&mut Vec<u8>, Uid<'_>)) {
        self.books.made += 1;
        if self.is_full() {
            self.books.queue_full += 1;
            return;
        }
        self.scratch.clear();
        self.uids += 1;
        write(
            &mut self.scratch,
            Uid {
                vm: &self.vm,
                number: self.uids,
            },
        );
        self.queue.push(
            now.mono,
            &self.scope,
            &self.scratch,
            self.config.max_records,
        );
    }

    fn is_full(&self) -> bool {
        let chunk = self.flight.as_ref().map(|flight| &flight.chunk);
        let records = self.queue.records() + chunk.map_or(0, |chunk| chunk.records);
        let bytes = self.queue.bytes() + chunk.map_or(0, |chunk| chunk.bytes.len());
        records >= self.config.max_queue
            || bytes >= self.config.max_queue.saturating_mul(BYTES_A_RECORD)
    }

    fn queue_due(&self) -> Option<Nanos> {
        self.queue
            .due(self.config.max_records, self.config.max_delay)
    }

    /// Whether something was dropped that the collector does not know of.
    fn has_news(&self) -> bool {
        self.books
            .dropped_since(&self.told)
            .iter()
            .any(|(_, lost)| *lost > 0)
    }

    /// The next batch, if it is time. News rides along in a batch with room; where there is none it gets one of its own, now and then.
    fn take_off(&mut self, now: Nanos) -> Option<Flight> {
        let records_due = self.queue_due().is_some_and(|due| due <= now);
        let room = self
            .queue
            .front()
            .is_some_and(|front| front.records < self.config.max_records);
        let chunk = if self.has_news() && !room && self.next_notice <= now {
            self.next_notice = now + NOTICE_INTERVAL;
            Chunk::empty(Rc::clone(&self.scope), now)
        } else if records_due {
            self.queue.pop()?
        } else {
            return None;
        };
        self.sequence += 1;
        Some(Flight {
            chunk,
            sequence: self.sequence,
            attempts: 0,
            state: State::Waiting { until: now },
        })
    }

    fn attempt(&mut self, flight: &mut Flight, now: Now) -> Batch {
        let books = Books {
            queued: self.queue.records() as u64,
            in_flight: flight.records(),
            ..self.books
        };
        let mut notice = Vec::new();
        let mut told = self.told;
        if self.has_news() && flight.chunk.records < self.config.max_records {
            self.scratch.clear();
            self.uids += 1;
            let uid = Uid {
                vm: &self.vm,
                number: self.uids,
            };
            event::write_notice(&mut self.scratch, now, uid, &self.told, &books);
            message::write_record(&mut notice, &self.scratch);
            told = books;
        }
        let records = [notice.as_slice(), &flight.chunk.bytes];
        let scope = &flight.chunk.scope;
        let message =
            message::export_request(&self.resource, scope, flight.sequence, &books, &records);
        self.sends += 1;
        let send = SendId(self.sends);
        flight.attempts += 1;
        flight.state = State::Sending {
            send,
            deadline: now.mono + SEND_TIMEOUT,
            told,
        };
        Batch {
            send,
            sequence: flight.sequence,
            records: flight.chunk.records,
            message,
            timeout: SEND_TIMEOUT,
        }
    }

    /// Takes the flight whose send this is; the outcome of an earlier send says nothing any more.
    fn land(&mut self, of: SendId) -> Option<(Flight, Books)> {
        let (send, _, told) = self.flight.as_ref()?.sending()?;
        let flight = self.flight.take_if(|_| send == of)?;
        Some((flight, told))
    }
}

/// A typical record takes 400 to 500 bytes; the bound is for callers that make them long.
const BYTES_A_RECORD: usize = 1024;
/// Batches that only tell of drops are for collectors in trouble, which need no more of them.
const NOTICE_INTERVAL: Nanos = Nanos::from_secs(10);
