//! Regular expressions and networks, which matchers and lists share.

use core::net::IpAddr;

use ipnet::IpNet;
use regex_lite::{Regex, RegexBuilder};

use super::reader::Value;
use crate::policy::canonical_net;

/// A regular expression that has to match a whole value, in time linear in it.
pub(super) fn regex(value: &Value<'_>, ignore_case: bool) -> Option<Regex> {
    let text = value.text()?;
    // By itself first: `a)|(b` is no expression, and would be one between the anchors.
    let whole = format!("^(?:{text})$");
    let compiled = Regex::new(text).and_then(|_| {
        RegexBuilder::new(&whole)
            .case_insensitive(ignore_case)
            .size_limit(MAX_REGEX_BYTES)
            .build()
    });
    match compiled {
        Ok(regex) => Some(regex),
        Err(error) => {
            value.reject_as("a regular expression", format!("{text:?}: {error}"), None);
            None
        }
    }
}

/// An address, which is a network of one, or a network: `10.2.0.0/16`.
pub(super) fn net(value: &Value<'_>) -> Option<IpNet> {
    let text = value.text()?;
    let net = match text.parse::<IpAddr>() {
        Ok(ip) => Some(IpNet::from(ip)),
        Err(_) => text.parse::<IpNet>().ok(),
    };
    let Some(net) = net else {
        value.reject("an IP address or a network such as 10.2.0.0/16", None);
        return None;
    };
    if net.addr() != net.network() {
        let hint = format!("{} or {}", net.trunc(), net.addr());
        value.reject("a network without host bits", Some(hint));
        return None;
    }
    Some(canonical_net(net))
}

/// What one compiled expression may take: `.{1000}` fits, `(.{1000}){1000}` does not.
const MAX_REGEX_BYTES: usize = 1 << 20;
