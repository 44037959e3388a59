//! What a runner of scenarios gives: a client and a provider with the filter between them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Deserialize;

/// The filter under test, between a client and a provider that the scenario plays.
///
/// Every connection comes from 127.0.0.1. Where an answer takes time (real Envoy), a method that names what is wanted waits for
/// it up to a deadline of its own, and then returns what there is: the runner of the scenario judges.
pub trait Proxy {
    /// Which of the three this is.
    fn tier(&self) -> Tier;

    /// Begins anew with this policy (JSON text): no connection, no call in flight, every counter 0, no report. Fails with the
    /// policy's errors.
    fn start(&mut self, config_json: &str) -> Result<()>;

    /// Opens a client connection, and the upstream connection that belongs to it.
    fn connect(&mut self) -> Result<Conn>;

    /// `from` sends `bytes` as one segment. What is sent after the filter has closed the connection is lost, without an error.
    fn send(&mut self, conn: Conn, from: Peer, bytes: &[u8]) -> Result<()>;

    /// `from` ends its direction (FIN) and still reads.
    fn finish(&mut self, conn: Conn, from: Peer) -> Result<()>;

    /// All bytes that have arrived at `at` since the connection was opened. Waits until there are at least `want` of them, or
    /// until `at` sees the end.
    fn received(&mut self, conn: Conn, at: Peer, want: usize) -> Result<Vec<u8>>;

    /// Whether `at` has seen the end of what it reads (FIN or reset). Waits until the answer is `want`.
    fn ended(&mut self, conn: Conn, at: Peer, want: bool) -> Result<bool>;

    /// Lets time pass, with the ticks that fall into it. Envoy really waits.
    fn advance(&mut self, by: Duration) -> Result<()>;

    /// The sum over every series of the counter `name` that carries at least `tags`, with what the module has not yet
    /// written to the host. 0 for a counter that does not exist. Waits until it is `want`.
    fn metric(&mut self, name: &str, tags: &BTreeMap<String, String>, want: u64) -> Result<u64>;

    /// The reports so far, in the order in which they were made, with those that still wait for their batch. Waits until there
    /// are `want`.
    fn reports(&mut self, want: usize) -> Result<Vec<Report>>;

    /// The cluster that the filter chose for this connection (filter state `envoy.tcp_proxy.cluster`).
    fn routed_cluster(&mut self, conn: Conn) -> Result<Option<String>> {
        bail!(
            "the {:?} runner does not see the cluster of {conn:?}: leave its tier out of the scenario",
            self.tier()
        )
    }
}

/// A connection, as its runner numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conn(pub usize);

/// The two ends that a scenario plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// The consumer: downstream of the filter.
    Client,
    /// The provider: upstream of the filter.
    Provider,
}

impl Peer {
    /// Who receives what this one sends.
    pub fn other(self) -> Peer {
        match self {
            Peer::Client => Peer::Provider,
            Peer::Provider => Peer::Client,
        }
    }
}

/// The three ways in which a scenario runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The engine, called as a library.
    Native,
    /// The built module on the fake host.
    Harness,
    /// The built module in real Envoy.
    Envoy,
}

/// One OTLP log record of the event `dubbo.call`, as [`otlp::reports`](crate::otlp::reports) reads it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// `INFO` or `WARN`.
    pub severity: String,
    /// The attributes by their dotted names: strings, whole numbers, doubles, booleans, arrays of those.
    pub attributes: BTreeMap<String, serde_json::Value>,
}
