//! The data path: bytes from one peer through the filter to the other, and how connections end.

use crate::connection::{ConnectionId, Fin, Peer};
use crate::context::AfterCall;
use crate::envoy::Envoy;
use crate::vm::{Action, CloseType};

impl Envoy {
    /// A peer sends bytes; they arrive in callbacks of at most the buffer limit. What is sent
    /// after the connection was closed, or after the peer's own half-close, is lost.
    pub fn send(&mut self, id: ConnectionId, from: Peer, bytes: &[u8]) {
        let end = self.connections[id.0].end(from);
        if end.fin == Fin::Open {
            end.unread.extend_from_slice(bytes);
            self.read(id, from);
        }
        self.settle();
    }

    /// A peer half-closes: a FIN that arrives in a callback of its own.
    pub fn finish(&mut self, id: ConnectionId, from: Peer) {
        self.send_and_finish(id, from, &[]);
    }

    /// A peer sends bytes and half-closes: the FIN arrives with the last of them.
    pub fn send_and_finish(&mut self, id: ConnectionId, from: Peer, bytes: &[u8]) {
        let end = self.connections[id.0].end(from);
        if end.fin == Fin::Open {
            end.unread.extend_from_slice(bytes);
            end.fin = Fin::Sent;
            self.read(id, from);
        }
        self.settle();
    }

    /// A peer resets: the connection ends at once, what is under way is lost.
    pub fn reset(&mut self, id: ConnectionId, from: Peer) {
        let by = match from {
            Peer::Client => CloseType::Remote,
            // tcp_proxy closes downstream for an upstream that is gone.
            Peer::Provider => CloseType::Local,
        };
        self.close(id, by);
        self.settle();
    }

    /// Reads what a peer has sent, as far as the buffer limit lets; false when that is nothing.
    pub(super) fn read(&mut self, id: ConnectionId, from: Peer) -> bool {
        let mut progress = false;
        while self.read_once(id, from) {
            progress = true;
        }
        progress
    }

    /// One data callback; false when there is none to make.
    fn read_once(&mut self, id: ConnectionId, from: Peer) -> bool {
        let limit = self.settings.buffer_limit;
        let connection = &mut self.connections[id.0];
        let thread = &mut self.threads[connection.thread];
        let end = connection.end(from);
        let nothing_to_read = end.unread.is_empty() && end.fin != Fin::Sent;
        if nothing_to_read || connection.closed || !connection.reading {
            return false;
        }
        let Some(stream) = connection.stream else {
            self.bypass(id, from);
            return true;
        };
        if thread.vm.number() != connection.vm || thread.vm.trap().is_some() {
            self.close(id, CloseType::Local);
            return false;
        }
        let buffer = match (thread.vm.state().stream_by_id(stream), from) {
            (Some(stream), Peer::Client) => &mut stream.downstream,
            (Some(stream), Peer::Provider) => &mut stream.upstream,
            (None, _) => return false,
        };
        let end = connection.end(from);
        let room = limit.saturating_sub(buffer.len());
        let size = end.unread.len().min(room);
        let is_end = end.fin == Fin::Sent && size == end.unread.len();
        if size == 0 && !is_end {
            return false;
        }
        buffer.push(&end.unread[..size]);
        end.unread.drain(..size);
        if is_end {
            end.fin = Fin::Read;
        }

        let held = buffer.len() as u32;
        let export = match from {
            Peer::Client => "proxy_on_downstream_data",
            Peer::Provider => "proxy_on_upstream_data",
        };
        let action = thread.vm.on_data(stream, export, held, is_end);
        self.after_callback(id);
        if is_end && from == Peer::Provider && !self.connections[id.0].closed {
            let index = self.connections[id.0].thread;
            self.threads[index]
                .vm
                .on_upstream_close(stream, CloseType::Unknown);
            self.after_callback(id);
        }
        if action == Action::Continue && !self.connections[id.0].closed {
            if from == Peer::Client {
                self.pick_route(id);
            }
            self.release(id, from);
        }
        true
    }

    /// Passes everything on that a peer has sent, with no filter in between.
    fn bypass(&mut self, id: ConnectionId, from: Peer) {
        let end = self.connections[id.0].end(from);
        let bytes = std::mem::take(&mut end.unread);
        if end.fin == Fin::Sent {
            end.fin = Fin::Read;
        }
        self.pass(id, from, &bytes);
    }

    /// Passes on what the filter holds back no longer.
    fn release(&mut self, id: ConnectionId, from: Peer) {
        let connection = &self.connections[id.0];
        let state = self.threads[connection.thread].vm.state();
        let stream = connection
            .stream
            .and_then(|stream| state.stream_by_id(stream));
        let bytes = match (stream, from) {
            (Some(stream), Peer::Client) => stream.downstream.take(),
            (Some(stream), Peer::Provider) => stream.upstream.take(),
            (None, _) => return,
        };
        self.pass(id, from, &bytes);
    }

