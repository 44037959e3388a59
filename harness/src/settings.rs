//! How the fake Envoy is set up.

use std::net::SocketAddr;

use crate::properties::Properties;

/// What stands in the bootstrap.
#[derive(Clone)]
pub struct Settings {
    /// `--concurrency`.
    pub workers: usize,
    /// Scope of shared data and queues.
    pub vm_id: String,
    /// Name of the plugin.
    pub plugin_name: String,
    /// Root id of the plugin.
    pub root_id: String,
    /// `vm_config.configuration`.
    pub vm_configuration: Vec<u8>,
    /// Properties of the node, under `xds`; see [`Settings::default`].
    pub node: Properties,
    /// `per_connection_buffer_limit_bytes`: what a data callback brings at most.
    pub buffer_limit: usize,
    /// When tcp_proxy connects upstream.
    pub upstream_connect: UpstreamConnect,
    /// tcp_proxy's cluster, unless a filter sets another.
    pub cluster: String,
    /// The least level of the module's log lines that are kept: 0 trace to 5 critical.
    pub log_level: u32,
}

/// tcp_proxy's `upstream_connect_mode`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpstreamConnect {
    /// When the client has connected; nothing is read before.
    Immediate,
    /// When the first byte is released to it.
    OnDownstreamData,
}

impl Default for Settings {
    /// One worker, Envoy's own defaults, an inbound sidecar's node.
    fn default() -> Settings {
        let mut node = Properties::default();
        // Any bytes: a module that reads the proto finds no known field in them.
        node.set(&["xds", "node"], b"\xf2\x07\x04fake");
        node.set(
            &["xds", "node", "id"],
            "sidecar~10.1.0.9~provider.shop~shop.svc",
        );
        node.set(&["xds", "node", "cluster"], "provider.shop");
        node.set(&["xds", "node", "metadata", "NAMESPACE"], "shop");
        node.set(&["xds", "node", "metadata", "WORKLOAD_NAME"], "provider");
        Settings {
            workers: 1,
            vm_id: String::new(),
            plugin_name: "dubbo-policy".into(),
            root_id: String::new(),
            vm_configuration: Vec::new(),
            node,
            buffer_limit: 1 << 20,
            upstream_connect: UpstreamConnect::Immediate,
            cluster: "provider".into(),
            log_level: 2,
        }
    }
}

/// A client that connects.
#[derive(Clone, Debug)]
pub struct Client {
    /// The worker that accepts it, by index.
    pub worker: usize,
    /// Where it comes from.
    pub source: SocketAddr,
    /// Where it connects to.
    pub destination: SocketAddr,
    /// URI SAN of its certificate when it comes with mTLS; without one it comes in plain text.
    pub uri_san: Option<String>,
}

impl Default for Client {
    /// Worker 0, plain text, 10.1.0.7:40000 to 10.1.0.9:20880.
    fn default() -> Client {
        Client {
            worker: 0,
            source: SocketAddr::from(([10, 1, 0, 7], 40_000)),
            destination: SocketAddr::from(([10, 1, 0, 9], 20_880)),
            uri_san: None,
        }
    }
}

impl Client {
    /// A client on a worker, otherwise as [`Client::default`] has it.
    pub fn on_worker(worker: usize) -> Client {
        Client {
            worker,
            ..Client::default()
        }
    }

    /// The properties of its stream before upstream is connected.
    pub(crate) fn properties(&self, connection: usize, wall: u64) -> Properties {
        let mut properties = Properties::default();
        let number = |value: u64| value.to_le_bytes();
        properties.set(&["connection", "id"], number(connection as u64));
        properties.set(&["connection", "mtls"], [u8::from(self.uri_san.is_some())]);
        if let Some(san) = &self.uri_san {
            properties.set(&["connection", "uri_san_peer_certificate"], san);
            properties.set(&["connection", "subject_peer_certificate"], "");
            properties.set(&["connection", "tls_version"], "TLSv1.3");
        }
        properties.set(&["source", "address"], self.source.to_string());
        properties.set(&["source", "port"], number(self.source.port().into()));
        properties.set(&["destination", "address"], self.destination.to_string());
        properties.set(
            &["destination", "port"],
            number(self.destination.port().into()),
        );
        properties.set(&["request", "time"], number(wall));
        properties.set(&["xds", "listener_direction"], number(1));
        properties.set(&["xds", "filter_chain_name"], "");
        properties
    }
}
