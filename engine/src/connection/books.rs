//! The books of a call: what is known when it is decided, kept until it has ended, then counted and reported once.

use core::net::SocketAddr;
use std::rc::Rc;

use dubbo::answer::AnswerKind;
use dubbo::{Serialization, Status};

use super::Context;
use super::facts::Facts;
use crate::metrics::{Answer, CallLabel, Decision as Outcome, EndedCall};
use crate::policy::{Origin, Policy, Principal};
use crate::quota::Hold;
use crate::report::CallRecord;
use crate::time::{Nanos, Now};

/// Who makes the calls of one side, and whom it talks to, as reports say it: written down once a connection.
#[derive(Debug, Default)]
pub(super) struct Caller {
    pub(super) origin: Rc<Origin>,
    address: Box<str>,
    server_address: Box<str>,
    server_port: u16,
}

impl Caller {
    pub(super) fn new(
        caller: Option<SocketAddr>,
        server: Option<SocketAddr>,
        origin: Origin,
    ) -> Caller {
        let text = |address: Option<SocketAddr>| {
            address
                .map_or_else(String::new, |a| a.ip().to_string())
                .into()
        };
        Caller {
            origin: Rc::new(origin),
            address: text(caller),
            server_address: text(server),
            server_port: server.map_or(0, |address| address.port()),
        }
    }
}

/// What was decided. Rules, quotas and routes are named by their places in the policy.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) policy: Rc<Policy>,
    pub(super) outcome: Outcome,
    pub(super) reason: &'static str,
    pub(super) rule: Option<usize>,
    pub(super) dry_run: Vec<usize>,
    pub(super) quotas: Vec<usize>,
    /// The list that has expired, if that is the reason.
    pub(super) list: Option<usize>,
    pub(super) route: Option<usize>,
    /// No rule is known to allow it, but one would if more were known.
    pub(super) may_be_allowed: bool,
    /// What the call holds of quotas while it is in flight.
    #[expect(dead_code, reason = "given back when it is dropped, with the books")]
    pub(super) holds: Vec<Hold>,
}

impl Judgement {
    /// What becomes of a call that no rule has looked at.
    pub(super) fn without_rules(
        policy: &Rc<Policy>,
        outcome: Outcome,
        reason: &'static str,
    ) -> Judgement {
        Judgement {
            policy: Rc::clone(policy),
            outcome,
            reason,
            rule: None,
            dry_run: Vec::new(),
            quotas: Vec::new(),
            list: None,
            route: None,
            holds: Vec::new(),
            may_be_allowed: false,
        }
    }
}

/// One call, from its decision to its end.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) facts: Rc<Facts>,
    pub(super) label: CallLabel,
    pub(super) arrived: Now,
    pub(super) one_way: bool,
    pub(super) serialization: Serialization,
    pub(super) caller: Rc<Caller>,
    pub(super) request_bytes: u64,
    pub(super) judgement: Judgement,
}

/// How a call was answered.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// By the provider.
    Answered {
        status: Status,
        kind: AnswerKind,
        response_bytes: u64,
    },
    /// The connection ended before, or the call was forgotten.
    NoAnswer,
    /// It went on, and no answer was awaited.
    OneWay,
    /// It never went on.
    Refused,
}

impl Books {
    /// The call passed, and nothing but its head was read.
    fn is_unread(&self) -> bool {
        self.facts.method.is_none()
    }

    /// Counts and reports the call. Every call comes here once.
    pub(super) fn close(&self, end: End, cx: &mut Context<'_>) {
        let (answer, status, response_bytes) = match end {
            End::Answered {
                status,
                kind,
                response_bytes,
            } => {
                let answer = match answer(kind) {
                    // That it went well is all that the head of an answer tells.
                    Answer::Error if self.is_unread() && status == Status::OK => Answer::Ok,
                    answer => answer,
                };
                (answer, Some(status), Some(response_bytes))
            }
            End::NoAnswer => (Answer::NoAnswer, None, None),
            End::OneWay => (Answer::OneWay, None, None),
            End::Refused => (Answer::None, None, None),
        };
        let duration: Option<Nanos> = response_bytes.map(|_| cx.now.mono - self.arrived.mono);
        cx.metrics.call_ended(&EndedCall {
            label: self.label,
            decision: self.judgement.outcome,
            answer,
            duration,
            request_bytes: self.request_bytes,
            response_bytes: response_bytes.unwrap_or_default(),
        });
        let Some(reports) = cx.reports.as_deref_mut() else {
            return;
        };
        let judgement = &self.judgement;
        let principal = self.caller.origin.principal.as_ref();
        let policy = &judgement.policy;
        let rule_name = |at: &usize| policy.rules.get(*at).map_or("", |rule| &rule.name);
        let dry_run_rules: Vec<&str> = judgement.dry_run.iter().map(rule_name).collect();
        let quotas: Vec<&str> = judgement
            .quotas
            .iter()
            .map(|at| {
                policy
                    .quotas
                    .get(*at)
                    .map_or("", |limiter| &limiter.quota.name)
            })
            .collect();
        let (service, version, group) = self.facts.runs();
        reports.push(
            cx.now,
            &CallRecord {
                started: self.arrived.wall,
                duration,
                service,
                method: self.facts.method(),
                version,
                group,
                one_way: self.one_way,
                serialization: self.serialization.name().unwrap_or("unknown"),
                client_address: &self.caller.address,
                server_address: &self.caller.server_address,
                server_port: self.caller.server_port,
                request_bytes: self.request_bytes,
                response_bytes,
                status: status.map_or("", |status| status.name().unwrap_or("UNKNOWN")),
                decision: judgement.outcome,
                answer,
                reason: judgement.reason,
                rule: judgement.rule.as_ref().map_or("", rule_name),
                dry_run_rules: &dry_run_rules,
                quotas: &quotas,
                list: judgement
                    .list
                    .and_then(|at| policy.list_names.get(at))
                    .map_or("", |name| name),
                route: judgement
                    .route
                    .and_then(|at| policy.routes.get(at))
                    .map_or("", |route| &route.name),
                source_principal: principal.map_or("", Principal::name),
                source_namespace: principal.and_then(Principal::namespace).unwrap_or_default(),
                claimed_app: self.facts.claimed_app.as_deref().unwrap_or_default(),
            },
        );
    }
}

fn answer(kind: AnswerKind) -> Answer {
    match kind {
        AnswerKind::Value | AnswerKind::Null => Answer::Ok,
        AnswerKind::Exception => Answer::Exception,
        AnswerKind::Error(_) | AnswerKind::Unknown => Answer::Error,
    }
}
