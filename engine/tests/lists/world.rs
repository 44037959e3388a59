//! VMs of one process, the shared data between them, and a server, all in simulated time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::attributes::Value;
use engine::lists::{Answer, Fetch, FetchId, Notice, Response};
use engine::metrics::Direction;
use engine::policy::{Policy, Truth};
use engine::report::Node;
use engine::shared::{SetError, SharedData, StoreError, Versioned};
use engine::time::Now;
use engine::{ConnectionId, Identity, Peers, Worker};
use serde_json::json;

use crate::support::{Counted, now, policy};

/// Shared data that can fail, and counts what is written to it.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) values: BTreeMap<String, Versioned>,
    cas: u32,
    pub(crate) fails: bool,
    /// Bytes set since somebody has looked.
    pub(crate) written: usize,
}

impl SharedData for Store {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        match self.fails {
            true => Err(StoreError),
            false => Ok(self.values.get(key).cloned()),
        }
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> Result<(), SetError> {
        if self.fails {
            return Err(SetError::Failed);
        }
        if self.values.get(key).map(|found| found.cas) != cas {
            return Err(SetError::CasMismatch);
        }
        self.cas += 1;
        self.written += value.len();
        let (value, cas) = (value.to_vec(), self.cas);
        self.values.insert(key.to_owned(), Versioned { value, cas });
        Ok(())
    }
}

/// What the server does with a request.
pub(crate) type Server = Rc<RefCell<dyn FnMut(&Fetch) -> Option<Answer>>>;

/// A request that was made.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) vm: usize,
    pub(crate) at: u64,
    pub(crate) fetch: Fetch,
}

pub(crate) struct World {
    pub(crate) millis: u64,
    pub(crate) store: Store,
    /// `None`: gone.
    pub(crate) vms: Vec<Option<Worker>>,
    pub(crate) server: Server,
    /// From a request to its answer.
    pub(crate) latency: u64,
    pub(crate) asked: Vec<Asked>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) counted: Counted,
    answers: Vec<(u64, usize, FetchId, Answer)>,
    /// The most that was written to shared data in one callback.
    pub(crate) most_written: usize,
    config: String,
    born: u64,
}

/// A policy with one list, `fetched`.
pub(crate) fn config(list: serde_json::Value) -> String {
    let mut fetched = json!({"name": "fetched", "type": "string", "source": source(json!({}))});
    fetched
        .as_object_mut()
        .unwrap()
        .extend(list.as_object().unwrap().clone());
    json!({
        "apiVersion": "dubbo-policy/v1", "name": "test", "lists": [fetched],
        "rules": [{"name": "blocked", "match": {"claimed.app": {"in": "fetched"}}, "deny": {}}],
    })
    .to_string()
}

/// A source, with these fields instead of or besides its own.
pub(crate) fn source(fields: serde_json::Value) -> serde_json::Value {
    let mut source = json!({"cluster": "lists", "authority": "lists.infra", "path": "/a"});
    source
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    source
}

/// A good answer with this body.
pub(crate) fn ok(body: &str) -> Answer {
    Answer::Response(Response {
        status: 200,
        length: body.len() as u64,
        body: body.as_bytes().to_vec(),
        ..Response::default()
    })
}

pub(crate) fn status(status: u16) -> Answer {
    Answer::Response(Response {
        status,
        ..Response::default()
    })
}

/// A server that says this, whoever asks.
pub(crate) fn says(answer: Answer) -> Server {
    Rc::new(RefCell::new(move |_: &Fetch| Some(answer.clone())))
}

pub(crate) const STEP: u64 = 50;

impl World {
    /// So many VMs without connections, under the policy.
    pub(crate) fn new(config: &str, vms: usize, server: Server) -> World {
        let mut world = World {
            millis: 0,
            store: Store::default(),
            vms: Vec::new(),
            server,
            latency: 10,
            asked: Vec::new(),
            notices: Vec::new(),
            counted: Counted::default(),
            answers: Vec::new(),
            most_written: 0,
            config: config.to_owned(),
            born: 0,
        };
        for _ in 0..vms {
            let worker = world.born();
            world.vms.push(Some(worker));
        }
        world
    }

