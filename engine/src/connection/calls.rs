//! Calls, once they are judged: passed on, rewritten where a route says so, or swapped for a heartbeat.

use std::rc::Rc;

use dubbo::edit::EditError;
use dubbo::{Call, CallError, Serialization, edit, event, refusal};

use super::books::{Books, Caller, End, Judgement};
use super::cut::{Request, takes_refusals};
use super::facts::Facts;
use super::in_flight::Awaited;
use super::judge::{Sentence, invalid, judge, must_rewrite};
use super::output::Output;
use super::trail::Judged;
use super::{CloseReason, Connection, Context, Peers, Side};
use crate::metrics::Decision as Outcome;
use crate::policy::{Origin, Policy, Refusal, Route};
use crate::quota::Ledger;

/// A call that is being refused, until the provider has answered the heartbeat in its place.
#[derive(Debug)]
pub(super) struct Denied {
    pub(super) serialization: Serialization,
    pub(super) form: refusal::Form,
    pub(super) text: String,
}

impl Connection {
    /// Decides a call and does what was decided.
    pub(super) fn call(
        &mut self,
        from: Side,
        request: &Request<'_>,
        output: &mut Output<'_>,
        ledger: &mut Ledger<'_>,
        cx: &mut Context<'_>,
    ) {
        let policy = Rc::clone(cx.policy);
        let (facts, sentence) = match &request.read {
            Ok(read) => {
                let caller = self.caller(from);
                let sentence = judge(from, request, read, &caller, &policy, ledger, cx);
                (Rc::clone(&read.facts), sentence)
            }
            Err(error) => {
                cx.metrics.refused(error.name());
                (
                    Rc::default(),
                    invalid(&policy, error.name(), &error.to_string()),
                )
            }
        };
        let Sentence {
            mut judgement,
            mut fate,
        } = sentence;
        if let Ok(route) = fate.as_ref()
            && let Err(Unwritable { reason, message }) =
                self.pass(from, request, *route, &policy, output)
        {
            cx.metrics.refused(reason);
            Sentence { judgement, fate } = invalid(&policy, reason, &message);
        }
        let books = self.books(from, request, facts, judgement, cx);
        match fate {
            Ok(_) if request.two_way => {
                self.wake_by(cx.now.mono + policy.limits.forget_calls_after);
                self.half(from).in_flight.push(
                    request.frame.head.id,
                    cx.now.mono,
                    Awaited::Call(Box::new(books)),
                );
            }
            Ok(_) => books.close(End::OneWay, cx),
            Err(refusal) => {
                books.close(End::Refused, cx);
                self.refuse(from, request, refusal, output, cx);
            }
        }
    }

    /// Lets a call on. The attachments that routes set are the policy's: a caller's own are taken out of every call.
    fn pass(
        &mut self,
        from: Side,
        request: &Request<'_>,
        route: Option<&Route>,
        policy: &Policy,
        output: &mut Output<'_>,
    ) -> Result<(), Unwritable> {
        let read = request.read.as_ref();
        if !read.is_ok_and(|read| must_rewrite(from, &read.facts, route, policy)) {
            self.choose_cluster(from, route);
            self.go_on(from, output);
            output.keep(request.at.clone());
            return Ok(());
        }
        let mut frame = request.rewritten(route, policy)?;
        self.choose_cluster(from, route);
        self.go_on(from, output);
        output.edit().append(&mut frame);
        Ok(())
    }

    /// The call does not go on. A caller that waits for an answer gets it in the place of a heartbeat's; one that does not
    /// cannot be told. Where no refusal can be written, the connection closes behind what was admitted before.
    fn refuse(
        &mut self,
        from: Side,
        request: &Request<'_>,
        refusal: Refusal,
        output: &mut Output<'_>,
        cx: &mut Context<'_>,
    ) {
        if !request.two_way {
            return;
        }
        let head = request.frame.head;
        if !takes_refusals(head.serialization) {
            self.close(CloseReason::UNSUPPORTED_SERIALIZATION, cx.metrics);
            return;
        }
        self.go_on(from, output);
        output
            .edit()
            .extend_from_slice(&event::heartbeat_request(head.id));
        self.wake_by(cx.now.mono + cx.policy.limits.denial_timeout);
        let denied = Denied {
            serialization: head.serialization,
            form: refusal.form,
            text: refusal.text,
        };
        let awaited = Awaited::Denial(Box::new(denied));
        self.half(from)
            .in_flight
            .push(head.id, cx.now.mono, awaited);
    }

