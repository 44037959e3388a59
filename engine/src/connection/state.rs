//! The state of one connection, and the way of its bytes.

use core::net::SocketAddr;
use core::ops::Range;
use std::rc::Rc;

use dubbo::Head;

use super::answers::Answering;
use super::books::{Books, Caller};
use super::calls::Denied;
use super::cut::{MAGIC_LEN, Piece, cut};
use super::in_flight::{Awaited, InFlight};
use super::memory::Memory;
use super::output::{Edit, Output};
use super::reason::TRUNCATED;
use super::trail::Judged;
use super::{CloseReason, Effects, Peers, Side, Surroundings};
use crate::metrics::Metrics;
use crate::policy::{ForeignBytes, Policy, Principal, Route};
use crate::quota::Ledger;
use crate::report::Reports;
use crate::time::{Nanos, Now};

/// What a connection works with besides its own state: all of it belongs to the worker.
pub(crate) struct Context<'a> {
    pub(crate) now: Now,
    pub(crate) policy: &'a Rc<Policy>,
    pub(crate) memory: &'a mut Memory,
    pub(crate) metrics: &'a mut Metrics,
    pub(crate) reports: Option<&'a mut Reports>,
    /// Where decisions are written down, if somebody looks on.
    pub(crate) trail: Option<&'a mut Vec<Judged>>,
    /// How many requests may be in flight on this connection, by its own limit and the worker's.
    pub(crate) max_in_flight: usize,
}

/// One connection through the filter.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) peers: Peers,
    pub(super) surroundings: Surroundings,
    /// Who the client is by its certificate.
    pub(super) principal: Option<Principal>,
    pub(super) downstream: Half,
    pub(super) upstream: Half,
    /// Whether a call has gone on: the first one chooses the connection's cluster.
    pub(super) routed: bool,
    /// Whether anything has gone to the provider or come from it.
    pub(super) connected: bool,
    /// Heartbeats that wait for the first call, because that chooses the cluster.
    pub(super) early: Vec<u8>,
    /// The cluster that this callback has chosen.
    pub(super) cluster: Option<Rc<str>>,
    /// When there may be something to do although nothing comes.
    pub(super) wake: Option<Nanos>,
    /// Whether it has begun as Dubbo.
    begun: bool,
    /// It has begun as something else, and the policy lets that pass: nothing of it is looked at.
    unprotected: bool,
    /// Set once the connection must close: nothing is passed on any more.
    pub(super) closing: Option<CloseReason>,
}

/// What one side sends.
#[derive(Debug)]
pub(super) struct Half {
    /// An incomplete frame, from its first byte on.
    pub(super) held: Vec<u8>,
    /// How many bytes it must have before it is worth looking at.
    pub(super) need: usize,
    /// When its first byte came.
    pub(super) since: Nanos,
    /// How much is still to come of the body of an answer, which passes by.
    pub(super) body_left: u64,
    /// The call that this answer answers, until the first bytes of the body have told how.
    pub(super) answering: Option<Answering>,
    /// The requests of this side that wait for an answer.
    pub(super) in_flight: InFlight<Box<Books>, Box<Denied>>,
    /// Who makes the requests of this side.
    pub(super) caller: Option<Rc<Caller>>,
}

impl Connection {
    /// Nothing has come yet. `seed` must not be known to the peers.
    pub(crate) fn new(peers: Peers, surroundings: Surroundings, seed: u64) -> Connection {
        let half = || Half {
            held: Vec::new(),
            need: 0,
            since: Nanos::default(),
            body_left: 0,
            answering: None,
            in_flight: InFlight::new(seed),
            caller: None,
        };
        Connection {
            peers,
            surroundings,
            principal: None,
            downstream: half(),
            upstream: half(),
            routed: false,
            connected: false,
            early: Vec::new(),
            cluster: None,
            wake: None,
            begun: false,
            unprotected: false,
            closing: None,
        }
    }

    /// The provider's address, which is known only once it is connected.
    pub(crate) fn set_provider(&mut self, provider: Option<SocketAddr>) {
        self.peers.provider = provider;
    }

    /// The URI of the client's certificate; `None` if it has shown none. Calls are judged by it from now on.
    pub(crate) fn set_principal(&mut self, uri: Option<&str>) {
        self.principal = uri.and_then(Principal::new);
        self.downstream.caller = None;
    }

    /// Bytes kept, counting what was allocated for them.
    pub(crate) fn held_bytes(&self) -> usize {
        self.downstream.held.capacity() + self.upstream.held.capacity() + self.early.capacity()
    }

