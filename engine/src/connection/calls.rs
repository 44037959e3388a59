//! Calls, once they are judged: passed on, rewritten where a route says so, or swapped for a heartbeat.

use std::rc::Rc;

use dubbo::edit::EditError;
use dubbo::{Call, Identities, Serialization, edit, event, refusal};

use super::books::{Books, Caller, End, Judgement, Signature};
use super::cut::Request;
use super::in_flight::Awaited;
use super::judge::{Sentence, claimed_app, invalid, judge};
use super::output::Output;
use super::{CloseReason, Connection, Context, Side};
use crate::metrics::Decision as Outcome;
use crate::policy::{Mode, Policy, Refusal, Route};
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
        let (signature, sentence) = match &request.call {
            Ok(call) => {
                let identities = call.identities();
                let signature = self.signature(call, &identities);
                let sentence = judge(request, call, &identities, &self.caller(from), &policy, ledger, cx);
                (signature, sentence)
            }
            Err(error) => {
                cx.metrics.refused(error.name());
                (Rc::default(), invalid(&policy, error.name(), &error.to_string()))
            }
        };
        let Sentence {
            mut judgement,
            mut fate,
        } = sentence;
        if let Ok(route) = fate.as_ref()
            && let Err(error) = self.pass(from, request, *route, &policy, output)
        {
            cx.metrics.refused(error.name());
            Sentence { judgement, fate } = invalid(&policy, error.name(), &error.to_string());
        }
        let books = self.books(from, request, signature, judgement, cx);
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
    ) -> Result<(), EditError> {
        let set = route.map_or(&[][..], |route| &route.set);
        match &request.call {
            Ok(call)
                if from == Side::Downstream
                    && policy.mode == Mode::Enforce
                    && (!set.is_empty() || edit::has_owned(call, &policy.owned_attachments)) =>
            {
                let head = &request.frame.head;
                let mut frame = Vec::with_capacity(request.frame.bytes.len() + ROOM_FOR_ATTACHMENTS);
                edit::set_attachments(&mut frame, head, call, set, &policy.owned_attachments)?;
                if frame.len() > policy.limits.max_frame_bytes {
                    return Err(EditError::TooLong);
                }
                self.choose_cluster(from, route, output);
                output.edit().append(&mut frame);
            }
            _ => {
                self.choose_cluster(from, route, output);
                output.keep(request.at.clone());
            }
        }
        Ok(())
    }

    /// The call does not go on. A caller that waits for an answer gets it in the place of a heartbeat's; one that does not
    /// cannot be told.
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
        self.choose_cluster(from, None, output);
        output.edit().extend_from_slice(&event::heartbeat_request(head.id));
        self.wake_by(cx.now.mono + cx.policy.limits.denial_timeout);
        let denied = Denied {
            serialization: head.serialization,
            form: refusal.form,
            text: refusal.text,
        };
        let awaited = Awaited::Denial(Box::new(denied));
        self.half(from).in_flight.push(head.id, cx.now.mono, awaited);
    }

    /// A request that had come whole when its connection had to be closed: it goes nowhere.
    pub(super) fn throw_away(
        &mut self,
        from: Side,
        request: &Request<'_>,
        reason: CloseReason,
        cx: &mut Context<'_>,
    ) {
        let signature = request.call.as_ref().map_or_else(
            |_| Rc::default(),
            |call| self.signature(call, &call.identities()),
        );
        let judgement = Judgement::without_rules(cx.policy, Outcome::Refused, reason.0);
        self.books(from, request, signature, judgement, cx)
            .close(End::Refused, cx);
    }

    fn books(
        &mut self,
        from: Side,
        request: &Request<'_>,
        signature: Rc<Signature>,
        judgement: Judgement,
        cx: &mut Context<'_>,
    ) -> Books {
        Books {
            label: cx.metrics.label(&signature.service, &signature.method),
            signature,
            arrived: cx.now,
            one_way: !request.two_way,
            serialization: request.frame.head.serialization,
            caller: self.caller(from),
            request_bytes: request.frame.bytes.len() as u64,
            judgement,
        }
    }

    /// The call's names: those of the last call, if it has the same.
    fn signature(&mut self, call: &Call<'_>, identities: &Identities<'_>) -> Rc<Signature> {
        let claimed_app = claimed_app(call).ok().flatten().unwrap_or_default();
        let method = call.target_method();
        let (service, version, group) = identities
            .first()
            .map_or(("", "", ""), |runs| (&*runs.service, &*runs.version, &*runs.group));
        if let Some(last) = &self.last
            && *last.method == *method
            && *last.service == *service
            && *last.version == *version
            && *last.group == *group
            && *last.claimed_app == *claimed_app
        {
            return Rc::clone(last);
        }
        let signature = Rc::new(Signature {
            service: service.into(),
            version: version.into(),
            group: group.into(),
            method: method.into(),
            claimed_app: claimed_app.into(),
        });
        self.last = Some(Rc::clone(&signature));
        signature
    }

    fn caller(&mut self, from: Side) -> Rc<Caller> {
        let peers = self.peers;
        let caller = self.half(from).caller.get_or_insert_with(|| {
            Rc::new(match from {
                Side::Downstream => Caller::new(peers.client, peers.listener),
                Side::Upstream => Caller::new(peers.provider, peers.client),
            })
        });
        Rc::clone(caller)
    }
}

/// What two short attachments add to a frame.
const ROOM_FOR_ATTACHMENTS: usize = 64;
