//! One call as an OTLP `LogRecord`.

use super::event::{self, INFO, Uid, WARN};
use crate::metrics::{Answer, Decision};
use crate::time::{Nanos, Now};

/// One call that has ended, borrowed from whoever followed it. What is absent is `""` or `None` and is not sent.
#[derive(Debug, Clone, Copy)]
pub struct CallRecord<'a> {
    /// Wall clock when the request's last byte came, in nanoseconds since the UTC epoch.
    pub started: u64,
    /// From the request's last byte to the first of the answer; `None` when no answer came or was awaited.
    pub duration: Option<Nanos>,
    /// What the provider runs: `com.acme.Users`.
    pub service: &'a str,
    /// The method; of a generic call the one that is invoked by it.
    pub method: &'a str,
    /// The service's version.
    pub version: &'a str,
    /// The service's group.
    pub group: &'a str,
    /// The caller awaits no answer.
    pub one_way: bool,
    /// The name of the serialization: `hessian2`.
    pub serialization: &'a str,
    /// The caller's address, without port.
    pub client_address: &'a str,
    /// The address that the caller connected to, without port.
    pub server_address: &'a str,
    /// The port that the caller connected to; 0 for unknown.
    pub server_port: u16,
    /// The request frame's length, head and body.
    pub request_bytes: u64,
    /// The answer frame's length, head and body.
    pub response_bytes: Option<u64>,
    /// The name of the Dubbo status that the caller was answered with: `OK`, `SERVER_TIMEOUT`.
    pub status: &'a str,
    /// What the policy decided.
    pub decision: Decision,
    /// How the provider answered.
    pub answer: Answer,
    /// Why the call was not allowed: `denied`, `limited`, `unavailable` (a quota), `list_expired`, or a protocol refusal's name (`contradiction`).
    pub reason: &'a str,
    /// The rule that decided.
    pub rule: &'a str,
    /// The rules in dry run that would have refused.
    pub dry_run_rules: &'a [&'a str],
    /// The quotas that were charged, or the one that was exhausted.
    pub quotas: &'a [&'a str],
    /// The list that has expired, if that is the reason.
    pub list: &'a str,
    /// The route that applied.
    pub route: &'a str,
    /// Who the caller is by its certificate, without `spiffe://`.
    pub source_principal: &'a str,
    /// The namespace of that, in a SPIFFE id of Istio's form.
    pub source_namespace: &'a str,
    /// The application that the caller claims to be.
    pub claimed_app: &'a str,
}

impl CallRecord<'_> {
    /// OpenTelemetry's `error.type`: a short name of what went wrong, `""` if nothing did.
    fn error_type(&self) -> &str {
        match (self.decision, self.answer) {
            (Decision::Allowed, Answer::Ok | Answer::OneWay) => "",
            (Decision::Allowed, Answer::Error) if !self.status.is_empty() => self.status,
            (Decision::Allowed, answer) => answer.name(),
            (decision, _) if self.reason.is_empty() => decision.name(),
            _ => self.reason,
        }
    }

    fn severity(&self) -> u64 {
        if self.decision == Decision::Allowed {
            INFO
        } else {
            WARN
        }
    }
}

/// Writes a `dubbo.call` event; what is the same for all calls stands in the message's resource and scope.
///
/// Every text is cut at 512 bytes and lists at 16 names: a record takes 24 KiB at most, whatever the caller sent.
pub(super) fn write_call(out: &mut Vec<u8>, now: Now, uid: Uid<'_>, call: &CallRecord<'_>) {
    let mut attributes = event::begin(out, "dubbo.call", call.started, now, call.severity(), uid);
    if !(call.service.is_empty() && call.method.is_empty()) {
        attributes.joined("rpc.method", &[call.service, "/", call.method]);
    }
    attributes.text("rpc.response.status_code", call.status);
    attributes.text("error.type", call.error_type());
    attributes.text("client.address", call.client_address);
    attributes.text("server.address", call.server_address);
    if call.server_port != 0 {
        attributes.int("server.port", u64::from(call.server_port));
    }
    if let Some(duration) = call.duration {
        attributes.double("dubbo.call.duration", duration.as_secs_f64());
    }
    attributes.int("dubbo.request.size", call.request_bytes);
    if let Some(bytes) = call.response_bytes {
        attributes.int("dubbo.response.size", bytes);
    }
    attributes.text("dubbo.service.version", call.version);
    attributes.text("dubbo.service.group", call.group);
    attributes.flag("dubbo.one_way", call.one_way);
    attributes.text("dubbo.serialization", call.serialization);
    attributes.text("dubbo.policy.decision", call.decision.name());
    attributes.text("dubbo.policy.reason", call.reason);
    attributes.text("dubbo.policy.rule", call.rule);
    attributes.list("dubbo.policy.dry_run_rules", call.dry_run_rules);
    attributes.list("dubbo.policy.quotas", call.quotas);
    attributes.text("dubbo.policy.list", call.list);
    attributes.text("dubbo.policy.route", call.route);
    attributes.text("dubbo.source.principal", call.source_principal);
    attributes.text("dubbo.source.namespace", call.source_namespace);
    attributes.text("dubbo.claimed.app", call.claimed_app);
}
