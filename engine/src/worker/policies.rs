//! Policies that replace each other under a worker.

use std::rc::Rc;

use super::Worker;
use crate::lists::Notice;
use crate::policy::Policy;
use crate::report::Reports;
use crate::time::Nanos;

/// A policy with lists that are new.
#[derive(Debug)]
pub(super) struct Waiting {
    policy: Rc<Policy>,
    /// Set by the next tick, for there is a clock.
    until: Option<Nanos>,
}

/// So long the old policy may serve while a new one waits for its lists.
const WAIT_FOR_LISTS: Nanos = Nanos::from_secs(10);

impl Worker {
    /// The policy that was given last: the one in force, or one that waits for its lists.
    pub fn newest_policy(&self) -> &Rc<Policy> {
        let waiting = self.waiting.as_ref();
        waiting.map_or(&self.common.policy, |waiting| &waiting.policy)
    }

    /// Puts a policy of the same name in force, from the next call of every connection on. One with lists that were never
    /// fetched waits for these, for 10 s at most: what it would refuse for want of them the old one can still decide.
    pub fn set_policy(&mut self, policy: Rc<Policy>) {
        self.lists.follow(&[&self.common.policy, &policy]);
        if self.lists.awaits(&policy) {
            self.waiting = Some(Waiting {
                policy,
                until: None,
            });
        } else {
            self.put_in_force(policy);
        }
    }

    pub(super) fn put_in_force(&mut self, policy: Rc<Policy>) {
        self.waiting = None;
        self.lists.follow(&[&policy]);
        self.common.metrics.reconfigure(&policy.revision);
        policy.services_by_name(|name| self.common.metrics.know_service(name));
        policy.methods_by_name(|name| self.common.metrics.know_method(name));
        match (&mut self.common.reports, policy.reports.clone()) {
            (Some(reports), Some(config)) => {
                reports.reconfigure(config, &policy.name, &policy.revision)
            }
            (Some(reports), None) => reports.finish(),
            (reports, config) => {
                *reports = config.map(|config| {
                    let node = self.identity.node.clone();
                    let seed = node.vm_nonce;
                    Reports::new(config, node, &policy.name, &policy.revision, seed)
                });
            }
        }
        self.common.memory.clear();
        self.common.policy = policy;
    }

    /// Puts the waiting policy in force, if it need not wait any longer.
    pub(super) fn wait_for_lists(&mut self, now: Nanos) {
        let Some(waiting) = &mut self.waiting else {
            return;
        };
        let until = *waiting.until.get_or_insert(now + WAIT_FOR_LISTS);
        let awaits = self.lists.awaits(&waiting.policy);
        if awaits && now < until {
            return;
        }
        let policy = Rc::clone(&waiting.policy);
        let (name, revision) = (&policy.name, &policy.revision);
        let without = if awaits {
            ", without all of its lists"
        } else {
            ""
        };
        self.lists.note(Notice {
            warning: awaits,
            text: format!("policy {name} revision {revision} is in force{without}"),
        });
        self.put_in_force(policy);
    }
}
