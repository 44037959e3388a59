//! What a refused caller is told.

use dubbo::Status;

use super::{Action, Form, Policy, Verdict};

/// How a caller is refused: the text, and what carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// An exception, or a Dubbo status.
    pub form: Form,
    /// `dubbo-policy: DENIED rule=no-reveal: reveal is closed`.
    pub text: String,
}

/// The word that says what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A rule, or the lack of one, refuses the call.
    Denied,
    /// A quota is exhausted.
    Limited,
    /// What the policy needs is not there.
    Unavailable,
    /// The call is not one that the policy can judge.
    Invalid,
}

impl RefusalKind {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            RefusalKind::Denied => "DENIED",
            RefusalKind::Limited => "LIMITED",
            RefusalKind::Unavailable => "UNAVAILABLE",
            RefusalKind::Invalid => "INVALID",
        }
    }
}

/// `dubbo-policy: KIND rule=RULE: MESSAGE`. `rule` is `-` when no rule decided.
pub fn refusal_text(kind: RefusalKind, rule: &str, message: &str) -> String {
    format!("dubbo-policy: {} rule={rule}: {message}", kind.name())
}

impl Policy {
    /// What the caller is told; `None` if the call goes on.
    pub fn refusal(&self, verdict: &Verdict<'_>) -> Option<Refusal> {
        let (kind, why) = match verdict {
            Verdict::Allowed { .. } => return None,
            Verdict::Denied { rule: None } => (RefusalKind::Denied, "no rule allows it".to_owned()),
            Verdict::Denied { rule: Some(rule) } => {
                let why = match rule.action {
                    Action::Require(_) => "what the rule requires does not hold",
                    _ => "the rule denies it",
                };
                (RefusalKind::Denied, why.to_owned())
            }
            Verdict::Limited { quota, .. } => (
                RefusalKind::Limited,
                format!("quota {} is exhausted", quota.name),
            ),
            Verdict::Expired { list, .. } => {
                (RefusalKind::Unavailable, format!("list {list} has expired"))
            }
            Verdict::Unavailable { quota, .. } => (
                RefusalKind::Unavailable,
                format!("quota {} cannot be counted", quota.name),
            ),
        };
        let rule = verdict.rule();
        let name = rule.map_or("-", |rule| &rule.name);
        let message = rule
            .and_then(|rule| rule.message.as_deref())
            .unwrap_or(&why);
        // What is not the caller's fault makes a consumer try another provider.
        let form = match kind {
            RefusalKind::Unavailable => Form::Status(Status::SERVER_THREADPOOL_EXHAUSTED),
            _ => self.denial,
        };
        Some(Refusal {
            form: rule.and_then(|rule| rule.denial).unwrap_or(form),
            text: refusal_text(kind, name, message),
        })
    }
}
