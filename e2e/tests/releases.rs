//! The Java peers themselves, without Envoy: what the other tests build on holds on each release of Dubbo.

#![allow(clippy::unwrap_used, reason = "a test: a panic is a failure")]

use anyhow::Result;
use e2e::java::{Call, Consumer, Provider, Reference, Release};
use serde_json::json;

/// Where a service is exported, for the open and for the closed one: path, group, version; `*` is the interface.
const EXPORTED: [[&str; 3]; 6] = [
    ["*", "", ""],
    ["*", "", "2.0.0"],
    ["*", "g1", "1.0.0"],
    ["*", "g1", "2.0.0"],
    ["ctx/*", "", ""],
    ["custom", "", ""],
];

#[test]
fn each_service_answers_under_each_of_its_names() -> Result<()> {
    for release in Release::ALL {
        let provider = Provider::start(release, "blue", None)?;
        let consumer = Consumer::start(release, "shop")?;
        for (interface, custom) in [
            ("lab.UserService", "custom.path"),
            ("lab.SecretService", "custom.secret"),
        ] {
            for [path, group, version] in EXPORTED {
                let path = path.replace('*', interface).replace("custom", custom);
                let reference = Reference::new(provider.port, &path, "timeout=20000")
                    .interface(interface)
                    .group_version(group, version);
                let text = format!("{interface}-at-{group}/{path}:{version}");
                let outcome = consumer.call(&reference, Call::new("hello", json!([text])))?;
                let answer = outcome.result.unwrap();
                assert!(
                    answer.as_str().unwrap().ends_with(&text),
                    "{release:?}: {answer}"
                );
                // The record names what ran, whatever the path.
                let ran = provider.wait_executed(&format!("hello {text} from"))?;
                let group = if group.is_empty() {
                    String::new()
                } else {
                    format!("{group}/")
                };
                let version = if version.is_empty() {
                    String::new()
                } else {
                    format!(":{version}")
                };
                let key = format!("{group}{interface}{version}.hello");
                assert!(ran.starts_with(&key), "{release:?}: {ran}, not {key}");
            }
        }
    }
    Ok(())
}
