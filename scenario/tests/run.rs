//! The runner against a relay that passes everything on, or falsifies it on purpose.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is a test's failure"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use scenario::{Conn, Peer, Proxy, Report, Scenario, Tier};

/// A proxy without a filter.
#[derive(Default)]
struct Relay {
    segments: Vec<usize>,
    starts: usize,
    received: BTreeMap<(Conn, Peer), Vec<u8>>,
    finished: Vec<(Conn, Peer)>,
    falsify: bool,
}

impl Proxy for Relay {
    fn tier(&self) -> Tier {
        Tier::Native
    }

    fn start(&mut self, _: &str) -> Result<()> {
        let (falsify, starts) = (self.falsify, self.starts + 1);
        *self = Relay {
            falsify,
            starts,
            ..Relay::default()
        };
        Ok(())
    }

    fn connect(&mut self) -> Result<Conn> {
        let conn = Conn(self.received.len());
        self.received.insert((conn, Peer::Client), Vec::new());
        self.received.insert((conn, Peer::Provider), Vec::new());
        Ok(conn)
    }

    fn send(&mut self, conn: Conn, from: Peer, bytes: &[u8]) -> Result<()> {
        self.segments.push(bytes.len());
        let at = self.received.get_mut(&(conn, from.other())).unwrap();
        at.extend(bytes);
        if self.falsify && at.len() > 11 {
            at[11] ^= 1;
        }
        Ok(())
    }

    fn finish(&mut self, conn: Conn, from: Peer) -> Result<()> {
        self.finished.push((conn, from.other()));
        Ok(())
    }

    fn received(&mut self, conn: Conn, at: Peer, _: usize) -> Result<Vec<u8>> {
        Ok(self.received[&(conn, at)].clone())
    }

    fn ended(&mut self, conn: Conn, at: Peer, _: bool) -> Result<bool> {
        Ok(self.finished.contains(&(conn, at)))
    }

    fn advance(&mut self, _: Duration) -> Result<()> {
        Ok(())
    }

    fn metric(&mut self, _: &str, _: &BTreeMap<String, String>, _: u64) -> Result<u64> {
        Ok(3)
    }

    fn reports(&mut self, _: usize) -> Result<Vec<Report>> {
        let attributes = [("rpc.method".to_owned(), "a/b".into())].into();
        Ok(vec![Report {
            severity: "WARN".into(),
            attributes,
        }])
    }
}

fn scenario(rest: &str) -> Scenario {
    scenario::parse(
        &format!("name: a\nconfig: {{}}\n{rest}"),
        Path::new("a.yaml"),
    )
    .unwrap()
}

/// The whole error of a scenario that must fail.
fn failure(relay: &mut Relay, rest: &str) -> String {
    format!("{:#}", scenario::run(&scenario(rest), relay).unwrap_err())
}

#[test]
fn what_passes_as_written_succeeds_in_every_delivery() {
    let mut relay = Relay::default();
    let text = "
cuts: [whole, one_byte_at_a_time, every_byte_position, {pieces: 10}]
steps:
- client: [{heartbeat: {id: 1}}]
- provider_gets: [{heartbeat: {id: 1}}]
- connection: other
- provider: [{text: ab}]
- client_gets: [{text: ab}]
- client_finishes
- provider_sees_end
- metric: {name: m, value: 3}
- reports: [{severity: WARN, attributes: {rpc.method: a/b}, without: [error.type]}]
";
    scenario::run(&scenario(text), &mut relay).unwrap();
    assert_eq!(relay.starts, 3 + 16 + 1);
    assert_eq!(relay.segments, [10, 7, 2]);
}

#[test]
fn another_byte_fails_with_both_frames_shown() {
    let mut relay = Relay {
        falsify: true,
        ..Relay::default()
    };
    let error = failure(
        &mut relay,
        "steps:\n- client: [{heartbeat: {id: 6}}]\n- provider_gets: [{heartbeat: {id: 6}}]\n",
    );
    assert!(
        error.contains("delivered whole (Native): step 2, provider_gets"),
        "{error}"
    );
    assert!(error.contains("at byte 11: 07 instead of 06"), "{error}");
    assert!(
        error.contains("after 0 right frames, expected\n        0  two-way request, event, serialization 2, id 6"),
        "{error}"
    );
    assert!(
        error.contains("got\n        0  two-way request, event, serialization 2, id 7"),
        "{error}"
    );
}

#[test]
fn what_arrives_and_is_not_named_fails_at_the_end() {
    let error = failure(
        &mut Relay::default(),
        "steps:\n- client: [{text: ab}]\n- client_gets: []\n",
    );
    assert!(
        error.contains("after the last step") && error.contains("2 more bytes than expected"),
        "{error}"
    );
}

#[test]
fn what_does_not_arrive_fails() {
    let error = failure(
        &mut Relay::default(),
        "steps:\n- client: [{text: ab}]\n- provider_gets: [{text: abc}]\n",
    );
    assert!(
        error.contains("at byte 2: it ends, but 3 bytes or more"),
        "{error}"
    );
}

#[test]
fn ends_counters_and_reports_that_are_not_as_written_fail() {
    let failures = [
        ("- client_sees_end", "the Client does not see the end"),
        ("- client_finishes\n- open", "the Provider sees the end"),
        ("- metric: {name: m, value: 2}", "m{} is 3, expected 2"),
        ("- reports: []", "1 reports, expected 0"),
        (
            "- reports: [{severity: INFO}]",
            "severity is WARN, expected INFO",
        ),
        (
            "- reports: [{attributes: {rpc.method: a/c}}]",
            "expected \"a/c\"",
        ),
        (
            "- reports: [{without: [rpc.method]}]",
            "should not be there",
        ),
        ("- routed_cluster: a", "leave its tier out"),
    ];
    for (step, expected) in failures {
        let error = failure(&mut Relay::default(), &format!("steps:\n{step}\n"));
        assert!(error.contains(expected), "{step}: {error}");
    }
}

#[test]
fn a_scenario_for_another_tier_is_not_run() {
    let error = failure(&mut Relay::default(), "tiers: [envoy]\nsteps: []\n");
    assert!(error.contains("not meant for Native"), "{error}");
}
