//! Quotas that Envoys share by a rate limit service: envoyproxy/ratelimit on a real Redis.

#![allow(clippy::unwrap_used, reason = "a test: a panic is a failure")]
#![allow(clippy::print_stderr, reason = "figures, for whoever runs the test")]

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::load::{Load, Timed, monotonic, wall};
use e2e::paths::repository;
use e2e::ratelimit::{RateLimit, Redis};
use e2e::wait::{self, SOON};
use serde_json::{Value, json};

const LIMIT: usize = 100;
/// A tenth of the limit.
const LEASE: usize = 10;

#[test]
fn two_envoys_admit_the_limit_and_two_leases_at_most() -> Result<()> {
    let (redis, echo) = (Redis::start()?, Echo::start()?);
    let service = RateLimit::start(&redis, &config())?;
    let policy = policy("sum", "dubbo", json!({"when_unavailable": "deny"}));
    let envoys = [
        envoy(&policy, &echo, service.port)?,
        envoy(&policy, &echo, service.port)?,
    ];
    for envoy in &envoys {
        // Two workers and the main thread.
        assert_eq!(up(envoy, 3)?, 3);
    }
    let seconds = 8;
    let calls = thread::scope(|scope| {
        let loads: Vec<_> = envoys
            .iter()
            .map(|envoy| scope.spawn(|| load(250, seconds).run(envoy.address()?)))
            .collect();
        let calls = loads.into_iter().map(|load| load.join().unwrap());
        Ok::<_, anyhow::Error>(calls.collect::<Result<Vec<_>>>()?.concat())
    })?;
    assert!(calls.iter().all(|call| call.answered.is_some()));

    let sums = by_second(&calls);
    eprintln!("admitted by two Envoys in each second, of {LIMIT}: {sums:?}");
    assert!(sums.len() >= 6);
    let bound = LIMIT + 2 * LEASE;
    assert!(
        sums.iter().all(|sum| *sum <= bound),
        "above {bound}: {sums:?}"
    );
    let sum: usize = sums.iter().sum();
    assert!(sum * 100 >= LIMIT * sums.len() * 75, "too few: {sums:?}");
    Ok(())
}

#[test]
fn without_redis_each_quota_goes_by_when_unavailable_and_no_call_waits() -> Result<()> {
    let (redis, echo) = (Redis::start()?, Echo::start()?);
    let service = RateLimit::start(&redis, &config())?;
    let modes = [
        ("deny", json!({"when_unavailable": "deny"})),
        (
            "local",
            json!({"when_unavailable": "local", "local_limit": 30}),
        ),
        ("allow", json!({"when_unavailable": "allow"})),
    ];
    let mut envoys = Vec::new();
    for (name, mode) in &modes {
        let policy = policy(name, "dubbo", mode.clone());
        envoys.push(envoy(&policy, &echo, service.port)?);
    }
    for envoy in &envoys {
        assert_eq!(up(envoy, 3)?, 3);
    }
    assert!(service.counts());
    let rate = 200;
    let seconds = 20;
    let (runs, killed, back) = thread::scope(|scope| {
        let loads: Vec<_> = envoys
            .iter()
            .map(|envoy| scope.spawn(|| load(rate, seconds).run(envoy.address()?)))
            .collect();
        thread::sleep(Duration::from_secs(4));
        let (port, killed) = (redis.port, monotonic());
        drop(redis);
        thread::sleep(Duration::from_secs(5));
        let redis = Redis::start_at(port);
        // The service connects again in its own time, up to some seconds.
        wait::until("the service's recovery", SOON, || {
            Ok(service.counts().then_some(()))
        })?;
        let back = monotonic();
        let runs: Vec<_> = loads.into_iter().map(|load| load.join().unwrap()).collect();
        drop(redis?);
        Ok::<_, anyhow::Error>((runs, killed, back))
    })?;

    for ((name, _), (run, envoy)) in modes.iter().zip(runs.into_iter().zip(&envoys)) {
        let calls = run?;
        assert!(calls.iter().all(|call| call.answered.is_some()), "{name}");
        let of = |from: Duration, to: Duration| -> Vec<Timed> {
            let within = |call: &&Timed| call.sent >= from && call.answered.unwrap() <= to;
            calls.iter().filter(within).cloned().collect()
        };
        let end = calls.iter().map(|call| call.sent).max().unwrap();
        // A service whose Redis is away may take its time to say so: half a second, after which it counts as away.
        let first = Duration::from_secs(1);
        let before = by_second(&of(Duration::ZERO, killed));
        let without = by_second(&of(killed + first, back));
        // From the first whole window on: it is the second since the service is back.
        let after = by_second(&of(back, end));
        let waits = latencies(&of(killed, back));
        let usual = latencies(&of(Duration::ZERO, killed));
        eprintln!(
            "{name}: before {before:?}, without Redis {without:?}, after {after:?}; \
             p50, p99, max without Redis {waits:?}, before {usual:?}"
        );
        let (least, most) = match *name {
            "deny" => (0, 0),
            "local" => (25, 30),
            _ => (rate as usize * 9 / 10, rate as usize),
        };
        assert!(without.len() >= 2, "{name}: {without:?}");
        for admitted in &without {
            assert!((least..=most).contains(admitted), "{name}: {without:?}");
        }
        assert!(after.len() >= 3, "{name}: {after:?}");
        for admitted in before.iter().chain(&after) {
            let right = 75..=LIMIT + LEASE;
            assert!(right.contains(admitted), "{name}: {before:?}, {after:?}");
        }
        // An ask may take half a second; a call that waited for one would, too.
        assert!(waits.1 < Duration::from_millis(250), "{name}: {waits:?}");
        assert_eq!(up(envoy, 3)?, 3, "{name}");
        let log = envoy.log();
        assert!(
            log.contains("rate limit service ratelimit, domain dubbo: it answers with an error")
                || log.contains("rate limit service ratelimit, domain dubbo: it does not answer"),
            "{log}"
        );
        assert!(log.contains("domain dubbo: it answers again"), "{log}");
    }
    Ok(())
}

