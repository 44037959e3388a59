//! The built module in the fake Envoy, with a collector that takes its reports.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use harness::{
    Answer, Call, Client, Cluster, ConnectionId, Envoy, Peer, Program, Settings, UpstreamConnect,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use serde_json::Value;

/// The cluster that policies send their reports to.
pub(crate) const COLLECTOR: &str = "collector";

/// An Envoy with the built module and a collector, not yet configured.
pub(crate) fn envoy(settings: Settings) -> Result<Envoy> {
    let mut envoy = Envoy::new(Program::built()?, settings);
    let accepted = ExportLogsServiceResponse::default().encode_to_vec();
    envoy.add_cluster(
        COLLECTOR,
        Cluster::new(move |_| Answer::Message(accepted.clone())),
    );
    Ok(envoy)
}

/// The settings for a policy: what chooses a connection's cluster needs upstream to wait for it.
pub(crate) fn settings(policy: &str) -> Settings {
    let on_demand = policy.contains("\"connection_cluster\"");
    Settings {
        upstream_connect: if on_demand {
            UpstreamConnect::OnDownstreamData
        } else {
            UpstreamConnect::Immediate
        },
        ..Settings::default()
    }
}

/// A client on a worker, from 127.0.0.1.
pub(crate) fn connect(envoy: &mut Envoy, worker: usize) -> ConnectionId {
    let source = SocketAddr::from(([127, 0, 0, 1], 40_000));
    envoy.connect(&Client {
        source,
        ..Client::on_worker(worker)
    })
}

/// The bytes of a frame as scenario files write it.
pub(crate) fn frame(frame: Value) -> Vec<u8> {
    serde_json::from_value::<scenario::Frame>(frame)
        .unwrap()
        .bytes()
        .unwrap()
}

/// A call's bytes.
pub(crate) fn call(id: u32, service: &str, method: &str) -> Vec<u8> {
    frame(serde_json::json!({"call": {"id": id, "service": service, "method": method}}))
}

/// The frames that have arrived at a peer, as their heads and whole bytes.
pub(crate) fn frames(envoy: &Envoy, id: ConnectionId, at: Peer) -> Vec<Vec<u8>> {
    let mut bytes = envoy.received(id, at);
    let mut frames = Vec::new();
    while bytes.len() >= 16 {
        let body = u32::from_be_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let (frame, rest) = bytes.split_at(16 + body);
        frames.push(frame.to_vec());
        bytes = rest;
    }
    assert_eq!(bytes, b"", "the {at:?} got a part of a frame");
    frames
}

/// Whether a frame is an event: of what reaches the provider, a heartbeat in place of a call.
pub(crate) fn is_event(frame: &[u8]) -> bool {
    frame[2] & 0x20 != 0
}

/// Every log record that has reached the collector, in order.
pub(crate) fn records(envoy: &mut Envoy) -> Result<Vec<LogRecord>> {
    let mut records = Vec::new();
    for request in envoy.cluster(COLLECTOR).requests() {
        let Call::Grpc {
            service,
            method,
            message,
        } = &request.call
        else {
            bail!("{:?} is no gRPC call", request.call)
        };
        let path = format!("{service}/{method}");
        if path != "opentelemetry.proto.collector.logs.v1.LogsService/Export" {
            bail!("{path} is no method of a collector");
        }
        let export =
            ExportLogsServiceRequest::decode(message.as_slice()).context("a batch of reports")?;
        let scopes = export
            .resource_logs
            .into_iter()
            .flat_map(|resource| resource.scope_logs);
        records.extend(scopes.flat_map(|scope| scope.log_records));
    }
    Ok(records)
}

/// An attribute's value as JSON.
pub(crate) fn json(value: Option<AnyValue>) -> Value {
    use any_value::Value as Otlp;
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Otlp::StringValue(text)) => text.into(),
        Some(Otlp::BoolValue(truth)) => truth.into(),
        Some(Otlp::IntValue(number)) => number.into(),
        Some(Otlp::DoubleValue(number)) => number.into(),
        Some(Otlp::ArrayValue(array)) => array
            .values
            .into_iter()
            .map(|value| json(Some(value)))
            .collect(),
        Some(other) => panic!("{other:?} stands in no report"),
    }
}
