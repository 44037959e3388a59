//! A collector that reads what it gets, and the calls that are reported to it.

use engine::metrics::{Answer, Decision, Direction};
use engine::report::{Batch, CallRecord, Node, Reports, ReportsConfig};
use engine::time::{Nanos, Now};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;

pub(crate) const NONCE: u64 = 0xfeed_0000_0000_0001;

pub(crate) fn config(max_records: usize, max_queue: usize) -> ReportsConfig {
    ReportsConfig {
        cluster: "otel".to_owned(),
        max_records,
        max_delay: Nanos::from_secs(1),
        max_queue,
    }
}

pub(crate) fn reports(config: ReportsConfig) -> Reports {
    let node = Node {
        id: "sidecar~10.1.2.3".to_owned(),
        cluster: "user-provider.shop".to_owned(),
        direction: Direction::Inbound,
        vm_nonce: NONCE,
    };
    Reports::new(config, node, "user-provider", "00c0ffee", 7)
}

/// Both clocks at so many milliseconds since some start.
pub(crate) fn at(millis: u64) -> Now {
    Now {
        mono: Nanos::from_millis(millis),
        wall: 1_700_000_000_000_000_000 + millis * 1_000_000,
    }
}

/// An allowed call with everything that a plain call has.
pub(crate) const CALL: CallRecord<'static> = CallRecord {
    started: 1_700_000_000_000_000_123,
    duration: Some(Nanos(1_500_000)),
    service: "com.acme.UserService",
    method: "getUser",
    version: "",
    group: "",
    one_way: false,
    serialization: "hessian2",
    client_address: "10.1.2.4",
    server_address: "10.1.2.3",
    server_port: 20880,
    request_bytes: 321,
    response_bytes: Some(123),
    status: "OK",
    decision: Decision::Allowed,
    answer: Answer::Ok,
    reason: "",
    rule: "acme",
    dry_run_rules: &[],
    quotas: &[],
    list: "",
    route: "",
    source_principal: "",
    source_namespace: "",
    claimed_app: "shop-order",
};

pub(crate) const DENIED: CallRecord<'static> = CallRecord {
    duration: None,
    response_bytes: None,
    decision: Decision::Denied,
    answer: Answer::None,
    reason: "denied",
    rule: "no-reveal",
    ..CALL
};

/// The only resource and the only scope of a message, which must have both.
pub(crate) fn read(batch: &Batch) -> (ResourceLogs, ScopeLogs) {
    let request = ExportLogsServiceRequest::decode(batch.message.as_slice()).unwrap();
    let [resource]: [ResourceLogs; 1] = request.resource_logs.try_into().unwrap();
    let [scope]: [ScopeLogs; 1] = resource.scope_logs.clone().try_into().unwrap();
    (resource, scope)
}

/// The records of a message with this event name.
pub(crate) fn events(batch: &Batch, name: &str) -> Vec<LogRecord> {
    let mut records = read(batch).1.log_records;
    records.retain(|record| record.event_name == name);
    records
}

/// Attributes as text: `key=value`, in their order.
pub(crate) fn texts(attributes: &[KeyValue]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(set) => set.to_string(),
        Value::IntValue(n) => n.to_string(),
        Value::DoubleValue(n) => format!("{n:?}"),
        Value::ArrayValue(_) => "[]".to_owned(),
        other => format!("{other:?}"),
    };
    let any = |value: &Value| match value {
        Value::ArrayValue(array) => {
            let items = array
                .values
                .iter()
                .map(|item| text(item.value.as_ref().unwrap()));
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        plain => text(plain),
    };
    attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref().unwrap().value.as_ref().unwrap();
            format!("{}={}", attribute.key, any(value))
        })
        .collect()
}

/// One attribute's integer.
pub(crate) fn int(attributes: &[KeyValue], key: &str) -> Option<i64> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::IntValue(n) => Some(*n),
        _ => None,
    }
}

pub(crate) fn ok() -> Vec<u8> {
    ExportLogsServiceResponse::default().encode_to_vec()
}

pub(crate) fn rejecting(records: i64) -> Vec<u8> {
    ExportLogsServiceResponse {
        partial_success: Some(ExportLogsPartialSuccess {
            rejected_log_records: records,
            error_message: "too old".to_owned(),
        }),
    }
    .encode_to_vec()
}
