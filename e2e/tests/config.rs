//! What Envoy does with policies: bad ones at its start and while it runs, and a new one under open connections.

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form};
use e2e::caller::Caller;
use e2e::ecds::Ecds;
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::paths::repository;
use e2e::wait::{self, SOON};
use serde_json::{Value, json};

/// A policy with five mistakes, and for each the message that `dubbo-policy check` gives, too.
fn five_mistakes() -> Result<(Value, Vec<String>)> {
    let folder = repository().join("testdata/config/bad");
    let policy = std::fs::read_to_string(folder.join("five-mistakes.yaml"))?;
    let messages = std::fs::read_to_string(folder.join("five-mistakes.txt"))?;
    let messages: Vec<String> = messages
        .lines()
        .filter_map(|line| Some(line.split_once(": error: ")?.1.to_owned()))
        .collect();
    assert_eq!(messages.len(), 5);
    Ok((serde_saphyr::from_str(&policy)?, messages))
}

fn denying(method: &str, rule: &str) -> Value {
    json!({"apiVersion": "dubbo-policy/v1", "name": "updates", "default": "allow",
        "rules": [{"name": rule, "match": {"method": method}, "deny": {}, "message": "closed"}]})
}

#[test]
fn envoy_does_not_start_with_a_bad_policy_and_its_log_names_every_mistake() -> Result<()> {
    let (policy, messages) = five_mistakes()?;
    for form in [Form::Text, Form::Struct] {
        let bootstrap = Bootstrap::load("tcp.yaml", &[])?.policy(&policy, form)?;
        let error = Envoy::start(&bootstrap, 1)
            .expect_err("a bad policy")
            .to_string();
        assert_named(&messages, &error);
    }
    Ok(())
}

#[test]
fn a_running_envoy_rejects_a_bad_policy_and_serves_on_with_the_old_one() -> Result<()> {
    let echo = Echo::start()?;
    let mut file = Ecds::new(&denying("reveal", "first"))?;
    let envoy = Envoy::start(&file.bootstrap(echo.port)?, 2)?;
    let mut old = Caller::connect(envoy.address()?)?;
    is_refused(&mut old, "reveal", "first")?;

    let (policy, messages) = five_mistakes()?;
    file.put(&policy)?;
    wait_stat(&envoy, "config_fail", 1)?;
    assert_named(&messages, &envoy.log());
    is_refused(&mut old, "reveal", "first")?;
    is_refused(&mut Caller::connect(envoy.address()?)?, "reveal", "first")?;

    // A good one is still taken after the bad one, and the open connection follows it at its next call.
    file.put(&denying("hello", "second"))?;
    wait_stat(&envoy, "config_reload", 2)?;
    let mut new = Caller::connect(envoy.address()?)?;
    is_refused(&mut new, "hello", "second")?;
    assert_eq!(new.refusal("reveal")?, None);
    is_refused(&mut old, "hello", "second")?;
    assert_eq!(old.refusal("reveal")?, None);
    assert_eq!(echo.calls().len(), 2);
    Ok(())
}

fn wait_stat(envoy: &Envoy, stat: &str, want: u64) -> Result<()> {
    let name = format!("extension_config_discovery.network_filter.dubbo_policy.{stat}");
    wait::until(&name, SOON, || {
        Ok((envoy.stat(&name)? >= want).then_some(()))
    })
}

fn assert_named(mistakes: &[String], log: &str) {
    for mistake in mistakes {
        assert!(log.contains(mistake), "{mistake:?} is not in\n{log}");
    }
}

/// The next call of this connection is refused by this rule.
fn is_refused(caller: &mut Caller, method: &str, rule: &str) -> Result<()> {
    let refusal = caller.refusal(method)?.unwrap_or_default();
    let expected = format!("dubbo-policy: DENIED rule={rule}: closed");
    assert!(refusal.starts_with(&expected), "{refusal:?}");
    Ok(())
}
