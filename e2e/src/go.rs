//! The dubbo-go peers: dubbo-go 3.3.1 (`peers/go`).

use std::ops::Deref;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::driver::Driver;
use crate::paths::{Folder, free_port, go_peer};
use crate::peer;

/// A provider of `lab.UserService` and `lab.SecretService`, each plain, as version `2.0.0`, and as group `g1` with the versions `1.0.0`
/// and `2.0.0`.
#[derive(Debug)]
pub struct Provider(peer::Provider);

impl Provider {
    /// Starts a provider whose `whoAmI` answers `label`.
    pub fn start(label: &str) -> Result<Provider> {
        Provider::with_arguments(label, None)
    }

    /// The same, with this period of heartbeats on every connection (60 s by default).
    pub fn with_heartbeat(label: &str, period: Duration) -> Result<Provider> {
        Provider::with_arguments(label, Some(period))
    }

    fn with_arguments(label: &str, heartbeat: Option<Duration>) -> Result<Provider> {
        let port = free_port()?;
        let mut command = Command::new(go_peer("provider")?);
        command
            .args([port.to_string(), label.to_owned()])
            .args(heartbeat.map(|period| period.as_millis().to_string()));
        Ok(Provider(peer::Provider::start(
            command,
            port,
            Folder::new(label)?,
        )?))
    }
}

impl Deref for Provider {
    type Target = peer::Provider;

    fn deref(&self) -> &peer::Provider {
        &self.0
    }
}

/// A consumer. It sends no application name. Of a reference's options it knows `timeout` and `retries` (0 unless given).
#[derive(Debug)]
pub struct Consumer(Driver);

impl Consumer {
    /// Starts a consumer with so many connections to each port (16 is dubbo-go's own choice, opened one by one over 30 s) and this period
    /// of heartbeats on each (30 s by default).
    pub fn start(connections: u32, heartbeat: Option<Duration>) -> Result<Consumer> {
        let mut command = Command::new(go_peer("consumer")?);
        command
            .arg(connections.to_string())
            .args(heartbeat.map(|period| period.as_millis().to_string()));
        Ok(Consumer(Driver::start(
            command,
            Folder::new("go-consumer")?,
        )?))
    }

    /// The names of the values that it can send as arguments of `same` and `$echo`: one or more of each kind that dubbo-go writes in a
    /// form of its own (`peers/go/lab/values.go`).
    pub fn values(&self) -> Result<Vec<String>> {
        let answer = self.ask(json!({"values": true}))?;
        let names = answer["values"].as_array().context("no values")?;
        Ok(names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect())
    }
}

impl Deref for Consumer {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.0
    }
}
