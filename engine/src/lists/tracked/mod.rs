//! One fetched list, as one VM sees it: what it has, what it is doing, and what it knows of the others.
//!
//! ```text
//! idle --the record names another version--> loading --all pieces are there--> idle
//! idle --due, and the lock is this VM's--> fetching --other content--> publishing --all pieces are written--> idle
//!                                          fetching --the same content, a failure, no answer--> idle
//! ```

use std::rc::Rc;

use super::entries::{Entries, Kind};
use super::fetch::{Answer, Fetch, FetchId, News, judge};
use super::pieces::{Loaded, Loader, Publisher};
use super::schedule::Schedule;
use super::slot::{Record, Slot};
use super::source::{Identity, Source};
use crate::metrics::{ListFetch, ListState, Metrics};
use crate::policy::{Fetched, List};
use crate::shared::{SharedData, StoreError};
use crate::time::{Nanos, Now};

mod writing;

/// What a list needs of its worker for a moment.
pub(in crate::lists) struct Context<'a> {
    pub(in crate::lists) now: Now,
    pub(in crate::lists) store: &'a mut dyn SharedData,
    /// Whether this VM has had connections: those that have none do the work first.
    pub(in crate::lists) serves: bool,
    pub(in crate::lists) nonce: u64,
    pub(in crate::lists) schedule: &'a mut Schedule,
    pub(in crate::lists) metrics: &'a mut Metrics,
    pub(in crate::lists) notices: &'a mut Vec<Notice>,
    pub(in crate::lists) fetches: &'a mut Vec<Fetch>,
    pub(in crate::lists) fetched: &'a mut u64,
}

/// A line for the host's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Something went wrong.
    pub warning: bool,
    /// What.
    pub text: String,
}

/// A list.
#[derive(Debug)]
pub(in crate::lists) struct Tracked {
    pub(in crate::lists) identity: Identity,
    name: Box<str>,
    kind: Kind,
    source: Source,
    expire_after: Nanos,
    /// The list of the policy in force, and of one that waits for its lists.
    followers: Vec<Rc<List>>,
    slot: Option<Slot>,
    /// As it was read last.
    record: Record,
    have: Option<Have>,
    doing: Doing,
    /// The version whose pieces did not fit together.
    torn: Option<u64>,
    since: Option<Nanos>,
    look_at: Nanos,
    not_before: Nanos,
    shown: Option<ListState>,
}

/// What this VM decides by.
#[derive(Debug)]
struct Have {
    version: u64,
    publisher: u64,
    entries: Rc<Entries>,
    /// The last time it was known to be what the server says.
    fetched: Nanos,
}

#[derive(Debug)]
enum Doing {
    Nothing,
    Loading(Loader),
    Fetching {
        id: FetchId,
        /// The request named what is known.
        asked: bool,
        deadline: Nanos,
    },
    Publishing(Box<Publication>),
}

#[derive(Debug)]
struct Publication {
    publisher: Publisher,
    good: u64,
    bad: u64,
    content: u64,
    etag: String,
    fetched: Now,
}

impl Tracked {
    pub(in crate::lists) fn new(identity: Identity, list: &List, fetched: &Fetched) -> Tracked {
        Tracked {
            identity,
            name: list.name.clone(),
            kind: list.kind,
            source: fetched.source.clone(),
            expire_after: fetched.expire_after,
            followers: Vec::new(),
            slot: None,
            record: Record::default(),
            have: None,
            doing: Doing::Nothing,
            torn: None,
            since: None,
            look_at: Nanos(0),
            not_before: Nanos(0),
            shown: None,
        }
    }

    /// Nobody follows it for now.
    pub(in crate::lists) fn forget_followers(&mut self) {
        self.followers.clear();
    }

    pub(in crate::lists) fn has_followers(&self) -> bool {
        !self.followers.is_empty()
    }

    /// `list` is told what is known, now and later. What its configuration says of times counts from now on.
    pub(in crate::lists) fn follow(&mut self, list: &Rc<List>, fetched: &Fetched, now: Nanos) {
        self.source = fetched.source.clone();
        self.expire_after = fetched.expire_after;
        self.followers.push(Rc::clone(list));
        self.tell(now);
    }

    /// Whether there is anything to decide by.
    pub(in crate::lists) fn has_entries(&self) -> bool {
        self.have.is_some()
    }

