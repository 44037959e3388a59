//! One case on one way.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;
use e2e::frames::{contains, frames};
use e2e::peer::Provider;
use e2e::socket::Socket;
use e2e::wait::{self, SOON};
use scenario::Frame;
use scenario::bypass::{Case, Outcome};
use serde_json::json;

/// A way to a provider.
pub(crate) struct Line<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) address: SocketAddr,
}

impl Line<'_> {
    /// What comes of the case. When it is known what should, waits for that, within a deadline.
    pub(crate) fn play(&self, case: &Case, expected: Option<Outcome>) -> Result<Outcome> {
        let before = self.provider.executed().len();
        let client = Socket::connect(self.address)?;
        for segment in case.segments()? {
            // Envoy or the provider may have closed the connection: that is an outcome.
            let _ = client.send(&segment);
            // So that the next segment is one of its own: this one has been read when two later calls have run.
            if self.ordinary_calls(2).is_err() {
                return Ok(Outcome::Crashed);
            }
        }
        let patience = expected.map_or(Duration::from_millis(250), |_| SOON);
        let expected = expected.unwrap_or(Outcome::Secret);
        // What it is instead is returned.
        let _ = wait::until(&case.name, patience, || {
            let outcome = self.outcome(&client, before);
            // Nothing that happens later takes back that a closed service has run.
            let settled = outcome == expected || outcome == Outcome::Secret;
            Ok(settled.then_some(()))
        });
        if std::env::var_os("BYPASS_ONLY").is_some() {
            println!("{}", client.seen().0.escape_ascii());
        }
        Ok(self.outcome(&client, before))
    }

    /// Calls of the open service on connections of their own, one after the other, until each has run. Fails when nobody listens, or
    /// nobody runs them.
    fn ordinary_calls(&self, times: u32) -> Result<()> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        for _ in 0..times {
            let text = format!("{ORDINARY}{}.", NUMBER.fetch_add(1, Ordering::Relaxed));
            let call = json!({"call": {"id": 1, "service": "lab.UserService", "method": "hello", "args": [text]}});
            let call = serde_json::from_value::<Frame>(call)?.bytes()?;
            let mut client = Socket::connect(self.address)?;
            client.send(&call)?;
            wait::until("an ordinary call", SOON, || {
                let ran = self.provider.executed();
                if ran.iter().any(|call| call.contains(&text)) {
                    return Ok(Some(()));
                }
                if client.seen().1 {
                    // Its record may be on the way; if not, the next one is.
                    client = Socket::connect(self.address)?;
                    let _ = client.send(&call);
                }
                Ok(None)
            })?;
        }
        Ok(())
    }

    fn outcome(&self, client: &Socket, before: usize) -> Outcome {
        let mut executed = self.provider.executed().split_off(before);
        executed.retain(|call| !call.contains(ORDINARY));
        let (received, ended) = client.seen();
        if executed.iter().any(|call| is_closed(call)) {
            Outcome::Secret
        } else if !executed.is_empty() {
            Outcome::Open
        } else if contains(&received, "dubbo-policy: ") {
            Outcome::Refused
        } else {
            match answer(&received) {
                Outcome::Nothing if ended => Outcome::Closed,
                outcome => outcome,
            }
        }
    }
}

/// Whether the policy closes what this line of the provider's record tells of.
fn is_closed(call: &str) -> bool {
    call.contains("SecretService")
        || call.starts_with("g1/")
        || call.to_lowercase().contains(".finduser ")
}

fn answer(received: &[u8]) -> Outcome {
    let Some(first) = frames(received, 0).next() else {
        return match received {
            [] => Outcome::Nothing,
            _ => Outcome::Text,
        };
    };
    let body = received.get(first.body.clone()).unwrap_or_default();
    // Of hessian2 or fastjson2, whatever the header says: dubbo-go answers in hessian2 under any id.
    let exception = matches!(body, [0x90 | 0x93, ..] | [0, 0, 0, 2, 0xbd, 0 | 3, ..]);
    if first.status == OK && (first.is_event() || !exception) {
        Outcome::Answered
    } else {
        Outcome::Error
    }
}

const OK: u8 = 20;
const ORDINARY: &str = "ordinary-";
