//! A paced load of hand-made calls, each with its times and its outcome.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use scenario::Frame;
use serde_json::json;

use crate::frames::{contains, frames};

/// What to send.
#[derive(Debug, Clone)]
pub struct Load {
    /// Connections, each with a thread of its own.
    pub connections: u32,
    /// Calls a second, over all connections, evenly spaced.
    pub rate: u32,
    /// For how long.
    pub time: Duration,
    /// The service's name.
    pub service: String,
    /// The method's name.
    pub method: String,
}

/// One call of a load.
#[derive(Debug, Clone)]
pub struct Timed {
    /// Just before it was sent, on the system's monotonic clock.
    pub sent: Duration,
    /// Just after its answer was read; `None` when there was none.
    pub answered: Option<Duration>,
    /// Whether the answer was a refusal of the policy's.
    pub refused: bool,
}

impl Load {
    /// Sends the calls, waits until the last is answered or the connection ends, and returns all of them.
    pub fn run(&self, to: SocketAddr) -> Result<Vec<Timed>> {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|number| scope.spawn(move || self.connection(to, number)))
                .collect();
            let calls = threads
                .into_iter()
                .map(|thread| thread.join().expect("a connection's thread"));
            Ok(calls.collect::<Result<Vec<_>>>()?.concat())
        })
    }

    fn connection(&self, to: SocketAddr, number: u32) -> Result<Vec<Timed>> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let calls = self.rate * self.time.as_millis() as u32 / 1000 / self.connections;
        let spacing = Duration::from_secs(1) * self.connections / self.rate;
        // Connections take turns.
        let start = Instant::now() + spacing * number / self.connections;
        let sent = Mutex::new(HashMap::new());
        thread::scope(|scope| {
            let reader = scope.spawn(|| answers(&stream, calls as usize));
            for n in 0..calls {
                thread::sleep((start + spacing * n).saturating_duration_since(Instant::now()));
                let bytes = self.call(i64::from(n))?;
                sent.lock().unwrap().insert(i64::from(n), monotonic());
                (&stream)
                    .write_all(&bytes)
                    .context("the connection has ended")?;
            }
            let answers = reader.join().expect("the reader");
            stream.shutdown(Shutdown::Both)?;
            let sent = sent.lock().unwrap().clone();
            let timed = |(id, sent)| {
                let answer = answers.get(&id);
                Timed {
                    sent,
                    answered: answer.map(|(at, _)| *at),
                    refused: answer.is_some_and(|(_, refused)| *refused),
                }
            };
            Ok(sent.into_iter().map(timed).collect())
        })
    }

    fn call(&self, id: i64) -> Result<Vec<u8>> {
        let call = json!({"call": {"id": id, "service": self.service, "method": self.method, "args": ["load"]}});
        serde_json::from_value::<Frame>(call)?.bytes()
    }
}

/// The answers by their ids: when, and whether it was a refusal.
fn answers(mut stream: &TcpStream, want: usize) -> HashMap<i64, (Duration, bool)> {
    let (mut answers, mut held, mut buffer) = (HashMap::new(), Vec::new(), vec![0; 64 << 10]);
    while answers.len() < want {
        let Ok(read @ 1..) = stream.read(&mut buffer) else {
            break;
        };
        let at = monotonic();
        held.extend_from_slice(&buffer[..read]);
        let mut done = 0;
        for frame in frames(&held, 0) {
            answers.insert(
                frame.id,
                (at, contains(&held[frame.body.clone()], "dubbo-policy: ")),
            );
            done = frame.body.end;
        }
        held.drain(..done);
    }
    answers
}

/// The clock that Envoy's steady clock and `Instant` show, as a number.
pub fn monotonic() -> Duration {
    clock_gettime(ClockId::Monotonic)
        .try_into()
        .expect("time since the start of the machine")
}

/// The clock from which fixed windows are cut: since the UTC epoch.
pub fn wall() -> Duration {
    clock_gettime(ClockId::Realtime)
        .try_into()
        .expect("time since the epoch")
}
