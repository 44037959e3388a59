//! What peers may send, right and hostile.

use dubbo::RequestId;
use engine::Side;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a peer sends. The other side of the connection may send the same, with the same ids.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    Call {
        id: u64,
        method: &'static str,
        one_way: bool,
        lane: bool,
    },
    Heartbeat {
        id: u64,
        one_way: bool,
    },
    Answer(Value),
}

/// The method that the policy denies. Its name stands nowhere but in calls.
pub(crate) const DENIED: &str = "forbidden";
/// The attachment that routes set, as callers may write it.
pub(crate) const CALLERS_LANE: &str = "Lane";

impl Sent {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        bytes(match self {
            Sent::Call {
                id,
                method,
                one_way,
                lane,
            } => json!({"call": {
                "id": id, "service": "lab.Service", "method": method, "one_way": one_way, "args": ["text"],
                "attachments": [[if *lane { CALLERS_LANE } else { "line" }, "of my own"]],
            }}),
            Sent::Heartbeat { id, one_way } => json!({"heartbeat": {"id": id, "one_way": one_way}}),
            Sent::Answer(answer) => answer.clone(),
        })
    }

    pub(crate) fn is_call(&self) -> bool {
        matches!(self, Sent::Call { .. })
    }

    pub(crate) fn is_allowed_call(&self) -> bool {
        matches!(self, Sent::Call { method, .. } if *method != DENIED)
    }

    pub(crate) fn asks(&self) -> bool {
        matches!(
            self,
            Sent::Call { one_way: false, .. } | Sent::Heartbeat { one_way: false, .. }
        )
    }

    /// The id of a call that has to be answered by a refusal.
    pub(crate) fn refused(&self) -> Option<RequestId> {
        match self {
            Sent::Call {
                id,
                method: DENIED,
                one_way: false,
                ..
            } => Some(RequestId(*id)),
            _ => None,
        }
    }
}

pub(crate) fn bytes(frame: Value) -> Vec<u8> {
    serde_json::from_value::<scenario::Frame>(frame)
        .unwrap()
        .bytes()
        .unwrap()
}

pub(crate) fn sent() -> impl Strategy<Value = Sent> {
    // Few ids, so that they repeat, meet, and answer what they should not.
    let id = 0..4u64;
    let method = prop::sample::select(vec!["hello", "list", DENIED, DENIED]);
    let answer = prop::sample::select(vec!["answer", "exception", "error", "heartbeat_answer"]);
    prop_oneof![
        4 => (id.clone(), method, prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(id, method, one_way, lane)| Sent::Call { id, method, one_way, lane }),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, one_way)| Sent::Heartbeat { id, one_way }),
        4 => (id, answer).prop_map(|(id, kind)| Sent::Answer(match kind {
            "answer" => json!({"answer": {"id": id, "value": "a value"}}),
            "exception" => json!({"exception": {"id": id, "text": "thrown"}}),
            "error" => json!({"error": {"id": id, "status": 70, "text": "wrong"}}),
            _ => json!({"heartbeat_answer": {"id": id}}),
        })),
    ]
}

/// What closes a connection.
pub(crate) fn hostile() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        json!({"text": "status\r\n"}),
        json!({"hex": "dabc"}),
        json!({"head": {"flag": 0xc2, "id": 1, "len": -1}}),
        json!({"head": {"flag": 0xc2, "id": 1, "len": 70_000}}),
        json!({"head": {"flag": 0x22, "status": 20, "id": 1, "zeros": 1_025}}),
        json!({"head": {"flag": 0xc2, "id": 1, "body": "ff"}}),
        json!({"head": {"flag": 0xdf, "id": 1, "body": "4e"}}),
        json!({"event": {"id": 1, "body": "43"}}),
    ])
    .prop_map(bytes)
}

pub(crate) fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(vec![Side::Downstream, Side::Upstream])
}
