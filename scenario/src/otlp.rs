//! Reads the reports out of what the filter exports.

use anyhow::Result;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use prost::Message;
use serde_json::Value;

use crate::Report;

/// The reports of calls in a serialized `ExportLogsServiceRequest`, in their order; other events are left out.
pub fn reports(message: &[u8]) -> Result<Vec<Report>> {
    let request = ExportLogsServiceRequest::decode(message)?;
    let scopes = request
        .resource_logs
        .into_iter()
        .flat_map(|resource| resource.scope_logs);
    let records = scopes.flat_map(|scope| scope.log_records);
    Ok(records
        .filter(|record| record.event_name == "dubbo.call")
        .map(report)
        .collect())
}

fn report(record: LogRecord) -> Report {
    let severity = match record.severity_number() {
        SeverityNumber::Info => "INFO",
        SeverityNumber::Warn => "WARN",
        other => other.as_str_name(),
    };
    Report {
        severity: severity.to_owned(),
        attributes: record
            .attributes
            .into_iter()
            .map(|pair| (pair.key, value(pair.value)))
            .collect(),
    }
}

fn value(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => text.into(),
        Some(any_value::Value::BoolValue(flag)) => flag.into(),
        Some(any_value::Value::IntValue(number)) => number.into(),
        Some(any_value::Value::DoubleValue(number)) => number.into(),
        Some(any_value::Value::ArrayValue(list)) => list
            .values
            .into_iter()
            .map(|item| self::value(Some(item)))
            .collect(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{ArrayValue, KeyValue};
    use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};

    use super::*;

    fn record(event: &str, key: &str, value: any_value::Value) -> LogRecord {
        LogRecord {
            event_name: event.into(),
            severity_number: SeverityNumber::Warn.into(),
            attributes: vec![KeyValue {
                key: key.into(),
                value: Some(AnyValue { value: Some(value) }),
                ..KeyValue::default()
            }],
            ..LogRecord::default()
        }
    }

    #[test]
    fn calls_are_read_and_other_events_left_out() {
        let names = any_value::Value::ArrayValue(ArrayValue {
            values: vec![AnyValue {
                value: Some(any_value::Value::StringValue("a".into())),
            }],
        });
        let log_records = vec![
            record("dubbo.call", "rules", names),
            record(
                "dubbo.policy.reports_dropped",
                "n",
                any_value::Value::IntValue(1),
            ),
            record("dubbo.call", "n", any_value::Value::IntValue(2)),
        ];
        let message = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records,
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        };
        let report = |key: &str, value: Value| Report {
            severity: "WARN".into(),
            attributes: [(key.to_owned(), value)].into(),
        };
        assert_eq!(
            reports(&message.encode_to_vec()).unwrap(),
            [report("rules", vec!["a"].into()), report("n", 2.into())]
        );
    }
}
