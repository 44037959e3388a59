//! What a seat makes of what other VMs were told: an older policy that is in force again, another load of the module, two
//! listeners whose policies have one name.

use std::rc::Rc;

use engine::CloseReason;
use engine::policy::Policy;
use engine::shared::StoreError;
use engine::succession::{Outlook, Standing, fingerprint};
use engine::time::{Nanos, Now};
use proxy_wasm::types::LogLevel;

use crate::generation;
use crate::host;
use crate::place;
use crate::seat::Seat;
use crate::shared::HostData;

/// Another load of the module has this long until it has all connections.
const DRAIN: Nanos = Nanos::from_secs(60);
/// Connections that decide by another listener's policy have this long.
const DRAIN_STRAYS: Nanos = Nanos::from_secs(12);
/// A change that reaches another thread later than this is none: both of two policies are in use, or both of two modules.
const PATIENCE: Nanos = Nanos::from_secs(5);
/// A policy that another VM was told of comes to this one within this time, or the other one was told late, of one that has been
/// replaced since.
const HEARSAY: Nanos = Nanos::from_secs(2);

/// One seat's part in it.
#[derive(Debug)]
pub(crate) struct Succession {
    standing: Standing,
    role: Role,
    superseded: Option<Superseded>,
    /// Since when another VM speaks of a policy that this one does not know.
    hearsay: Option<Nanos>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It takes the policies that come, and speaks for this VM.
    Heir,
    /// A new connection came under a policy that is not the last. Either that one is in force again and nobody has said so
    /// yet, or another listener has it.
    Doubtful { since: Nanos, root: u32 },
    /// Another listener has a policy of this name.
    Alone,
}

/// Another load of the module has taken over.
#[derive(Debug, Clone, Copy)]
struct Superseded {
    since: Nanos,
    /// Connections so far.
    opened: u64,
    /// New connections still came: both are in use.
    in_vain: bool,
}

impl Succession {
    pub(crate) fn new(standing: Standing) -> Succession {
        Succession {
            standing,
            role: Role::Heir,
            superseded: None,
            hearsay: None,
        }
    }
}

impl Seat {
    /// Puts a policy in force, unless the seat is one listener's alone.
    pub(crate) fn follow(&self, policy: &Rc<Policy>, since: Nanos) {
        let mut succession = self.succession.borrow_mut();
        if succession.role == Role::Alone {
            return;
        }
        succession.role = Role::Heir;
        self.put_in_force(&mut succession, policy, since);
    }

    fn put_in_force(&self, succession: &mut Succession, policy: &Rc<Policy>, since: Nanos) {
        let mut worker = self.worker.borrow_mut();
        if !Rc::ptr_eq(worker.newest_policy(), policy) {
            worker.set_policy(Rc::clone(policy));
        }
        succession.standing.told(revision(policy), since);
        succession.hearsay = None;
        if succession.superseded.take().is_some() {
            worker.stop_drain(CloseReason::SUPERSEDED);
        }
    }

    /// The seat for a new connection of `root`, which was told of its policy at `since`. A root that was replaced gets no new
    /// connections. So if another policy has come since, either this one is in force again (Envoy takes the root up again
    /// without a word as long as it has connections), or another listener has the other one.
    pub(crate) fn for_connection(
        self: &Rc<Seat>,
        root: u32,
        policy: &Rc<Policy>,
        since: Nanos,
    ) -> Rc<Seat> {
        if self.has(policy) {
            return Rc::clone(self);
        }
        let now = self.now().unwrap_or_default();
        self.look_around(now);
        if self.has(policy) {
            return Rc::clone(self);
        }
        let own = place::seats(&self.key)
            .into_iter()
            .find(|seat| !Rc::ptr_eq(seat, self) && seat.is_of(root));
        let seat = own.unwrap_or_else(|| place::part(&self.key, root, policy));
        let mut succession = seat.succession.borrow_mut();
        if succession.role == Role::Alone {
            seat.call_back_strays(root, now.mono);
        } else if succession.role == Role::Heir {
            seat.put_in_force(&mut succession, policy, since);
            succession.role = Role::Doubtful {
                since: now.mono,
                root,
            };
        }
        drop(succession);
        seat
    }

    fn has(&self, policy: &Policy) -> bool {
        self.worker.borrow().newest_policy().revision == policy.revision
    }

