//! What Envoy does with policies: bad ones at its start and while it runs, and a new one under open connections.

#![allow(clippy::indexing_slicing, reason = "a test: a panic is a failure")]

use std::path::Path;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form, configuration};
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::frames::contains;
use e2e::paths::{self, Folder, repository};
use e2e::socket::Socket;
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
    let folder = Folder::new("ecds")?;
    let file = folder.file("filter.json");
    put(&file, &denying("reveal", "first"))?;
    let places = [
        ("PROVIDER_PORT", echo.port.to_string()),
        ("ECDS_FILE", file.display().to_string()),
    ];
    let envoy = Envoy::start(&Bootstrap::load("ecds.yaml", &places)?, 2)?;
    let old = Client::connect(&envoy)?;
    old.is_refused(1, "reveal", "first")?;

    let (policy, messages) = five_mistakes()?;
    put(&file, &policy)?;
    wait_stat(&envoy, "config_fail", 1)?;
    assert_named(&messages, &envoy.log());
    old.is_refused(2, "reveal", "first")?;
    Client::connect(&envoy)?.is_refused(1, "reveal", "first")?;

    // A good one is still taken after the bad one, and the open connection follows it at its next call.
    put(&file, &denying("hello", "second"))?;
    wait_stat(&envoy, "config_reload", 2)?;
    let new = Client::connect(&envoy)?;
    new.is_refused(1, "hello", "second")?;
    new.is_answered(2, "reveal")?;
    old.is_refused(3, "hello", "second")?;
    old.is_answered(4, "reveal")?;
    assert_eq!(echo.calls().len(), 2);
    Ok(())
}

/// The file of `ecds.yaml`, with another policy. Envoy watches for a move, not for a write.
fn put(file: &Path, policy: &Value) -> Result<()> {
    let module = paths::module()?.display().to_string();
    let mut resource = e2e::bootstrap::read("ecds-filter.yaml", &[("MODULE", module)].into())?;
    resource["resources"][0]["typed_config"]["config"]["configuration"] =
        configuration(policy, Form::Text)?;
    let new = file.with_extension("new");
    std::fs::write(&new, resource.to_string())?;
    Ok(std::fs::rename(new, file)?)
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

/// A connection through Envoy.
struct Client(Socket);

impl Client {
    fn connect(envoy: &Envoy) -> Result<Client> {
        Ok(Client(Socket::connect(envoy.address()?)?))
    }

    fn is_refused(&self, id: i64, method: &str, rule: &str) -> Result<()> {
        let answer = self.call(id, method)?;
        assert!(
            contains(
                &answer,
                &format!("dubbo-policy: DENIED rule={rule}: closed")
            ),
            "{:?}",
            String::from_utf8_lossy(&answer)
        );
        Ok(())
    }

    fn is_answered(&self, id: i64, method: &str) -> Result<()> {
        let answer = self.call(id, method)?;
        assert_eq!(&answer[answer.len() - 4..], b"\x91\x02ok");
        Ok(())
    }

    /// The answer to a call.
    fn call(&self, id: i64, method: &str) -> Result<Vec<u8>> {
        let before = self.0.received(0).len();
        let call = json!({"call": {"id": id, "service": "lab.UserService", "method": method}});
        self.0
            .send(&serde_json::from_value::<scenario::Frame>(call)?.bytes()?)?;
        let mut answers = self.0.received(before + 17);
        Ok(answers.split_off(before))
    }
}
