//! Legal traffic with dubbo-go 3.3.1 through Envoy, and what its callers see of a denial.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test: a panic is a failure, and clocks are read"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use e2e::bootstrap::{Bootstrap, Form};
use e2e::driver::{Call, Driver, Exception, Outcome, Reference};
use e2e::envoy::Envoy;
use e2e::frames::{Frame, frames};
use e2e::relay::{Recording, Relay};
use e2e::wait::{self, SOON};
use e2e::{go, java};
use serde_json::{Value, json};

const USER: &str = "lab.UserService";
const SECRET: &str = "lab.SecretService";
/// Long, because the machine may be busy: no call may need it.
const OPTIONS: &str = "timeout=20000";

/// Values that dubbo-go has no descriptor for, or no name of a list.
const UNSENDABLE: [&str; 3] = ["uint32", "uint64", "enums"];

fn envoy(provider: u16) -> Result<Envoy> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "go",
        "default": "allow",
        "rules": [{"name": "no-secret", "match": {"service": SECRET}, "deny": {}, "message": "ask the lab"}],
    });
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.to_string())])?;
    Envoy::start(&bootstrap.policy(&policy, Form::Struct)?, 2)
}

/// Everything that the module refused, closed or did not understand. Nothing of this happens to legal traffic.
fn refusals(envoy: &Envoy) -> Result<Vec<String>> {
    let counters = [
        "dubbo_policy_refused_total",
        "dubbo_policy_connections_closed_total",
        "dubbo_policy_unexpected_answers_total",
        "dubbo_policy_host_call_failures_total",
    ];
    Ok(envoy
        .series()?
        .into_iter()
        .filter(|series| counters.contains(&series.name.as_str()) && series.value != 0.0)
        .map(|series| format!("{} {:?} {}", series.name, series.labels, series.value))
        .collect())
}

/// Makes the same calls directly and through Envoy with the policy, and asserts that all is the same and nothing is refused. Returns
/// what they were.
fn same_both_ways(
    consumer: &Driver,
    provider: u16,
    way: impl Fn(u16) -> Reference,
    calls: &[Call],
) -> Result<Vec<Outcome>> {
    let envoy = envoy(provider)?;
    let comparable = |outcomes: &[Outcome]| -> Vec<_> {
        outcomes
            .iter()
            .map(|outcome| {
                (
                    outcome.method.clone(),
                    outcome.result.clone(),
                    outcome.attempts,
                )
            })
            .collect()
    };
    let direct = consumer.calls(&way(provider), calls)?;
    let through = consumer.calls(&way(envoy.port()?), calls)?;
    for (n, (through, direct)) in comparable(&through)
        .iter()
        .zip(comparable(&direct))
        .enumerate()
    {
        assert_eq!(*through, direct, "call {n}: {:?}", calls[n]);
    }
    assert_eq!(refusals(&envoy)?, Vec::<String>::new());
    let labels = [("decision", "allowed")];
    let want = u64::try_from(calls.len())?;
    assert_eq!(
        envoy.wait_metric("dubbo_policy_requests_total", &labels, want)?,
        want
    );
    Ok(through)
}

fn user() -> Value {
    json!({"name": "ada \u{e4}\u{4e2d}\u{1f600}", "age": 36, "id": 1_u64 << 40, "balance": 0.5, "role": "WRITER", "active": true,
        "limit": 12.5, "tags": ["a", "b"], "scores": {"x": 1}, "friends": [{"name": "bob", "role": "READER"}]})
}

/// Calls of every method that both languages have.
fn methods() -> Vec<Call> {
    vec![
        Call::new("hello", json!(["bob"])),
        Call::new("hello", json!(["\u{e4}\u{4e2d}\u{1f600}"])),
        Call::new("hello", json!(["\u{1f600}".repeat(20_000)])),
        Call::new("hello", json!([""])).attachment("x-lane", "canary"),
        Call::new("saveUser", json!([user()])),
        Call::new(
            "saveUser",
            json!([{"name": "of defaults", "role": "READER"}]),
        ),
        Call::new("listUsers", json!([0])),
        Call::new("listUsers", json!([50])),
        Call::new("findUser", json!(["nobody"])),
        Call::new("fail", json!(["no \u{1f600}"])),
        Call::new("bytes", json!([0])),
        Call::new("bytes", json!([70_000])),
        // dubbo-go takes frames of up to 1,024,000 bytes.
        Call::new("echoBytes", json!([1_000_000])),
        Call::new("slow", json!([300])),
        Call::new("whoAmI", json!([])),
    ]
}