    fn born(&mut self) -> Worker {
        self.born += 1;
        let identity = Identity {
            node: Node {
                id: "node".to_owned(),
                cluster: "cluster".to_owned(),
                direction: Direction::Inbound,
                vm_nonce: self.born.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            },
            plugin: "plugin".to_owned(),
            random: [7; 16],
        };
        Worker::new(policy(&self.config), identity)
    }

    /// The VM is gone, and answers to it are lost.
    pub(crate) fn kill(&mut self, vm: usize) {
        self.vms[vm] = None;
        self.answers.retain(|(_, to, ..)| *to != vm);
    }

    /// A new VM in the place of one that is gone.
    pub(crate) fn revive(&mut self, vm: usize) {
        let worker = self.born();
        self.vms[vm] = Some(worker);
    }

    /// Connections come to this VM.
    pub(crate) fn serve(&mut self, vm: usize) {
        self.vm(vm).open(ConnectionId(1), Peers::default());
    }

    pub(crate) fn vm(&mut self, vm: usize) -> &mut Worker {
        self.vms[vm].as_mut().unwrap()
    }

    pub(crate) fn now(&self) -> Now {
        now(self.millis)
    }

    /// 50 ms later: the answers that have come, and a tick of every VM that wants one.
    pub(crate) fn step(&mut self) {
        self.millis += STEP;
        let now = self.now();
        let (due, later) = std::mem::take(&mut self.answers)
            .into_iter()
            .partition::<Vec<_>, _>(|(at, ..)| *at <= self.millis);
        self.answers = later;
        for (_, vm, id, answer) in due {
            self.within(vm, |worker, store| worker.fetched(id, answer, now, store));
        }
        for vm in 0..self.vms.len() {
            // As the filter does: once a second, unless there is something to do.
            let due = self.millis.is_multiple_of(1_000);
            if !due && self.vms[vm].as_ref().is_some_and(|worker| !worker.busy()) {
                continue;
            }
            self.within(vm, |worker, store| _ = worker.tick(now, store));
            self.send(vm);
        }
    }

    fn within(&mut self, vm: usize, act: impl FnOnce(&mut Worker, &mut Store)) {
        let Some(worker) = &mut self.vms[vm] else {
            return;
        };
        self.store.written = 0;
        act(worker, &mut self.store);
        self.most_written = self.most_written.max(self.store.written);
        self.notices.extend(worker.notices());
        self.counted.take(worker);
    }

    fn send(&mut self, vm: usize) {
        let Some(worker) = &mut self.vms[vm] else {
            return;
        };
        for fetch in worker.fetches() {
            let answer = (self.server.borrow_mut())(&fetch);
            let id = fetch.id;
            let at = self.millis;
            self.asked.push(Asked { vm, at, fetch });
            if let Some(answer) = answer {
                self.answers.push((at + self.latency, vm, id, answer));
            }
        }
    }

    /// So many milliseconds.
    pub(crate) fn run(&mut self, millis: u64) {
        let end = self.millis + millis;
        while self.millis < end {
            self.step();
        }
    }

    /// Until this holds; the milliseconds that it took.
    pub(crate) fn until(&mut self, most: u64, mut holds: impl FnMut(&mut World) -> bool) -> u64 {
        let start = self.millis;
        while !holds(self) {
            assert!(self.millis - start < most, "not within {most} ms");
            self.step();
        }
        self.millis - start
    }

    /// What the list says of a value, in each VM that is there.
    pub(crate) fn says(&self, value: &str) -> Vec<Truth> {
        let vms = self.vms.iter().flatten();
        vms.map(|worker| says_in(worker.policy(), value)).collect()
    }

    /// Whether every VM knows that the value is in the list.
    pub(crate) fn all_have(&self, value: &str) -> bool {
        self.says(value).iter().all(|truth| truth.is_true())
    }
}

pub(crate) fn says_in(policy: &Rc<Policy>, value: &str) -> Truth {
    policy.lists[0].contains(Value::Text(value))
}
