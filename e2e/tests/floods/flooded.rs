//! An Envoy under a flood, with a steady caller beside it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::bootstrap::{Bootstrap, Form};
use e2e::envoy::Envoy;
use e2e::wait::{self, SOON};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

pub(crate) const MIB: u64 = 1 << 20;

/// How much more memory than before Envoy may take in a flood, at any time. The module keeps at most 64 MiB of incomplete frames a worker; a
/// buffer that grows is there twice for a moment, memory of a module never shrinks, and Envoy holds what is on its way.
pub(crate) const BUDGET: u64 = 192 * MIB;

/// Floods would be measured together.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(crate) struct Flooded {
    pub(crate) envoy: Envoy,
    pub(crate) address: SocketAddr,
    _alone: MutexGuard<'static, ()>,
}

/// What a flood did to Envoy and to the steady caller.
#[derive(Debug)]
struct Figures {
    before: Memory,
    after: Memory,
    quiet: Latency,
    flooded: Latency,
}

/// Of Envoy's process, in bytes.
#[derive(Debug, Clone, Copy)]
struct Memory {
    now: u64,
    peak: u64,
}

/// Of the steady caller's calls.
#[derive(Debug)]
struct Latency {
    calls: usize,
    p50: Duration,
    p99: Duration,
}

impl Flooded {
    /// Envoy with one worker before a provider. The rules deny the method `forbidden` and look at the classes of every call; reports go to
    /// a collector that is not there.
    pub(crate) fn start(provider: u16, limits: Value) -> Result<Flooded> {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        allow_files(12_000)?;
        let policy = json!({
            "apiVersion": "dubbo-policy/v1",
            "name": "flooded",
            "default": "allow",
            "rules": [
                {"name": "closed", "match": {"method": "forbidden"}, "deny": {}},
                {"name": "classes", "match": {"classes": {"some": {"prefix": "evil."}}}, "deny": {}},
            ],
            "protocol": {"limits": limits},
            "reports": {"otlp": {"cluster": "collector"}},
        });
        let bootstrap = Bootstrap::load("tcp.yaml", &[("PROVIDER_PORT", provider.to_string())])?
            .max_connections(4_096);
        let envoy = Envoy::start(&bootstrap.policy(&policy, Form::Text)?, 1)?;
        let address = envoy.address()?;
        Ok(Flooded {
            envoy,
            address,
            _alone: alone,
        })
    }

    /// Runs the flood beside a steady caller, none of whose calls may fail or be refused, and sees to Envoy's memory.
    pub(crate) fn run<T>(&self, name: &str, flood: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut steady = Steady(self.connect()?);
        let quiet_until = |time: Duration| {
            let end = Instant::now() + time;
            move || Instant::now() >= end
        };
        // The provider and the module get warm.
        steady.calls(quiet_until(Duration::from_secs(1)))?;
        let quiet = steady.calls(quiet_until(Duration::from_secs(1)))?;
        let before = self.memory()?;
        let over = AtomicBool::new(false);
        let (result, flooded) = thread::scope(|scope| {
            let steady = scope.spawn(|| steady.calls(|| over.load(Ordering::Relaxed)));
            let result = flood();
            over.store(true, Ordering::Relaxed);
            (result, steady.join().expect("the steady caller"))
        });
        // What the steady caller saw tells more of a worker that has gone down than what the flood missed.
        let (flooded, result) = (flooded?, result?);
        let figures = Figures {
            before,
            after: self.memory()?,
            quiet: Latency::of(quiet),
            flooded: Latency::of(flooded),
        };
        println!("{name}: {}", figures.shown());
        ensure!(
            figures.after.peak - figures.before.now <= BUDGET,
            "{name}: {}",
            figures.shown()
        );
        Ok(result)
    }

    /// So many connections, no faster than the provider takes them.
    pub(crate) fn connect_many(&self, count: usize) -> Result<Vec<TcpStream>> {
        let mut streams = Vec::new();
        while streams.len() < count {
            for _ in 0..50.min(count - streams.len()) {
                streams.push(self.connect()?);
            }
            wait::until("the provider's connections", SOON, || {
                let active = self.envoy.stat("cluster.provider.upstream_cx_active")?;
                let connecting = self
                    .envoy
                    .stat("cluster.provider.upstream_rq_pending_active")?;
                Ok((active >= streams.len() as u64 && connecting == 0).then_some(()))
            })?;
        }
        Ok(streams)
    }

    fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.envoy.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
            kib.expect("a size in kB") * 1024
        };
        Ok(Memory {
            now: field("VmRSS:"),
            peak: field("VmHWM:"),
        })
    }

    /// The sum of a counter of the module's.
    pub(crate) fn count(&self, metric: &str, labels: &[(&str, &str)]) -> Result<u64> {
        let labels = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        self.envoy.metric(metric, &labels)
    }

    /// A connection whose writes wait no longer than this.
    pub(crate) fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(Duration::from_secs(30)))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(stream)
    }
}

impl Figures {
    fn shown(&self) -> String {
        let mib = |bytes: u64| bytes / MIB;
        format!(
            "RSS {} MiB before, {} after, {} at most; p50 and p99 of the steady caller {:?} and {:?} before ({} calls), {:?} and {:?} in the flood ({} calls)",
            mib(self.before.now),
            mib(self.after.now),
            mib(self.after.peak),
            self.quiet.p50,
            self.quiet.p99,
            self.quiet.calls,
            self.flooded.p50,
            self.flooded.p99,
            self.flooded.calls,
        )
    }
}

impl Latency {
    fn of(mut times: Vec<Duration>) -> Latency {
        times.sort();
        Latency {
            calls: times.len(),
            p50: times[times.len() / 2],
            p99: times[times.len() * 99 / 100],
        }
    }
}

/// One connection that was there before the flood, with a call every 5 ms at most.
struct Steady(TcpStream);

impl Steady {
    /// Calls until it is over; how long each took. Each must be answered by the provider, with a value.
    fn calls(&mut self, over: impl Fn() -> bool) -> Result<Vec<Duration>> {
        let call = frame(json!({"call": {
            "id": 1, "service": "lab.UserService", "method": "hello", "args": ["steady"],
        }}))?;
        let mut times = Vec::new();
        while times.is_empty() || !over() {
            let sent = Instant::now();
            self.0.write_all(&call).context("a steady call")?;
            let mut head = [0; 16];
            self.0
                .read_exact(&mut head)
                .context("a steady call's answer")?;
            let [0xda, 0xbb, 0x02, 20, _, _, _, _, _, _, _, 1, len @ ..] = head else {
                bail!("a steady call was answered by {head:02x?}");
            };
            let mut body = vec![0; u32::from_be_bytes(len) as usize];
            self.0.read_exact(&mut body)?;
            // 91 and 94 begin a value.
            ensure!(
                matches!(body[0], 0x91 | 0x94),
                "a steady call was answered by {body:02x?}"
            );
            times.push(sent.elapsed());
            thread::sleep(Duration::from_millis(5));
        }
        Ok(times)
    }
}

/// So many files may be open at once, in this process and in those that it starts.
fn allow_files(count: u64) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        let current = limit.maximum.map_or(count, |most| most.min(count));
        ensure!(
            current >= count,
            "only {current} files may be open, {count} are needed: ulimit -Hn {count}"
        );
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(current),
                ..limit
            },
        )?;
    }
    Ok(())
}

/// The bytes of a frame, by the builder of the scenarios.
pub(crate) fn frame(frame: Value) -> Result<Vec<u8>> {
    serde_json::from_value::<scenario::Frame>(frame)?.bytes()
}
