//! The built module in the fake Envoy, with a collector that takes its reports.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::net::SocketAddr;

use anyhow::{Result, bail};
use harness::{
    Answer, Call, Client, Cluster, ConnectionId, Envoy, Peer, Program, Settings, UpstreamConnect,
};
use scenario::Report;
use serde_json::Value;

/// The cluster that policies send their reports to.
pub(crate) const COLLECTOR: &str = "collector";

/// An Envoy with the built module and a collector, not yet configured.
pub(crate) fn envoy(settings: Settings) -> Result<Envoy> {
    let mut envoy = Envoy::new(Program::built()?, settings);
    // No bytes are an `ExportLogsServiceResponse` that refuses nothing.
    envoy.add_cluster(COLLECTOR, Cluster::new(|_| Answer::Message(Vec::new())));
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

/// Every report that has reached the collector, in order.
pub(crate) fn reports(envoy: &mut Envoy) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for request in envoy.cluster(COLLECTOR).requests() {
        match &request.call {
            Call::Grpc {
                service,
                method,
                message,
            } if service == "opentelemetry.proto.collector.logs.v1.LogsService"
                && method == "Export" =>
            {
                reports.extend(scenario::otlp::reports(message)?);
            }
            other => bail!("{other:?} is no export of logs"),
        }
    }
    Ok(reports)
}
