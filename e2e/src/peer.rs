//! What the peers of every language have in common: they say `READY`, and providers say what ran.

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Command};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, bail, ensure};

use crate::paths::Folder;
use crate::process::Process;
use crate::wait::{self, SOON};

/// Starts a peer and waits for its line `READY`. What it prints next is yet to be read.
pub fn start(command: Command, folder: &Folder) -> Result<(Process, BufReader<ChildStdout>)> {
    let name = format!("{command:?}");
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

/// A provider, and its own record of what ran: a line `EXECUTED GROUP/SERVICE:VERSION.METHOD FIRST-ARGUMENT from PORT` of its standard
/// output for every call.
#[derive(Debug)]
pub struct Provider {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    executed: Arc<Mutex<Vec<String>>>,
    process: Process,
    _folder: Folder,
}

impl Provider {
    /// Starts a provider that was told to listen on this port, with a folder for its log.
    pub fn start(command: Command, port: u16, folder: Folder) -> Result<Provider> {
        let (process, lines) = start(command, &folder)?;
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
