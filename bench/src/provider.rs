//! A provider that answers every call at once with the same bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use e2e::paths::loopback;

use crate::load::{self, ID};

/// A running provider; it takes no more connections once it is dropped.
#[derive(Debug)]
pub struct Provider {
    /// Where it listens.
    pub port: u16,
    stop: Arc<AtomicBool>,
    fault: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Provider {
    /// Starts it on a port of the system's choice.
    pub fn start() -> Result<Provider> {
        let listener = TcpListener::bind(loopback(0))?;
        let port = listener.local_addr()?.port();
        let answer = load::answer()?;
        let stop = Arc::new(AtomicBool::new(false));
        let fault: Arc<Mutex<Option<anyhow::Error>>> = Arc::default();
        let (stopped, faults) = (Arc::clone(&stop), Arc::clone(&fault));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (answer, faults) = (answer.clone(), Arc::clone(&faults));
                thread::spawn(move || {
                    if let Err(error) = stream.map_err(Into::into).and_then(|s| serve(s, &answer)) {
                        faults.lock().unwrap().get_or_insert(error);
                    }
                });
            }
        });
        Ok(Provider { port, stop, fault })
    }

    /// Fails if anything but calls has come so far.
    pub fn check(&self) -> Result<()> {
        self.fault.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the accepting thread; when it is gone already, nobody has to be woken.
        let _ = TcpStream::connect_timeout(&loopback(self.port), Duration::from_secs(1));
    }
}

/// Answers the calls of one connection: all that one read brings in one write.
fn serve(mut stream: TcpStream, answer: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 512 << 10];
    let mut filled = 0;
    let mut answers = Vec::new();
    loop {
        filled += match stream.read(&mut buffer[filled..]) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            read => read?,
        };
        answers.clear();
        let mut rest = &buffer[..filled];
        while let Some((head, after)) = rest.split_first_chunk::<16>() {
            let [0xda, 0xbb, 0xc2, _, .., l0, l1, l2, l3] = *head else {
                bail!("no two-way call came to the provider: {head:02x?}");
            };
            let len = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            ensure!(
                len + 16 <= buffer.len(),
                "a call of {len} bytes came to the provider"
            );
            let Some(next) = after.get(len..) else { break };
            let start = answers.len();
            answers.extend_from_slice(answer);
            answers[start..][ID].copy_from_slice(&head[ID]);
            rest = next;
        }
        let left = rest.len();
        buffer.copy_within(filled - left..filled, 0);
        filled = left;
        stream.write_all(&answers)?;
    }
}
