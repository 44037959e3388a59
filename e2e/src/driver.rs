//! What the consumers of every language understand: a command a line on standard input, and its outcomes a line on standard output.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::process::{ChildStdin, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::paths::Folder;
use crate::peer;
use crate::process::Process;

/// How long a command of the consumer may take. The longest test lasts 60 s.
const COMMAND_DEADLINE: Duration = Duration::from_secs(180);

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

    /// Calls these methods with a callback instead of waiting. dubbo-go only.
    pub fn with_callback(self, methods: &[&str]) -> Reference {
        self.with("async", methods)
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

/// What the caller caught.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// Its Java class; `error` for one that is none.
    pub class: String,
    /// Its message.
    pub message: String,
    /// The field of `lab.BusinessException`.
    pub code: Option<i64>,
}

/// A consumer that takes commands.
#[derive(Debug)]
pub struct Driver {
    input: Mutex<ChildStdin>,
    waiting: Arc<Mutex<HashMap<u64, Sender<Value>>>>,
    next: AtomicU64,
    process: Process,
    _folder: Folder,
}

impl Driver {
    /// Starts a consumer, with a folder for its log.
    pub fn start(command: Command, folder: Folder) -> Result<Driver> {
        let (mut process, lines) = peer::start(command, &folder)?;
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
            // The consumer is gone: nobody must wait for it.
            answers.lock().unwrap().clear();
        });
        Ok(Driver {
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
        let answer = self.ask(command)?;
        let outcomes = answer["outcomes"]
            .as_array()
            .with_context(|| format!("the consumer failed: {answer}"))?;
        outcomes.iter().map(outcome).collect()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The answer to a command.
    pub fn ask(&self, command: Value) -> Result<Value> {
        self.send(command)?
            .recv_timeout(COMMAND_DEADLINE)
            .map_err(|_| {
                anyhow!(
                    "the consumer did not answer within {COMMAND_DEADLINE:?}:\n{}",
                    peer::tail(&self.process.log())
                )
            })
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
