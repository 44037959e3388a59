//! A hand-made consumer: one call after the other on one connection.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::frames::contains;
use crate::socket::Socket;
use crate::wait::{self, SOON};

/// A connection and its calls to `lab.UserService`.
#[derive(Debug)]
pub struct Caller {
    socket: Socket,
    calls: i64,
}

impl Caller {
    /// Connects.
    pub fn connect(to: SocketAddr) -> Result<Caller> {
        Ok(Caller {
            socket: Socket::connect(to)?,
            calls: 0,
        })
    }

    /// The answer to a call, or how it failed.
    pub fn call(&mut self, method: &str) -> Result<Vec<u8>> {
        self.calls += 1;
        let (before, _) = self.socket.seen();
        let call =
            json!({"call": {"id": self.calls, "service": "lab.UserService", "method": method}});
        self.socket
            .send(&serde_json::from_value::<scenario::Frame>(call)?.bytes()?)?;
        let whole = |bytes: &[u8]| {
            let length: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
            (bytes.len() >= 16 + u32::from_be_bytes(length) as usize).then_some(())
        };
        wait::until("an answer", SOON, || {
            let (bytes, ended) = self.socket.seen();
            let answer = &bytes[before.len()..];
            ensure!(
                !ended || whole(answer).is_some(),
                "the connection has ended"
            );
            Ok(whole(answer).map(|()| answer.to_vec()))
        })
    }

    /// The text of a refusal that stands in the answer to a call; `None` if it was the provider's `ok`.
    pub fn refusal(&mut self, method: &str) -> Result<Option<String>> {
        let answer = self.call(method)?;
        if answer.ends_with(b"\x91\x02ok") {
            return Ok(None);
        }
        ensure!(contains(&answer, "dubbo-policy: "), "{answer:?}");
        let text = String::from_utf8_lossy(&answer).into_owned();
        let at = text.find("dubbo-policy: ").unwrap_or_default();
        Ok(Some(text[at..].to_owned()))
    }

    /// Whether the other end has closed the connection.
    pub fn ended(&self) -> bool {
        self.socket.seen().1
    }
}
