//! A client connection, the filter's stream on it, and the connection to the provider behind.

/// The two peers of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    /// Who connected to Envoy (downstream).
    Client,
    /// To whom Envoy connected (upstream).
    Provider,
}

impl Peer {
    /// The one at the far end.
    #[must_use]
    pub fn other(self) -> Peer {
        match self {
            Peer::Client => Peer::Provider,
            Peer::Provider => Peer::Client,
        }
    }
}

/// A connection's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConnectionId(pub usize);

/// A connection.
pub(crate) struct Connection {
    /// Index of its thread.
    pub(crate) thread: usize,
    /// Number of the VM that filters it.
    pub(crate) vm: u32,
    /// The filter's context; `None` when the filter is bypassed.
    pub(crate) stream: Option<u32>,
    /// False while `on_new_connection` has paused it: nothing is read.
    pub(crate) reading: bool,
    /// The cluster that tcp_proxy has picked.
    pub(crate) route: Option<String>,
    /// The cluster that was connected to.
    pub(crate) cluster: Option<String>,
    pub(crate) closed: bool,
    pub(crate) client: End,
    pub(crate) provider: End,
}

impl Connection {
    pub(crate) fn end(&mut self, peer: Peer) -> &mut End {
        match peer {
            Peer::Client => &mut self.client,
            Peer::Provider => &mut self.provider,
        }
    }
}

/// One peer's end.
#[derive(Default)]
pub(crate) struct End {
    /// Sent by the peer, not yet read by Envoy.
    pub(crate) unread: Vec<u8>,
    pub(crate) fin: Fin,
    /// Arrived at the peer.
    pub(crate) received: Vec<u8>,
    /// The peer has seen the connection's end.
    pub(crate) ended: bool,
}

/// How far a peer's half-close has come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Fin {
    #[default]
    Open,
    /// By the peer.
    Sent,
    /// By Envoy, and told to the filter.
    Read,
    /// On to the other peer.
    Passed,
}
