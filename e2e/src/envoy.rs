//! The pinned Envoy with a bootstrap of `envoy-config`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::admin;
use crate::bootstrap::Bootstrap;
use crate::paths::{self, Folder};
use crate::process::Process;
use crate::prometheus::{self, Series};
use crate::wait::{self, SOON};

/// A running Envoy.
#[derive(Debug)]
pub struct Envoy {
    admin: SocketAddr,
    process: Process,
    _folder: Folder,
}

impl Envoy {
    /// Starts Envoy with so many workers, and waits until it is ready. When Envoy refuses the bootstrap, the error is its log.
    pub fn start(bootstrap: &Bootstrap, workers: u32) -> Result<Envoy> {
        let folder = Folder::new("envoy")?;
        let config = folder.file("bootstrap.json");
        std::fs::write(&config, serde_json::to_string_pretty(bootstrap.document())?)?;
        if bootstrap
            .document()
            .to_string()
            .contains("dubbo-policy.wasm")
        {
            paths::module()?;
        }
        let address = folder.file("admin");
        let arguments = [
            ["--config-path", &config.display().to_string()],
            ["--admin-address-path", &address.display().to_string()],
            ["--concurrency", &workers.to_string()],
            ["--log-level", "warn"],
            // Connections of a listener that has been replaced end soon.
            ["--drain-time-s", "1"],
            ["--component-log-level", "wasm:info,config:info"],
        ];
        let mut arguments: Vec<String> =
            arguments.concat().into_iter().map(str::to_owned).collect();
        // Several may run on one machine, and none takes over from another.
        arguments.push("--disable-hot-restart".to_owned());
        let mut process =
            Process::start_watched(&paths::envoy()?, &arguments, &folder.file("log"))?;
        let admin = wait::until("Envoy's start", SOON, || {
            if let Some(status) = process.ended()? {
                bail!("Envoy has ended: {status}\n{}", process.log());
            }
            let admin = std::fs::read_to_string(&address)
                .ok()
                .and_then(|address| address.parse().ok());
            Ok(admin.filter(|admin| admin::get(*admin, "/ready").is_ok()))
        })?;
        Ok(Envoy {
            admin,
            process,
            _folder: folder,
        })
    }

    /// Where the listener `dubbo` listens.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener("dubbo")
    }

    /// The same for Java, which wants a port.
    pub fn port(&self) -> Result<u16> {
        Ok(self.address()?.port())
    }

    /// Where the listener of this name listens.
    pub fn listener(&self, name: &str) -> Result<SocketAddr> {
        self.listeners()?
            .remove(name)
            .with_context(|| format!("no listener {name}"))
    }

    /// The listeners that are in service, and where.
    pub fn listeners(&self) -> Result<BTreeMap<String, SocketAddr>> {
        let answer: Value = serde_json::from_str(&self.admin("/listeners?format=json")?)?;
        let statuses = answer["listener_statuses"].as_array();
        let listener = |status: &Value| -> Result<(String, SocketAddr)> {
            let address = &status["local_address"]["socket_address"];
            let port = address["port_value"].as_u64().context("a port")?;
            Ok((
                status["name"].as_str().context("a name")?.to_owned(),
                paths::loopback(u16::try_from(port)?),
            ))
        };
        statuses.into_iter().flatten().map(listener).collect()
    }

    /// An answer of the admin port.
    pub fn admin(&self, path: &str) -> Result<String> {
        admin::get(self.admin, path)
    }

    /// A counter or gauge of Envoy's own, by its full name; 0 when there is none.
    pub fn stat(&self, name: &str) -> Result<u64> {
        let stats = self.admin("/stats")?;
        let value = stats
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.map_or(Ok(0), |value| {
            value.parse().with_context(|| format!("{name}: {value}"))
        })
    }

    /// Every series of the module's, as Prometheus would read them.
    pub fn series(&self) -> Result<Vec<Series>> {
        let mut series = prometheus::parse(&self.admin("/stats/prometheus")?);
        series.retain(|series| series.name.starts_with("dubbo_policy_"));
        Ok(series)
    }

    /// The sum over the series of a counter that carry at least these labels.
    pub fn metric(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<u64> {
        Ok(prometheus::sum(&self.series()?, name, labels) as u64)
    }

    /// Waits until the counter is `want`; returns what it is at last.
    pub fn wait_metric(&self, name: &str, labels: &[(&str, &str)], want: u64) -> Result<u64> {
        let labels = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        self.await_metric(name, &labels, want)
    }

    /// The same with labels in a map.
    pub fn await_metric(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
        want: u64,
    ) -> Result<u64> {
        // What it is instead is returned.
        let _ = wait::until(name, SOON, || {
            Ok((self.metric(name, labels)? == want).then_some(()))
        });
        self.metric(name, labels)
    }

    /// Envoy's log so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits until the log contains the text.
    pub fn wait_log(&self, text: &str) -> Result<String> {
        wait::until(&format!("{text:?} in Envoy's log"), SOON, || {
            let log = self.log();
            Ok(log.contains(text).then_some(log))
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}