#[test]
fn a_domain_that_the_service_does_not_know_is_a_fault_and_grants_nothing() -> Result<()> {
    let (redis, echo) = (Redis::start()?, Echo::start()?);
    let service = RateLimit::start(&redis, &config())?;
    let policy = policy("fault", "nobody", json!({"when_unavailable": "deny"}));
    let envoy = envoy(&policy, &echo, service.port)?;
    envoy.wait_log(
        "rate limit service ratelimit, domain nobody: it has no such domain, or no limits",
    )?;
    assert_eq!(up(&envoy, 0)?, 0);
    let calls = load(50, 2).run(envoy.address()?)?;
    let admitted = calls.iter().filter(|call| !call.refused).count();
    assert_eq!((calls.len(), admitted), (100, 0));
    let faults = [("result".to_owned(), "fault".to_owned())].into();
    assert!(envoy.metric("dubbo_policy_quota_asks_total", &faults)? > 0);
    // Once, not with every try.
    assert_eq!(envoy.log().matches("it has no such domain").count(), 1);
    Ok(())
}

#[test]
fn the_documentation_shows_the_configuration_that_the_service_runs_with() -> Result<()> {
    let without_comments = |text: String| {
        let lines = text.lines().filter(|line| !line.starts_with("# "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let yaml = without_comments(std::fs::read_to_string(config())?);
    let page = repository().join("docs/global-quotas.md");
    let page = without_comments(std::fs::read_to_string(page)?);
    assert!(page.contains(&format!("```yaml\n{yaml}\n```")));
    Ok(())
}

fn config() -> PathBuf {
    repository().join("envoy-config/ratelimit.yaml")
}

fn policy(name: &str, domain: &str, when_unavailable: Value) -> Value {
    let mut global = when_unavailable;
    if let Some(fields) = global.as_object_mut() {
        fields.insert("cluster".to_owned(), "ratelimit".into());
        fields.insert("domain".to_owned(), domain.into());
    }
    json!({
        "apiVersion": "dubbo-policy/v1",
        "name": name,
        "default": "allow",
        "quotas": [{"name": name, "limit": LIMIT, "window": "1s", "algorithm": "fixed", "per": ["service"], "global": global}],
        "rules": [{"name": "fair-use", "match": {"service": "lab.UserService"}, "quotas": [name]}],
    })
}

fn envoy(policy: &Value, echo: &Echo, service: u16) -> Result<Envoy> {
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", echo.port.to_string())])?;
    let bootstrap = bootstrap.grpc_cluster("ratelimit", service)?;
    Envoy::start(&bootstrap.policy(policy, Form::Text)?, 2)
}

/// For how many threads the service is up.
fn up(envoy: &Envoy, want: u64) -> Result<u64> {
    envoy.wait_metric("dubbo_policy_quota_service_up", &[], want)
}

fn load(rate: u32, seconds: u64) -> Load {
    Load {
        connections: 4,
        rate,
        time: Duration::from_secs(seconds),
        service: "lab.UserService".to_owned(),
        method: "hello".to_owned(),
    }
}

/// The admitted calls that were certainly decided within each second of the wall clock: sent and answered in it. The first and the last
/// second, which calls do not fill, are left out.
fn by_second(calls: &[Timed]) -> Vec<usize> {
    let epoch = wall() - monotonic();
    let second = |at: Duration| (at + epoch).as_secs();
    let Some(first) = calls.iter().map(|call| second(call.sent)).min() else {
        return Vec::new();
    };
    let last = calls.iter().map(|call| second(call.sent)).max().unwrap();
    (first + 1..last)
        .map(|window| {
            let decided = |call: &&Timed| {
                second(call.sent) == window && second(call.answered.unwrap()) == window
            };
            let decided = calls.iter().filter(decided);
            decided.filter(|call| !call.refused).count()
        })
        .collect()
}

/// The median, the 99th percentile and the maximum.
fn latencies(calls: &[Timed]) -> (Duration, Duration, Duration) {
    let times = calls.iter().map(|call| call.answered.unwrap() - call.sent);
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len() - 1));
    let at = |percent| at(percent).copied().unwrap_or_default();
    (at(50), at(99), at(100))
}