    /// Compares notes with the other VMs, and does what follows.
    pub(crate) fn look_around(&self, now: Now) {
        let (role, outlook) = {
            let mut succession = self.succession.borrow_mut();
            let role = succession.role;
            let speaks = role == Role::Heir;
            let outlook = succession.standing.look(now.mono, speaks, &mut HostData);
            (role, outlook)
        };
        self.note(outlook);
        if let Ok(Outlook::Superseded | Outlook::Retired) = outlook {
            self.give_way(outlook == Ok(Outlook::Retired), now.mono);
            return;
        }
        self.stay();
        match (role, outlook) {
            (Role::Heir, Ok(Outlook::Revised { revision, since })) => {
                self.return_to(revision, since, now.mono);
            }
            (Role::Heir, Ok(_)) => self.succession.borrow_mut().hearsay = None,
            (Role::Doubtful { .. }, Ok(Outlook::InForce)) => {
                self.succession.borrow_mut().role = Role::Heir;
            }
            (Role::Doubtful { since, root }, _) if now.mono >= since + PATIENCE => {
                self.part(root, now.mono);
            }
            _ => {}
        }
    }

    /// An older policy is in force again, and this VM was not told, because its root is still there. If no root has it, it comes
    /// as a configuration, or is none any more.
    fn return_to(&self, revision: u64, since: Nanos, now: Nanos) {
        if let Some(policy) = place::policy(&self.key, revision) {
            self.log(
                LogLevel::Info,
                &format!("revision {} has come back", policy.revision),
            );
            self.follow(&policy, since);
            return;
        }
        let mut succession = self.succession.borrow_mut();
        let heard = *succession.hearsay.get_or_insert(now);
        if now >= heard + HEARSAY {
            succession.hearsay = None;
            succession.standing.insist(now);
        }
    }

    /// This VM has no root for the policy any more.
    pub(crate) fn retire(&self, now: Nanos) {
        let told = self.succession.borrow().standing.retire(now, &mut HostData);
        self.note(told);
    }

    fn note<T>(&self, shared: Result<T, StoreError>) {
        if shared.is_err() {
            self.worker
                .borrow_mut()
                .metrics()
                .host_call_failed("shared_data");
        }
    }

    /// Another load of the module has the policy now, or no listener has it any more: the connections are to go to what has, little
    /// by little.
    fn give_way(&self, retired: bool, now: Nanos) {
        let mut succession = self.succession.borrow_mut();
        let mut worker = self.worker.borrow_mut();
        let opened = worker.opened();
        let superseded = succession.superseded.get_or_insert_with(|| {
            let count = worker.drain(CloseReason::SUPERSEDED, None, now, DRAIN);
            let why = if retired {
                "no listener has this policy any more".to_owned()
            } else {
                format!(
                    "another load of the module has taken over from {}",
                    generation::BUILD
                )
            };
            let seconds = DRAIN.0 / 1_000_000_000;
            self.log(
                LogLevel::Info,
                &format!("{why}; its {count} connections close within {seconds} s"),
            );
            Superseded {
                since: now,
                opened,
                in_vain: false,
            }
        });
        let came = core::mem::replace(&mut superseded.opened, opened) != opened;
        if !came || now < superseded.since + PATIENCE {
            return;
        }
        if retired {
            succession.standing.insist(now);
        } else if !superseded.in_vain {
            superseded.in_vain = true;
            worker.stop_drain(CloseReason::SUPERSEDED);
            worker.metrics().conflict();
            self.log(
                LogLevel::Error,
                "two listeners have policies of this name in different loads of the module: give them other names",
            );
        }
    }

    /// What looked like a succession was none, or has been taken back.
    fn stay(&self) {
        if self.succession.borrow_mut().superseded.take().is_some() {
            self.worker.borrow_mut().stop_drain(CloseReason::SUPERSEDED);
            self.log(
                LogLevel::Info,
                &format!("{} is in force again", generation::BUILD),
            );
        }
    }

    /// Two listeners' policies have one name: this seat is one's alone.
    fn part(&self, root: u32, now: Nanos) {
        self.succession.borrow_mut().role = Role::Alone;
        self.worker.borrow_mut().metrics().conflict();
        self.log(
            LogLevel::Error,
            "two listeners have policies of this name that differ: give them other names",
        );
        self.call_back_strays(root, now);
    }

    /// Connections of `root` that decide in another seat, by another listener's policy, are to come back to this one.
    fn call_back_strays(&self, root: u32, now: Nanos) {
        for seat in place::seats(&self.key) {
            if !core::ptr::eq(&raw const *seat, self) {
                let mut worker = seat.worker.borrow_mut();
                worker.drain(CloseReason::TWO_LISTENERS, Some(root), now, DRAIN_STRAYS);
            }
        }
    }

    fn log(&self, level: LogLevel, what: &str) {
        host::log(
            level,
            &format!("dubbo-policy: policy {}: {what}", self.key.policy),
        );
    }
}

/// The fingerprint of a policy's revision.
pub(crate) fn revision(policy: &Policy) -> u64 {
    fingerprint(&[policy.revision.as_bytes()])
}
