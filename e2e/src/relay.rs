//! A TCP relay that keeps what it carries.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::Result;

use crate::paths::loopback;

/// What one connection carried, each way.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// What the consumer sent.
    pub to_provider: Vec<u8>,
    /// What the provider sent.
    pub to_consumer: Vec<u8>,
}

/// A relay to a provider on 127.0.0.1, for as long as the process lives.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub port: u16,
    recordings: Arc<Mutex<Vec<Recording>>>,
}

impl Relay {
    /// Starts it.
    pub fn start(provider: u16) -> Result<Relay> {
        let listener = TcpListener::bind(loopback(0))?;
        let port = listener.local_addr()?.port();
        let recordings: Arc<Mutex<Vec<Recording>>> = Arc::default();
        let kept = Arc::clone(&recordings);
        thread::spawn(move || {
            for consumer in listener.incoming().flatten() {
                let Ok(provider) = TcpStream::connect(loopback(provider)) else {
                    continue;
                };
                let index = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(Recording::default());
                    kept.len() - 1
                };
                carry(
                    &consumer,
                    &provider,
                    Arc::clone(&kept),
                    index,
                    |recording| &mut recording.to_provider,
                );
                carry(
                    &provider,
                    &consumer,
                    Arc::clone(&kept),
                    index,
                    |recording| &mut recording.to_consumer,
                );
            }
        });
        Ok(Relay { port, recordings })
    }

    /// What each connection has carried so far, in the order in which they were opened.
    pub fn recordings(&self) -> Vec<Recording> {
        self.recordings.lock().unwrap().clone()
    }
}

fn carry(
    from: &TcpStream,
    to: &TcpStream,
    kept: Arc<Mutex<Vec<Recording>>>,
    index: usize,
    direction: fn(&mut Recording) -> &mut Vec<u8>,
) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            direction(&mut kept.lock().unwrap()[index]).extend_from_slice(&buffer[..read]);
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        // The other end may have closed both directions already.
        let _ = to.shutdown(Shutdown::Write);
    });
}
