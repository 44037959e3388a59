//! What is reported of one call.

use crate::metrics::{Answer, Decision};
use crate::time::Nanos;

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
    /// The name of the answer's Dubbo status: `OK`, `SERVER_TIMEOUT`.
    pub status: &'a str,
    /// What the policy decided.
    pub decision: Decision,
    /// How the provider answered.
    pub answer: Answer,
    /// Why the call was not allowed: `denied`, `unavailable`, or a protocol refusal's name (`contradiction`).
    pub reason: &'a str,
    /// The rule that decided.
    pub rule: &'a str,
    /// The rules in dry run that would have refused.
    pub dry_run_rules: &'a [&'a str],
    /// The quotas that were charged, or the one that was exhausted.
    pub quotas: &'a [&'a str],
    /// The route that applied.
    pub route: &'a str,
    /// The application that the caller claims to be.
    pub claimed_app: &'a str,
}
