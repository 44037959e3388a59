//! What a call's frame does not say: who sent it, and where it goes.

use core::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::principal::Principal;
use crate::attributes::{Attribute, Value};
use crate::metrics::Direction;

/// The two ends of a call, as the host knows them. What is `None` is not known, or does not exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the peer that made the call.
    pub source_ip: Option<IpAddr>,
    /// Who that peer is by its certificate.
    pub principal: Option<Principal>,
    /// The address that the call is sent to.
    pub destination_ip: Option<IpAddr>,
    /// Its port, in decimal digits.
    pub destination_port: Option<Box<str>>,
    /// The workload that the call is for.
    pub workload: Option<Rc<Workload>>,
    /// Which way the listener's traffic goes.
    pub direction: Direction,
}

/// The workload that an Envoy stands before, by its node's metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workload {
    /// `NAMESPACE`.
    pub namespace: Option<String>,
    /// `WORKLOAD_NAME`.
    pub name: Option<String>,
}

impl Origin {
    /// A call between these addresses.
    pub fn new(source: Option<SocketAddr>, destination: Option<SocketAddr>) -> Origin {
        let ip = |address: SocketAddr| address.ip();
        Origin {
            source_ip: source.map(ip),
            destination_ip: destination.map(ip),
            destination_port: destination.map(|address| address.port().to_string().into()),
            ..Origin::default()
        }
    }

    /// What it says of an attribute that a call does not say itself.
    pub(super) fn value(&self, attribute: &Attribute) -> Option<Value<'_>> {
        let ip = |ip: Option<IpAddr>| ip.map(|ip| Value::Ip(ip.to_canonical()));
        let principal = self.principal.as_ref();
        let workload = self.workload.as_ref();
        let text = match attribute {
            Attribute::SourceIp => return ip(self.source_ip),
            Attribute::DestinationIp => return ip(self.destination_ip),
            Attribute::SourcePrincipal => return principal.map(Value::Principal),
            Attribute::SourceNamespace => principal?.namespace(),
            Attribute::SourceServiceAccount => principal?.service_account(),
            Attribute::SourceTrustDomain => principal?.trust_domain(),
            Attribute::DestinationPort => self.destination_port.as_deref(),
            Attribute::DestinationNamespace => workload?.namespace.as_deref(),
            Attribute::DestinationWorkload => workload?.name.as_deref(),
            Attribute::Direction => Some(self.direction.name()),
            _ => None,
        };
        text.map(Value::Text)
    }
}
