//! Apache Dubbo 3.3.6 through Envoy: a real consumer, a real provider.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: a panic is a failure, and clocks are read"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use e2e::bootstrap::{Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::frames::{Frame, frames};
use e2e::java::{Call, Consumer, Exception, Outcome, Provider, Reference, Release};
use e2e::relay::Relay;
use e2e::wait::{self, SOON};
use serde_json::{Value, json};

const USER: &str = "lab.UserService";
const SECRET: &str = "lab.SecretService";
/// Long, because the machine may be busy: no call may need it.
const OPTIONS: &str = "timeout=20000";

/// Started by the first test, ended by the last.
struct Lab {
    shop: Consumer,
    stranger: Consumer,
    envoy: Envoy,
    provider: Provider,
}

impl Lab {
    fn get() -> Result<Arc<Lab>> {
        static LAB: Mutex<Weak<Lab>> = Mutex::new(Weak::new());
        let mut shared = LAB.lock().unwrap();
        if let Some(lab) = shared.upgrade() {
            return Ok(lab);
        }
        let provider = Provider::start(Release::V3_3_6, "blue", None)?;
        let lab = Arc::new(Lab {
            shop: Consumer::start(Release::V3_3_6, "shop")?,
            stranger: Consumer::start(Release::V3_3_6, "stranger")?,
            envoy: envoy(provider.port)?,
            provider,
        });
        *shared = Arc::downgrade(&lab);
        Ok(lab)
    }

    fn user(&self) -> Result<Reference> {
        Ok(Reference::new(self.envoy.port()?, USER, OPTIONS))
    }

    fn secret(&self) -> Result<Reference> {
        Ok(Reference::new(self.envoy.port()?, SECRET, OPTIONS))
    }

    /// The connection on which a call of this text arrived, as the provider names it: the port of its other end.
    fn connection(&self, text: &str) -> Result<String> {
        let call = self.provider.wait_executed(&format!(" {text} from "))?;
        Ok(call.rsplit(' ').next().context("a port")?.to_owned())
    }

    fn ran(&self, text: &str) -> bool {
        self.provider
            .executed()
            .iter()
            .any(|call| call.contains(text))
    }
}

fn envoy(provider: u16) -> Result<Envoy> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "java",
        "default": "allow",
        "lists": [{"name": "partners", "type": "string", "entries": ["shop", "billing"]}],
        "rules": [
            {"name": "no-reveal", "match": {"service": SECRET, "method": "reveal"}, "deny": {}, "message": "reveal is closed"},
            {"name": "partners-only", "match": {"service": USER, "method": "saveUser"},
             "require": {"claimed.app": {"in": "partners"}}, "message": "ask the lab"},
            {"name": "no-blue-events", "match": {"method": "notify", "group": "g1"}, "deny": {}},
            {"name": "every-third", "match": {"attachments.x-third": "yes"}, "deny": {}, "message": "one in three"},
        ],
    });
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.to_string())])?;
    Envoy::start(&bootstrap.policy(&policy, Form::Struct)?, 2)
}

fn hello(text: &str) -> Call {
    Call::new("hello", json!([text]))
}

fn user() -> Value {
    json!({"name": "ada \u{e4}\u{4e2d}\u{1f600}", "age": 36, "id": 1_u64 << 40, "balance": 0.5, "role": "WRITER", "active": true,
        "limit": 12.5, "tags": ["a", "b"], "scores": {"x": 1, "y": 70_000}, "friends": [{"name": "bob"}]})
}

fn assert_denied(outcome: &Outcome, text: &str) {
    let denied = Exception {
        class: "java.lang.RuntimeException".into(),
        message: text.into(),
        code: None,
    };
    assert_eq!(outcome.result, Err(denied));
    assert_eq!(outcome.attempts, 1, "the consumer tried again");
}

