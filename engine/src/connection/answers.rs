//! Answers: they pass as they come; their first bytes tell how a call ended, and a denial's becomes the refusal.

use core::ops::Range;

use dubbo::answer::{self, AnswerKind};
use dubbo::{Head, Kind, RequestId, refusal};

use super::books::{Books, End};
use super::calls::Denied;
use super::in_flight::Awaited;
use super::output::Output;
use super::{Connection, Context, Side};

/// The call whose answer is passing by, until the answer's kind is known.
#[derive(Debug)]
pub(super) struct Answering {
    books: Box<Books>,
    head: Head,
    /// The first bytes of the body, which may come one at a time.
    probe: [u8; answer::PROBE],
    probed: usize,
}

impl Answering {
    pub(super) fn into_books(self) -> Box<Books> {
        self.books
    }
}

impl Connection {
    /// The head of an answer has come; it passes.
    pub(super) fn answer(&mut self, from: Side, head: &Head, cx: &mut Context<'_>) {
        let pending = self.half(from.other()).in_flight.take(head.id, false);
        let Some(Awaited::Call(books)) = pending.map(|pending| pending.awaited) else {
            cx.metrics.answer_to_nobody();
            return;
        };
        self.half(from).answering = Some(Answering {
            books,
            head: *head,
            probe: [0; answer::PROBE],
            probed: 0,
        });
        self.answer_body(from, &[], cx);
    }

    /// Some bytes of an answer's body have come; they pass.
    pub(super) fn answer_body(&mut self, from: Side, bytes: &[u8], cx: &mut Context<'_>) {
        let Some(mut answering) = self.half(from).answering.take() else {
            return;
        };
        for (slot, byte) in answering.probe.iter_mut().skip(answering.probed).zip(bytes) {
            *slot = *byte;
        }
        answering.probed = answer::PROBE.min(answering.probed + bytes.len());
        let Kind::Answer { status } = answering.head.kind else {
            return;
        };
        let seen = answering.probe.get(..answering.probed).unwrap_or_default();
        let whole = seen.len() as u64 >= u64::from(answering.head.body_len);
        let kind = answer::kind(status, answering.head.serialization, seen)
            .or(whole.then_some(AnswerKind::Unknown));
        let Some(kind) = kind else {
            self.half(from).answering = Some(answering);
            return;
        };
        answering.books.close(
            End::Answered {
                status,
                kind,
                response_bytes: answering.head.frame_len() as u64,
            },
            cx,
        );
    }

    /// A whole answer to an event has come: to a heartbeat of the peer's own, or to one that stands for a denied call.
    pub(super) fn event_answer(
        &mut self,
        from: Side,
        at: &Range<usize>,
        head: &Head,
        output: &mut Output<'_>,
        cx: &mut Context<'_>,
    ) {
        let in_flight = &mut self.half(from.other()).in_flight;
        // Some providers answer every heartbeat with an id of their own.
        let answered = in_flight
            .take(head.id, true)
            .map(|pending| (head.id, pending))
            .or_else(|| in_flight.take_oldest_denial());
        match answered {
            Some((id, pending)) => match pending.awaited {
                Awaited::Denial(denied) => refuse(id, &denied, output),
                Awaited::Heartbeat | Awaited::Call(_) => output.keep(at.clone()),
            },
            None => {
                cx.metrics.answer_to_nobody();
                output.keep(at.clone());
            }
        }
    }

    /// The provider will answer no more: what was to be refused is refused now.
    pub(super) fn refuse_all(&mut self, waiting: Side, output: &mut Output<'_>) {
        let in_flight = &mut self.half(waiting).in_flight;
        while let Some((id, pending)) = in_flight.take_oldest_denial() {
            if let Awaited::Denial(denied) = pending.awaited {
                refuse(id, &denied, output);
            }
        }
    }
}

fn refuse(id: RequestId, denied: &Denied, output: &mut Output<'_>) {
    refusal::write(
        output.edit(),
        id,
        denied.serialization,
        denied.form,
        &denied.text,
    );
}
