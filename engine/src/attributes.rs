//! The attributes of a call, in the one dotted spelling that `match`, `per`, reports and the command line share.

use core::fmt;
use core::net::IpAddr;
use std::borrow::Cow;

use crate::policy::Principal;

/// What can be asked of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// `service`: the interface, `com.acme.UserService`.
    Service,
    /// `method`: of a generic call the one that is invoked by it.
    Method,
    /// `version` of the service; absent, "" and "0.0.0" are one.
    Version,
    /// `group` of the service; absent and "" are one.
    Group,
    /// `generic`: the kind of a generic call ("true", "nativejava", ...; "" when the caller named none).
    Generic,
    /// `one_way`: the caller awaits no answer.
    OneWay,
    /// `callback`: the provider makes the call, and the client is asked to run it.
    Callback,
    /// `serialization`: `hessian2`.
    Serialization,
    /// `classes`: the names of the classes that the call makes its provider load.
    Classes,
    /// `source.ip`: the address of the peer that made the call.
    SourceIp,
    /// `source.principal`: the URI of the certificate that the peer has shown, with or without `spiffe://`.
    SourcePrincipal,
    /// `source.namespace`, of that certificate's SPIFFE id.
    SourceNamespace,
    /// `source.service_account`, of that certificate's SPIFFE id.
    SourceServiceAccount,
    /// `source.trust_domain`, of that certificate's SPIFFE id.
    SourceTrustDomain,
    /// `direction`: which way the listener's traffic goes (`inbound`, `outbound`, `unspecified`).
    Direction,
    /// `destination.ip`: the address that the call is sent to.
    DestinationIp,
    /// `destination.port`: its port.
    DestinationPort,
    /// `destination.namespace`: that of the workload that this Envoy stands before.
    DestinationNamespace,
    /// `destination.workload`: the workload that this Envoy stands before.
    DestinationWorkload,
    /// `claimed.app`: the application that the caller says it is.
    ClaimedApp,
    /// `attachments.KEY`.
    Attachment {
        /// The key as it stands in the call.
        key: Box<str>,
        /// Where `Policy::attachment_keys` and `CallFacts::attachments` have it.
        slot: usize,
    },
}

impl Attribute {
    /// The attributes with a name of their own; besides them there is `attachments.KEY`.
    pub const NAMED: [Attribute; 20] = [
        Attribute::Service,
        Attribute::Method,
        Attribute::Version,
        Attribute::Group,
        Attribute::Generic,
        Attribute::OneWay,
        Attribute::Callback,
        Attribute::Serialization,
        Attribute::Classes,
        Attribute::SourceIp,
        Attribute::SourcePrincipal,
        Attribute::SourceNamespace,
        Attribute::SourceServiceAccount,
        Attribute::SourceTrustDomain,
        Attribute::Direction,
        Attribute::DestinationIp,
        Attribute::DestinationPort,
        Attribute::DestinationNamespace,
        Attribute::DestinationWorkload,
        Attribute::ClaimedApp,
    ];

    /// A call may come without it. Of calls that pass unread, what stands in their bodies is not known.
    pub fn may_be_absent(&self, some_pass_unread: bool) -> bool {
        match self {
            Attribute::OneWay
            | Attribute::Callback
            | Attribute::Serialization
            | Attribute::Direction => false,
            Attribute::Service | Attribute::Method | Attribute::Classes => some_pass_unread,
            _ => true,
        }
    }

    /// What kind of value it has.
    pub fn kind(&self) -> Kind {
        match self {
            Attribute::OneWay | Attribute::Callback => Kind::Flag,
            Attribute::SourceIp | Attribute::DestinationIp => Kind::Ip,
            Attribute::Classes => Kind::Names,
            _ => Kind::Text,
        }
    }

    /// It says who calls, and the peer's certificate vouches for it.
    pub fn is_certified(&self) -> bool {
        matches!(
            self,
            Attribute::SourcePrincipal
                | Attribute::SourceNamespace
                | Attribute::SourceServiceAccount
                | Attribute::SourceTrustDomain
        )
    }

    /// It says who calls, and nothing but the caller's own word vouches for it.
    pub fn is_claimed(&self) -> bool {
        matches!(self, Attribute::ClaimedApp | Attribute::Attachment { .. })
    }
}

/// The dotted spelling. Quotas hash it, so it is part of what keeps their counters over a change of the configuration.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Attribute::Service => "service",
            Attribute::Method => "method",
            Attribute::Version => "version",
            Attribute::Group => "group",
            Attribute::Generic => "generic",
            Attribute::OneWay => "one_way",
            Attribute::Callback => "callback",
            Attribute::Serialization => "serialization",
            Attribute::Classes => "classes",
            Attribute::SourceIp => "source.ip",
            Attribute::SourcePrincipal => "source.principal",
            Attribute::SourceNamespace => "source.namespace",
            Attribute::SourceServiceAccount => "source.service_account",
            Attribute::SourceTrustDomain => "source.trust_domain",
            Attribute::Direction => "direction",
            Attribute::DestinationIp => "destination.ip",
            Attribute::DestinationPort => "destination.port",
            Attribute::DestinationNamespace => "destination.namespace",
            Attribute::DestinationWorkload => "destination.workload",
            Attribute::ClaimedApp => "claimed.app",
            Attribute::Attachment { key, .. } => return write!(f, "attachments.{key}"),
        })
    }
}

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// True or false.
    Flag,
    /// An address.
    Ip,
    /// Any number of strings.
    Names,
}

/// The value of an attribute that is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Of all attributes but those below.
    Text(&'a str),
    /// Of `method`. dubbo-go serves every method under both cases of its first letter, so the two spellings are one.
    Method(&'a str),
    /// Of `source.principal`: a SPIFFE id is the same with and without `spiffe://`.
    Principal(&'a Principal),
    /// Of `one_way` and `callback`.
    Flag(bool),
    /// Of `classes`.
    Names(&'a [Cow<'a, str>]),
    /// Of `source.ip` and `destination.ip`; an IPv4 address is never written as an IPv6 one.
    Ip(IpAddr),
}

/// A method's name with its first letter in the other case; `None` if it has no other (of ASCII).
pub(crate) fn other_spelling(method: &str) -> Option<String> {
    let mut name = method.to_owned();
    let first = name.get_mut(..1)?;
    match first.as_bytes() {
        [b'a'..=b'z'] => first.make_ascii_uppercase(),
        [b'A'..=b'Z'] => first.make_ascii_lowercase(),
        _ => return None,
    }
    Some(name)
}

/// Dubbo's three spellings of "no version".
pub(crate) fn is_unversioned(version: &str) -> bool {
    version.is_empty() || version == "0.0.0"
}
