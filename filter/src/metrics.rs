//! Writes what the engine has counted to the host, and defines each series there once.

use engine::metrics::{Kind, Metrics, Update};
use proxy_wasm::types::MetricType;

use crate::host;

/// The host's ids, by the engine's number of the series.
#[derive(Debug, Default)]
pub(crate) struct MetricIds {
    ids: Vec<Option<u32>>,
}

impl MetricIds {
    /// Writes all that was counted since the last time. A write that fails is counted in its turn, and lost.
    pub(crate) fn write(&mut self, metrics: &mut Metrics) {
        let mut failed = None;
        metrics.take(|update| {
            if let Err(error) = self.write_one(&update) {
                failed = Some(error);
            }
        });
        if let Some(error) = failed {
            metrics.host_call_failed(error.call);
        }
    }

    fn write_one(&mut self, update: &Update<'_>) -> host::Result<()> {
        let index = update.id.0 as usize;
        if self.ids.len() <= index {
            self.ids.resize(index + 1, None);
        }
        let id = match self.ids.get(index).copied().flatten() {
            Some(id) => id,
            None => {
                let id = host::define_metric(metric_type(update.kind), update.name)?;
                if let Some(slot) = self.ids.get_mut(index) {
                    *slot = Some(id);
                }
                id
            }
        };
        match update.kind {
            Kind::Histogram | Kind::Level => host::record_metric(id, update.value.unsigned_abs()),
            Kind::Counter | Kind::Gauge => host::increment_metric(id, update.value),
        }
    }
}

fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge | Kind::Level => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
    }
}
