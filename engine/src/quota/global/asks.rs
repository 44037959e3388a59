//! What one VM asks the rate limit service, and what it makes of the answers.

use super::super::key::Id;
use super::health::{Health, Standing};
use super::known::{Look, Want};
use super::node::Globals;
use super::settings::{Global, Service};
use super::unit::Unit;
use super::wire::{self, Descriptor, Status};
use crate::lists::Notice;
use crate::shared::SharedData;
use crate::time::{Nanos, Now};

/// A request to a rate limit service, to be sent now: `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// To be given back with the answer.
    pub id: AskId,
    /// The Envoy cluster of the service.
    pub cluster: String,
    /// A serialized `RateLimitRequest`.
    pub message: Vec<u8>,
    /// How long the answer may take.
    pub timeout: Nanos,
}

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(u64);

/// What became of the asks of one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// Leases that the service granted.
    pub granted: u64,
    /// Leases that it refused.
    pub refused: u64,
    /// Requests without an answer.
    pub failed: u64,
    /// Answers that say nothing, or something impossible. What they grant is not taken.
    pub faults: u64,
}

/// A request on its way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    service: Service,
    deadline: Nanos,
    /// One a descriptor.
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    /// For whom; nobody is given what a try takes, which is nothing.
    want: Option<(Id, Want)>,
    /// By what it is to be counted.
    limit: u32,
    unit: Unit,
}

