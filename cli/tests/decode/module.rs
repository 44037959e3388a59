//! What the module counts for the same bytes: `decode` must call things by the same names.

use std::collections::BTreeSet;
use std::rc::Rc;

use engine::metrics::Direction;
use engine::report::Node;
use engine::shared::{SetError, SharedData, StoreError, Versioned};
use engine::time::{Nanos, Now};
use engine::{ConnectionId, Identity, Peers, Side, Worker, config};

/// The reasons for which a worker refuses something that a client sends before it goes away.
pub(crate) fn refusals(bytes: &[u8]) -> Vec<String> {
    let text = br#"{"apiVersion": "dubbo-policy/v1", "name": "observe", "rules": []}"#;
    let loaded = config::parse(text)
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
    let mut worker = Worker::new(Rc::new(loaded.policy), identity);
    let id = ConnectionId(1);
    let now = Now {
        mono: Nanos::from_secs(1),
        wall: 1,
    };
    worker.open(id, Peers::default());
    // Answers and their heads come from the other side.
    let from =
        if bytes.get(2).is_some_and(|flag| flag & 0x80 == 0) && bytes.starts_with(b"\xda\xbb") {
            Side::Upstream
        } else {
            Side::Downstream
        };
    worker.data(id, from, bytes.to_vec(), true, now, &mut NoData);
    let mut reasons = BTreeSet::new();
    worker.metrics().take(|update| {
        let reason = update
            .name
            .split_once("reason=.=")
            .and_then(|(_, rest)| rest.split_once(";.;"));
        if let Some((reason, _)) = reason {
            reasons.insert(reason.to_owned());
        }
    });
    reasons.into_iter().collect()
}

/// A policy without quotas looks at no shared data.
struct NoData;

impl SharedData for NoData {
    fn get(&mut self, key: &str) -> Result<Option<Versioned>, StoreError> {
        panic!("{key} was read")
    }

    fn set(&mut self, key: &str, _value: &[u8], _cas: Option<u32>) -> Result<(), SetError> {
        panic!("{key} was written")
    }
}
