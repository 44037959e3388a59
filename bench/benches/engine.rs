//! What the engine itself costs a call, natively: the same frames and the same policy as in the comparison, without Envoy.
//!
//! `call/*` is a call from its request's bytes to its answer's, in callbacks of 32 requests and 32 answers or of one; `without_*`
//! leave a part of the policy out. `part/*` is a part of the way alone. `rules/*` is what it takes to ask a short and a long
//! policy anew, for a caller who is no claimed one of theirs. Times are of one call.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "criterion's macros make public functions without docs; a broken bench may panic"
)]
#![allow(clippy::disallowed_methods, reason = "measures time")]

use std::collections::HashMap;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bench::load::{self, ID, Load};
use bench::policy::{self, Parts, Queue};
use bench::scale::Scale;
use criterion::{Criterion, criterion_group, criterion_main};
use dubbo::{Call, HEAD_LEN, Limits, Serialization};
use engine::metrics::Direction;
use engine::policy::{CallFacts, Origin, Policy};
use engine::quota::{Algorithm, Charge, Counters, InFlight, Kind, Quota, Rate, WhenFull};
use engine::report::Node;
use engine::shared::{SetError, SharedData, StoreError, Versioned};
use engine::time::{Nanos, Now};
use engine::{ConnectionId, Edit, Identity, Peers, Side, Worker};

criterion_main!(benches);
criterion_group!(benches, calls, parts, scales, quotas);

const FULL: Parts = Parts::full(Queue::EVERY);

fn calls(criterion: &mut Criterion) {
    let variants = [
        ("full", FULL),
        ("reports_dropped", Parts::full(Queue::BOUNDED)),
        (
            "without_reports",
            Parts {
                reports: None,
                ..FULL
            },
        ),
        (
            "without_quota",
            Parts {
                quota: false,
                ..FULL
            },
        ),
        (
            "without_rules",
            Parts {
                rules: false,
                ..FULL
            },
        ),
        (
            "without_all",
            Parts {
                rules: false,
                quota: false,
                reports: None,
            },
        ),
    ];
    for (name, parts) in variants {
        call(criterion, &format!("call/32/{name}"), 32, parts);
    }
    call(criterion, "call/1/full", 1, FULL);
    call(
        criterion,
        "call/1/without_quota",
        1,
        Parts {
            quota: false,
            ..FULL
        },
    );
}

fn call(criterion: &mut Criterion, name: &str, batch: u64, parts: Parts) {
    let mut engine = Engine::new(parts);
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|calls| {
            let start = Instant::now();
            for _ in 0..calls.div_ceil(batch) {
                engine.round(batch);
            }
            per_call(start.elapsed(), calls, batch)
        });
    });
}

/// Whole batches were made; criterion asked for fewer calls.
fn per_call(elapsed: Duration, calls: u64, batch: u64) -> Duration {
    elapsed.mul_f64(calls as f64 / (calls.div_ceil(batch) * batch) as f64)
}

/// A worker with one connection, and a host that does nothing.
struct Engine {
    worker: Worker,
    shared: Shared,
    now: Now,
    rounds: u64,
    drain: bool,
    requests: Vec<u8>,
    answers: Vec<u8>,
}

const CONNECTION: ConnectionId = ConnectionId(1);

impl Engine {
    fn new(parts: Parts) -> Engine {
        let mut worker = Worker::new(policy(parts), identity());
        let address = |port| Some(([127, 0, 0, 1], port).into());
        let peers = Peers {
            client: address(40000),
            listener: address(20880),
            provider: address(20881),
        };
        worker.open(CONNECTION, peers);
        Engine {
            worker,
            shared: Shared::default(),
            now: Now {
                mono: Nanos::from_secs(1000),
                wall: 1_700_000_000_000_000_000,
            },
            rounds: 0,
            drain: parts.reports == Some(Queue::EVERY),
            requests: Load::Pipelined.request().expect("a request").repeat(32),
            answers: load::answer().expect("an answer").repeat(32),
        }
    }

