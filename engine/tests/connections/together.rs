//! Connections that are to be closed at the same time.
//!
//! Envoy 1.40 closes what a tick has named when the tick is over, each connection from within the callbacks of the one before. A thousand
//! of them in one tick overflowed the stack of the VM, and the trap took every connection of the worker.

use engine::{CloseReason, ConnectionId, Peers, Side};
use serde_json::json;

use crate::memory::Memory;
use crate::play::policy;
use crate::support::{Counted, now};

const CONNECTIONS: u32 = 1_000;
/// Envoy has taken 500 in one tick.
const TAKEN: usize = 100;

#[test]
fn connections_that_time_out_together_are_closed_over_several_ticks() {
    let mut worker = policy(json!({"protocol": {"limits": {"frame_timeout": "3s"}}}));
    let mut shared = Memory::default();
    for id in 0..CONNECTIONS {
        worker.open(ConnectionId(id), Peers::default());
        let effects = worker.data(
            ConnectionId(id),
            Side::Downstream,
            vec![0xda, 0xbb],
            false,
            now(0),
            &mut shared,
        );
        assert_eq!(effects.close, None);
    }
    let mut open: Vec<u32> = (0..CONNECTIONS).collect();
    for tick in 0..u64::from(CONNECTIONS) {
        let at = now(3_000 + 50 * tick);
        let doomed = worker.tick(at, &mut shared);
        assert!(doomed.len() <= TAKEN, "{} closed in one tick", doomed.len());
        for id in doomed {
            open.retain(|open| *open != id.0);
            worker.closed(id, at);
        }
        if open.is_empty() {
            break;
        }
        assert!(
            worker.busy(),
            "{} connections wait to be closed",
            open.len()
        );
    }
    assert_eq!(open, Vec::<u32>::new());
    let mut counted = Counted::default();
    counted.take(&mut worker);
    let reason = format!("reason=.={};.;", CloseReason::FRAME_TIMEOUT.name());
    assert_eq!(
        counted.sum_of("connections_closed_total", &reason),
        i64::from(CONNECTIONS)
    );
}

#[test]
fn what_still_comes_of_a_connection_that_waits_to_be_closed_closes_it() {
    let mut worker = policy(json!({"protocol": {"limits": {"frame_timeout": "3s"}}}));
    let mut shared = Memory::default();
    for id in 0..CONNECTIONS {
        worker.open(ConnectionId(id), Peers::default());
        let bytes = vec![0xda];
        worker.data(
            ConnectionId(id),
            Side::Downstream,
            bytes,
            false,
            now(0),
            &mut shared,
        );
    }
    let doomed = worker.tick(now(3_000), &mut shared);
    let waiting = (0..CONNECTIONS)
        .map(ConnectionId)
        .find(|id| !doomed.contains(id))
        .unwrap();
    let effects = worker.data(
        waiting,
        Side::Downstream,
        vec![0xbb],
        false,
        now(3_001),
        &mut shared,
    );
    assert_eq!(effects.close, Some(CloseReason::FRAME_TIMEOUT));
}
