//! Recordings of an ordinary consumer's calls (`Legal.java`), many on one connection, by both releases of Dubbo.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::java::{Consumer, Provider, Release};
use e2e::relay::Relay;

use crate::{FASTJSON2, quiet, save};

/// Calls in each form that Dubbo has.
const FORMS: [&str; 38] = [
    "primitives",
    "boxed",
    "boxed nulls",
    "arrays",
    "values",
    "generics",
    "a type variable",
    "overloaded by text",
    "overloaded by number",
    "overloaded by list",
    "any number of arguments",
    "no argument, no result",
    "plain",
    "version alone",
    "group and version",
    "token",
    "timeout countdown",
    "options of the consumer",
    "failure: business",
    "attachments of plain values",
    "a future",
    "asyncCall",
    "async by option",
    "one-way",
    "$echo of text",
    "$echo of an object",
    "generic",
    "generic, no argument",
    "generic, no types",
    "generic, a map with its class",
    "generic, a map without a class",
    "generic, an object",
    "generic, lists of maps",
    "generic, primitives",
    "generic, $invokeAsync",
    "generic=bean",
    "generic=raw.return",
    "generic=gson",
];

/// Where a path and an interface differ, as they may when a service is exported so.
const PATHS: [&str; 3] = ["custom path", "custom path, generic", "context path"];

pub(crate) fn record(folder: &Path) -> Result<()> {
    for (release, prefix, options) in [
        (Release::V3_3_6, "", ""),
        (Release::V3_3_6, "fastjson2-", FASTJSON2),
        (Release::V2_7_23, "2.7.23-", ""),
    ] {
        let provider = Provider::start(release, "blue", Some(Duration::from_secs(1)))?;
        let consumer = Consumer::start(release, "lab-consumer")?;
        let options = format!("timeout=3000&retries=0{options}");
        let values = values(&consumer, provider.port, &options)?;
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        for (name, calls) in [
            ("forms", &FORMS[..]),
            ("paths", &PATHS),
            ("callbacks", &["callbacks"]),
            ("values", &values),
        ] {
            let relay = Relay::start(provider.port)?;
            let made = consumer.legal(relay.port, &options, calls)?;
            ensure!(made.len() == calls.len(), "{name}: {made:?}");
            save(folder, &format!("{prefix}{name}"), &relay)?;
        }
        if release == Release::V2_7_23 {
            quiet(&consumer, provider.port, "2.7.23-heartbeats", "", folder)?;
        }
    }
    Ok(())
}

/// Names of the values that travel well and are not long.
fn values(consumer: &Consumer, provider: u16, options: &str) -> Result<Vec<String>> {
    let mut calls = consumer.legal(provider, options, &[])?;
    calls.retain(|call| {
        let long = call.value.as_ref().is_none_or(|value| value.contains('<'));
        call.name.starts_with("echo ") && !long
    });
    Ok(calls.into_iter().map(|call| call.name).collect())
}
