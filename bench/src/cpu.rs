//! The CPU time of another process.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// How long the threads of a process have run, in user and in kernel mode, to the scheduler's nanosecond: the first number of
/// `/proc/PID/task/TID/schedstat`. Threads that have ended are not in it; Envoy's all live as long as it does.
pub fn time(process: u32) -> Result<Duration> {
    let tasks = format!("/proc/{process}/task");
    let mut total = Duration::ZERO;
    for task in fs::read_dir(&tasks).context(tasks)? {
        let file = task?.path().join("schedstat");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let nanoseconds = text
            .split_whitespace()
            .next()
            .context("an empty schedstat")?;
        total += Duration::from_nanos(nanoseconds.parse()?);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_costs_time_and_sleeping_costs_none() {
        let me = std::process::id();
        let start = time(me).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let slept = time(me).unwrap();
        assert!(slept - start < Duration::from_millis(100));
        let mut sum = 0u64;
        while time(me).unwrap() - slept < Duration::from_millis(100) {
            sum = std::hint::black_box(sum + 1);
        }
    }
}
