//! How a connection ends, and what in it ends by waiting too long.

use super::answers::Answering;
use super::books::End;
use super::state::{Connection, Context};
use super::{CloseReason, Side};
use crate::metrics::Metrics;
use crate::time::Nanos;

impl Connection {
    /// From now on nothing passes, and nothing is kept.
    pub(crate) fn close(&mut self, reason: CloseReason, metrics: &mut Metrics) {
        if self.closing.is_none() {
            self.closing = Some(reason);
            self.wake = None;
            metrics.connection_closed(reason.name());
            self.downstream.held = Vec::new();
            self.upstream.held = Vec::new();
            self.early = Vec::new();
        }
    }

    /// Whether nothing passes any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// The connection is gone: what is in flight will not be answered.
    pub(crate) fn gone(&mut self, cx: &mut Context<'_>) {
        for half in [&mut self.downstream, &mut self.upstream] {
            let answering = half.answering.take().map(Answering::into_books);
            for books in answering.into_iter().chain(half.in_flight.drain_calls()) {
                books.close(End::NoAnswer, cx);
            }
        }
    }

    /// The other side will answer no more. The connection may stay for as long as this side likes, but its calls have ended:
    /// what they hold of quotas is given back.
    pub(super) fn unanswered(&mut self, waiting: Side, cx: &mut Context<'_>) {
        let answering = self.half(waiting.other()).answering.take();
        let in_flight = &mut self.half(waiting).in_flight;
        let calls = in_flight.forget(Nanos(u64::MAX));
        for books in answering
            .map(Answering::into_books)
            .into_iter()
            .chain(calls)
        {
            books.close(End::NoAnswer, cx);
        }
    }

    /// Looks at what has waited too long: calls are forgotten; for an incomplete frame or a refusal that its caller does
    /// not get, the connection has to close.
    pub(crate) fn overdue(&mut self, cx: &mut Context<'_>) -> Option<CloseReason> {
        if self.closing.is_some() {
            return None;
        }
        let limits = cx.policy.limits;
        let now = cx.now.mono;
        let mut next: Option<Nanos> = None;
        let mut wait_for = |at: Nanos| next = Some(next.map_or(at, |next| next.min(at)));
        for half in [&mut self.downstream, &mut self.upstream] {
            if !half.held.is_empty() {
                if now - half.since >= limits.frame_timeout {
                    return Some(CloseReason::FRAME_TIMEOUT);
                }
                wait_for(half.since + limits.frame_timeout);
            }
            if let Some(since) = half.in_flight.oldest_denial() {
                if now - since >= limits.denial_timeout {
                    return Some(CloseReason::DENIAL_TIMEOUT);
                }
                wait_for(since + limits.denial_timeout);
            }
            if let Some(long_ago) = now.checked_sub(limits.forget_calls_after) {
                for books in half.in_flight.forget(long_ago) {
                    books.close(End::NoAnswer, cx);
                }
            }
            if let Some(since) = half.in_flight.oldest() {
                wait_for(since + limits.forget_calls_after);
            }
        }
        self.wake = next;
        None
    }
}
