//! Every way around a policy that testdata/bypass knows, against the engine: nothing of a closed call gets to a provider, however the
//! bytes are cut. What the calls do at real providers is in e2e/tests/bypass.rs.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

#[path = "quota/memory.rs"]
#[allow(dead_code, reason = "shared with the quotas' tests, which look inside")]
mod memory;

use std::rc::Rc;

use engine::metrics::Direction;
use engine::report::Node;
use engine::time::{Nanos, Now};
use engine::{ConnectionId, Edit, Identity, Peers, Side, Worker, config};
use scenario::bypass::{self, CLOSED_ARGUMENT, Case, Outcome};

use memory::Memory;

#[test]
fn nothing_of_a_closed_call_reaches_the_provider() {
    let outcomes = bypass::outcomes().unwrap();
    let works = |case: &Case| {
        let rows = outcomes.get(&case.name).into_iter().flatten();
        rows.map(|(_, row)| row.direct).any(|direct| match direct {
            Outcome::Secret | Outcome::Crashed => true,
            Outcome::Answered | Outcome::Text => !case.legal,
            _ => false,
        })
    };
    let mut leaks = Vec::new();
    for case in bypass::kinds().unwrap().iter().flat_map(|kind| &kind.cases) {
        if case.known_hole || case.pending || !works(case) {
            continue;
        }
        for piece in [usize::MAX, 1] {
            let upstream = upstream(case, piece);
            let leaked = [CLOSED_ARGUMENT, "SecretService"]
                .iter()
                .any(|text| contains(&upstream, text));
            if leaked {
                leaks.push(format!(
                    "{} in pieces of {piece}: {}",
                    case.name,
                    upstream.escape_ascii()
                ));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// When this fails, a hole is closed, and docs/security.md should not tell of it any more.
#[test]
fn the_known_holes_are_as_the_page_tells() {
    for case in bypass::kinds().unwrap().iter().flat_map(|kind| &kind.cases) {
        if case.known_hole {
            assert!(
                contains(&upstream(case, usize::MAX), CLOSED_ARGUMENT),
                "{}",
                case.name
            );
        }
    }
}

/// What the provider gets of a case, sent in pieces of so many bytes.
fn upstream(case: &Case, piece: usize) -> Vec<u8> {
    let mut worker = worker();
    let mut shared = Memory::default();
    let (connection, now) = (ConnectionId(0), now());
    worker.open(
        connection,
        Peers {
            client: None,
            listener: None,
            provider: None,
        },
    );
    let mut upstream = Vec::new();
    for segment in case.segments().unwrap() {
        for bytes in segment.chunks(piece.min(segment.len()).max(1)) {
            let effects = worker.data(
                connection,
                Side::Downstream,
                bytes.to_vec(),
                false,
                now,
                &mut shared,
            );
            if effects.close.is_some() {
                return upstream;
            }
            match effects.edit {
                Edit::Keep => upstream.extend(bytes),
                Edit::Replace(output) => upstream.extend(output),
            }
        }
    }
    upstream
}

fn worker() -> Worker {
    let policy = bypass::policy().unwrap();
    let loaded = config::parse(policy.as_bytes())
        .and_then(|node| config::load(&node))
        .unwrap();
    let identity = Identity {
        node: Node {
            id: "node".to_owned(),
            cluster: "cluster".to_owned(),
            direction: Direction::Inbound,
            vm_nonce: 1,
        },
        plugin: "plugin".to_owned(),
        random: [7; 16],
    };
    Worker::new(Rc::new(loaded.policy), identity)
}

fn now() -> Now {
    Now {
        mono: Nanos::from_secs(1_000),
        wall: 1_700_000_000_000_000_000,
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
