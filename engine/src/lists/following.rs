//! All fetched lists of one worker.

use std::rc::Rc;

use super::fetch::{Answer, Fetch, FetchId};
use super::schedule::Schedule;
use super::source::identity;
use super::tracked::{Context, Notice, Tracked};
use crate::metrics::Metrics;
use crate::policy::{List, Policy};
use crate::shared::SharedData;
use crate::time::{Nanos, Now};

/// Keeps the fetched lists of a policy up to date.
#[derive(Debug)]
pub struct Following {
    plugin: String,
    nonce: u64,
    schedule: Schedule,
    tracked: Vec<Tracked>,
    fetches: Vec<Fetch>,
    notices: Vec<Notice>,
    fetched: u64,
    /// The last tick.
    now: Nanos,
}

impl Following {
    /// No lists. `nonce` is the VM's.
    pub fn new(plugin: &str, nonce: u64) -> Following {
        Following {
            plugin: plugin.to_owned(),
            nonce,
            schedule: Schedule::new(nonce),
            tracked: Vec::new(),
            fetches: Vec::new(),
            notices: Vec::new(),
            fetched: 0,
            now: Nanos(0),
        }
    }

    /// The lists of these policies from now on. What was known of a list with the same name, type and source is known of
    /// it again; what nobody follows any more is forgotten.
    pub fn follow(&mut self, policies: &[&Rc<Policy>]) {
        for tracked in &mut self.tracked {
            tracked.forget_followers();
        }
        for policy in policies {
            for list in &policy.lists {
                let Some(fetched) = &list.fetched else {
                    continue;
                };
                let id = self.identity(policy, list);
                let known = self.tracked.iter().position(|one| Some(one.identity) == id);
                let at = known.unwrap_or_else(|| {
                    let new = id.map(|id| Tracked::new(id, list, fetched));
                    self.tracked.extend(new);
                    self.tracked.len().saturating_sub(1)
                });
                if let Some(tracked) = self.tracked.get_mut(at) {
                    tracked.follow(list, fetched, self.now);
                }
            }
        }
        self.tracked.retain(Tracked::has_followers);
    }

    /// Whether some list of the policy has not been fetched yet.
    pub fn awaits(&self, policy: &Policy) -> bool {
        policy.lists.iter().any(|list| {
            let id = self.identity(policy, list);
            let mut tracked = self.tracked.iter();
            id.is_some() && !tracked.any(|one| Some(one.identity) == id && one.has_entries())
        })
    }

    /// Goes on with whatever there is to do. `serves` tells whether this VM has had connections.
    pub fn tick(
        &mut self,
        now: Now,
        serves: bool,
        store: &mut dyn SharedData,
        metrics: &mut Metrics,
    ) {
        self.now = now.mono;
        let (tracked, mut context) = self.split(now, serves, store, metrics);
        for one in tracked {
            one.tick(&mut context);
        }
    }

    /// What came of a fetch.
    pub fn answer(
        &mut self,
        id: FetchId,
        answer: Answer,
        now: Now,
        store: &mut dyn SharedData,
        metrics: &mut Metrics,
    ) {
        let (tracked, mut context) = self.split(now, false, store, metrics);
        for one in tracked {
            if one.is_fetching(id) {
                one.answer(answer, &mut context);
                return;
            }
        }
    }

    /// The requests to be sent now.
    pub fn take_fetches(&mut self) -> Vec<Fetch> {
        core::mem::take(&mut self.fetches)
    }

    /// What there is to log.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        core::mem::take(&mut self.notices)
    }

    /// Also to be logged.
    pub fn note(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Whether a tick should come soon.
    pub fn busy(&self) -> bool {
        self.tracked.iter().any(Tracked::busy)
    }

    fn identity(&self, policy: &Policy, list: &List) -> Option<[u64; 2]> {
        let fetched = list.fetched.as_ref()?;
        let source = &fetched.source;
        Some(identity(
            &self.plugin,
            &policy.name,
            &list.name,
            list.kind,
            source,
        ))
    }

    fn split<'a>(
        &'a mut self,
        now: Now,
        serves: bool,
        store: &'a mut dyn SharedData,
        metrics: &'a mut Metrics,
    ) -> (&'a mut [Tracked], Context<'a>) {
        let context = Context {
            now,
            store,
            serves,
            nonce: self.nonce,
            schedule: &mut self.schedule,
            metrics,
            notices: &mut self.notices,
            fetches: &mut self.fetches,
            fetched: &mut self.fetched,
        };
        (&mut self.tracked, context)
    }
}
