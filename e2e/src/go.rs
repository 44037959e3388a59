//! The dubbo-go peers: dubbo-go 3.3.1 (`peers/go`).

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::driver::{Call, Driver, Outcome, Reference};
use crate::paths::{Folder, free_port, go_peer};
use crate::peer::{self, Executed};
use crate::process::Process;

/// A provider of `lab.UserService` and `lab.SecretService`, each plain, as version `2.0.0`, and as group `g1` with the versions `1.0.0`
/// and `2.0.0`.
#[derive(Debug)]
pub struct Provider {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    executed: Executed,
    process: Process,
    _folder: Folder,
}

impl Provider {
    /// Starts a provider whose `whoAmI` answers `label`.
    pub fn start(label: &str) -> Result<Provider> {
        Provider::with_arguments(label, &[])
    }

    /// The same, with this period of heartbeats on quiet connections (60 s by default).
    pub fn with_heartbeat(label: &str, period: Duration) -> Result<Provider> {
        Provider::with_arguments(label, &[period.as_millis().to_string()])
    }

    fn with_arguments(label: &str, more: &[String]) -> Result<Provider> {
        let port = free_port()?;
        let folder = Folder::new(label)?;
        let mut command = Command::new(go_peer("provider")?);
        command
            .args([port.to_string(), label.to_owned()])
            .args(more);
        let (process, lines) = peer::start("the dubbo-go provider", command, &folder)?;
        Ok(Provider {
            port,
            executed: Executed::read(lines),
            process,
            _folder: folder,
        })
    }

    /// What ran so far, by the provider's own record: `GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT` a call.
    pub fn executed(&self) -> Vec<String> {
        self.executed.all()
    }

    /// Waits until a call of which the record contains `text` has run.
    pub fn wait_executed(&self, text: &str) -> Result<String> {
        self.executed.wait(text)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

/// A consumer. It sends no application name. Of a reference's options it knows `timeout` and `retries` (0 unless given).
#[derive(Debug)]
pub struct Consumer {
    driver: Driver,
    _folder: Folder,
}

impl Consumer {
    /// Starts a consumer with so many connections to each port (16 is dubbo-go's own choice, opened one by one over 30 s) and this period
    /// of heartbeats (30 s by default).
    pub fn start(connections: u32, heartbeat: Option<Duration>) -> Result<Consumer> {
        let folder = Folder::new("go-consumer")?;
        let mut command = Command::new(go_peer("consumer")?);
        command.arg(connections.to_string());
        command.args(heartbeat.map(|period| period.as_millis().to_string()));
        let (process, lines) = peer::start("the dubbo-go consumer", command, &folder)?;
        Ok(Consumer {
            driver: Driver::new(process, lines)?,
            _folder: folder,
        })
    }

    /// Makes one call.
    pub fn call(&self, reference: &Reference, call: Call) -> Result<Outcome> {
        self.driver.call(reference, call)
    }

    /// Makes these calls, one after the other.
    pub fn calls(&self, reference: &Reference, calls: &[Call]) -> Result<Vec<Outcome>> {
        self.driver.calls(reference, calls)
    }

    /// Makes these calls `rounds` times over in each of `threads` threads at once.
    pub fn storm(
        &self,
        reference: &Reference,
        calls: &[Call],
        threads: u32,
        rounds: u32,
    ) -> Result<Vec<Outcome>> {
        self.driver.storm(reference, calls, threads, rounds)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.driver.id()
    }
}
