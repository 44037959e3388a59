//! Lists that rules refer to by name.

use core::cmp::Ordering;
use core::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::truth::Truth;
use crate::attributes::Value;

/// A list's entries, by its type.
#[derive(Debug, Clone)]
pub enum List {
    /// `type: string`.
    Strings(StringSet),
    /// `type: ip`.
    Ips(IpSet),
    /// `type: regex`.
    Regexes(RegexSet),
}

impl List {
    /// Whether the value is an entry, or of one.
    pub fn contains(&self, value: Value<'_>) -> Truth {
        let is_entry = match (self, value) {
            (List::Strings(set), Value::Text(text)) => set.contains(text),
            (List::Regexes(set), Value::Text(text)) => set.contains(text),
            (List::Ips(set), Value::Ip(ip)) => set.contains(ip),
            _ => false,
        };
        is_entry.into()
    }
}

/// Whole strings. A lookup compares lengths before bytes, and O(log n) times.
#[derive(Debug, Clone)]
pub struct StringSet {
    sorted: Vec<Box<str>>,
    ignore_case: bool,
}

impl StringSet {
    /// A set of these entries. `ignore_case` ignores that of ASCII letters.
    pub fn new(entries: impl Iterator<Item = Box<str>>, ignore_case: bool) -> StringSet {
        let mut sorted: Vec<Box<str>> = entries.collect();
        sorted.sort_unstable_by(|a, b| order(a, b, ignore_case));
        sorted.dedup_by(|a, b| order(a, b, ignore_case).is_eq());
        StringSet {
            sorted,
            ignore_case,
        }
    }

    /// Whether `text` is an entry.
    pub fn contains(&self, text: &str) -> bool {
        self.sorted
            .binary_search_by(|entry| order(entry, text, self.ignore_case))
            .is_ok()
    }
}

fn order(a: &str, b: &str, ignore_case: bool) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| {
        if ignore_case {
            let fold = |byte: u8| byte.to_ascii_lowercase();
            a.bytes().map(fold).cmp(b.bytes().map(fold))
        } else {
            a.cmp(b)
        }
    })
}

/// Addresses and networks, as ranges that neither overlap nor touch. A lookup takes O(log n).
#[derive(Debug, Clone, Default)]
pub struct IpSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl IpSet {
    /// A set of these networks; see [`canonical_net`] for IPv4 addresses that are written as IPv6 ones.
    pub fn new(nets: impl Iterator<Item = IpNet>) -> IpSet {
        let mut set = IpSet::default();
        for net in nets {
            match canonical_net(net) {
                IpNet::V4(net) => set
                    .v4
                    .push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => set
                    .v6
                    .push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        join(&mut set.v4, |end| end.checked_add(1));
        join(&mut set.v6, |end| end.checked_add(1));
        set
    }

    /// Whether the address is in one of the networks.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            IpAddr::V4(ip) => within(&self.v4, ip.to_bits()),
            IpAddr::V6(ip) => within(&self.v6, ip.to_bits()),
        }
    }
}

/// Makes `::ffff:10.0.0.0/104` the IPv4 network that it is, because addresses are compared in their canonical form.
pub(crate) fn canonical_net(net: IpNet) -> IpNet {
    let mapped = match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => v6
            .network()
            .to_ipv4_mapped()
            .and_then(|network: Ipv4Addr| IpNet::new(network.into(), v6.prefix_len() - 96).ok()),
        _ => None,
    };
    mapped.unwrap_or(net)
}

fn join<T: Ord + Copy>(ranges: &mut Vec<(T, T)>, next: impl Fn(T) -> Option<T>) {
    ranges.sort_unstable();
    ranges.dedup_by(|range, before| {
        let touches = next(before.1).is_none_or(|next| range.0 <= next);
        if touches {
            before.1 = before.1.max(range.1);
        }
        touches
    });
}

fn within<T: Ord>(ranges: &[(T, T)], at: T) -> bool {
    let after = ranges.partition_point(|range| range.0 <= at);
    after
        .checked_sub(1)
        .and_then(|last| ranges.get(last))
        .is_some_and(|range| at <= range.1)
}

/// Regular expressions, each of which has to match the whole value. A lookup tries one after the other.
#[derive(Debug, Clone)]
pub struct RegexSet {
    /// Anchored when they were compiled.
    pub(crate) regexes: Vec<regex_lite::Regex>,
}

impl RegexSet {
    /// Whether one of the expressions matches the whole text.
    pub fn contains(&self, text: &str) -> bool {
        self.regexes.iter().any(|regex| regex.is_match(text))
    }
}