#[test]
fn results_through_envoy_are_the_same_as_without_it() -> Result<()> {
    let lab = Lab::get()?;
    let calls = [
        hello("bob"),
        hello("\u{e4}\u{4e2d}\u{1f600}"),
        hello(&"long ".repeat(20_000)),
        Call::new("saveUser", json!([user()])),
        Call::new("listUsers", json!([0])),
        Call::new("listUsers", json!([200])),
        Call::new("findUser", json!(["nobody"])),
        Call::new("fail", json!(["no \u{1f600}"])),
        Call::new("bytes", json!([0])),
        Call::new("bytes", json!([2 << 20])),
        Call::new("echoBytes", json!([2 << 20])),
        Call::new("whoAmI", json!([])),
    ];
    let results = |reference: &Reference| -> Result<Vec<_>> {
        let outcomes = lab.shop.calls(reference, &calls)?;
        Ok(outcomes
            .into_iter()
            .map(|outcome| (outcome.method, outcome.result, outcome.attempts))
            .collect())
    };
    let ways: [fn(Reference) -> Reference; 2] =
        [|plain| plain, |plain| plain.group_version("g1", "1.0.0")];
    for way in ways {
        let direct = results(&way(Reference::new(lab.provider.port, USER, OPTIONS)))?;
        let through = results(&way(lab.user()?))?;
        assert_eq!(through, direct);
        assert_eq!(
            through[9].1,
            Ok(json!({"bytes": 2 << 20, "crc32": 2_240_685_312_u32}))
        );
        assert_eq!(through[6].1, Ok(Value::Null));
        let business = Exception {
            class: "lab.BusinessException".into(),
            message: "no \u{1f600}".into(),
            code: Some(42),
        };
        assert_eq!(through[7].1, Err(business));
    }
    Ok(())
}

#[test]
fn generic_calls_pass_and_are_denied_by_the_method_that_they_name() -> Result<()> {
    let lab = Lab::get()?;
    let outcome = lab.shop.call(&lab.user()?.generic(), hello("generic"))?;
    assert_eq!(outcome.result, Ok(json!("hello generic")));
    let outcome = lab.shop.call(
        &lab.secret()?.generic(),
        Call::new("reveal", json!(["by-generic-call"])),
    )?;
    assert_denied(
        &outcome,
        "dubbo-policy: DENIED rule=no-reveal: reveal is closed",
    );
    assert!(!lab.ran("by-generic-call"));
    Ok(())
}

#[test]
fn a_denied_call_is_one_exception_and_never_reaches_the_provider() -> Result<()> {
    let lab = Lab::get()?;
    lab.shop.call(&lab.user()?, hello("before-the-denial"))?;
    let outcome = lab.shop.call(
        &lab.secret()?,
        Call::new("reveal", json!(["a-denied-call"])),
    )?;
    assert_denied(
        &outcome,
        "dubbo-policy: DENIED rule=no-reveal: reveal is closed",
    );
    let outcome = lab.shop.call(&lab.user()?, hello("after-the-denial"))?;
    assert_eq!(outcome.result, Ok(json!("hello after-the-denial")));
    assert_eq!(
        lab.connection("before-the-denial")?,
        lab.connection("after-the-denial")?
    );
    assert!(!lab.ran("a-denied-call"));
    // The provider's record would show it: the same call, made without Envoy, is there.
    lab.shop.call(
        &Reference::new(lab.provider.port, SECRET, OPTIONS),
        Call::new("reveal", json!(["not-denied"])),
    )?;
    lab.provider
        .wait_executed("lab.SecretService.reveal not-denied")?;
    Ok(())
}

#[test]
fn a_caller_that_is_on_no_list_is_refused() -> Result<()> {
    let lab = Lab::get()?;
    let save = || Call::new("saveUser", json!([user()]));
    let outcome = lab.shop.call(&lab.user()?, save())?;
    assert_eq!(outcome.result.expect("a partner")["age"], 37);
    let outcome = lab.stranger.call(&lab.user()?, save())?;
    assert_denied(
        &outcome,
        "dubbo-policy: DENIED rule=partners-only: ask the lab",
    );
    let outcome = lab.stranger.call(&lab.user()?, hello("from-a-stranger"))?;
    assert_eq!(outcome.result, Ok(json!("hello from-a-stranger")));
    Ok(())
}

