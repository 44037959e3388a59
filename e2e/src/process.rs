//! A child process that ends with its owner.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A child that ends when its standard input does: when this value is dropped, or when this process is gone, however it went.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    log: PathBuf,
}

impl Process {
    /// Starts a program that itself ends with its standard input. What it writes to standard error goes to `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Process> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?);
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let input = child.stdin.take();
        Ok(Process {
            child,
            input,
            log: log.to_owned(),
        })
    }

    /// Starts a program that does not care for its standard input, under a watcher that ends it (SIGTERM).
    pub fn start_watched(program: &Path, arguments: &[String], log: &Path) -> Result<Process> {
        // The program takes the shell's place, so that its process id and its exit status are the child's.
        const WATCHER: &str =
            r#"exec 3<&0; (cat <&3 >/dev/null; kill $$ 2>/dev/null) & exec "$@" 3<&- </dev/null"#;
        let mut command = Command::new("sh");
        command
            .args(["-c", WATCHER, "sh"])
            .arg(program)
            .args(arguments);
        Process::start(command, log)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Standard input, to write to; once.
    pub fn take_input(&mut self) -> Option<ChildStdin> {
        self.input.take()
    }

    /// Standard output, to read from; once.
    pub fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // It did not end by itself. Nothing more can be done if it cannot be killed either.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
