//! Every bootstrap of `envoy-config` starts, and what Envoy and the peers do without the module is what tests build on.

use std::collections::BTreeMap;

use anyhow::Result;
use e2e::bootstrap::{Bootstrap, Form, read};
use e2e::echo::Echo;
use e2e::envoy::Envoy;
use e2e::socket::Socket;
use e2e::wait::{self, SOON};
use serde_json::{Value, json};

/// What the provider answers to the call with id 7.
const ANSWER: &[u8] = b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\x07\0\0\0\x04\x91\x02ok";

fn places(provider: u16) -> Vec<(&'static str, String)> {
    vec![("PROVIDER_PORT", provider.to_string())]
}

fn a_call_passes(envoy: &Envoy) -> Result<()> {
    let client = Socket::connect(envoy.address()?)?;
    client.send(&call("lab.UserService", "hello")?)?;
    let answer = client.received(ANSWER.len());
    assert_eq!(answer, ANSWER, "{}", String::from_utf8_lossy(&answer));
    Ok(())
}

#[test]
fn envoy_without_the_module_carries_bytes_both_ways() -> Result<()> {
    let echo = Echo::start()?;
    for file in ["tcp.yaml", "routing.yaml", "connection-routing.yaml"] {
        let envoy = Envoy::start(
            &Bootstrap::load(file, &places(echo.port))?.without_filter(),
            1,
        )?;
        a_call_passes(&envoy)?;
        assert_eq!(envoy.stat("listener.127.0.0.1_0.downstream_cx_total")?, 1);
    }
    Ok(())
}

#[test]
fn every_bootstrap_starts_with_the_policy_that_stands_in_it() -> Result<()> {
    let echo = Echo::start()?;
    for file in ["tcp.yaml", "routing.yaml", "connection-routing.yaml"] {
        let envoy = Envoy::start(&Bootstrap::load(file, &places(echo.port))?, 1)?;
        a_call_passes(&envoy)?;
        let info = wait::until("config_info", SOON, || {
            Ok(envoy
                .series()?
                .into_iter()
                .find(|series| series.name == "dubbo_policy_config_info"))
        })?;
        assert_eq!(info.labels["policy"], "lab", "{file}");
    }
    Ok(())
}

#[test]
fn the_filter_of_the_envoy_filter_decides_in_envoy() -> Result<()> {
    let echo = Echo::start()?;
    let resource = read("envoyfilter.yaml", &BTreeMap::new())?;
    let mut ours = resource["spec"]["configPatches"][0]["patch"]["value"].clone();
    let module = e2e::paths::module()?.display().to_string();
    ours["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] = module.into();
    let envoy = Envoy::start(
        &Bootstrap::load("tcp.yaml", &places(echo.port))?.filter(&ours),
        1,
    )?;
    a_call_passes(&envoy)?;
    let client = Socket::connect(envoy.address()?)?;
    client.send(&call("lab.SecretService", "reveal")?)?;
    assert_refused(
        &client,
        "dubbo-policy: DENIED rule=no-reveal: reveal is closed",
    );
    assert_eq!(echo.calls().len(), 1);
    Ok(())
}

#[test]
fn the_policy_may_be_json_text_or_a_struct() -> Result<()> {
    let echo = Echo::start()?;
    let policy = json!({"apiVersion": "dubbo-policy/v1", "name": "p", "rules": [{"name": "none", "deny": {}}]});
    for form in [Form::Text, Form::Struct] {
        let bootstrap = Bootstrap::load("tcp.yaml", &places(echo.port))?.policy(&policy, form)?;
        let envoy = Envoy::start(&bootstrap, 1)?;
        let client = Socket::connect(envoy.address()?)?;
        client.send(&call("lab.UserService", "hello")?)?;
        assert_refused(&client, "dubbo-policy: DENIED rule=none: ");
    }
    assert!(echo.calls().is_empty());
    Ok(())
}

#[test]
fn every_bootstrap_has_the_tags_of_the_metrics() -> Result<()> {
    let tags = |file: &str| -> Result<Value> {
        let places = [
            "ADMIN_PORT",
            "LISTEN_PORT",
            "PROVIDER_PORT",
            "CANARY_PORT",
            "COLLECTOR_PORT",
            "MODULE",
            "ECDS_FILE",
        ];
        let places = places.map(|place| (place, "0".to_owned())).into();
        Ok(read(file, &places)?["stats_config"]["stats_tags"].clone())
    };
    let expected = tags("stats-tags.yaml")?;
    assert!(expected.is_array());
    for file in [
        "tcp.yaml",
        "routing.yaml",
        "connection-routing.yaml",
        "ecds.yaml",
    ] {
        assert_eq!(tags(file)?, expected, "{file}");
    }
    Ok(())
}

fn call(service: &str, method: &str) -> Result<Vec<u8>> {
    let call = json!({"call": {"id": 7, "service": service, "method": method}});
    serde_json::from_value::<scenario::Frame>(call)?.bytes()
}

#[track_caller]
fn assert_refused(client: &Socket, text: &str) {
    let answer = client.received(17);
    assert_eq!(
        answer.get(..4),
        Some(&b"\xda\xbb\x02\x14"[..]),
        "{answer:?}"
    );
    assert!(
        e2e::frames::contains(&answer, text),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}
