//! The Java peers: Apache Dubbo on its plain API (`peers/java`), in two releases.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::paths::{Folder, free_port, java_classes};
use crate::process::Process;
use crate::wait::{self, SOON};

/// How long a command of the consumer may take. The longest test lasts 60 s.
const COMMAND_DEADLINE: Duration = Duration::from_secs(180);

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

    /// What its JVM needs beside. Dubbo 2 changes the JDK's classes from within (javassist) and looks into them (hessian-lite).
    fn options(self) -> &'static [&'static str] {
        match self {
            Release::V3_3_6 => &[],
            Release::V2_7_23 => &["--add-opens=java.base/java.lang=ALL-UNNAMED"],
        }
    }
}

/// A provider of `lab.UserService` and `lab.SecretService`, each plain, as version `2.0.0`, as group `g1` with the versions `1.0.0` and
/// `2.0.0`, below the context path `ctx` (`ctx/lab.UserService`), and under a path of its own: `custom.path` and `custom.secret`.
#[derive(Debug)]
pub struct Provider {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    executed: Arc<Mutex<Vec<String>>>,
    process: Process,
    _folder: Folder,
}

impl Provider {
    /// Starts a provider whose `whoAmI` answers `label`. `heartbeat` is its period for quiet connections (60 s by default).
    pub fn start(release: Release, label: &str, heartbeat: Option<Duration>) -> Result<Provider> {
        let port = free_port()?;
        let mut arguments = vec![port.to_string(), label.to_owned()];
        arguments.extend(heartbeat.map(|period| period.as_millis().to_string()));
        let folder = Folder::new(label)?;
        let (process, lines) = start(release, "lab.Provider", &arguments, &folder)?;
        let executed = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&executed);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some(call) = line.strip_prefix("EXECUTED ") {
                    log.lock().unwrap().push(call.to_owned());
                }
            }
        });
        Ok(Provider {
            port,
            executed,
            process,
            _folder: folder,
        })
    }

    /// What ran so far, by the provider's own record: `GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT` a call.
    pub fn executed(&self) -> Vec<String> {
        self.executed.lock().unwrap().clone()
    }

    /// Waits until a call of which the record contains `text` has run.
    pub fn wait_executed(&self, text: &str) -> Result<String> {
        wait::until(&format!("a call {text:?} at the provider"), SOON, || {
            Ok(self.executed().into_iter().find(|call| call.contains(text)))
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

/// Which service a consumer calls, where.
#[derive(Debug, Clone)]
pub struct Reference(Value);

impl Reference {
    /// A service at a port of 127.0.0.1, with Dubbo's URL options (`timeout=3000&heartbeat=1000`).
    pub fn new(port: u16, service: &str, options: &str) -> Reference {
        Reference(json!({ "url": format!("dubbo://127.0.0.1:{port}/{service}?{options}") }))
    }

    /// The interface of a service that is exported under another path.
    pub fn interface(self, name: &str) -> Reference {
        self.with("type", name)
    }

    /// The same service of this group and version.
    pub fn group_version(self, group: &str, version: &str) -> Reference {
        self.with("group", group).with("version", version)
    }

    /// Calls it by `$invoke`.
    pub fn generic(self) -> Reference {
        self.with("generic", "true")
    }

    /// Calls these methods one-way.
    pub fn one_way(self, methods: &[&str]) -> Reference {
        self.with("oneway", methods)
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Reference {
        self.0[key] = value.into();
        self
    }
}

/// One call of a consumer.
#[derive(Debug, Clone)]
pub struct Call(Value);

impl Call {
    /// A call of this method. A `byte[]` argument is given by its size; `{n}` in a text becomes a text that no other call has.
    pub fn new(method: &str, args: Value) -> Call {
        Call(json!({ "method": method, "args": args }))
    }

    /// With an attachment.
    pub fn attachment(mut self, key: &str, value: &str) -> Call {
        self.0["attachments"][key] = value.into();
        self
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The method that was called.
    pub method: String,
    /// What stood for `{n}`.
    pub n: String,
    /// The value, or how it failed.
    pub result: Result<Value, Exception>,
    /// How often the consumer's cluster tried.
    pub attempts: u64,
    /// Milliseconds from call to outcome.
    pub millis: u64,
}

/// What the Java caller caught.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Its class.
    pub class: String,
    /// Its message.
    pub message: String,
    /// The field of `lab.BusinessException`.
    pub code: Option<i64>,
}

/// A consumer: one JVM with one application name, and one connection for all references to one port.
#[derive(Debug)]
pub struct Consumer {
    input: Mutex<ChildStdin>,
    waiting: Arc<Mutex<HashMap<u64, Sender<Value>>>>,
    next: AtomicU64,
    process: Process,
    _folder: Folder,
}

impl Consumer {
    /// Starts a consumer, which sends `application` in the attachment `remote.application`.
    pub fn start(release: Release, application: &str) -> Result<Consumer> {
        let folder = Folder::new(application)?;
        let (mut process, lines) =
            start(release, "lab.Consumer", &[application.to_owned()], &folder)?;
        let input = Mutex::new(process.take_input().context("standard input")?);
        let waiting: Arc<Mutex<HashMap<u64, Sender<Value>>>> = Arc::default();
        let answers = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let Ok(answer) = serde_json::from_str::<Value>(&line) else {
                    continue;
                };
                let id = answer["id"].as_u64().unwrap_or_default();
                if let Some(sender) = answers.lock().unwrap().remove(&id) {
                    // Nobody waits any longer when the deadline has passed.
                    let _ = sender.send(answer);
                }
            }
            // The JVM is gone: nobody must wait for it.
            answers.lock().unwrap().clear();
        });
        Ok(Consumer {
            input,
            waiting,
            next: AtomicU64::new(1),
            process,
            _folder: folder,
        })
    }

    /// Makes one call.
    pub fn call(&self, reference: &Reference, call: Call) -> Result<Outcome> {
        self.calls(reference, &[call])?.pop().context("no outcome")
    }

    /// Makes these calls, one after the other.
    pub fn calls(&self, reference: &Reference, calls: &[Call]) -> Result<Vec<Outcome>> {
        self.storm(reference, calls, 1, 1)
    }

    /// Makes these calls `rounds` times over in each of `threads` threads at once.
    pub fn storm(
        &self,
        reference: &Reference,
        calls: &[Call],
        threads: u32,
        rounds: u32,
    ) -> Result<Vec<Outcome>> {
        let calls: Vec<&Value> = calls.iter().map(|call| &call.0).collect();
        let command = json!({ "reference": reference.0, "calls": calls, "threads": threads, "rounds": rounds });
        let answer = self
            .send(command)?
            .recv_timeout(COMMAND_DEADLINE)
            .map_err(|_| {
                anyhow!(
                    "the consumer did not answer within {COMMAND_DEADLINE:?}:\n{}",
                    tail(&self.process.log())
                )
            })?;
        let outcomes = answer["outcomes"]
            .as_array()
            .with_context(|| format!("the consumer failed: {answer}"))?;
        outcomes.iter().map(outcome).collect()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    fn send(&self, mut command: Value) -> Result<Receiver<Value>> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        command["id"] = id.into();
        let (sender, receiver) = channel();
        self.waiting.lock().unwrap().insert(id, sender);
        writeln!(self.input.lock().unwrap(), "{command}").context("the consumer is gone")?;
        Ok(receiver)
    }
}

fn outcome(answer: &Value) -> Result<Outcome> {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let result = match answer.get("exception") {
        None => Ok(answer["value"].clone()),
        Some(_) => Err(Exception {
            class: text("exception"),
            message: text("message"),
            code: answer["code"].as_i64(),
        }),
    };
    let number = |key: &str| {
        answer[key]
            .as_u64()
            .with_context(|| format!("no {key} in {answer}"))
    };
    Ok(Outcome {
        method: text("method"),
        n: text("n"),
        result,
        attempts: number("attempts")?,
        millis: number("millis")?,
    })
}

/// Starts a JVM and waits for its line `READY`.
fn start(
    release: Release,
    class: &str,
    arguments: &[String],
    folder: &Folder,
) -> Result<(Process, BufReader<ChildStdout>)> {
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
    let mut process = Process::start(command, &folder.file("log"))?;
    let mut lines = BufReader::new(process.take_output().context("standard output")?);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    if line.trim() != "READY" {
        bail!("{class} did not start: {line}{}", tail(&process.log()));
    }
    ensure!(process.ended()?.is_none(), "{class} has ended");
    Ok((process, lines))
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
