//! Where one VM's policy stands in the succession.

use super::fingerprint;
use super::table::{Entry, Table};
use crate::shared::{SharedData, StoreError};
use crate::time::Nanos;

/// What one VM was last told about one policy, to be compared with what others were told.
#[derive(Debug, Clone)]
pub struct Standing(Entry);

/// What the others were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// The same.
    InForce,
    /// Nothing, or something older: this VM has the news.
    Untold,
    /// Another policy of this name was put in force later, in the same load of the module.
    Revised {
        /// The fingerprint of its revision.
        revision: u64,
        /// When.
        since: Nanos,
    },
    /// Another load of the module took the policy over.
    Superseded,
    /// No listener has a policy of this name any more.
    Retired,
}

impl Standing {
    /// The policy `policy` of the plugin `plugin` with this `root_id`. The `generation` is the same for all VMs of one load of
    /// the module, and for no others.
    pub fn new(plugin: &str, root_id: &str, policy: &str, generation: u64) -> Standing {
        let place = [plugin.as_bytes(), root_id.as_bytes(), policy.as_bytes()];
        Standing(Entry {
            place: fingerprint(&place),
            generation,
            revision: 0,
            since: Nanos(0),
        })
    }

    /// This VM was told at `since` to put a revision (by its fingerprint) in force.
    pub fn told(&mut self, revision: u64, since: Nanos) {
        self.0.revision = revision;
        self.0.since = since;
    }

    /// What another VM says is not true, or not any more: this VM says again what it was told.
    pub fn insist(&mut self, now: Nanos) {
        self.0.since = now;
    }

    /// Compares notes with the other VMs, at the cost of one get, and, where `speaks`, tells them what they do not know yet.
    ///
    /// It must not run where a configuration is only tried: a canary that rejects must not have changed anything.
    ///
    /// # Errors
    /// When shared data cannot be used, or holds something else under this key. All goes on as it is then.
    pub fn look(
        &mut self,
        now: Nanos,
        speaks: bool,
        store: &mut dyn SharedData,
    ) -> Result<Outlook, StoreError> {
        // Told when there was no clock.
        if self.0.since == Nanos(0) {
            self.0.since = now;
        }
        let table = Table::read(store)?;
        let Some(found) = table.get(self.0.place) else {
            return self.tell(table, speaks, store);
        };
        let says = |entry: &Entry| (entry.generation, entry.revision);
        if says(&found) == says(&self.0) {
            self.0.since = self.0.since.max(found.since);
            return Ok(Outlook::InForce);
        }
        if order(&found) < order(&self.0) {
            return self.tell(table, speaks, store);
        }
        Ok(if found.generation == NONE {
            Outlook::Retired
        } else if found.generation == self.0.generation {
            Outlook::Revised {
                revision: found.revision,
                since: found.since,
            }
        } else {
            Outlook::Superseded
        })
    }

    /// Tells the other VMs that nobody has this policy any more: this VM's last root context for it has gone, for a while. If
    /// another load of the module has it, nothing happens.
    ///
    /// # Errors
    /// As [`Standing::look`].
    pub fn retire(&self, now: Nanos, store: &mut dyn SharedData) -> Result<(), StoreError> {
        let table = Table::read(store)?;
        match table.get(self.0.place) {
            Some(found) if found.generation == self.0.generation => table.put(
                Entry {
                    generation: NONE,
                    revision: NONE,
                    since: now,
                    ..self.0
                },
                store,
            ),
            _ => Ok(()),
        }
    }

    fn tell(
        &self,
        table: Table,
        speaks: bool,
        store: &mut dyn SharedData,
    ) -> Result<Outlook, StoreError> {
        if speaks {
            table.put(self.0, store)?;
        }
        Ok(Outlook::Untold)
    }
}

/// The generation of what no load has any more.
const NONE: u64 = u64::MAX;

/// Later is higher; of two at once one has to be, and the same one in every VM.
fn order(entry: &Entry) -> (Nanos, u64, u64) {
    (entry.since, entry.generation, entry.revision)
}
