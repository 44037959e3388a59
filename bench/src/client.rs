//! The load: connections that always have the same number of calls in flight.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::load::{self, ID, Load};

/// Running connections. They end when they are told to, or at the first wrong byte.
#[derive(Debug)]
pub struct Clients {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Result<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    answered: AtomicU64,
}

impl Clients {
    /// Connects, and begins to call.
    pub fn start(load: Load, to: SocketAddr) -> Result<Clients> {
        Clients::start_from(load, to, |_| [127, 0, 0, 1].into())
    }

    /// The same with each connection from the address that `from` says.
    pub fn start_from(load: Load, to: SocketAddr, from: impl Fn(u32) -> IpAddr) -> Result<Clients> {
        let shared: Arc<Shared> = Arc::default();
        let (request, answer) = (load.request()?, load::answer()?);
        let threads = (0..load.connections())
            .map(|number| {
                let stream =
                    connect(from(number), to).with_context(|| format!("connecting to {to}"))?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                let connection = Connection {
                    stream,
                    requests: request.repeat(load.in_flight()),
                    request_len: request.len(),
                    answer: answer.clone(),
                    next_id: 0,
                    awaited: Awaited::default(),
                };
                let shared = Arc::clone(&shared);
                Ok(thread::spawn(move || connection.run(&shared)))
            })
            .collect::<Result<_>>()?;
        Ok(Clients { shared, threads })
    }

    /// Makes no more calls and waits for the last answers. Returns how many calls were made in all, each answered by its own
    /// answer.
    pub fn finish(self) -> Result<u64> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().ok().context("a client panicked")??;
        }
        Ok(self.shared.answered.load(Ordering::Relaxed))
    }
}

/// The standard library has no way to say where a connection comes from.
fn connect(from: IpAddr, to: SocketAddr) -> Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        socket.connect(to).await?.into_std()
    })?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

struct Connection {
    stream: TcpStream,
    /// As many requests as may be in flight, one after the other, so that any number of them is one write.
    requests: Vec<u8>,
    request_len: usize,
    answer: Vec<u8>,
    next_id: u64,
    awaited: Awaited,
}

/// Which answers are missing. Answers may come in any order, so sums of ids tell whether each id came once.
#[derive(Default)]
struct Awaited {
    calls: usize,
    ids: u128,
    squares: u128,
}

impl Connection {
    fn run(mut self, shared: &Shared) -> Result<()> {
        let mut buffer = vec![0; 64 << 10];
        let mut filled = 0;
        self.send(self.requests.len() / self.request_len)?;
        while self.awaited.calls > 0 {
            let read = self
                .stream
                .read(&mut buffer[filled..])
                .context("waiting for an answer")?;
            ensure!(
                read > 0,
                "the connection ended with {} calls in flight",
                self.awaited.calls
            );
            filled += read;
            let whole = filled - filled % self.answer.len();
            let answers = whole / self.answer.len();
            for answer in buffer[..whole].chunks_exact(self.answer.len()) {
                self.take(answer)?;
            }
            buffer.copy_within(whole..filled, 0);
            filled -= whole;
            shared.answered.fetch_add(answers as u64, Ordering::Relaxed);
            if !shared.stop.load(Ordering::Relaxed) {
                self.send(answers)?;
            }
        }
        ensure!(filled == 0, "bytes that are no answer");
        ensure!(
            self.awaited.ids == 0 && self.awaited.squares == 0,
            "a call was answered twice, and another never"
        );
        Ok(())
    }

    fn send(&mut self, calls: usize) -> Result<()> {
        let requests = &mut self.requests[..calls * self.request_len];
        for request in requests.chunks_exact_mut(self.request_len) {
            request[ID].copy_from_slice(&self.next_id.to_be_bytes());
            self.awaited.add(self.next_id);
            self.next_id += 1;
        }
        Ok(self.stream.write_all(requests)?)
    }

    fn take(&mut self, answer: &[u8]) -> Result<()> {
        ensure!(
            answer[..ID.start] == self.answer[..ID.start]
                && answer[ID.end..] == self.answer[ID.end..],
            "another answer than the provider's: {:02x?}",
            &answer[..answer.len().min(200)]
        );
        let mut id = [0; 8];
        id.copy_from_slice(&answer[ID]);
        self.awaited.remove(u64::from_be_bytes(id))
    }
}

impl Awaited {
    fn add(&mut self, id: u64) {
        let id = u128::from(id);
        self.calls += 1;
        self.ids = self.ids.wrapping_add(id);
        self.squares = self.squares.wrapping_add(id.wrapping_mul(id));
    }

    fn remove(&mut self, id: u64) -> Result<()> {
        let id = u128::from(id);
        self.calls = self
            .calls
            .checked_sub(1)
            .context("more answers than calls")?;
        self.ids = self.ids.wrapping_sub(id);
        self.squares = self.squares.wrapping_sub(id.wrapping_mul(id));
        Ok(())
    }
}

/// Nothing takes so long on a loopback, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(20);
