//! A provider that answers every call, for loads and hand-made callers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::Result;

use crate::frames::frames;
use crate::paths::loopback;

/// A request that has arrived at the provider.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its id.
    pub id: i64,
    /// Whether it was a heartbeat.
    pub event: bool,
    /// Its body.
    pub body: Vec<u8>,
}

/// The provider: it answers two-way calls with the string `ok` and heartbeats with theirs, for as long as the process lives.
#[derive(Debug)]
pub struct Echo {
    /// Where it listens.
    pub port: u16,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    bytes: Arc<Mutex<usize>>,
}

impl Echo {
    /// Starts it.
    pub fn start() -> Result<Echo> {
        let listener = TcpListener::bind(loopback(0))?;
        let echo = Echo {
            port: listener.local_addr()?.port(),
            arrivals: Arc::default(),
            bytes: Arc::default(),
        };
        let (arrivals, bytes) = (Arc::clone(&echo.arrivals), Arc::clone(&echo.bytes));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (arrivals, bytes) = (Arc::clone(&arrivals), Arc::clone(&bytes));
                thread::spawn(move || serve(stream, &arrivals, &bytes));
            }
        });
        Ok(echo)
    }

    /// What has arrived so far, heartbeats included.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    /// The calls that have arrived so far.
    pub fn calls(&self) -> Vec<Arrival> {
        self.arrivals()
            .into_iter()
            .filter(|arrival| !arrival.event)
            .collect()
    }

    /// How many bytes have arrived so far, frames or not.
    pub fn bytes(&self) -> usize {
        *self.bytes.lock().unwrap()
    }
}

/// Ends with the connection.
fn serve(mut stream: TcpStream, arrivals: &Mutex<Vec<Arrival>>, bytes: &Mutex<usize>) {
    let mut held = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    // Whether it can be set matters for the speed alone.
    let _ = stream.set_nodelay(true);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        *bytes.lock().unwrap() += read;
        held.extend_from_slice(&buffer[..read]);
        let (mut done, mut answers) = (0, Vec::new());
        for frame in frames(&held, 0).filter(|frame| frame.is_request()) {
            let body = held[frame.body.clone()].to_vec();
            arrivals.lock().unwrap().push(Arrival {
                id: frame.id,
                event: frame.is_event(),
                body,
            });
            if frame.is_two_way() {
                answers.extend_from_slice(&answer(frame.id, frame.is_event()));
            }
            done = frame.body.end;
        }
        held.drain(..done);
        if stream.write_all(&answers).is_err() {
            return;
        }
    }
}

/// Status 20, hessian2; a heartbeat's body is null, a value's `91` and the value.
fn answer(id: i64, event: bool) -> Vec<u8> {
    let (flag, body): (u8, &[u8]) = if event {
        (0x22, b"N")
    } else {
        (0x02, b"\x91\x02ok")
    };
    let mut answer = vec![0xda, 0xbb, flag, 20];
    answer.extend_from_slice(&id.to_be_bytes());
    answer.extend_from_slice(&(body.len() as u32).to_be_bytes());
    answer.extend_from_slice(body);
    answer
}