#[test]
fn a_denied_one_way_call_vanishes_and_the_connection_lives_on() -> Result<()> {
    let lab = Lab::get()?;
    let open = lab.user()?.one_way(&["notify"]);
    let closed = open.clone().group_version("g1", "1.0.0");
    lab.shop
        .call(&open, Call::new("notify", json!(["open-event-1"])))?;
    let outcome = lab
        .shop
        .call(&closed, Call::new("notify", json!(["closed-event"])))?;
    assert_eq!(outcome.result, Ok(Value::Null));
    lab.shop
        .call(&open, Call::new("notify", json!(["open-event-2"])))?;
    assert_eq!(
        lab.connection("open-event-1")?,
        lab.connection("open-event-2")?
    );
    assert_eq!(
        lab.envoy.wait_metric(
            "dubbo_policy_rule_results_total",
            &[("rule", "no-blue-events"), ("result", "denied")],
            1
        )?,
        1
    );
    assert!(!lab.ran("closed-event"));
    Ok(())
}

#[test]
fn sixteen_threads_share_a_connection_and_each_call_gets_its_own_outcome() -> Result<()> {
    let lab = Lab::get()?;
    let calls = [
        hello("allowed-{n}"),
        hello("allowed-{n}"),
        hello("denied-{n}").attachment("x-third", "yes"),
    ];
    let outcomes = lab.shop.storm(&lab.user()?, &calls, 16, 50)?;
    assert_eq!(outcomes.len(), 16 * 50 * 3);
    let (mut allowed, mut denied) = (0, 0);
    for outcome in &outcomes {
        if outcome.n.ends_with("-2") {
            assert_denied(
                outcome,
                "dubbo-policy: DENIED rule=every-third: one in three",
            );
            denied += 1;
        } else {
            assert_eq!(
                outcome.result,
                Ok(json!(format!("hello allowed-{}", outcome.n)))
            );
            allowed += 1;
        }
    }
    assert_eq!((allowed, denied), (1600, 800));
    let storm: Vec<String> = wait::until("all calls at the provider", SOON, || {
        let mut executed = lab.provider.executed();
        executed.retain(|call| call.contains(".hello allowed-"));
        Ok((executed.len() >= allowed).then_some(executed))
    })?;
    assert_eq!(storm.len(), 1600);
    let connections: BTreeSet<&str> = storm
        .iter()
        .filter_map(|call| call.rsplit(' ').next())
        .collect();
    assert_eq!(connections.len(), 1);
    assert!(!lab.ran(".hello denied-"));
    Ok(())
}

/// Dubbo closes a connection that was silent for three heartbeat periods: here after three seconds.
#[test]
fn heartbeats_go_on_for_a_minute_while_calls_are_denied() -> Result<()> {
    let provider = Provider::start(Release::V3_3_6, "heartbeats", Some(Duration::from_secs(1)))?;
    let envoy = envoy(provider.port)?;
    let relay = Relay::start(envoy.port()?)?;
    let consumer = Consumer::start(Release::V3_3_6, "shop")?;
    let options = "timeout=20000&heartbeat=1000";
    let secret = Reference::new(relay.port, SECRET, options);
    let start = Instant::now();
    let mut denied = 0;
    while start.elapsed() < Duration::from_secs(60) {
        let outcome = consumer.call(&secret, Call::new("reveal", json!(["it"])))?;
        assert_denied(
            &outcome,
            "dubbo-policy: DENIED rule=no-reveal: reveal is closed",
        );
        denied += 1;
        // Silence, which only heartbeats fill: longer than the three periods.
        std::thread::sleep(Duration::from_secs(5));
    }
    let outcome = consumer.call(
        &Reference::new(relay.port, USER, options),
        hello("still-there"),
    )?;
    assert_eq!(outcome.result, Ok(json!("hello still-there")));
    let recordings = relay.recordings();
    assert_eq!(recordings.len(), 1, "the consumer had to connect again");
    let events = |stream: &[u8]| {
        frames(stream, 0)
            .filter(Frame::is_event)
            .map(|frame| frame.id)
            .collect::<Vec<_>>()
    };
    let (sent, answered) = (
        events(&recordings[0].to_provider),
        events(&recordings[0].to_consumer),
    );
    assert!(
        sent.len() >= 2 * denied,
        "{} heartbeats in {denied} pauses",
        sent.len()
    );
    let last = sent.len() - 1;
    assert!(
        answered == sent || answered == sent[..last],
        "sent {sent:?}, answered {answered:?}"
    );
    assert_eq!(provider.executed().len(), 1);
    assert_eq!(envoy.stat("tcp.provider.downstream_cx_total")?, 1);
    Ok(())
}