    /// Whether a tick should come soon.
    pub(in crate::lists) fn busy(&self) -> bool {
        self.since.is_none() || !matches!(self.doing, Doing::Nothing)
    }

    /// Goes on with what there is to do.
    pub(in crate::lists) fn tick(&mut self, cx: &mut Context<'_>) {
        self.since.get_or_insert(cx.now.mono);
        if self.advance(cx).is_err() {
            self.give_up(cx);
        }
        self.tell(cx.now.mono);
        self.show(cx);
    }

    /// Whether it awaits the answer to this fetch. Answers to fetches that were given up are not looked at.
    pub(in crate::lists) fn is_fetching(&self, id: FetchId) -> bool {
        matches!(self.doing, Doing::Fetching { id: mine, .. } if mine == id)
    }

    /// What came of the fetch.
    pub(in crate::lists) fn answer(&mut self, answer: Answer, cx: &mut Context<'_>) {
        let Doing::Fetching { asked, .. } = self.doing else {
            return;
        };
        let news = judge(answer, &self.source, self.kind, self.record.content, asked);
        let settled = match news {
            News::Failed(why) => self.failed(&why, cx),
            News::Same { etag } => self.unchanged(etag, cx),
            News::New {
                compiled,
                content,
                etag,
            } => {
                let name = &self.name;
                if compiled.bad > 0 {
                    let (bad, examples) = (compiled.bad, &compiled.examples);
                    cx.warn(format!("list {name}: {bad} entries skipped: {examples:?}"));
                }
                let entries = Rc::new(compiled.entries);
                let version = self.record.version + 1;
                self.doing = Doing::Publishing(Box::new(Publication {
                    publisher: Publisher::new(entries, version, cx.nonce),
                    good: compiled.good,
                    bad: compiled.bad,
                    content,
                    etag,
                    fetched: cx.now,
                }));
                self.publish(cx)
            }
        };
        if settled.is_err() {
            self.give_up(cx);
        }
        self.tell(cx.now.mono);
        self.show(cx);
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        let now = cx.now.mono;
        match &self.doing {
            Doing::Nothing => {}
            Doing::Loading(_) => self.load(cx)?,
            Doing::Publishing(_) => self.publish(cx)?,
            Doing::Fetching { deadline, .. } if now >= *deadline => self.failed("no answer", cx)?,
            Doing::Fetching { .. } => {}
        }
        if now >= self.look_at {
            self.look(cx)?;
        }
        let headstart = if cx.serves { HEADSTART } else { Nanos(0) };
        let due = [self.record.next, self.not_before, self.since.unwrap_or(now)];
        let due = due.into_iter().max().unwrap_or(now) + headstart;
        if matches!(self.doing, Doing::Nothing) && now >= due {
            self.start(cx)?;
        }
        Ok(())
    }

    /// Reads the record, and sees what follows from it.
    fn look(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        self.look_at = cx.now.mono + LOOK;
        let slot = match self.slot {
            Some(slot) => slot,
            None => match Slot::find(cx.store, self.identity, cx.now.mono)? {
                Some(slot) => *self.slot.insert(slot),
                None => return Ok(()),
            },
        };
        let Some((record, _)) = slot.read(cx.store, self.identity)? else {
            self.slot = None;
            return Ok(());
        };
        self.record = record;
        let record = &self.record;
        match &mut self.have {
            Some(have) if (have.version, have.publisher) == (record.version, record.publisher) => {
                have.fetched = record.fetched;
                return Ok(());
            }
            _ => {}
        }
        if record.version > 0
            && self.torn != Some(record.version)
            && matches!(self.doing, Doing::Nothing)
        {
            match Loader::new(record) {
                Some(loader) => {
                    self.doing = Doing::Loading(loader);
                    self.load(cx)?;
                }
                None => self.mend(cx)?,
            }
        }
        if matches!(self.doing, Doing::Fetching { .. }) && !self.hold(slot, cx)? {
            // This VM was silent for so long that another one has taken over.
            self.doing = Doing::Nothing;
        }
        Ok(())
    }