    /// When the older of the two incomplete frames began.
    pub(crate) fn held_since(&self) -> Option<Nanos> {
        [&self.downstream, &self.upstream]
            .into_iter()
            .filter(|half| !half.held.is_empty())
            .map(|half| half.since)
            .min()
    }

    /// Requests that wait for an answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.downstream.in_flight.len() + self.upstream.in_flight.len()
    }

    /// Whether it could end now and nobody would miss anything: no request waits, and nothing is here in part.
    pub(crate) fn is_idle(&self) -> bool {
        let done = |half: &Half| half.held.is_empty() && half.body_left == 0;
        self.in_flight() == 0
            && self.early.is_empty()
            && done(&self.downstream)
            && done(&self.upstream)
    }

    /// When to call [`Connection::overdue`] although nothing comes.
    pub(crate) fn wake(&self) -> Option<Nanos> {
        self.wake
    }

    pub(super) fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Downstream => &mut self.downstream,
            Side::Upstream => &mut self.upstream,
        }
    }

    pub(super) fn wake_by(&mut self, at: Nanos) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
    }

    /// Takes the next bytes of one side. At `end_of_stream` they are its last.
    pub(crate) fn data(
        &mut self,
        from: Side,
        bytes: Vec<u8>,
        end_of_stream: bool,
        ledger: &mut Ledger<'_>,
        cx: &mut Context<'_>,
    ) -> Effects {
        if let Some(reason) = self.closing {
            return Effects::close(reason);
        }
        if self.unprotected {
            return Effects::keep();
        }
        let half = self.half(from);
        let was_held = !half.held.is_empty();
        let (mut input, since) = if was_held {
            half.held.extend_from_slice(&bytes);
            if half.held.len() < half.need && !end_of_stream {
                return Effects::nothing();
            }
            (core::mem::take(&mut half.held), half.since)
        } else {
            (bytes, cx.now.mono)
        };
        let passed = self.input(from, &input, end_of_stream, ledger, cx);
        if passed.tail == 0 && !input.is_empty() {
            self.hold(from, input, since, cx);
            return Effects::nothing();
        }
        let rest = input.get(passed.tail..).unwrap_or_default().to_vec();
        self.hold(from, rest, cx.now.mono, cx);
        passed.effects(|len| {
            if len == input.len() && !was_held {
                return Edit::Keep;
            }
            input.truncate(len);
            Edit::Replace(input)
        })
    }

    /// Deals with bytes that begin where a frame, or what is left of an answer's body, begins.
    fn input(
        &mut self,
        from: Side,
        input: &[u8],
        end_of_stream: bool,
        ledger: &mut Ledger<'_>,
        cx: &mut Context<'_>,
    ) -> Passed {
        let half = self.half(from);
        let mut cut = cut(input, from, half.body_left, cx.policy, cx.memory);
        half.body_left = cut.body_left;
        half.need = cut.need;
        let asked = cut.pieces.iter().filter(|piece| piece.asks()).count();
        if asked > cx.max_in_flight.saturating_sub(self.in_flight()) {
            cut.error = Some(CloseReason::CALLS_IN_FLIGHT);
        }
        self.connected |= from == Side::Upstream;
        if self.is_foreign(from, input, cx.policy) {
            self.unprotected = true;
            cx.metrics.connection_unprotected();
            return Passed::whole(input.len());
        }
        self.begun |= input.len() >= MAGIC_LEN;
        if self.early.len() > MAX_EARLY {
            cut.error = Some(CloseReason::EARLY_EVENTS);
        }
        if let Some(reason) = cut.error {
            for piece in &cut.pieces {
                if let Piece::Call(request) = piece {
                    self.throw_away(from, request, reason, cx);
                }
            }
            self.close(reason, cx.metrics);
            return Passed::closed(reason, input.len());
        }
        let mut output = Output::new(input);
        for piece in &cut.pieces {
            match piece {
                Piece::Call(request) if let Some(reason) = self.closing => {
                    self.throw_away(from, request, reason, cx);
                }
                _ if self.closing.is_some() => {}
                Piece::Call(request) => self.call(from, request, &mut output, ledger, cx),
                Piece::Event { at, head, two_way } => {
                    self.event(from, at, head, *two_way, &mut output, cx);
                }
                Piece::EventAnswer { at, head } => {
                    self.go_on(from, &mut output);
                    self.event_answer(from, at, head, &mut output, cx);
                }
                Piece::Answer { at, head } => {
                    self.go_on(from, &mut output);
                    output.keep(at.clone());
                    self.answer(from, head, cx);
                }
                Piece::Body { at } => {
                    output.keep(at.clone());
                    self.answer_body(from, input.get(at.clone()).unwrap_or_default(), cx);
                }
            }
        }
        if self.closing.is_some() {
            cut.tail = input.len();
        } else if end_of_stream {
            if cut.tail < input.len() {
                cx.metrics.refused(TRUNCATED);
            }
            cut.tail = input.len();
            // Within the body of an answer, a refusal would be read as a part of it.
            if cut.body_left == 0 {
                self.refuse_all(from.other(), &mut output);
            }
            self.unanswered(from.other(), cx);
            // Envoy never ends a connection whose client has ended it before anything went on.
            if from == Side::Downstream && !self.connected && cx.policy.chooses_clusters {
                let reason = CloseReason::ENDED_BEFORE_A_CALL;
                self.close(reason, cx.metrics);
                return Passed::closed(reason, input.len());
            }
        }
        Passed {
            tail: cut.tail,
            cluster: self.cluster.take(),
            close: None,
            output: output.finish(),
        }
    }

    /// Whether these bytes are a connection's first, and no Dubbo, and the policy lets such connections pass.
    fn is_foreign(&mut self, from: Side, input: &[u8], policy: &Policy) -> bool {
        policy.foreign_bytes == ForeignBytes::PassUnprotected
            && !self.begun
            && Head::check_start(input).is_err()
            && self.half(from.other()).held.is_empty()
    }

    /// Keeps an incomplete frame, whose first byte came at `since`.
    fn hold(&mut self, from: Side, frame: Vec<u8>, since: Nanos, cx: &Context<'_>) {
        if !frame.is_empty() {
            let half = self.half(from);
            half.held = frame;
            half.since = since;
            self.wake_by(since + cx.policy.limits.frame_timeout);
        }
    }

    /// A heartbeat, or a provider's word that it goes away. Where calls choose the cluster, what comes before the first
    /// call waits for it.
    fn event(
        &mut self,
        from: Side,
        at: &Range<usize>,
        head: &Head,
        two_way: bool,
        output: &mut Output<'_>,
        cx: &mut Context<'_>,
    ) {
        if two_way {
            self.half(from)
                .in_flight
                .push(head.id, cx.now.mono, Awaited::Heartbeat);
            self.wake_by(cx.now.mono + cx.policy.limits.forget_calls_after);
        }
        if from == Side::Downstream && !self.connected && cx.policy.chooses_clusters {
            self.early.extend_from_slice(output.input(at.clone()));
        } else {
            self.go_on(from, output);
            output.keep(at.clone());
        }
    }

    /// A call is about to go on: the first one chooses the cluster.
    pub(super) fn choose_cluster(&mut self, from: Side, route: Option<&Route>) {
        if from == Side::Downstream && !self.routed {
            self.routed = true;
            self.cluster = route
                .and_then(|route| route.connection_cluster.as_deref())
                .map(Rc::from);
        }
    }

    /// Something of this side is about to go on. To a provider, the heartbeats that waited for it go first.
    pub(super) fn go_on(&mut self, from: Side, output: &mut Output<'_>) {
        if from == Side::Downstream {
            self.connected = true;
            if !self.early.is_empty() {
                output.edit().append(&mut self.early);
            }
        }
    }
}

/// More heartbeats than this do not wait for a call.
const MAX_EARLY: usize = 64 * 1024;

/// What became of some input.
struct Passed {
    close: Option<CloseReason>,
    pub(super) cluster: Option<Rc<str>>,
    /// The output: a beginning of the input, or other bytes.
    output: Result<usize, Vec<u8>>,
    /// Where the incomplete frame begins.
    tail: usize,
}

impl Passed {
    /// All of the input goes on.
    fn whole(len: usize) -> Passed {
        Passed {
            close: None,
            cluster: None,
            output: Ok(len),
            tail: len,
        }
    }

    fn closed(reason: CloseReason, tail: usize) -> Passed {
        Passed {
            close: Some(reason),
            cluster: None,
            output: Ok(0),
            tail,
        }
    }

    fn effects(self, unedited: impl FnOnce(usize) -> Edit) -> Effects {
        Effects {
            close: self.close,
            cluster: self.cluster,
            edit: self.output.map_or_else(Edit::Replace, unedited),
        }
    }
}
