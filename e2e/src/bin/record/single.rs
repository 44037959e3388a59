//! Recordings of one call each, by consumers and providers of Dubbo 3.3.6.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use e2e::java::{Call, Consumer, Provider, Reference, Release};
use e2e::relay::Relay;
use e2e::wait::{self, SOON};
use serde_json::json;

use crate::{FASTJSON2, quiet, save};

const USER: &str = "lab.UserService";
const SECRET: &str = "lab.SecretService";

pub(crate) fn record(folder: &Path) -> Result<()> {
    let provider = Provider::start(Release::V3_3_6, "blue", Some(Duration::from_secs(1)))?;
    let consumer = Consumer::start(Release::V3_3_6, "lab-consumer")?;

    let plain = |port| Reference::new(port, USER, "timeout=3000");
    let fastjson2 = |port| Reference::new(port, USER, &format!("timeout=3000{FASTJSON2}"));
    let user = json!({"name": "ada \u{1f600}", "age": 36, "id": 1_u64 << 40, "balance": 0.5, "role": "WRITER",
        "tags": ["a", "b"], "scores": {"x": 1, "y": 70_000}, "friends": [{"name": "bob"}]});
    let record = |name: &str, reference: &dyn Fn(u16) -> Reference, call: Call| -> Result<()> {
        let relay = Relay::start(provider.port)?;
        let reference = reference(relay.port);
        let before = provider.executed().len();
        let outcome = consumer.call(&reference, call)?;
        // A one-way call is over before the provider has it.
        wait::until(
            &format!("{name}, which ended as {:?},", outcome.result),
            SOON,
            || Ok((provider.executed().len() > before).then_some(())),
        )?;
        save(folder, name, &relay)
    };
    record("hello", &plain, Call::new("hello", json!(["bob"])))?;
    record(
        "non-ascii",
        &plain,
        Call::new("hello", json!(["\u{e4}\u{4e2d}\u{1f600}"])),
    )?;
    record(
        "long-string",
        &plain,
        Call::new("hello", json!(["0123456789abcdef".repeat(64)])),
    )?;
    record("object", &plain, Call::new("saveUser", json!([user])))?;
    record("list", &plain, Call::new("listUsers", json!([3])))?;
    record("bytes", &plain, Call::new("echoBytes", json!([1500])))?;
    record("null", &plain, Call::new("findUser", json!(["x"])))?;
    record("exception", &plain, Call::new("fail", json!(["no"])))?;
    record("no-argument", &plain, Call::new("whoAmI", json!([])))?;
    record(
        "attachments",
        &plain,
        Call::new("hello", json!(["bob"]))
            .attachment("x-lane", "canary")
            .attachment("empty", ""),
    )?;
    record(
        "one-way",
        &|port| plain(port).one_way(&["notify"]),
        Call::new("notify", json!(["event"])),
    )?;
    record(
        "generic",
        &|port| plain(port).generic(),
        Call::new("hello", json!(["bob"])),
    )?;
    record(
        "group-version",
        &|port| Reference::new(port, SECRET, "timeout=3000").group_version("g1", "2.0.0"),
        Call::new("reveal", json!(["it"])),
    )?;
    record("fastjson2", &fastjson2, Call::new("hello", json!(["bob"])))?;
    record(
        "fastjson2-object",
        &fastjson2,
        Call::new("saveUser", json!([user])),
    )?;
    record(
        "fastjson2-non-ascii",
        &fastjson2,
        Call::new("hello", json!(["\u{e4}\u{4e2d}\u{1f600}"])),
    )?;
    record(
        "fastjson2-latin-1",
        &fastjson2,
        Call::new("hello", json!(["\u{e4}\u{f6}"])),
    )?;
    record(
        "fastjson2-long-string",
        &fastjson2,
        Call::new("hello", json!(["0123456789abcdef".repeat(64)])),
    )?;
    record(
        "fastjson2-list",
        &fastjson2,
        Call::new("listUsers", json!([3])),
    )?;
    record(
        "fastjson2-bytes",
        &fastjson2,
        Call::new("echoBytes", json!([1500])),
    )?;
    record(
        "fastjson2-null",
        &fastjson2,
        Call::new("findUser", json!(["x"])),
    )?;
    record(
        "fastjson2-exception",
        &fastjson2,
        Call::new("fail", json!(["no"])),
    )?;
    record(
        "fastjson2-attachments",
        &fastjson2,
        Call::new("hello", json!(["bob"]))
            .attachment("x-lane", "canary")
            .attachment("empty", ""),
    )?;
    record(
        "fastjson2-one-way",
        &|port| fastjson2(port).one_way(&["notify"]),
        Call::new("notify", json!(["event"])),
    )?;
    record(
        "fastjson2-generic",
        &|port| fastjson2(port).generic(),
        Call::new("hello", json!(["bob"])),
    )?;
    unknown_service(&consumer, provider.port, folder)?;
    quiet(&consumer, provider.port, "heartbeats", "", folder)?;
    quiet(
        &consumer,
        provider.port,
        "fastjson2-heartbeats",
        FASTJSON2,
        folder,
    )
}

/// A call that the provider refuses, so that nothing runs: one attempt, an answer with a status of its own.
fn unknown_service(consumer: &Consumer, provider: u16, folder: &Path) -> Result<()> {
    let relay = Relay::start(provider)?;
    let reference =
        Reference::new(relay.port, USER, "timeout=3000&retries=0").group_version("absent", "1.0.0");
    consumer.call(&reference, Call::new("hello", json!(["bob"])))?;
    save(folder, "unknown-service", &relay)
}