fn assert_answered(outcomes: &[Outcome]) {
    for outcome in outcomes {
        let business = || Exception {
            class: "lab.BusinessException".into(),
            message: "no \u{1f600}".into(),
            code: Some(42),
        };
        if outcome.method == "fail" {
            assert_eq!(outcome.result, Err(business()));
        } else {
            assert!(outcome.result.is_ok(), "{outcome:?}");
        }
    }
}

#[test]
fn dubbo_go_calls_dubbo_go_as_without_envoy() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let consumer = go::Consumer::start(1, None)?;
    let plain = |port| Reference::new(port, USER, OPTIONS);
    assert_answered(&same_both_ways(
        &consumer,
        provider.port,
        plain,
        &methods(),
    )?);
    let grouped = |port| plain(port).group_version("g1", "1.0.0");
    assert_answered(&same_both_ways(
        &consumer,
        provider.port,
        grouped,
        &methods(),
    )?);
    let callbacks = |port| plain(port).with_callback(&["hello", "saveUser", "bytes", "fail"]);
    assert_answered(&same_both_ways(
        &consumer,
        provider.port,
        callbacks,
        &methods(),
    )?);
    Ok(())
}

#[test]
fn every_value_that_dubbo_go_writes_passes_as_an_argument() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let consumer = go::Consumer::start(1, None)?;
    let mut names = consumer.values()?;
    names.retain(|name| !UNSENDABLE.contains(&name.as_str()));
    assert!(names.len() > 100, "{names:?}");
    for method in ["same", "$echo"] {
        let calls: Vec<Call> = names
            .iter()
            .map(|name| Call::new(method, json!([name])))
            .collect();
        let way = |port| Reference::new(port, USER, OPTIONS);
        let outcomes = same_both_ways(&consumer, provider.port, way, &calls)?;
        for (name, outcome) in names.iter().zip(outcomes) {
            assert!(outcome.result.is_ok(), "{method} of {name}: {outcome:?}");
        }
    }
    Ok(())
}

#[test]
fn generic_calls_of_dubbo_go_pass() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let consumer = go::Consumer::start(1, None)?;
    let generic = |port| Reference::new(port, USER, OPTIONS).generic();
    let calls = [
        Call::new("hello", json!(["generic"])),
        Call::new("bytes", json!([100])),
        Call::new("whoAmI", json!([])),
        Call::new("same", json!(["map-nested"])),
        Call::new("same", json!(["list"])),
        Call::new("fail", json!(["no \u{1f600}"])),
    ];
    assert_answered(&same_both_ways(&consumer, provider.port, generic, &calls)?);
    Ok(())
}

#[test]
fn dubbo_go_calls_java_as_without_envoy() -> Result<()> {
    for release in java::Release::ALL {
        let provider = java::Provider::start(release, "blue", None)?;
        let consumer = go::Consumer::start(1, None)?;
        let plain = |port| Reference::new(port, USER, OPTIONS);
        assert_answered(&same_both_ways(
            &consumer,
            provider.port,
            plain,
            &methods(),
        )?);
        let grouped = |port| plain(port).group_version("g1", "1.0.0");
        assert_answered(&same_both_ways(
            &consumer,
            provider.port,
            grouped,
            &methods(),
        )?);
        let generic = |port| plain(port).generic();
        let calls = [
            Call::new("hello", json!(["generic"])),
            Call::new("bytes", json!([100])),
            Call::new("whoAmI", json!([])),
        ];
        assert_answered(&same_both_ways(&consumer, provider.port, generic, &calls)?);
    }
    Ok(())
}

