//! Every scenario of this tier, against the built module in the fake Envoy.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod module;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{ConnectionId, Envoy, Peer};
use scenario::{Conn, Proxy, Report, Tier};

use module::{connect, envoy, reports, settings};

#[test]
fn the_built_module_does_what_every_scenario_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/scenarios");
    scenario::run_all(&folder, &mut FakeEnvoy::new().unwrap()).unwrap();
}

/// The module on one worker.
struct FakeEnvoy(Envoy);

impl FakeEnvoy {
    fn new() -> Result<FakeEnvoy> {
        Ok(FakeEnvoy(envoy(settings(""))?))
    }

    /// No VM may trap, whatever a scenario does.
    fn check(&self) -> Result<()> {
        let (traps, log) = (self.0.traps(), self.0.log());
        ensure!(
            traps.is_empty(),
            "the module trapped: {traps:?}, after logging {log:?}"
        );
        Ok(())
    }
}

impl Proxy for FakeEnvoy {
    fn tier(&self) -> Tier {
        Tier::Harness
    }

    fn start(&mut self, config_json: &str) -> Result<()> {
        self.0 = envoy(settings(config_json))?;
        let configured = self.0.configure(config_json.as_bytes());
        self.check()?;
        Ok(configured?)
    }

    fn connect(&mut self) -> Result<Conn> {
        let id = connect(&mut self.0, 0);
        self.check()?;
        Ok(Conn(id.0))
    }

    fn send(&mut self, conn: Conn, from: scenario::Peer, bytes: &[u8]) -> Result<()> {
        self.0.send(ConnectionId(conn.0), peer(from), bytes);
        self.check()
    }

    fn finish(&mut self, conn: Conn, from: scenario::Peer) -> Result<()> {
        self.0.finish(ConnectionId(conn.0), peer(from));
        self.check()
    }

    fn received(&mut self, conn: Conn, at: scenario::Peer, _want: usize) -> Result<Vec<u8>> {
        Ok(self.0.received(ConnectionId(conn.0), peer(at)).to_vec())
    }

    fn ended(&mut self, conn: Conn, at: scenario::Peer, _want: bool) -> Result<bool> {
        Ok(self.0.ended(ConnectionId(conn.0), peer(at)))
    }

    fn advance(&mut self, by: Duration) -> Result<()> {
        self.0.advance(by);
        self.check()
    }

    fn metric(&mut self, name: &str, tags: &BTreeMap<String, String>, _want: u64) -> Result<u64> {
        self.0.tick();
        self.check()?;
        let tags: Vec<(&str, &str)> = tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        Ok(self.0.metric(name, &tags))
    }

    fn reports(&mut self, want: usize) -> Result<Vec<Report>> {
        self.0.tick();
        let deadline = self.0.now() + LONGEST_BATCH;
        while reports(&mut self.0)?.len() < want && self.0.now() < deadline {
            self.advance(Duration::from_millis(50))?;
        }
        reports(&mut self.0)
    }

    fn routed_cluster(&mut self, conn: Conn) -> Result<Option<String>> {
        let state = self
            .0
            .filter_state(ConnectionId(conn.0), "envoy.tcp_proxy.cluster");
        Ok(state.map(String::from_utf8).transpose()?)
    }
}

/// How long a batch of reports may wait, and a bit.
const LONGEST_BATCH: Duration = Duration::from_secs(2);

fn peer(peer: scenario::Peer) -> Peer {
    match peer {
        scenario::Peer::Client => Peer::Client,
        scenario::Peer::Provider => Peer::Provider,
    }
}
