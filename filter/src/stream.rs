//! One connection: the host's callbacks in, the engine's effects out.

use core::net::SocketAddr;
use std::rc::Rc;

use engine::{ConnectionId, Edit, Effects, Peers, Side};
use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::{Action, BufferType, LogLevel, StreamType};

use crate::host::{self, HostError};
use crate::seat::Seat;
use crate::shared::HostData;

/// A connection of the listener that this module is loaded into.
pub(crate) struct Stream {
    id: ConnectionId,
    /// The root context that it began with.
    root: u32,
    /// `None` when the root could not take its configuration: nothing passes then.
    seat: Option<Rc<Seat>>,
    opened: bool,
    provider_seen: bool,
    /// Whether the client's certificate, or that it has none, is known.
    certificate_seen: bool,
}

impl Stream {
    pub(crate) fn new(id: u32, root: u32, seat: Option<Rc<Seat>>) -> Stream {
        Stream {
            id: ConnectionId(id),
            root,
            seat,
            opened: false,
            provider_seen: false,
            certificate_seen: false,
        }
    }

    fn data(&mut self, side: Side, size: usize, end_of_stream: bool) -> Action {
        let Some(seat) = self.seat.clone() else {
            close();
            return Action::Pause;
        };
        match self.pass(&seat, side, size, end_of_stream) {
            Ok(action) => action,
            Err(error) => {
                seat.failed(error);
                let line = format!("dubbo-policy: connection closed: {error}");
                host::log(LogLevel::Error, &line);
                close();
                // If even that has failed, what was not decided must still not go on.
                Action::Pause
            }
        }
    }

    fn pass(
        &mut self,
        seat: &Seat,
        side: Side,
        size: usize,
        end_of_stream: bool,
    ) -> host::Result<Action> {
        let now = seat.now()?;
        let kind = buffer(side);
        let bytes = host::buffer(kind, size)?;
        self.introduce(seat, side)?;
        let effects =
            seat.worker
                .borrow_mut()
                .data(self.id, side, bytes, end_of_stream, now, &mut HostData);
        seat.keep_pace(self.id)?;
        if effects.cluster.is_some() && host::property(&["upstream", "address"])?.is_some() {
            seat.worker.borrow_mut().metrics().route_too_late();
            host::log(LogLevel::Error, ROUTE_TOO_LATE);
        }
        let released = effects.edit != Edit::Replace(Vec::new());
        apply(effects, kind, size)?;
        // An end of stream that is paused is never passed on, and neither are bytes that are left in Envoy's buffer when
        // it is full: so all else continues, with whatever is incomplete taken out.
        if side == Side::Downstream && !released && !end_of_stream && seat.chooses_clusters() {
            Ok(Action::Pause)
        } else {
            Ok(Action::Continue)
        }
    }

    /// Tells the worker who talks here, each peer when its first bytes come.
    fn introduce(&mut self, seat: &Seat, side: Side) -> host::Result<()> {
        if !self.opened {
            self.opened = true;
            seat.learn_direction()?;
            let peers = Peers {
                client: address(&["source", "address"])?,
                listener: address(&["destination", "address"])?,
                provider: None,
            };
            let mut worker = seat.worker.borrow_mut();
            worker.open(self.id, peers);
            worker.set_origin(self.id, self.root);
        }
        // Not only at the first bytes: a later policy may look at what the first one did not.
        if !self.certificate_seen && seat.worker.borrow().wants_principals() {
            self.certificate_seen = true;
            let uri = certificate_uri()?;
            let mut worker = seat.worker.borrow_mut();
            worker.set_principal(self.id, uri.as_deref());
        }
        if side == Side::Upstream && !self.provider_seen {
            self.provider_seen = true;
            let provider = address(&["upstream", "address"])?;
            seat.worker.borrow_mut().set_provider(self.id, provider);
        }
        Ok(())
    }
}

const ROUTE_TOO_LATE: &str = "dubbo-policy: a route chose a cluster, but tcp_proxy has connected already: it needs \
    upstream_connect_mode ON_DOWNSTREAM_DATA and max_early_data_bytes";

/// The one place where a decision meets the host.
fn apply(effects: Effects, kind: BufferType, size: usize) -> host::Result<()> {
    if effects.close.is_some() {
        host::replace_buffer(kind, size, &[])?;
        close();
        return Ok(());
    }
    if let Some(cluster) = &effects.cluster {
        route(cluster)?;
    }
    match &effects.edit {
        Edit::Keep => Ok(()),
        Edit::Replace(output) => host::replace_buffer(kind, size, output),
    }
}

/// Closes both sides. When the host refuses even that, there is nothing left to try.
pub(crate) fn close() {
    for stream in [StreamType::Downstream, StreamType::Upstream] {
        if let Err(error) = host::close_stream(stream) {
            host::log(LogLevel::Error, &format!("dubbo-policy: {error}"));
        }
    }
}

/// Chooses the cluster that tcp_proxy connects to, by Envoy's own function:
/// `SetEnvoyFilterStateArguments { path = 1, value = 2, span = 3 }`.
fn route(cluster: &str) -> host::Result<()> {
    let mut arguments = Vec::with_capacity(cluster.len() + 32);
    for (tag, value) in [(0x0a, "envoy.tcp_proxy.cluster"), (0x12, cluster)] {
        arguments.push(tag);
        // Cluster names are shorter than 128 bytes: the configuration sees to it.
        arguments.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
        arguments.extend_from_slice(value.as_bytes());
    }
    host::call_foreign_function("set_envoy_filter_state", &arguments)
}

fn address(path: &[&str]) -> Result<Option<SocketAddr>, HostError> {
    let value = host::property(path)?;
    Ok(value.and_then(|bytes| str::from_utf8(&bytes).ok()?.parse().ok()))
}

/// The first URI of the client's certificate. Without one there is nobody whom the host has verified, whatever else it says.
fn certificate_uri() -> host::Result<Option<String>> {
    match host::property(&["connection", "mtls"])?.as_deref() {
        Some([1]) => {}
        _ => return Ok(None),
    }
    let uri = host::property(&["connection", "uri_san_peer_certificate"])?;
    // What is no UTF-8 is no URI.
    Ok(uri.and_then(|bytes| String::from_utf8(bytes).ok()))
}

fn buffer(side: Side) -> BufferType {
    match side {
        Side::Downstream => BufferType::DownstreamData,
        Side::Upstream => BufferType::UpstreamData,
    }
}

impl Context for Stream {}

impl StreamContext for Stream {
    /// tcp_proxy looks for its cluster as soon as a filter before it continues: where calls choose that, it has to wait for
    /// the first one. In any other case a pause would last for ever, because tcp_proxy reads nothing before it is connected.
    fn on_new_connection(&mut self) -> Action {
        match &self.seat {
            Some(seat) if seat.chooses_clusters() => Action::Pause,
            _ => Action::Continue,
        }
    }

    fn on_downstream_data(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.data(Side::Downstream, size, end_of_stream)
    }

    fn on_upstream_data(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.data(Side::Upstream, size, end_of_stream)
    }

    fn on_log(&mut self) {
        let Some(seat) = &self.seat else { return };
        // Without a clock the books are closed all the same: what ends now had no answer.
        let now = seat.now().unwrap_or_default();
        seat.worker.borrow_mut().closed(self.id, now);
    }
}
