//! What goes into a connection, and what a shell must do about what comes out.

use core::net::SocketAddr;
use std::rc::Rc;

use super::output::Edit;
use super::reason::CloseReason;
use crate::metrics::Direction;
use crate::policy::Workload;

/// Who sent some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client, which opened the connection.
    Downstream,
    /// The provider.
    Upstream,
}

impl Side {
    /// The peer of this one.
    pub fn other(self) -> Side {
        match self {
            Side::Downstream => Side::Upstream,
            Side::Upstream => Side::Downstream,
        }
    }
}

/// The addresses of a connection, as far as they are known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Peers {
    /// Of the client.
    pub client: Option<SocketAddr>,
    /// That the client connected to.
    pub listener: Option<SocketAddr>,
    /// Of the provider.
    pub provider: Option<SocketAddr>,
}

/// Where the connections of a worker are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// Which way the listener's traffic goes.
    pub(crate) direction: Direction,
    /// The workload of this Envoy's node.
    pub(crate) node: Rc<Workload>,
}

impl Surroundings {
    /// The workload that calls are for. Behind a consumer that is not the one of this Envoy.
    pub(super) fn workload(&self) -> Option<Rc<Workload>> {
        (self.direction != Direction::Outbound).then(|| Rc::clone(&self.node))
    }
}

/// What the shell must do after a callback, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// Close both sides. What this callback would have released is thrown away.
    pub close: Option<CloseReason>,
    /// The cluster that the connection is routed to (`envoy.tcp_proxy.cluster`).
    pub cluster: Option<Rc<str>>,
    /// What becomes of the buffer.
    pub edit: Edit,
}

impl Effects {
    pub(super) fn nothing() -> Effects {
        Effects {
            close: None,
            cluster: None,
            edit: Edit::Replace(Vec::new()),
        }
    }

    pub(super) fn keep() -> Effects {
        Effects {
            edit: Edit::Keep,
            ..Effects::nothing()
        }
    }

    pub(crate) fn close(reason: CloseReason) -> Effects {
        Effects {
            close: Some(reason),
            ..Effects::nothing()
        }
    }
}
