//! Where admitted calls go.

use super::condition::Scope;

/// A route: the first that is about a call applies to it.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its place among the policy's routes.
    pub index: usize,
    /// Unique among them.
    pub name: Box<str>,
    /// The calls that it is about.
    pub scope: Scope,
    /// Attachments that are written into the call, key and value.
    pub set: Vec<(String, String)>,
    /// The cluster for the connection, decided by its first admitted call (`envoy.tcp_proxy.cluster`).
    pub connection_cluster: Option<String>,
}
