//! What a decision is made on: plain attributes of one call, without a byte of it.

use std::borrow::Cow;

use dubbo::Identity;

use super::origin::Origin;
use crate::attributes::{Attribute, Value, is_unversioned};
use crate::metrics::Direction;

/// One call.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallFacts<'a> {
    /// Whole tuples that some provider may run for the call; the first is what Java runs. Empty when unknown.
    pub identities: &'a [Identity<'a>],
    /// The method; of a generic call the one that is invoked by it.
    pub method: Option<&'a str>,
    /// The kind of a generic call, "" when the caller named none; `None` for any other call.
    pub generic: Option<&'a str>,
    /// The caller awaits no answer.
    pub one_way: bool,
    /// The provider makes the call, and the client is asked to run it.
    pub callback: bool,
    /// The name of the serialization: `hessian2`.
    pub serialization: &'a str,
    /// The names of the classes that it makes its provider load; `None` when they are not known, or nothing looks at them.
    pub classes: Option<&'a [Cow<'a, str>]>,
    /// Who sent it, and where it goes; `None` when nothing is known of that.
    pub origin: Option<&'a Origin>,
    /// The application that the caller says it is.
    pub claimed_app: Option<&'a str>,
    /// By slot of `Policy::attachment_keys`; what is missing at the end is absent.
    pub attachments: &'a [Option<Cow<'a, str>>],
}

/// One way to read a call: with one of its identities, or with none when they are unknown.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    call: &'a CallFacts<'a>,
    identity: Option<&'a Identity<'a>>,
}

impl<'a> CallFacts<'a> {
    /// What Java makes of the call: what is charged, routed and reported.
    pub fn first_reading(&'a self) -> Reading<'a> {
        Reading {
            call: self,
            identity: self.identities.first(),
        }
    }

    /// Every way to read the call; at least one, and [`Self::first_reading`] is the first.
    pub fn readings(&'a self) -> impl Iterator<Item = Reading<'a>> + Clone {
        let others = self.identities.iter().skip(1).map(|identity| Reading {
            call: self,
            identity: Some(identity),
        });
        core::iter::once(self.first_reading()).chain(others)
    }
}

impl<'a> Reading<'a> {
    /// The service, if it is known.
    pub(super) fn service(&self) -> Option<&'a str> {
        self.identity.map(|identity| &*identity.service)
    }

    /// The attribute's value; `None` when it is absent.
    pub fn value(&self, attribute: &Attribute) -> Option<Value<'a>> {
        let call = self.call;
        let text = match attribute {
            Attribute::Service => self.service(),
            Attribute::Version => self
                .identity
                .map(|identity| &*identity.version)
                .filter(|version| !is_unversioned(version)),
            Attribute::Group => self
                .identity
                .map(|identity| &*identity.group)
                .filter(|group| !group.is_empty()),
            Attribute::Generic => call.generic,
            Attribute::Serialization => Some(call.serialization),
            Attribute::ClaimedApp => call.claimed_app,
            Attribute::Attachment { slot, .. } => call
                .attachments
                .get(*slot)
                .and_then(|value| value.as_deref()),
            Attribute::Method => return call.method.map(Value::Method),
            Attribute::OneWay => return Some(Value::Flag(call.one_way)),
            Attribute::Callback => return Some(Value::Flag(call.callback)),
            Attribute::Classes => return call.classes.map(Value::Names),
            Attribute::SourceIp
            | Attribute::SourcePrincipal
            | Attribute::SourceNamespace
            | Attribute::SourceServiceAccount
            | Attribute::SourceTrustDomain
            | Attribute::DestinationIp
            | Attribute::DestinationPort
            | Attribute::DestinationNamespace
            | Attribute::DestinationWorkload => return call.origin?.value(attribute),
            Attribute::Direction => Some(
                call.origin
                    .map_or(Direction::Unspecified, |origin| origin.direction)
                    .name(),
            ),
        };
        text.map(Value::Text)
    }
}
