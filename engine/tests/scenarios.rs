//! Every scenario of this tier, against the engine as a library.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;
#[allow(dead_code, reason = "shared with tests that count")]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use engine::time::{Nanos, Now};
use engine::{ConnectionId, Edit, Peers, Side, Worker, config};
use scenario::{Conn, Peer, Proxy, Report, Tier};

use memory::Memory;

#[test]
fn the_engine_does_what_every_scenario_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/scenarios");
    scenario::run_all(&folder, &mut Native::default()).unwrap();
}

/// One worker, and what a host does around it.
#[derive(Default)]
struct Native {
    worker: Option<Worker>,
    shared: Memory,
    now: Now,
    conns: Vec<Ends>,
    metrics: BTreeMap<String, u64>,
    reports: Vec<Report>,
}

/// What the two peers of a connection have got.
#[derive(Default)]
struct Ends {
    client: End,
    provider: End,
    cluster: Option<String>,
}

#[derive(Default)]
struct End {
    received: Vec<u8>,
    ended: bool,
}

impl Ends {
    fn at(&mut self, peer: Peer) -> &mut End {
        match peer {
            Peer::Client => &mut self.client,
            Peer::Provider => &mut self.provider,
        }
    }
}

impl Native {
    fn pass(&mut self, conn: Conn, from: Peer, bytes: &[u8], end: bool) -> Result<()> {
        let ends = &mut self.conns[conn.0];
        if ends.at(from).ended && ends.at(from.other()).ended {
            return Ok(());
        }
        let worker = self.worker.as_mut().context("not started")?;
        let side = match from {
            Peer::Client => Side::Downstream,
            Peer::Provider => Side::Upstream,
        };
        let id = ConnectionId(u32::try_from(conn.0)?);
        let effects = worker.data(id, side, bytes.to_vec(), end, self.now, &mut self.shared);
        if effects.close.is_some() {
            self.end(conn);
            return Ok(());
        }
        ends.cluster = effects
            .cluster
            .as_deref()
            .map(str::to_owned)
            .or(ends.cluster.take());
        let to = ends.at(from.other());
        match effects.edit {
            Edit::Keep => to.received.extend_from_slice(bytes),
            Edit::Replace(output) => to.received.extend(output),
        }
        to.ended |= end;
        if ends.client.ended && ends.provider.ended {
            self.end(conn);
        }
        Ok(())
    }

    fn end(&mut self, conn: Conn) {
        let ends = &mut self.conns[conn.0];
        ends.client.ended = true;
        ends.provider.ended = true;
        if let (Some(worker), Ok(id)) = (&mut self.worker, u32::try_from(conn.0)) {
            worker.closed(ConnectionId(id), self.now);
        }
    }

    fn tick(&mut self) -> Result<()> {
        let now = self.now;
        let worker = self.worker.as_mut().context("not started")?;
        let doomed = worker.tick(now, &mut self.shared);
        while let Some(batch) = worker.reports().and_then(|reports| reports.due(now)) {
            self.reports
                .extend(scenario::otlp::reports(&batch.message)?);
            if let Some(reports) = worker.reports() {
                reports.sent(batch.send, &[]);
            }
        }
        worker.metrics().take(|update| {
            assert!(is_listed(update.name), "{}", update.name);
            let sum = self.metrics.entry(update.name.to_owned()).or_default();
            *sum = sum.wrapping_add_signed(update.value);
        });
        for id in doomed {
            self.end(Conn(id.0 as usize));
        }
        Ok(())
    }
}

/// Whether a counter of refusals has a reason that the list of reasons knows.
fn is_listed(series: &str) -> bool {
    let refusals = [";.;refused_total", ";.;connections_closed_total"];
    let Some((_, rest)) = series.split_once("reason=.=") else {
        return true;
    };
    let reason = rest.split_once(";.;").map(|(reason, _)| reason);
    !refusals.iter().any(|name| series.ends_with(name))
        || reason.is_some_and(|reason| engine::reasons().any(|listed| listed == reason))
}

impl Proxy for Native {
    fn tier(&self) -> Tier {
        Tier::Native
    }

    fn start(&mut self, config_json: &str) -> Result<()> {
        let loaded = config::parse(config_json.as_bytes())
            .and_then(|node| config::load(&node))
            .map_err(|errors| anyhow!("{errors:?}"))?;
        *self = Native {
            worker: Some(support::worker(Rc::new(loaded.policy))),
            now: support::now(0),
            ..Native::default()
        };
        Ok(())
    }

    fn connect(&mut self) -> Result<Conn> {
        let conn = Conn(self.conns.len());
        let peers = Peers {
            client: Some("127.0.0.1:40000".parse()?),
            listener: Some("127.0.0.1:20880".parse()?),
            provider: Some("127.0.0.1:20881".parse()?),
        };
        let worker = self.worker.as_mut().context("not started")?;
        worker.open(ConnectionId(u32::try_from(conn.0)?), peers);
        self.conns.push(Ends::default());
        Ok(conn)
    }

    fn send(&mut self, conn: Conn, from: Peer, bytes: &[u8]) -> Result<()> {
        self.pass(conn, from, bytes, false)
    }

    fn finish(&mut self, conn: Conn, from: Peer) -> Result<()> {
        self.pass(conn, from, &[], true)
    }

    fn received(&mut self, conn: Conn, at: Peer, _want: usize) -> Result<Vec<u8>> {
        Ok(self.conns[conn.0].at(at).received.clone())
    }

    fn ended(&mut self, conn: Conn, at: Peer, _want: bool) -> Result<bool> {
        Ok(self.conns[conn.0].at(at).ended)
    }

    fn advance(&mut self, by: Duration) -> Result<()> {
        let end = self.now.mono + Nanos(u64::try_from(by.as_nanos())?);
        while self.now.mono < end {
            let step = (end - self.now.mono).min(Nanos::from_millis(50));
            self.now.mono = self.now.mono + step;
            self.now.wall += step.0;
            self.tick()?;
        }
        Ok(())
    }

    fn metric(&mut self, name: &str, tags: &BTreeMap<String, String>, _want: u64) -> Result<u64> {
        self.tick()?;
        let carries = |series: &str| {
            series.ends_with(&format!(";.;{name}"))
                && tags.iter().all(|(tag, value)| {
                    let tag = format!("{tag}=.={value};.;");
                    series.starts_with(&tag) || series.contains(&format!(";.;{tag}"))
                })
        };
        let found = self.metrics.iter().filter(|(series, _)| carries(series));
        Ok(found.map(|(_, value)| value).sum())
    }

    fn reports(&mut self, _want: usize) -> Result<Vec<Report>> {
        self.advance(Duration::from_secs(2))?;
        Ok(self.reports.clone())
    }

    fn routed_cluster(&mut self, conn: Conn) -> Result<Option<String>> {
        Ok(self.conns[conn.0].cluster.clone())
    }
}
