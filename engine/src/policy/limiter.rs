//! Quotas as a policy sees them: which calls share a counter, and who has another limit.

use core::fmt::{self, Write};
use core::net::IpAddr;
use std::borrow::Cow;

use super::condition::Match;
use super::facts::{CallFacts, Reading};
use super::truth::{Expired, Truth};
use crate::attributes::{Attribute, Value, other_spelling};
use crate::quota::{Charge, Ledger, Override, Quota};
use crate::shared::StoreError;

/// An entry of `quotas`.
#[derive(Debug, Clone)]
pub struct Limiter {
    /// What is counted.
    pub quota: Quota,
    /// The attributes whose values tell counters apart; `Quota::per` has their names.
    pub per: Vec<Attribute>,
    /// Who is counted by another rate, or not at all: the first that holds.
    pub overrides: Vec<(Match, Override)>,
}

impl Limiter {
    /// What the call has to be charged; `None` for callers without a limit.
    ///
    /// # Errors
    /// Why that cannot be told.
    pub(super) fn charge<'p>(
        &'p self,
        call: &CallFacts<'_>,
        amount: u64,
        dry_run: bool,
        ledger: &mut Ledger<'_>,
    ) -> Result<Option<Charge<'p>>, Uncharged> {
        let reading = call.first_reading();
        let kind = match self.other_rate(&reading)? {
            Some(Override::Unlimited) => return Ok(None),
            Some(Override::Limit(kind)) => kind,
            None => &self.quota.kind,
        };
        let per_ip = self.per.contains(&Attribute::SourceIp);
        let origin = call.origin.filter(|_| per_ip);
        let ip = IpText::new(origin.and_then(|origin| origin.source_ip));
        let values = self
            .per
            .iter()
            .map(|attribute| key_value(&reading, attribute, &ip));
        let key = ledger
            .key(&self.quota, kind, dry_run, values)
            .map_err(Uncharged::Store)?;
        Ok(Some(Charge {
            quota: &self.quota,
            kind,
            key,
            one_way: call.one_way,
            amount,
        }))
    }

    /// The first override that holds. One that an expired list leaves open does not, unless the list refuses.
    fn other_rate(&self, reading: &Reading<'_>) -> Result<Option<&Override>, Uncharged> {
        for (matches, other) in &self.overrides {
            match matches.test(reading) {
                Truth::True => return Ok(Some(other)),
                Truth::Unknown(expired) if expired.refuses => {
                    return Err(Uncharged::Expired(expired));
                }
                Truth::Unknown(_) | Truth::False => {}
            }
        }
        Ok(None)
    }
}

/// Why a call cannot be charged.
#[derive(Debug)]
pub(super) enum Uncharged {
    /// Shared data failed.
    Store(StoreError),
    /// A list that an override looks at has expired.
    Expired(Expired),
}

/// An attribute as part of a key; an absent one is empty.
fn key_value<'a>(reading: &Reading<'a>, attribute: &Attribute, ip: &'a IpText) -> Cow<'a, str> {
    Cow::Borrowed(match reading.value(attribute) {
        // No quota counts per attributes with many values: the configuration sees to it.
        None | Some(Value::Names(_)) => "",
        Some(Value::Text(text)) => text,
        // Of its two spellings the smaller one in ASCII, which begins with a capital.
        Some(Value::Method(name)) => match other_spelling(name) {
            Some(other) if *other < *name => return Cow::Owned(other),
            _ => name,
        },
        Some(Value::Flag(true)) => "true",
        Some(Value::Flag(false)) => "false",
        Some(Value::Principal(principal)) => principal.name(),
        Some(Value::Ip(_)) if *attribute == Attribute::SourceIp => ip.as_str(),
        Some(Value::Ip(other)) => return Cow::Owned(other.to_string()),
    })
}

/// An address in text, without an allocation.
struct IpText {
    bytes: [u8; 45],
    len: usize,
}

impl IpText {
    fn new(ip: Option<IpAddr>) -> IpText {
        let mut text = IpText {
            bytes: [0; 45],
            len: 0,
        };
        if let Some(ip) = ip {
            // The longest address has 45 bytes, so there is nothing that could fail.
            let _ = write!(text, "{}", ip.to_canonical());
        }
        text
    }

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.len)
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Write for IpText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