#[test]
fn java_calls_dubbo_go_as_without_envoy() -> Result<()> {
    let provider = go::Provider::start("green")?;
    for release in java::Release::ALL {
        let consumer = java::Consumer::start(release, "shop")?;
        let plain = |port| Reference::new(port, USER, OPTIONS);
        assert_answered(&same_both_ways(
            &consumer,
            provider.port,
            plain,
            &methods(),
        )?);
        let grouped = |port| plain(port).group_version("g1", "1.0.0");
        assert_answered(&same_both_ways(
            &consumer,
            provider.port,
            grouped,
            &methods(),
        )?);
        let generic = |port| plain(port).generic();
        let calls = [
            Call::new("hello", json!(["generic"])),
            Call::new("whoAmI", json!([])),
        ];
        assert_answered(&same_both_ways(&consumer, provider.port, generic, &calls)?);
    }
    Ok(())
}

const DENIED: &str = "dubbo-policy: DENIED rule=no-secret: ask the lab";

fn assert_denied(outcome: &Outcome) {
    let denied = Exception {
        class: "java.lang.RuntimeException".into(),
        message: DENIED.into(),
        code: None,
    };
    assert_eq!(outcome.result, Err(denied), "{outcome:?}");
    assert_eq!(outcome.attempts, 1);
}

#[test]
fn a_denied_call_is_an_error_with_the_reason_and_the_connection_stays() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let envoy = envoy(provider.port)?;
    let consumer = go::Consumer::start(1, None)?;
    let user = Reference::new(envoy.port()?, USER, OPTIONS);
    let secret = Reference::new(envoy.port()?, SECRET, OPTIONS);
    let ways = [
        secret.clone(),
        secret.clone().group_version("g1", "2.0.0"),
        secret.clone().generic(),
        secret.clone().with_callback(&["reveal"]),
    ];
    consumer.call(&user, Call::new("hello", json!(["before"])))?;
    for way in &ways {
        let outcome = consumer.call(way, Call::new("reveal", json!(["denied-{n}"])))?;
        assert_denied(&outcome);
        // Nothing waited for a timeout.
        assert!(outcome.millis < 10_000, "{outcome:?}");
    }
    let one_way = secret.one_way(&["reveal"]);
    let outcome = consumer.call(&one_way, Call::new("reveal", json!(["denied-{n}"])))?;
    assert_eq!(outcome.result, Ok(Value::Null));
    consumer.call(&user, Call::new("hello", json!(["after"])))?;
    let labels = [("decision", "denied")];
    assert_eq!(
        envoy.wait_metric("dubbo_policy_requests_total", &labels, 5)?,
        5
    );
    let port = |text: &str| -> Result<String> {
        let call = provider.wait_executed(&format!("hello {text} from "))?;
        Ok(call.rsplit(' ').next().context("a port")?.to_owned())
    };
    assert_eq!(port("before")?, port("after")?);
    assert!(
        !provider
            .executed()
            .iter()
            .any(|call| call.contains("denied-"))
    );
    assert_eq!(envoy.stat("tcp.provider.downstream_cx_total")?, 1);
    Ok(())
}

/// Why refusals need `retries=0` with dubbo-go: its failover tries again whatever the answer is.
#[test]
fn failover_of_dubbo_go_repeats_a_denied_call_and_is_denied_again() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let envoy = envoy(provider.port)?;
    let consumer = go::Consumer::start(1, None)?;
    let secret = Reference::new(envoy.port()?, SECRET, "timeout=20000&retries=2");
    let outcome = consumer.call(&secret, Call::new("reveal", json!(["it"])))?;
    assert_eq!(outcome.attempts, 3);
    assert_eq!(
        outcome.result.map_err(|thrown| thrown.message),
        Err(DENIED.into())
    );
    let labels = [("decision", "denied")];
    assert_eq!(
        envoy.wait_metric("dubbo_policy_requests_total", &labels, 3)?,
        3
    );
    Ok(())
}