    /// A callback with requests and one with their answers.
    fn round(&mut self, batch: u64) {
        let (request, answer) = (self.requests.len() / 32, self.answers.len() / 32);
        for n in 0..batch {
            let (id, at) = ((self.rounds * batch + n).to_be_bytes(), n as usize);
            self.requests[at * request..][ID].copy_from_slice(&id);
            self.answers[at * answer..][ID].copy_from_slice(&id);
        }
        self.rounds += 1;
        self.now.mono = self.now.mono + Nanos(30_000);
        self.now.wall += 30_000;
        let batch = batch as usize;
        let sides = [
            (Side::Downstream, &self.requests[..batch * request]),
            (Side::Upstream, &self.answers[..batch * answer]),
        ];
        for (side, bytes) in sides {
            let effects = self.worker.data(
                CONNECTION,
                side,
                bytes.to_vec(),
                false,
                self.now,
                &mut self.shared,
            );
            assert_eq!(
                effects.edit,
                Edit::Keep,
                "every call and every answer passes"
            );
        }
        if self.rounds.is_multiple_of(TICK) {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.worker.tick(self.now, &mut self.shared);
        while self.drain
            && let Some(reports) = self.worker.reports()
            && let Some(batch) = reports.due(self.now)
        {
            reports.sent(batch.send, &[]);
        }
        self.worker.metrics().take(|update| {
            black_box(update.value);
        });
    }
}

/// Rounds between ticks: 50 ms at 40,000 callbacks a second.
const TICK: u64 = 1000;

fn parts(criterion: &mut Criterion) {
    let frame = Load::Pipelined.request().expect("a request");
    let body = &frame[HEAD_LEN..];
    let parse = || Call::parse(body, Serialization::HESSIAN2, Limits::default()).expect("a call");
    criterion.bench_function("part/parse", |bencher| bencher.iter(|| black_box(parse())));
    let call = parse();
    criterion.bench_function("part/identities", |bencher| {
        bencher.iter(|| black_box(call.identities()).len())
    });

    let origin = Origin {
        source_ip: Some([127, 0, 0, 1].into()),
        ..Origin::default()
    };
    let facts = CallFacts {
        identities: &call.identities(),
        method: Some(call.target_method()),
        serialization: "hessian2",
        origin: Some(&origin),
        claimed_app: Some("lab-consumer"),
        ..CallFacts::default()
    };
    let now = Now {
        mono: Nanos::from_secs(1000),
        wall: 1_700_000_000_000_000_000,
    };
    for (name, parts) in [
        (
            "part/rules",
            Parts {
                quota: false,
                ..FULL
            },
        ),
        ("part/rules_and_quota", FULL),
    ] {
        let policy = policy(parts);
        let (mut shared, mut counters) = (
            Shared::default(),
            Counters::new("bench", "bench", [7; 16], 1),
        );
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut ledger = counters.open(&mut shared);
                let decision = policy.decide(&facts, &mut ledger, now);
                assert!(decision.verdict.is_allowed());
            });
        });
    }
}

fn scales(criterion: &mut Criterion) {
    let frame = Load::Pipelined.request().expect("a request");
    let call = Call::parse(
        &frame[HEAD_LEN..],
        Serialization::HESSIAN2,
        Limits::default(),
    )
    .expect("a call");
    let origin = Origin {
        source_ip: Some([127, 0, 0, 1].into()),
        ..Origin::default()
    };
    let facts = CallFacts {
        identities: &call.identities(),
        method: Some(call.target_method()),
        serialization: "hessian2",
        origin: Some(&origin),
        claimed_app: Some("lab-consumer"),
        ..CallFacts::default()
    };
    let few_networks = Scale {
        networks: 10,
        ..Scale::LARGE
    };
    for scale in [Scale::SMALL, few_networks, Scale::LARGE] {
        let text = scale.document().to_string();
        let before = resident();
        let start = Instant::now();
        let policy = load(&text);
        eprintln!(
            "{}: {} bytes of configuration, loaded in {:.0?}, {} MB more memory",
            scale.name(),
            text.len(),
            start.elapsed(),
            resident().saturating_sub(before)
        );
        criterion.bench_function(
            &format!("rules/{}/{}", scale.rules, scale.networks),
            |bencher| {
                bencher.iter(|| black_box(policy.look_at(&facts)));
            },
        );
    }
}

