//! The Java peers: Apache Dubbo on its plain API (`peers/java`), in two releases.

use std::ops::Deref;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::driver::Driver;
use crate::paths::{Folder, free_port, java_classes};
use crate::peer;

pub use crate::driver::{Call, Exception, Outcome, Reference};

/// A release of Apache Dubbo that the peers are built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The newest of Dubbo 3.
    V3_3_6,
    /// The last of Dubbo 2.
    V2_7_23,
}

impl Release {
    /// Both.
    pub const ALL: [Release; 2] = [Release::V3_3_6, Release::V2_7_23];

    /// As Maven and `tools/setup.sh` name it.
    pub fn version(self) -> &'static str {
        match self {
            Release::V3_3_6 => "3.3.6",
            Release::V2_7_23 => "2.7.23",
        }
    }

    /// What its JVM needs beside. Dubbo 2 looks into the JDK's classes; most of it runs on JDKs that let it.
    fn options(self) -> Vec<String> {
        let packages: &[&str] = match self {
            Release::V3_3_6 => &[],
            Release::V2_7_23 => &[
                "java.lang",
                "java.math",
                "java.net",
                "java.util",
                "java.util.concurrent",
                "java.util.concurrent.atomic",
                "sun.util.calendar",
            ],
        };
        packages
            .iter()
            .map(|package| format!("--add-opens=java.base/{package}=ALL-UNNAMED"))
            .collect()
    }
}

/// A provider of `lab.UserService` and `lab.SecretService`, each plain, as version `2.0.0`, as group `g1` with the versions `1.0.0` and
/// `2.0.0`, below the context path `ctx` (`ctx/lab.UserService`), and under a path of its own: `custom.path` and `custom.secret`.
#[derive(Debug)]
pub struct Provider(peer::Provider);

impl Provider {
    /// Starts a provider whose `whoAmI` answers `label`. `heartbeat` is its period for quiet connections (60 s by default).
    pub fn start(release: Release, label: &str, heartbeat: Option<Duration>) -> Result<Provider> {
        Provider::start_at(free_port()?, release, label, heartbeat)
    }

    /// The same on a port of 127.0.0.1 that is known, because another provider was there before.
    pub fn start_at(
        port: u16,
        release: Release,
        label: &str,
        heartbeat: Option<Duration>,
    ) -> Result<Provider> {
        let mut arguments = vec![port.to_string(), label.to_owned()];
        arguments.extend(heartbeat.map(|period| period.as_millis().to_string()));
        let command = command(release, "lab.Provider", &arguments)?;
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

/// What came of one of an ordinary consumer's calls. Values and exceptions are texts that are equal for equal ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LegalCall {
    /// What the call is about.
    pub name: String,
    /// The value.
    pub value: Option<String>,
    /// What was thrown instead.
    pub exception: Option<String>,
    /// Whether a value that was sent to be echoed came back as it went.
    #[serde(default)]
    pub same: bool,
    /// Milliseconds from call to outcome.
    pub millis: u64,
}

/// A consumer: one JVM with one application name, and one connection for all references to one port.
#[derive(Debug)]
pub struct Consumer(Driver);

impl Consumer {
    /// Starts a consumer, which sends `application` in the attachment `remote.application`.
    pub fn start(release: Release, application: &str) -> Result<Consumer> {
        let command = command(release, "lab.Consumer", &[application.to_owned()])?;
        Ok(Consumer(Driver::start(command, Folder::new(application)?)?))
    }

    /// Makes the calls of an ordinary consumer at a port of 127.0.0.1 (`Legal.java`): all, or those of these names.
    pub fn legal(&self, port: u16, options: &str, only: &[&str]) -> Result<Vec<LegalCall>> {
        let suite = json!({ "port": port, "options": options, "only": only });
        let answer = self.ask(json!({ "suite": suite }))?;
        serde_json::from_value(answer["outcomes"].clone())
            .with_context(|| format!("the consumer failed: {answer}"))
    }
}

impl Deref for Consumer {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        &self.0
    }
}

/// A JVM that runs this class.
fn command(release: Release, class: &str, arguments: &[String]) -> Result<Command> {
    let mut command = Command::new("java");
    command
        // A small heap and one compiler: start in a second, many fit on one machine.
        .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"])
        .args([
            "-Dfile.encoding=UTF-8",
            "-Dsun.stdout.encoding=UTF-8",
            "-Djava.net.preferIPv4Stack=true",
        ])
        // 127.0.0.1 as a number; Dubbo refuses the dotted form and would listen everywhere.
        .args([
            "-DDUBBO_IP_TO_BIND=2130706433",
            "-Ddubbo.application.logger=jdk",
        ])
        .args(release.options())
        .args(["-cp", &java_classes(release.version())?, class])
        .args(arguments);
    Ok(command)
}