#[test]
fn sixteen_threads_on_four_connections_each_get_their_own_outcome() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let envoy = envoy(provider.port)?;
    let consumer = go::Consumer::start(4, None)?;
    let user = Reference::new(envoy.port()?, USER, OPTIONS);
    let secret = Reference::new(envoy.port()?, SECRET, OPTIONS);
    let (allowed, denied) = std::thread::scope(|scope| {
        let denied =
            scope.spawn(|| consumer.storm(&secret, &[Call::new("hello", json!(["{n}"]))], 8, 100));
        let allowed = consumer.storm(&user, &[Call::new("hello", json!(["{n}"]))], 8, 100);
        (allowed, denied.join().unwrap())
    });
    let (allowed, denied) = (allowed?, denied?);
    assert_eq!((allowed.len(), denied.len()), (800, 800));
    for outcome in &allowed {
        assert_eq!(outcome.result, Ok(json!(format!("hello {}", outcome.n))));
    }
    denied.iter().for_each(assert_denied);
    assert_eq!(refusals(&envoy)?, Vec::<String>::new());
    assert!(!provider.executed().iter().any(|call| call.contains(SECRET)));
    Ok(())
}

#[test]
fn a_call_that_its_caller_gave_up_disturbs_no_other() -> Result<()> {
    let provider = go::Provider::start("green")?;
    let envoy = envoy(provider.port)?;
    let consumer = go::Consumer::start(1, None)?;
    let impatient = Reference::new(envoy.port()?, USER, "timeout=300");
    let outcome = consumer.call(&impatient, Call::new("slow", json!([1500])))?;
    assert!(outcome.result.is_err(), "{outcome:?}");
    assert!(outcome.millis < 1500, "{outcome:?}");
    let patient = Reference::new(envoy.port()?, USER, OPTIONS);
    let outcome = consumer.call(&patient, Call::new("slow", json!([1500])))?;
    assert_eq!(outcome.result, Ok(json!("slow 1500")));
    // The late answer of the first call went through as well.
    let labels = [("decision", "allowed")];
    assert_eq!(
        envoy.wait_metric("dubbo_policy_requests_total", &labels, 2)?,
        2
    );
    assert_eq!(refusals(&envoy)?, Vec::<String>::new());
    Ok(())
}

/// The frames of one direction.
fn events(stream: &[u8]) -> Vec<Frame> {
    frames(stream, 0).filter(Frame::is_event).collect()
}

/// Both ends send heartbeats each second; each is answered, by two nulls, while calls pass and are denied.
#[test]
fn heartbeats_of_both_ends_pass_between_calls_and_denials() -> Result<()> {
    let period = Duration::from_secs(1);
    let provider = go::Provider::with_heartbeat("green", period)?;
    let envoy = envoy(provider.port)?;
    let relay = Relay::start(envoy.port()?)?;
    let consumer = go::Consumer::start(1, Some(period))?;
    let user = Reference::new(relay.port, USER, OPTIONS);
    let secret = Reference::new(relay.port, SECRET, OPTIONS);
    let start = Instant::now();
    let recording: Recording = wait::until("five heartbeats each way", 2 * SOON, || {
        let outcome = consumer.call(&user, Call::new("hello", json!(["{n}"])))?;
        assert_eq!(outcome.result, Ok(json!(format!("hello {}", outcome.n))));
        assert_denied(&consumer.call(&secret, Call::new("hello", json!(["x"])))?);
        let recordings = relay.recordings();
        assert_eq!(recordings.len(), 1, "the consumer had to connect again");
        let asked = |stream: &[u8]| {
            events(stream)
                .iter()
                .filter(|frame| frame.is_request())
                .count()
        };
        let enough =
            asked(&recordings[0].to_provider) >= 5 && asked(&recordings[0].to_consumer) >= 5;
        // A pause, in which the heartbeats come.
        std::thread::sleep(period / 2);
        Ok(enough.then(|| recordings[0].clone()))
    })?;
    assert!(start.elapsed() >= 4 * period);
    assert_eq!(refusals(&envoy)?, Vec::<String>::new());
    let answers = events(&recording.to_consumer)
        .into_iter()
        .filter(|frame| !frame.is_request());
    let bodies: BTreeSet<&[u8]> = answers
        .map(|frame| &recording.to_consumer[frame.body])
        .collect();
    assert_eq!(bodies, BTreeSet::from([&b"NN"[..]]));
    Ok(())
}
