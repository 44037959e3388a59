//! Every call is reported once, or counted as dropped.

use std::time::Duration;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::collector::{Behaviour, Collector};
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::load::Load;
use e2e::paths::free_port;
use e2e::wait::{self, SOON};
use serde_json::{Value, json};

const CALLS: usize = 1000;

/// Envoy with two workers, of which each has some of the connections.
fn envoy(echo: &Echo, collector: u16, batch: &Value) -> Result<Envoy> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "reports",
        "default": "allow",
        "rules": [{"name": "no-reveal", "match": {"method": "reveal"}, "deny": {}}],
        "reports": {"otlp": {"cluster": "collector"}, "batch": batch},
    });
    let places = [
        ("PROVIDER_PORT", echo.port.to_string()),
        ("COLLECTOR_PORT", collector.to_string()),
    ];
    Envoy::start(
        &Bootstrap::load("tcp.yaml", &places)?.policy(&policy, Form::Text)?,
        2,
    )
}

/// Makes so many calls within half a second, of which each must be answered.
fn calls(envoy: &Envoy, method: &str, count: usize) -> Result<()> {
    let load = Load {
        connections: 4,
        rate: 2 * u32::try_from(count)?,
        time: Duration::from_millis(500),
        service: "lab.UserService".to_owned(),
        method: method.to_owned(),
    };
    let calls = load.run(envoy.address()?)?;
    assert_eq!(calls.len(), count);
    assert!(
        calls.iter().all(|call| call.answered.is_some()),
        "a call was not answered"
    );
    Ok(())
}

fn sent(envoy: &Envoy) -> Result<usize> {
    Ok(usize::try_from(
        envoy.metric("dubbo_policy_reports_sent_total", &[].into())?,
    )?)
}

fn dropped(envoy: &Envoy) -> Result<usize> {
    Ok(usize::try_from(envoy.metric(
        "dubbo_policy_reports_dropped_total",
        &[].into(),
    )?)?)
}

/// Waits until every report of a call was sent or dropped.
fn settled(envoy: &Envoy) -> Result<()> {
    wait::until("the books to close", SOON * 2, || {
        Ok((sent(envoy)? + dropped(envoy)? >= CALLS).then_some(()))
    })
}

#[test]
fn a_thousand_calls_are_a_thousand_records_in_batches_of_at_most_a_hundred() -> Result<()> {
    let (echo, collector) = (Echo::start()?, Collector::start()?);
    let envoy = envoy(
        &echo,
        collector.port,
        &json!({"max_records": 100, "max_delay": "1s"}),
    )?;
    calls(&envoy, "hello", 800)?;
    calls(&envoy, "reveal", 200)?;
    settled(&envoy)?;
    let reports = collector.wait_calls(CALLS);
    assert_eq!(reports.len(), CALLS);
    let decided = |decision: &str, severity: &str| {
        let these = reports.iter().filter(|report| {
            report.attributes.get("dubbo.policy.decision") == Some(&decision.into())
        });
        these
            .inspect(|report| assert_eq!(report.severity, severity))
            .count()
    };
    assert_eq!(
        (decided("allowed", "INFO"), decided("denied", "WARN")),
        (800, 200)
    );
    let sizes = collector.batch_sizes();
    assert!(
        sizes.iter().all(|size| (1..=100).contains(size)),
        "{sizes:?}"
    );
    // A batch a call would be a thousand; by size and time there are few.
    assert!(sizes.len() <= 30, "{} batches", sizes.len());
    assert_eq!((sent(&envoy)?, dropped(&envoy)?), (CALLS, 0));
    Ok(())
}

#[test]
fn calls_go_on_without_a_receiver_and_every_lost_record_is_counted() -> Result<()> {
    let (echo, port) = (Echo::start()?, free_port()?);
    let envoy = envoy(
        &echo,
        port,
        &json!({"max_records": 50, "max_delay": "200ms", "max_queue_per_worker": 100}),
    )?;
    calls(&envoy, "hello", CALLS)?;
    wait::until("drops", SOON, || {
        Ok((dropped(&envoy)? >= CALLS - 2 * 100).then_some(()))
    })?;
    assert_eq!(sent(&envoy)?, 0);
    // The receiver comes, and gets what was kept.
    let collector = Collector::start_at(port)?;
    settled(&envoy)?;
    let (sent, dropped) = (sent(&envoy)?, dropped(&envoy)?);
    assert_eq!(sent + dropped, CALLS);
    assert!((1..=2 * 100).contains(&sent), "{sent} sent");
    assert_eq!(collector.wait_calls(sent).len(), sent);
    Ok(())
}

#[test]
fn a_receiver_that_refuses_for_a_while_gets_every_record() -> Result<()> {
    let (echo, collector) = (Echo::start()?, Collector::start()?);
    collector.behave(Behaviour::Refuse);
    let envoy = envoy(
        &echo,
        collector.port,
        &json!({"max_records": 100, "max_delay": "200ms"}),
    )?;
    calls(&envoy, "hello", CALLS)?;
    assert_eq!(sent(&envoy)?, 0);
    collector.behave(Behaviour::Accept);
    settled(&envoy)?;
    assert_eq!(collector.wait_calls(CALLS).len(), CALLS);
    assert_eq!((sent(&envoy)?, dropped(&envoy)?), (CALLS, 0));
    Ok(())
}
