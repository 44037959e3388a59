//! Regular expressions and networks, which matchers and lists share.

use ipnet::IpNet;
use regex_lite::Regex;

use super::reader::Value;
use crate::lists::{self, parse_net};

/// A regular expression that has to match a whole value, in time linear in it.
pub(super) fn regex(value: &Value<'_>, ignore_case: bool) -> Option<Regex> {
    let text = value.text()?;
    let compiled = lists::whole(text, ignore_case, MAX_REGEX_BYTES);
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
    match parse_net(text) {
        Ok(net) => Some(net),
        Err(None) => {
            value.reject("an IP address or a network such as 10.2.0.0/16", None);
            None
        }
        Err(meant) => {
            value.reject("a network without host bits", meant);
            None
        }
    }
}

/// What one compiled expression may take: `.{1000}` fits, `(.{1000}){1000}` does not.
const MAX_REGEX_BYTES: usize = 1 << 20;
