//! The main job on real parts: `make demo`.
//!
//! Two providers and two consumers (Apache Dubbo 3.3.6), Envoy and a receiver of reports are started; calls are made; what came
//! of them is shown, with the place where it was seen. Every fact is checked: the first that is not as it should be ends the demo
//! with an error and exit code 1.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a command that prints, reads clocks and counts a few hundred calls; a poisoned lock has a panic behind it"
)]

mod calls;
mod lab;
mod lanes;
mod metrics;
mod page;
mod policy;
mod quota;
mod reports;
mod request;

use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::lab::Lab;

/// Half of it is to spare on two cores.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let (sender, receiver) = channel();
    // Nobody listens any longer when the time is up: the process ends, and its children with it.
    thread::spawn(move || sender.send(demo()));
    let ended = receiver
        .recv_timeout(TIME_LIMIT)
        .unwrap_or_else(|reason| match reason {
            RecvTimeoutError::Timeout => Err(anyhow!("not over after {TIME_LIMIT:?}")),
            RecvTimeoutError::Disconnected => Err(anyhow!("a panic, see above")),
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ndemo: error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<()> {
    let start = Instant::now();
    let lab = Lab::start()?;
    let shown = show(&lab);
    if shown.is_err() {
        eprintln!("\nEnvoy's log:\n{}", lab.envoy.log());
    }
    let stopped = lab.stop();
    shown?;
    stopped?;
    println!("\nAll as it should be, in {:.0?}.", start.elapsed());
    Ok(())
}

fn show(lab: &Lab) -> Result<()> {
    calls::allowed(lab)?;
    calls::denied(lab)?;
    calls::not_on_the_list(lab)?;
    quota::show(lab)?;
    lanes::show(lab)?;
    reports::show(lab)?;
    metrics::show(lab)
}
