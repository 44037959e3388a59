//! What the peers of every language have in common: they say `READY`, and providers say what ran.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Command};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail, ensure};

use crate::paths::Folder;
use crate::process::Process;
use crate::wait::{self, SOON};

/// Starts a peer and waits for its line `READY`. What it prints next is yet to be read.
pub fn start(
    name: &str,
    command: Command,
    folder: &Folder,
) -> Result<(Process, BufReader<ChildStdout>)> {
    let mut process = Process::start(command, &folder.file("log"))?;
    let mut lines = BufReader::new(process.take_output().context("standard output")?);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    if line.trim() != "READY" {
        bail!("{name} did not start: {line}{}", tail(&process.log()));
    }
    ensure!(process.ended()?.is_none(), "{name} has ended");
    Ok((process, lines))
}

/// The last lines of a log.
pub fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// A provider's own record of what ran: a line `EXECUTED GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT` of its standard output
/// for every call.
#[derive(Debug, Clone)]
pub struct Executed(Arc<Mutex<Vec<String>>>);

impl Executed {
    /// Reads the lines to their end, in a thread of its own.
    pub fn read(lines: BufReader<ChildStdout>) -> Executed {
        let executed = Executed(Arc::default());
        let log = Arc::clone(&executed.0);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some(call) = line.strip_prefix("EXECUTED ") {
                    log.lock().unwrap().push(call.to_owned());
                }
            }
        });
        executed
    }

    /// What ran so far: `GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT` a call.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until a call of which the record contains `text` has run.
    pub fn wait(&self, text: &str) -> Result<String> {
        wait::until(&format!("a call {text:?} at the provider"), SOON, || {
            Ok(self.all().into_iter().find(|call| call.contains(text)))
        })
    }
}