    fn load(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        let (Doing::Loading(loader), Some(slot)) = (&mut self.doing, self.slot) else {
            return Ok(());
        };
        match loader.step(cx.store, slot, self.kind)? {
            Loaded::Part => {}
            Loaded::Whole(entries) => {
                let (version, publisher, fetched) = loader.of();
                self.doing = Doing::Nothing;
                self.have = Some(Have {
                    version,
                    publisher,
                    entries: Rc::new(entries),
                    fetched,
                });
                // The record may know of a later fetch, or of a later version.
                self.look_at = cx.now.mono;
            }
            Loaded::Torn => {
                let (version, ..) = loader.of();
                self.doing = Doing::Nothing;
                let now = slot.read(cx.store, self.identity)?;
                if now.is_some_and(|(record, _)| record.version == version) {
                    self.mend(cx)?;
                }
            }
        }
        Ok(())
    }

    /// Has the list fetched and published anew, because what the record speaks of is not there.
    fn mend(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        let torn = self.record.version;
        self.torn = Some(torn);
        let name = &self.name;
        cx.warn(format!(
            "list {name}: what another worker has published is torn; it is fetched again"
        ));
        let soon = cx.now.mono + LOOK;
        self.update(cx, |record| {
            if record.version == torn {
                record.content = 0;
                record.etag.clear();
                record.next = record.next.min(soon);
            }
        })?;
        Ok(())
    }

    /// Fetches the list, if this VM is the one to do it.
    fn start(&mut self, cx: &mut Context<'_>) -> Result<(), StoreError> {
        let Some(slot) = self.slot else {
            return Ok(());
        };
        if !self.hold(slot, cx)? {
            return Ok(());
        }
        // Another one may have done it meanwhile.
        let Some((record, _)) = slot.read(cx.store, self.identity)? else {
            self.slot = None;
            return Ok(());
        };
        self.record = record;
        let now = cx.now.mono;
        if now < self.record.next {
            return Ok(());
        }
        let known = self.record.version > 0 && self.record.content != 0;
        let etag = Some(self.record.etag.as_str()).filter(|etag| known && !etag.is_empty());
        let id = FetchId(*cx.fetched);
        *cx.fetched += 1;
        cx.fetches.push(Fetch::new(id, &self.source, etag));
        self.doing = Doing::Fetching {
            id,
            asked: etag.is_some(),
            deadline: now + self.source.timeout + GRACE,
        };
        Ok(())
    }

    /// Shared data does not work. What the VM has it keeps, until it expires.
    fn give_up(&mut self, cx: &mut Context<'_>) {
        if !matches!(self.doing, Doing::Nothing | Doing::Loading(_)) {
            cx.metrics.list_fetched(&self.name, ListFetch::Failed);
        }
        cx.metrics.host_call_failed("shared_data");
        self.doing = Doing::Nothing;
        self.look_at = cx.now.mono + PAUSE;
        self.not_before = cx.now.mono + PAUSE;
    }

    fn tell(&self, now: Nanos) {
        let have = self.have.as_ref();
        for list in &self.followers {
            if let Some(fetched) = &list.fetched {
                let fresh = have.is_some_and(|have| now - have.fetched <= fetched.expire_after);
                fetched.update(have.map(|have| &have.entries), fresh);
            }
        }
    }

    /// Gauges tell what the record says, the same in all VMs: whoever writes last writes nothing else.
    fn show(&mut self, cx: &mut Context<'_>) {
        let record = &self.record;
        let state = ListState {
            entries: record.good,
            bad_entries: record.bad,
            last_success: record.fetched_wall / 1_000_000_000,
            expired: !record.is_fresh(cx.now.mono, self.expire_after),
        };
        if self.shown != Some(state) {
            cx.metrics.list_state(&self.name, state);
            self.shown = Some(state);
        }
    }
}

impl Context<'_> {
    fn warn(&mut self, text: String) {
        self.notices.push(Notice {
            warning: true,
            text,
        });
    }
}

/// How often the record is looked at.
const LOOK: Nanos = Nanos::from_millis(500);
/// So much later those try that have connections.
const HEADSTART: Nanos = Nanos::from_secs(1);
/// A VM that fetches or publishes and is silent for so long is gone.
const HOLD: Nanos = Nanos::from_secs(5);
/// The host has its own timeout for the fetch, and should tell of it.
const GRACE: Nanos = Nanos::from_secs(1);
/// After shared data has failed.
const PAUSE: Nanos = Nanos::from_secs(1);
