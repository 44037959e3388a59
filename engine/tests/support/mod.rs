//! What every test of a whole worker needs: a policy, a worker under it, and what it counts.

use std::collections::BTreeMap;
use std::rc::Rc;

use engine::metrics::{Direction, Kind};
use engine::policy::Policy;
use engine::report::Node;
use engine::time::{Nanos, Now};
use engine::{Identity, Worker, config};

/// The policy of a configuration without mistakes, as JSON text.
pub(crate) fn policy(config: &str) -> Rc<Policy> {
    let loaded = config::parse(config.as_bytes()).and_then(|node| config::load(&node));
    Rc::new(loaded.unwrap().policy)
}

/// A worker without connections.
pub(crate) fn worker(policy: Rc<Policy>) -> Worker {
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
    Worker::new(policy, identity)
}

/// So many milliseconds after the beginning of a test.
pub(crate) fn now(millis: u64) -> Now {
    Now {
        mono: Nanos::from_secs(1_000) + Nanos::from_millis(millis),
        wall: 1_700_000_000_000_000_000 + millis * 1_000_000,
    }
}

/// Counters and gauges, by their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted(pub(crate) BTreeMap<String, i64>);

impl Counted {
    /// Adds what was counted since the last time.
    pub(crate) fn take(&mut self, worker: &mut Worker) {
        worker.metrics().take(|update| {
            let value = self.0.entry(update.name.to_owned());
            match update.kind {
                Kind::Counter | Kind::Gauge => *value.or_default() += update.value,
                Kind::Level => *value.or_default() = update.value,
                Kind::Histogram => {}
            }
        });
    }

    /// The sum over the series of a metric.
    pub(crate) fn sum(&self, metric: &str) -> i64 {
        self.sum_of(metric, "")
    }

    /// The sum over the series of a metric that have this in their names: `decision=.=allowed;.;`.
    pub(crate) fn sum_of(&self, metric: &str, tag: &str) -> i64 {
        let series = self.0.iter();
        series
            .filter(|(name, _)| name.ends_with(metric) && name.contains(tag))
            .map(|(_, value)| value)
            .sum()
    }
}
