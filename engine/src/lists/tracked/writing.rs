//! What a VM that fetches a list writes down for the others.

use std::rc::Rc;

use super::{Context, Doing, HOLD, Have, Notice, Tracked};
use crate::lists::slot::{Record, Slot};
use crate::metrics::ListFetch;
use crate::shared::{Lock, StoreError};

impl Tracked {
    pub(super) fn unchanged(
        &mut self,
        etag: Option<String>,
        cx: &mut Context<'_>,
    ) -> Result<(), StoreError> {
        self.doing = Doing::Nothing;
        let next = cx.now.mono + cx.schedule.refresh(self.source.refresh);
        self.not_before = next;
        let now = cx.now;
        self.update(cx, |record| {
            record.fetched = now.mono;
            record.fetched_wall = now.wall;
            record.next = next;
            record.failures = 0;
            if let Some(etag) = etag.as_ref() {
                record.etag.clone_from(etag);
            }
        })?;
        if let Some(have) = &mut self.have
            && (have.version, have.publisher) == (self.record.version, self.record.publisher)
        {
            have.fetched = now.mono;
        }
        cx.metrics.list_fetched(&self.name, ListFetch::Unchanged);
        Ok(())
    }

    pub(super) fn failed(&mut self, why: &str, cx: &mut Context<'_>) -> Result<(), StoreError> {
        self.doing = Doing::Nothing;
        cx.metrics.list_fetched(&self.name, ListFetch::Failed);
        let failures = self.record.failures.saturating_add(1);
        let wait = cx.schedule.retry(failures, self.source.refresh);
        let next = cx.now.mono + wait;
        self.not_before = next;
        let (name, cluster) = (&self.name, &self.source.cluster);
        let millis = wait.0 / 1_000_000;
        cx.warn(format!(
            "list {name}: fetch from {cluster} has failed: {why}; again in {millis} ms"
        ));
        self.update(cx, |record| {
            record.failures = failures;
            record.next = next;
        })
    }

    /// Writes the next piece, and with the last one the record that names it.
    pub(super) fn publish(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        let Some(slot) = self.slot else {
            self.doing = Doing::Nothing;
            return Ok(());
        };
        if !self.hold(slot, cx)? {
            self.doing = Doing::Nothing;
            return Ok(());
        }
        let Doing::Publishing(publication) = &mut self.doing else {
            return Ok(());
        };
        if !publication.publisher.step(cx.store, slot)? {
            return Ok(());
        }
        let Doing::Publishing(done) = core::mem::replace(&mut self.doing, Doing::Nothing) else {
            return Ok(());
        };
        let next = done.fetched.mono + cx.schedule.refresh(self.source.refresh);
        self.not_before = next;
        let before = done.publisher.version() - 1;
        self.update(cx, |record| {
            // Nobody else publishes while this VM holds the lock; if somebody did, the next fetch sees to it.
            if record.version == before {
                done.publisher.describe(record);
                record.good = done.good;
                record.bad = done.bad;
                record.content = done.content;
                record.etag.clone_from(&done.etag);
                record.fetched = done.fetched.mono;
                record.fetched_wall = done.fetched.wall;
                record.next = next;
                record.failures = 0;
            }
        })?;
        if (self.record.version, self.record.publisher) == (before + 1, cx.nonce) {
            self.have = Some(Have {
                version: before + 1,
                publisher: cx.nonce,
                entries: Rc::clone(done.publisher.entries()),
                fetched: done.fetched.mono,
            });
            cx.metrics.list_fetched(&self.name, ListFetch::Changed);
            let (name, good, cluster) = (&self.name, done.good, &self.source.cluster);
            cx.notices.push(Notice {
                warning: false,
                text: format!("list {name}: {good} entries from {cluster}"),
            });
        }
        Ok(())
    }

    /// Takes the lock on fetching, or keeps it. Whether it is this VM's.
    pub(super) fn hold(&self, slot: Slot, cx: &mut Context<'_>) -> Result<bool, StoreError> {
        Lock::new(&slot.name(), cx.nonce).take(cx.store, cx.now.mono, HOLD)
    }

    /// Changes the record. When others do the same all the time, or it is not there any more, nothing is changed.
    pub(super) fn update(
        &mut self,
        cx: &mut Context<'_>,
        change: impl Fn(&mut Record),
    ) -> Result<(), StoreError> {
        let Some(slot) = self.slot else {
            return Ok(());
        };
        for _ in 0..ATTEMPTS {
            let Some((mut record, cas)) = slot.read(cx.store, self.identity)? else {
                self.slot = None;
                return Ok(());
            };
            change(&mut record);
            record.touched = cx.now.mono;
            let written = slot.write(cx.store, &record, cas)?;
            if written {
                self.record = record;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// So often a change of the record is tried, when others change it, too.
const ATTEMPTS: usize = 3;
