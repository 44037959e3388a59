//! Bytes that begin no frame close a connection, wherever a frame may begin, and take nothing with them to the other side.

use engine::{CloseReason, ConnectionId, Peers, Side};
use serde_json::json;

use crate::memory::Memory;
use crate::play::policy;
use crate::support::now;
use crate::traffic::bytes;

/// Whether the connection closes on these bytes, which come behind what was right; nothing of them goes on.
fn closes(from: Side, right: &[u8], foreign: &[u8]) -> Option<CloseReason> {
    let mut worker = policy(json!({}));
    let mut shared = Memory::default();
    let id = ConnectionId(1);
    worker.open(id, Peers::default());
    if !right.is_empty() {
        let effects = worker.data(id, from, right.to_vec(), false, now(0), &mut shared);
        assert_eq!(effects.close, None);
    }
    let effects = worker.data(id, from, foreign.to_vec(), false, now(1), &mut shared);
    let output = match effects.edit {
        engine::Edit::Keep => foreign.to_vec(),
        engine::Edit::Replace(output) => output,
    };
    assert_eq!(output, b"", "{foreign:x?} goes on");
    effects.close
}

#[test]
fn every_byte_that_begins_no_frame_closes_wherever_a_frame_may_begin() {
    let heartbeat = bytes(json!({"heartbeat": {"id": 1}}));
    let call = bytes(json!({"call": {"id": 2, "service": "lab.Service", "method": "hello"}}));
    let answer = bytes(json!({"answer": {"id": 3, "value": "late"}}));
    for from in [Side::Downstream, Side::Upstream] {
        for right in [&[][..], &heartbeat, &call, &answer] {
            for byte in 0..=u8::MAX {
                let first = closes(from, right, &[byte]);
                assert_eq!(first.is_some(), byte != 0xda, "{byte:02x}");
                let second = closes(from, right, &[0xda, byte]);
                assert_eq!(second.is_some(), byte != 0xbb, "da {byte:02x}");
                let reasons = [first, second].into_iter().flatten();
                assert!(
                    reasons
                        .into_iter()
                        .all(|reason| reason.name() == "bad_magic")
                );
            }
        }
    }
}

/// A call is in hessian2 or fastjson2 and whole, or the connection closes: no id means anything else to the module.
#[test]
fn a_call_under_any_other_id_closes() {
    for id in 0..32u8 {
        let call =
            json!({"id": 2, "service": "lab.Service", "method": "hello", "serialization": id});
        let bytes = bytes(json!({"call": call}));
        let mut worker = policy(json!({}));
        let mut shared = Memory::default();
        let connection = ConnectionId(1);
        worker.open(connection, Peers::default());
        let effects = worker.data(
            connection,
            Side::Downstream,
            bytes,
            false,
            now(0),
            &mut shared,
        );
        assert_eq!(effects.close.is_some(), id != 2, "{id}");
    }
}