impl Globals {
    /// Looks at the services and at the keys that were charged; what is to be sent now. `globals` are those of the policy in
    /// force.
    pub fn tick<'g>(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        globals: impl Iterator<Item = &'g Global>,
    ) -> Vec<Ask> {
        let late = |(id, sent): (&AskId, &Sent)| (sent.deadline <= now.mono).then_some(*id);
        let late: Vec<AskId> = self.sent.iter().filter_map(late).collect();
        for id in late {
            self.answered(store, now, id, Err("it does not answer in time"));
        }
        let mut asks = self.look_at_services(store, now, globals);
        let wants = self.look_at_keys(store, now);
        for service in self
            .services
            .iter()
            .map(|health| health.service.clone())
            .collect::<Vec<_>>()
        {
            let of_service = |(id, _): &&(Id, Want)| {
                self.keys
                    .get(id)
                    .is_some_and(|known| known.global.service == service)
            };
            let of_service: Vec<_> = wants.iter().filter(of_service).copied().collect();
            for some in of_service.chunks(wire::MAX_DESCRIPTORS) {
                asks.push(self.ask(now, &service, some));
            }
        }
        self.sweep(now);
        asks
    }

    /// The answer to an ask: a serialized `RateLimitResponse`, or why there is none. One that came too late says nothing any
    /// more.
    pub fn answered(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        id: AskId,
        answer: Result<&[u8], &'static str>,
    ) {
        let Some(sent) = self.sent.remove(&id) else {
            return;
        };
        let statuses = answer.map(wire::statuses);
        let mut wrong = None;
        match statuses {
            Ok(statuses) if statuses.len() == sent.parts.len() => {
                for (part, status) in sent.parts.iter().zip(&statuses) {
                    let granted = part.check(status);
                    match granted {
                        Ok(granted) => self.enter(store, now, part, granted, status.remaining),
                        Err(what) => {
                            self.asked.faults += 1;
                            wrong = Some(what);
                        }
                    }
                }
            }
            Ok(_) => {
                self.asked.faults += 1;
                wrong = Some("its answer is none, or not for what was asked");
            }
            Err(why) => {
                self.asked.failed += 1;
                wrong = Some(why);
            }
        }
        if wrong.is_some() {
            let parts = sent.parts.iter();
            parts.for_each(|part| self.drop_part(store, now, part));
        }
        self.learn(store, now, &sent.service, wrong);
    }

    /// Whether an answer to this ask still says something.
    pub fn awaits(&self, id: AskId) -> bool {
        self.sent.contains_key(&id)
    }

    /// Whether a tick should come soon.
    pub fn is_busy(&self) -> bool {
        let unsure = |health: &Health| health.standing() != Standing::Up;
        !self.hot.is_empty() || !self.sent.is_empty() || self.services.iter().any(unsure)
    }

    /// What became of the asks so far.
    pub fn asked(&self) -> Asked {
        self.asked
    }

    /// Whether a service does what it should, as far as is known.
    pub fn is_up(&self, service: &Service) -> bool {
        let known = |health: &&Health| health.service == *service;
        let health = self.services.iter().find(known);
        health.is_none_or(|health| health.standing() != Standing::Down)
    }

    /// What there is to say in the log since the last time.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        core::mem::take(&mut self.notices)
    }

    fn look_at_services<'g>(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        globals: impl Iterator<Item = &'g Global>,
    ) -> Vec<Ask> {
        let mut tries: Vec<&Global> = Vec::new();
        for global in globals {
            if !tries.iter().any(|other| other.service == global.service) {
                tries.push(global);
            }
        }
        let is_used = |health: &Health| tries.iter().any(|global| global.service == health.service);
        self.services.retain(is_used);
        let mut asks = Vec::new();
        for global in tries {
            let known = |health: &&mut Health| health.service == global.service;
            let mut health = self.services.iter_mut().find(known);
            if health.is_none() {
                self.services.push(Health::new(global.service.clone()));
                health = self.services.last_mut();
            }
            if health.is_some_and(|health| health.look(store, now.mono, PATIENCE)) {
                asks.push(self.try_out(now, global));
            }
        }
        asks
    }

    fn look_at_keys(&mut self, store: &mut dyn SharedData, now: Now) -> Vec<(Id, Want)> {
        let mut wants = Vec::new();
        for id in core::mem::take(&mut self.hot) {
            let Some(known) = self.keys.get_mut(&id) else {
                continue;
            };
            let service = |health: &&Health| health.service == known.global.service;
            let health = self.services.iter().find(service);
            let may_ask = health.is_some_and(|health| health.standing() != Standing::Down);
            // Shared data that fails is asked again when the key is charged.
            match known
                .look(store, now, may_ask, PATIENCE)
                .unwrap_or(Look::Rest)
            {
                Look::Ask(want) => wants.push((id, want)),
                Look::Again if now.mono - known.touched < FORGET => {
                    self.hot.insert(id);
                }
                Look::Again | Look::Rest => {}
            }
        }
        wants
    }

    fn ask(&mut self, now: Now, service: &Service, wants: &[(Id, Want)]) -> Ask {
        let keys = wants.iter();
        let keys = keys.filter_map(|(id, want)| Some((self.keys.get(id)?, (*id, *want))));
        let mut parts = Vec::with_capacity(wants.len());
        let mut descriptors = Vec::with_capacity(wants.len());
        for (known, (id, want)) in keys {
            let limit = u32::try_from(known.limit).unwrap_or(u32::MAX);
            let unit = known.global.unit;
            descriptors.push(Descriptor {
                entries: &known.entries,
                limit,
                unit,
                hits: want.hits,
            });
            parts.push(Part {
                want: Some((id, want)),
                limit,
                unit,
            });
        }
        let message = wire::request(&service.domain, &descriptors);
        self.send(now, service, message, parts)
    }

    /// An ask that takes nothing.
    fn try_out(&mut self, now: Now, global: &Global) -> Ask {
        // A limit of 0, which blocks, is nobody's to count.
        let (limit, unit) = (global.limit.max(1), global.unit);
        let descriptor = Descriptor {
            entries: &[global.entry(false)],
            limit,
            unit,
            hits: 0,
        };
        let message = wire::request(&global.service.domain, &[descriptor]);
        let part = Part {
            want: None,
            limit,
            unit,
        };
        self.send(now, &global.service, message, vec![part])
    }

    fn send(&mut self, now: Now, service: &Service, message: Vec<u8>, parts: Vec<Part>) -> Ask {
        self.asks += 1;
        let id = AskId(self.asks);
        let sent = Sent {
            service: service.clone(),
            deadline: now.mono + PATIENCE,
            parts,
        };
        self.sent.insert(id, sent);
        Ask {
            id,
            cluster: service.cluster.clone(),
            message,
            timeout: TIMEOUT,
        }
    }

    fn enter(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        part: &Part,
        granted: bool,
        remaining: u64,
    ) {
        let Some((id, want)) = part.want else { return };
        match granted {
            true => self.asked.granted += 1,
            false => self.asked.refused += 1,
        }
        // A service that refuses what it says remains is asked for less each time, to an end.
        let remaining = if granted {
            remaining
        } else {
            remaining.min(want.hits.saturating_sub(1))
        };
        if let Some(known) = self.keys.get_mut(&id) {
            // Where shared data fails, the lease is lost until the window's end.
            let _ = known.answered(store, now, want, granted, remaining);
            self.hot.insert(id);
        }
    }

    fn drop_part(&mut self, store: &mut dyn SharedData, now: Now, part: &Part) {
        if let Some((id, want)) = part.want
            && let Some(known) = self.keys.get_mut(&id)
        {
            // Where shared data fails, the next ask comes when this one's time is over.
            let _ = known.failed(store, now, want);
            self.hot.insert(id);
        }
    }

    /// What an answer says of the service.
    fn learn(
        &mut self,
        store: &mut dyn SharedData,
        now: Now,
        service: &Service,
        wrong: Option<&'static str>,
    ) {
        let known = |health: &&mut Health| health.service == *service;
        let Some(health) = self.services.iter_mut().find(known) else {
            return;
        };
        let Service { cluster, domain } = service;
        let (news, text) = match wrong {
            None => (health.succeeded(store), "it answers again"),
            Some(what) => {
                self.random = next_random(self.random);
                (health.failed(store, now.mono, self.random, what), what)
            }
        };
        // A service that comes and goes is back as often as it is away, so both are said every ten seconds at most.
        if news && health.may_say(now.mono, wrong.is_some()) {
            self.notices.push(Notice {
                warning: wrong.is_some(),
                text: format!("rate limit service {cluster}, domain {domain}: {text}"),
            });
        }
    }

    fn sweep(&mut self, now: Now) {
        if now.mono - self.swept < FORGET {
            return;
        }
        self.swept = now.mono;
        let hot = &self.hot;
        self.keys
            .retain(|id, known| hot.contains(id) || now.mono - known.touched < FORGET);
    }
}

impl Part {
    /// Whether the service grants what was asked for.
    fn check(&self, status: &Status) -> Result<bool, &'static str> {
        let limit = (u64::from(self.limit), self.unit.number());
        match (status.code, status.limit) {
            (wire::OK | wire::OVER_LIMIT, None) => Err("it has no such domain, or no limits"),
            (wire::OK | wire::OVER_LIMIT, Some(other)) if other != limit => {
                Err("it counts by another limit than it was given")
            }
            _ if status.remaining > u64::from(self.limit) => {
                Err("it says that more remains than the limit")
            }
            (wire::OK, _) => Ok(true),
            (wire::OVER_LIMIT, _) => Ok(false),
            _ => Err("its answer is neither yes nor no"),
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next_random(seed: u64) -> u64 {
    let mut n = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A service that takes longer is as good as down.
const TIMEOUT: Nanos = Nanos::from_millis(500);
/// The host's own deadline comes first.
const PATIENCE: Nanos = Nanos::from_millis(600);
/// A key that is not charged for so long is forgotten.
const FORGET: Nanos = Nanos::from_secs(5);