/// This process's memory, in MB; 0 where it cannot be told.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse::<u64>().ok())
        .unwrap_or_default()
        / 1024
}

/// What it costs to charge one call to one quota: by a lease, by shared data, refused, and for a slot that it gives back.
fn quotas(criterion: &mut Criterion) {
    let rate = |limit| {
        Kind::Rate(Rate {
            limit,
            window: Nanos::from_secs(1),
            algorithm: Algorithm::Rolling,
        })
    };
    let slots = Kind::InFlight(InFlight {
        limit: 10_000,
        max_hold: Nanos::from_secs(60),
        oneway_hold: Nanos::from_secs(1),
    });
    for (name, kind, passed) in [
        ("quota/leased", rate(1_000_000), 1_000),
        ("quota/shared", rate(99), 20_000_000),
        ("quota/refused", rate(1), 0),
        ("quota/in_flight", slots, 1_000),
    ] {
        let quota = Quota {
            name: "bench".to_owned(),
            kind,
            per: vec!["service".to_owned(), "method".to_owned()],
            max_keys: 10_000,
            when_full: WhenFull::Share,
        };
        let (mut shared, mut counters) = (
            Shared::default(),
            Counters::new("bench", "bench", [7; 16], 7),
        );
        let mut now = Now {
            mono: Nanos::from_secs(1000),
            wall: 1_700_000_000_000_000_000,
        };
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                now.mono = now.mono + Nanos(passed);
                let mut ledger = counters.open(&mut shared);
                let values = ["lab.UserService", "hello"];
                let key = ledger
                    .key(&quota, &quota.kind, false, values)
                    .expect("a key");
                let charge = Charge {
                    quota: &quota,
                    kind: &quota.kind,
                    key,
                    amount: 1,
                    one_way: false,
                };
                black_box(ledger.charge_all(now, &[charge]).is_ok())
            });
        });
    }
    let quota = Quota {
        name: "bench".to_owned(),
        kind: rate(1),
        per: vec!["service".to_owned(), "method".to_owned()],
        max_keys: 10_000,
        when_full: WhenFull::Share,
    };
    let (mut shared, mut counters) = (
        Shared::default(),
        Counters::new("bench", "bench", [7; 16], 7),
    );
    criterion.bench_function("quota/key", |bencher| {
        bencher.iter(|| {
            let mut ledger = counters.open(&mut shared);
            let values = ["lab.UserService", "hello"];
            black_box(ledger.key(&quota, &quota.kind, false, values).is_ok())
        });
    });
}

fn policy(parts: Parts) -> Rc<Policy> {
    load(&policy::document(parts).to_string())
}

fn load(text: &str) -> Rc<Policy> {
    let node = engine::config::parse(text.as_bytes()).expect("JSON");
    Rc::new(engine::config::load(&node).expect("a policy").policy)
}

fn identity() -> Identity {
    Identity {
        node: Node {
            id: "bench".to_owned(),
            cluster: "bench".to_owned(),
            direction: Direction::Inbound,
            vm_nonce: 1,
        },
        plugin: "bench".to_owned(),
        random: [7; 16],
    }
}

/// Shared data for one VM, so that no compare-and-set fails.
#[derive(Default)]
struct Shared {
    values: HashMap<String, Versioned>,
    cas: u32,
}

impl SharedData for Shared {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        Ok(self.values.get(key).cloned())
    }

    fn set(&mut self, key: &str, value: &[u8], _cas: Option<u32>) -> Result<(), SetError> {
        self.cas = self.cas.wrapping_add(1);
        let cas = self.cas;
        if let Some(found) = self.values.get_mut(key) {
            found.value.clear();
            found.value.extend_from_slice(value);
            found.cas = cas;
        } else {
            let value = value.to_vec();
            self.values.insert(key.to_owned(), Versioned { value, cas });
        }
        Ok(())
    }
}