    /// A request that had come whole when its connection had to be closed: it goes nowhere.
    pub(super) fn throw_away(
        &mut self,
        from: Side,
        request: &Request<'_>,
        reason: CloseReason,
        cx: &mut Context<'_>,
    ) {
        let facts = request
            .read
            .as_ref()
            .map_or_else(|_| Rc::default(), |read| Rc::clone(&read.facts));
        let judgement = Judgement::without_rules(cx.policy, Outcome::Refused, reason.name());
        self.books(from, request, facts, judgement, cx)
            .close(End::Refused, cx);
    }

    fn books(
        &mut self,
        from: Side,
        request: &Request<'_>,
        facts: Rc<Facts>,
        judgement: Judgement,
        cx: &mut Context<'_>,
    ) -> Books {
        if let Some(trail) = &mut cx.trail {
            let (service, version, group) = facts.runs();
            trail.push(Judged {
                from,
                id: request.frame.head.id,
                service: service.to_owned(),
                version: version.to_owned(),
                group: group.to_owned(),
                method: facts.method().to_owned(),
                one_way: !request.two_way,
                policy: Rc::clone(&judgement.policy),
                outcome: judgement.outcome,
                reason: judgement.reason,
                rule: judgement.rule,
                dry_run: judgement.dry_run.clone(),
                quotas: judgement.quotas.clone(),
                list: judgement.list,
                route: judgement.route,
                may_be_allowed: judgement.may_be_allowed,
            });
        }
        Books {
            label: cx.metrics.label(facts.runs().0, facts.method()),
            facts: facts.to_keep(),
            arrived: cx.now,
            one_way: !request.two_way,
            serialization: request.frame.head.serialization,
            caller: self.caller(from),
            request_bytes: request.frame.bytes.len() as u64,
            judgement,
        }
    }

    fn caller(&mut self, from: Side) -> Rc<Caller> {
        if let Some(caller) = &self.half(from).caller {
            return Rc::clone(caller);
        }
        let caller = Rc::new(self.new_caller(from));
        self.half(from).caller = Some(Rc::clone(&caller));
        caller
    }

    /// What a provider calls back goes to the client: neither the client's certificate nor Envoy's workload has to do
    /// with that.
    fn new_caller(&self, from: Side) -> Caller {
        let Peers {
            client,
            listener,
            provider,
        } = self.peers;
        let (source, destination) = match from {
            Side::Downstream => (client, listener),
            Side::Upstream => (provider, client),
        };
        let mut origin = Origin {
            direction: self.surroundings.direction,
            ..Origin::new(source, destination)
        };
        if from == Side::Downstream {
            origin.principal = self.principal.clone();
            origin.workload = self.surroundings.workload();
        }
        Caller::new(source, destination, origin)
    }
}

impl Request<'_> {
    /// The frame with those of the route as the only attachments that routes may set.
    fn rewritten(&self, route: Option<&Route>, policy: &Policy) -> Result<Vec<u8>, Unwritable> {
        let set = route.map_or(&[][..], |route| &route.set);
        let head = &self.frame.head;
        let limits = dubbo::Limits::default();
        let call = Call::parse(self.frame.body(), head.serialization, limits)?;
        let mut frame = Vec::with_capacity(self.frame.bytes.len() + ROOM_FOR_ATTACHMENTS);
        edit::set_attachments(&mut frame, head, &call, set, &policy.owned_attachments)?;
        if frame.len() > policy.limits.max_frame_bytes {
            return Err(EditError::TooLong.into());
        }
        Ok(frame)
    }
}

/// Why a call cannot be given the attachments that a route sets.
struct Unwritable {
    reason: &'static str,
    message: String,
}

impl From<EditError> for Unwritable {
    fn from(error: EditError) -> Unwritable {
        Unwritable {
            reason: error.name(),
            message: error.to_string(),
        }
    }
}

impl From<CallError> for Unwritable {
    fn from(error: CallError) -> Unwritable {
        Unwritable {
            reason: error.name(),
            message: error.to_string(),
        }
    }
}

/// What two short attachments add to a frame.
const ROOM_FOR_ATTACHMENTS: usize = 64;
