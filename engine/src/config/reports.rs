//! `reports`.

use core::ops::RangeInclusive;

use super::reader::Value;
use super::schema;
use crate::report::ReportsConfig;
use crate::time::Nanos;

/// Reads where reports go, and in which batches.
pub(super) fn read(value: &Value<'_>) -> Option<ReportsConfig> {
    let fields = value.fields(&schema::REPORTS)?;
    let cluster = fields
        .get("otlp")
        .and_then(|otlp| otlp.fields(&schema::OTLP))
        .and_then(|otlp| cluster(&otlp.get("cluster")?));
    let batch = fields.get("batch")?.fields(&schema::BATCH)?;
    let max_records = batch.get("max_records").and_then(|max| max.whole(RECORDS));
    let max_delay = batch.get("max_delay").and_then(|max| max.duration(DELAY));
    let max_queue = batch.get("max_queue_per_worker").and_then(|max| {
        let queue = max.whole(QUEUE)?;
        if max_records.is_some_and(|records| queue < records) {
            max.reject("room for one batch, max_records, at least", None);
        }
        Some(queue)
    });
    Some(ReportsConfig {
        cluster: cluster?,
        max_records: usize::try_from(max_records?).ok()?,
        max_delay: max_delay?,
        max_queue: usize::try_from(max_queue?).ok()?,
    })
}

/// The name of a cluster that gRPC calls go to.
pub(super) fn cluster(value: &Value<'_>) -> Option<String> {
    let name = value.text()?;
    if (1..=MAX_CLUSTER).contains(&name.len()) {
        return Some(name.to_owned());
    }
    value.reject_as(
        format!("a cluster's name of 1 to {MAX_CLUSTER} bytes"),
        format!("one of {}", name.len()),
        (!name.is_empty())
            .then(|| "the host is given it inside a message whose length is one byte".to_owned()),
    );
    None
}

/// The host takes the peer of a gRPC call as a serialized `GrpcService`, through an interface for text: 4 bytes around the name, and
/// no length above 0x7f, because that would not be text.
pub(super) const MAX_CLUSTER: usize = 120;
pub(super) const RECORDS: RangeInclusive<u64> = 1..=10_000;
pub(super) const DELAY: RangeInclusive<Nanos> = Nanos::from_millis(50)..=Nanos::from_secs(60);
pub(super) const QUEUE: RangeInclusive<u64> = 1..=1_000_000;