    /// Hands bytes, and the FIN if the filter has seen it, to the other peer. Without an upstream
    /// connection the first byte opens it, and a FIN alone goes nowhere.
    fn pass(&mut self, id: ConnectionId, from: Peer, bytes: &[u8]) {
        if self.connections[id.0].cluster.is_none() {
            if bytes.is_empty() {
                return;
            }
            self.connect_upstream(id);
        }
        let connection = &mut self.connections[id.0];
        connection
            .end(from.other())
            .received
            .extend_from_slice(bytes);
        if connection.end(from).fin != Fin::Read {
            return;
        }
        connection.end(from).fin = Fin::Passed;
        connection.end(from.other()).ended = true;
        if connection.end(from.other()).fin == Fin::Passed {
            let by = match from {
                Peer::Client => CloseType::Remote,
                Peer::Provider => CloseType::Local,
            };
            self.close(id, by);
        }
    }

    /// tcp_proxy picks its cluster, or the one in the filter state: once, as soon as a filter before it has continued, be it
    /// for a new connection or for data, even for none.
    pub(super) fn pick_route(&mut self, id: ConnectionId) {
        let connection = &mut self.connections[id.0];
        if connection.route.is_some() {
            return;
        }
        let state = self.threads[connection.thread].vm.state();
        let chosen = connection
            .stream
            .and_then(|stream| state.stream_by_id(stream))
            .and_then(|stream| stream.filter_state.get("envoy.tcp_proxy.cluster"))
            .map(|chosen| String::from_utf8_lossy(chosen).into_owned());
        connection.route = Some(chosen.unwrap_or_else(|| self.settings.cluster.clone()));
    }

    /// tcp_proxy connects to the cluster that it has picked.
    pub(super) fn connect_upstream(&mut self, id: ConnectionId) {
        if self.connections[id.0].closed {
            return;
        }
        self.pick_route(id);
        let connection = &mut self.connections[id.0];
        connection.cluster.clone_from(&connection.route);
        let state = self.threads[connection.thread].vm.state();
        if let Some(stream) = connection
            .stream
            .and_then(|stream| state.stream_by_id(stream))
        {
            Envoy::upstream_properties(&mut stream.properties);
        }
    }

    /// Closes both sides: nothing that is held or unread arrives any more.
    pub(super) fn close(&mut self, id: ConnectionId, by: CloseType) {
        let connection = &mut self.connections[id.0];
        if connection.closed {
            return;
        }
        connection.closed = true;
        connection.client.ended = true;
        connection.provider.ended = true;
        let index = connection.thread;
        let vm = &mut self.threads[index].vm;
        if let (Some(stream), true) = (connection.stream, vm.number() == connection.vm) {
            vm.on_downstream_close(stream, by);
            self.note_trap(index);
        }
    }

    /// What has to happen once a callback on a connection has returned. A trap closes it at once.
    pub(super) fn after_callback(&mut self, id: ConnectionId) {
        let index = self.connections[id.0].thread;
        self.run_after_calls(index);
        self.note_trap(index);
        let vm = &self.threads[index].vm;
        if vm.number() == self.connections[id.0].vm && vm.trap().is_some() {
            self.close(id, CloseType::Local);
        }
    }

    /// Does what host calls of a thread's VM have left to do.
    pub(super) fn run_after_calls(&mut self, index: usize) {
        loop {
            let actions = self.threads[index].vm.take_after_call();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                match action {
                    AfterCall::Close(stream) => {
                        if let Some(id) = self.connection_of(index, stream) {
                            self.close(id, CloseType::Local);
                        }
                    }
                    AfterCall::Continue(stream) => {
                        if let Some(id) = self.connection_of(index, stream) {
                            self.resume(id);
                        }
                    }
                    AfterCall::Done(root) => self.threads[index].vm.delete(root),
                }
            }
        }
    }

    /// Envoy's `continueReading`: what the filter holds of the client's bytes goes on, whatever
    /// the filter answers.
    fn resume(&mut self, id: ConnectionId) {
        let paused_connection = !std::mem::replace(&mut self.connections[id.0].reading, true);
        if paused_connection && self.settings.upstream_connect == crate::UpstreamConnect::Immediate
        {
            self.connect_upstream(id);
        }
        self.release(id, Peer::Client);
    }

    fn connection_of(&self, index: usize, stream: u32) -> Option<ConnectionId> {
        let vm = self.threads[index].vm.number();
        let wanted = |c: &crate::connection::Connection| {
            !c.closed && (c.thread, c.vm, c.stream) == (index, vm, Some(stream))
        };
        self.connections.iter().position(wanted).map(ConnectionId)
    }
}
