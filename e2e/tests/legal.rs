//! What ordinary consumers send passes, and means the same behind Envoy: every kind of value and every form of call, between the
//! releases of Dubbo, under a policy that closes another service.

#![allow(
    clippy::unwrap_used,
    reason = "a test: a panic is a failure, and threads are joined"
)]

use std::fmt::Write;
use std::thread;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::java::{Consumer, LegalCall, Provider, Release};
use serde_json::json;

const HESSIAN2: &str = "timeout=20000&retries=0";
const FASTJSON2: &str =
    "timeout=20000&retries=0&serialization=fastjson2&prefer.serialization=fastjson2";

/// What throws, whoever calls whom: what is asked to fail, and what providers do not do unless they are told to.
const THROWING: [&str; 11] = [
    "failure by its own class",
    "failure: business",
    "failure: checked",
    "failure: error",
    "failure: unchecked",
    "failure: without a message",
    "generic, a failure",
    "generic, an unknown method",
    "generic=nativejava",
    "unknown version",
    "wrong token",
];

/// A provider of one release behind an Envoy of its own, and a consumer of that release.
struct Lab {
    release: Release,
    consumer: Consumer,
    envoy: Envoy,
    provider: Provider,
}

impl Lab {
    fn start(release: Release) -> Result<Lab> {
        let provider = Provider::start(release, "blue", None)?;
        Ok(Lab {
            release,
            consumer: Consumer::start(release, "shop")?,
            envoy: envoy(provider.port)?,
            provider,
        })
    }

    /// Envoy has refused no call and closed no connection.
    fn assert_all_passed(&self) -> Result<()> {
        for name in [
            "dubbo_policy_refused_total",
            "dubbo_policy_connections_closed_total",
        ] {
            let series = self.envoy.series()?;
            let counted: Vec<_> = series
                .iter()
                .filter(|series| series.name == name && series.value > 0.0)
                .collect();
            assert!(counted.is_empty(), "before {:?}: {counted:?}", self.release);
        }
        Ok(())
    }
}

fn envoy(provider: u16) -> Result<Envoy> {
    let policy = json!({
        "apiVersion": "dubbo-policy/v1",
        "name": "legal",
        "default": "allow",
        "rules": [{"name": "no-secrets", "match": {"service": "lab.SecretService"}, "deny": {}}],
        "protocol": {"services": [{"interface": "lab.UserService", "paths": ["custom.path", "ctx/lab.UserService"]}]},
    });
    let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.to_string())])?;
    Envoy::start(&bootstrap.policy(&policy, Form::Text)?, 2)
}

/// Attachments whose values are of a class are refused in fastjson2: how long such a value is depends on who reads it.
const REFUSED_IN_FASTJSON2: &str = "attachments of any class";

/// All calls of one lab's consumer at another's provider, without and with Envoy between them: what ended otherwise, a line each.
/// `throwing` is what throws either way, beside [`THROWING`].
fn differences(consumer: &Lab, provider: &Lab, options: &str, throwing: &[&str]) -> Result<String> {
    let pair = format!(
        "{:?} calls {:?}, {options}",
        consumer.release, provider.release
    );
    let mut direct = consumer
        .consumer
        .legal(provider.provider.port, options, &[])?;
    if options == FASTJSON2 {
        direct.retain(|call| call.name != REFUSED_IN_FASTJSON2);
    }
    let mut thrown: Vec<&str> = direct
        .iter()
        .filter(|call| call.exception.is_some())
        .map(|call| call.name.as_str())
        .collect();
    thrown.sort_unstable();
    let mut expected = [&THROWING[..], throwing].concat();
    expected.sort_unstable();
    assert_eq!(thrown, expected, "{pair}: what throws without Envoy");

    let names: Vec<&str> = direct.iter().map(|call| call.name.as_str()).collect();
    let through = consumer
        .consumer
        .legal(provider.envoy.port()?, options, &names)?;
    assert_eq!(direct.len(), through.len());
    let ended = |call: &LegalCall| {
        (
            call.name.clone(),
            call.value.clone(),
            call.exception.clone(),
        )
    };
    let mut text = String::new();
    for (direct, through) in direct.iter().map(ended).zip(through.iter().map(ended)) {
        if direct != through {
            writeln!(text, "{pair}: {direct:?}\n  behind Envoy: {through:?}")?;
        }
    }
    Ok(text)
}

#[test]
fn ordinary_calls_mean_the_same_behind_envoy() -> Result<()> {
    // At once: a JVM takes its time to start.
    let (new, old) = thread::scope(|scope| {
        let labs = Release::ALL.map(|release| scope.spawn(move || Lab::start(release)));
        let [new, old] = labs.map(|lab| lab.join().unwrap());
        (new, old)
    });
    let (new, old) = (new?, old?);
    // hessian-lite cannot read some values that it writes itself.
    let by_old = [
        "generic=bean",
        "echo LongAdder",
        "echo entry",
        "echo twenty classes",
    ];
    let found = [
        differences(&new, &new, HESSIAN2, &by_old[..1])?,
        differences(&old, &old, HESSIAN2, &by_old[..3])?,
        differences(&old, &new, HESSIAN2, &by_old)?,
        differences(&new, &old, HESSIAN2, &by_old[..3])?,
    ]
    .concat();
    assert!(found.is_empty(), "{found}");
    new.assert_all_passed()?;
    old.assert_all_passed()
}

#[test]
fn ordinary_calls_in_fastjson2_mean_the_same_behind_envoy() -> Result<()> {
    let lab = Lab::start(Release::V3_3_6)?;
    // fastjson2 cannot write a lone surrogate, and cannot read the others back.
    let throwing = [
        "echo LongAdder",
        "echo Staff",
        "echo TreeMap, reversed",
        "echo a lone surrogate",
        "echo empty EnumSet",
        "echo nCopies",
        "echo twenty classes",
        "echo unmodifiableList of a LinkedList",
    ];
    let found = differences(&lab, &lab, FASTJSON2, &throwing)?;
    assert!(found.is_empty(), "{found}");
    lab.assert_all_passed()?;

    let refused = lab
        .consumer
        .legal(lab.envoy.port()?, FASTJSON2, &[REFUSED_IN_FASTJSON2])?;
    assert!(
        refused.iter().all(|call| call.exception.is_some()),
        "{refused:?}"
    );
    Ok(())
}
