//! The request and the answer of OTLP's `LogsService/Export`.
//!
//! ```text
//! ExportLogsServiceRequest { resource_logs = 1 }
//!   ResourceLogs { resource = 1 { attributes = 1 }, scope_logs = 2, schema_url = 3 }
//!     ScopeLogs { scope = 1 { name = 1, version = 2, attributes = 3 }, log_records = 2, schema_url = 3 }
//! ```
//! opentelemetry-proto 1.x, `collector/logs/v1/logs_service.proto` and `logs/v1/logs.proto`.

use super::attributes::Attributes;
use super::books::Books;
use super::reports::Node;
use crate::metrics::Direction;
use crate::protobuf::{Field, Fields, Writer, field_len};

/// What all records of a VM have in common: a serialized `Resource`.
#[derive(Debug)]
pub(super) struct Resource(Vec<u8>);

impl Resource {
    /// `service.name` is required by OpenTelemetry; a node without a cluster goes by the module's name.
    pub(super) fn new(node: &Node, vm: &str) -> Resource {
        let mut bytes = Vec::new();
        let mut attributes = Attributes {
            out: Writer(&mut bytes),
            field: 1,
        };
        let name = if node.cluster.is_empty() {
            SCOPE_NAME
        } else {
            &node.cluster
        };
        attributes.text("service.name", name);
        attributes.text("service.instance.id", &node.id);
        attributes.text("dubbo.policy.vm", vm);
        Resource(bytes)
    }
}

/// What all records of one policy have in common: an `InstrumentationScope` but for its counts.
#[derive(Debug)]
pub(super) struct Scope(Vec<u8>);

impl Scope {
    pub(super) fn new(direction: Direction, policy: &str, revision: &str) -> Scope {
        let mut bytes = Vec::new();
        let mut out = Writer(&mut bytes);
        out.bytes(1, SCOPE_NAME.as_bytes());
        out.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
        let mut attributes = Attributes { out, field: 3 };
        attributes.text("rpc.system.name", "dubbo");
        attributes.text("dubbo.policy.direction", direction.name());
        attributes.text("dubbo.policy.name", policy);
        attributes.text("dubbo.policy.revision", revision);
        Scope(bytes)
    }
}

/// Appends a `LogRecord` to those of a batch.
pub(super) fn write_record(records: &mut Vec<u8>, record: &[u8]) {
    Writer(records).bytes(2, record);
}

/// A whole `ExportLogsServiceRequest`. `records` is what [`write_record`] wrote; the counts tell a receiver what it should have had
/// by now, so that it sees what an exit or a trap of the VM took along.
pub(super) fn export_request(
    resource: &Resource,
    scope: &Scope,
    sequence: u64,
    books: &Books,
    records: &[&[u8]],
) -> Vec<u8> {
    let mut counts = Vec::with_capacity(COUNTS_LEN);
    let mut attributes = Attributes {
        out: Writer(&mut counts),
        field: 3,
    };
    attributes.int("dubbo.policy.batch", sequence);
    for (name, count) in books.counts() {
        attributes.int(name, count);
    }

    let records_len = records.iter().map(|records| records.len()).sum::<usize>();
    let scope_len = scope.0.len() + counts.len();
    let scope_logs_len = field_len(scope_len) + records_len + field_len(SCHEMA_URL.len());
    let resource_logs_len =
        field_len(resource.0.len()) + field_len(scope_logs_len) + field_len(SCHEMA_URL.len());

    let mut message = Vec::with_capacity(field_len(resource_logs_len));
    let mut out = Writer(&mut message);
    out.length(1, resource_logs_len);
    out.bytes(1, &resource.0);
    out.length(2, scope_logs_len);
    out.length(1, scope_len);
    for bytes in [&scope.0, &counts]
        .into_iter()
        .map(Vec::as_slice)
        .chain(records.iter().copied())
    {
        out.0.extend_from_slice(bytes);
    }
    out.bytes(3, SCHEMA_URL.as_bytes());
    out.bytes(3, SCHEMA_URL.as_bytes());
    message
}

/// How many records an `ExportLogsServiceResponse` says were not taken:
/// `partial_success = 1 { rejected_log_records = 1 (int64), error_message = 2 }`. What cannot be read rejects nothing.
pub(super) fn rejected_records(answer: &[u8]) -> u64 {
    let partial = Fields(answer).find_map(|field| match field {
        (1, Field::Bytes(partial)) => Some(partial),
        _ => None,
    });
    let rejected = Fields(partial.unwrap_or_default()).find_map(|field| match field {
        (1, Field::Varint(n)) => i64::try_from(n).ok(),
        _ => None,
    });
    rejected.map_or(0, i64::unsigned_abs)
}

/// The version in which `rpc.system.name` and `rpc.response.status_code` have these names.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.39.0";
const SCOPE_NAME: &str = "dubbo-policy";
const COUNTS_LEN: usize = 512;
