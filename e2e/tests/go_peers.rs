//! The dubbo-go peers themselves, without Envoy: that they are what the other tests take them for.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: a panic is a failure, and clocks are read"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use e2e::driver::{Call, Reference};
use e2e::go::{Consumer, Provider};
use serde_json::json;

const USER: &str = "lab.UserService";
const SECRET: &str = "lab.SecretService";
const OPTIONS: &str = "timeout=20000";

/// The local addresses of all sockets of this process that listen, as the kernel writes them: `0100007F:5566`.
fn listening(process: u32) -> Result<BTreeSet<String>> {
    let mut sockets = BTreeSet::new();
    for entry in std::fs::read_dir(format!("/proc/{process}/fd"))? {
        if let Ok(target) = std::fs::read_link(entry?.path()) {
            sockets.insert(target.to_string_lossy().into_owned());
        }
    }
    let mut addresses = BTreeSet::new();
    for table in ["tcp", "tcp6"] {
        for line in std::fs::read_to_string(format!("/proc/{process}/net/{table}"))?.lines() {
            let columns: Vec<&str> = line.split_whitespace().collect();
            // The second column is the local address, the fourth the state (0A listens), the tenth the inode.
            if let [_, local, _, "0A", _, _, _, _, _, inode, ..] = columns.as_slice()
                && sockets.contains(&format!("socket:[{inode}]"))
            {
                addresses.insert(format!("{table} {local}"));
            }
        }
    }
    Ok(addresses)
}

#[test]
fn the_provider_listens_on_the_loopback_address_alone() -> Result<()> {
    let provider = Provider::start("green")?;
    let own = format!("tcp 0100007F:{:04X}", provider.port);
    assert_eq!(listening(provider.id())?, BTreeSet::from([own]));
    Ok(())
}

#[test]
fn every_service_is_there_under_each_group_and_version() -> Result<()> {
    let provider = Provider::start("green")?;
    let consumer = Consumer::start(1, None)?;
    for (group, version, key) in [
        ("", "", USER),
        ("", "2.0.0", "lab.UserService:2.0.0"),
        ("g1", "1.0.0", "g1/lab.UserService:1.0.0"),
        ("g1", "2.0.0", "g1/lab.UserService:2.0.0"),
    ] {
        for (service, answer) in [(USER, "hello"), (SECRET, "secret hello")] {
            let reference =
                Reference::new(provider.port, service, OPTIONS).group_version(group, version);
            let outcome = consumer.call(&reference, Call::new("hello", json!(["{n}"])))?;
            assert_eq!(outcome.result, Ok(json!(format!("{answer} {}", outcome.n))));
            let key = key.replace(USER, service);
            provider.wait_executed(&format!("{key}.hello {} from ", outcome.n))?;
        }
    }
    Ok(())
}

#[test]
fn callers_see_values_nulls_exceptions_and_callbacks() -> Result<()> {
    let provider = Provider::start("green")?;
    let consumer = Consumer::start(1, Some(Duration::from_secs(1)))?;
    let user = Reference::new(provider.port, USER, OPTIONS)
        .one_way(&["notify"])
        .with_callback(&["bytes"]);
    let outcomes = consumer.calls(
        &user,
        &[
            Call::new("whoAmI", json!([])),
            Call::new("findUser", json!(["nobody"])),
            Call::new("bytes", json!([5])),
            Call::new("notify", json!(["one-way-{n}"])),
            Call::new("fail", json!(["no \u{1f600}"])),
        ],
    )?;
    let value = |n: usize| outcomes[n].result.clone().unwrap();
    assert_eq!(value(0), json!("green"));
    assert_eq!(value(1), json!(null));
    assert_eq!(value(2), json!({"bytes": 5, "crc32": 1_364_906_956_u32}));
    provider.wait_executed(&format!("notify one-way-{}", outcomes[3].n))?;
    let thrown = outcomes[4].result.clone().unwrap_err();
    assert_eq!(thrown.class, "lab.BusinessException");
    assert_eq!(
        (thrown.message.as_str(), thrown.code),
        ("no \u{1f600}", Some(42))
    );
    let generic = Reference::new(provider.port, USER, OPTIONS).generic();
    let outcome = consumer.call(&generic, Call::new("hello", json!(["generic"])))?;
    assert_eq!(outcome.result, Ok(json!("hello generic")));
    Ok(())
}
