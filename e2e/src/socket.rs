//! One end of a TCP connection, for hand-made bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::paths::loopback;
use crate::wait::{self, SOON};

/// How long to look out for what must not happen.
const SETTLED: Duration = Duration::from_millis(40);

/// An end that keeps all it has read.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    bytes: Vec<u8>,
    ended: bool,
}

impl Socket {
    /// Connects.
    pub fn connect(to: SocketAddr) -> Result<Socket> {
        Socket::over(TcpStream::connect(to).with_context(|| format!("connecting to {to}"))?)
    }

    fn over(stream: TcpStream) -> Result<Socket> {
        stream.set_nodelay(true)?;
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let (mut reader, keep) = (stream.try_clone()?, Arc::clone(&seen));
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                keep.lock()
                    .unwrap()
                    .bytes
                    .extend_from_slice(&buffer[..read]);
            }
            keep.lock().unwrap().ended = true;
        });
        Ok(Socket { stream, seen })
    }

    /// Its own port.
    pub fn port(&self) -> Result<u16> {
        Ok(self.stream.local_addr()?.port())
    }

    /// Sends one segment. Fails when the other end has closed.
    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        Ok((&self.stream).write_all(bytes)?)
    }

    /// Ends its direction.
    pub fn finish(&self) -> Result<()> {
        Ok(self.stream.shutdown(Shutdown::Write)?)
    }

    /// All that has arrived, after waiting until it is `want` bytes or the end. When that is so at once, a moment passes in which
    /// more may come.
    pub fn received(&self, want: usize) -> Vec<u8> {
        if self.has(want) {
            thread::sleep(SETTLED);
        } else {
            // What is missing shows in the bytes that are returned.
            let _ = wait::until("bytes", SOON, || Ok(self.has(want).then_some(())));
        }
        self.seen.lock().unwrap().bytes.clone()
    }

    /// Whether the end has arrived, after waiting for it if it is wanted.
    pub fn ended(&self, want: bool) -> bool {
        if want {
            // That it has not is what is returned.
            let _ = wait::until("the end", SOON, || {
                Ok(self.seen.lock().unwrap().ended.then_some(()))
            });
        } else {
            thread::sleep(SETTLED);
        }
        self.seen.lock().unwrap().ended
    }

    /// All that has arrived by now, and whether that is the end.
    pub fn seen(&self) -> (Vec<u8>, bool) {
        let seen = self.seen.lock().unwrap();
        (seen.bytes.clone(), seen.ended)
    }

    fn has(&self, want: usize) -> bool {
        let seen = self.seen.lock().unwrap();
        seen.ended || seen.bytes.len() >= want
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The reading thread ends with the connection; it may have ended already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// A port of 127.0.0.1 that accepts connections one by one.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens on a port of the system's choice.
    pub fn bind() -> Result<Listener> {
        let listener = TcpListener::bind(loopback(0))?;
        listener.set_nonblocking(true)?;
        Ok(Listener(listener))
    }

    /// The port.
    pub fn port(&self) -> Result<u16> {
        Ok(self.0.local_addr()?.port())
    }

    /// The next connection.
    pub fn accept(&self) -> Result<Socket> {
        let stream = wait::until("a connection", SOON, || Ok(self.0.accept().ok()))?.0;
        stream.set_nonblocking(false)?;
        Socket::over(stream)
    }
}
