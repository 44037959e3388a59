//! Addresses and networks.
//!
//! ```text
//! number of IPv4 ranges 4 | IPv4 ranges: first 4, last 4 | IPv6 ranges: first 16, last 16      (little endian)
//! ```

use core::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// Addresses and networks, as ranges in order that neither overlap nor touch: 8 bytes for one of IPv4, 32 for one of IPv6.
/// A look-up takes O(log n).
#[derive(Debug, Clone)]
pub struct IpSet {
    data: Vec<u8>,
    v4: usize,
}

/// A range's first and last address.
type V4 = [u8; 8];
type V6 = [u8; 32];

const HEAD: usize = 4;

impl IpSet {
    /// A set of these networks; see [`canonical_net`] for IPv4 addresses that are written as IPv6 ones.
    pub fn new(nets: impl Iterator<Item = IpNet>) -> IpSet {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for net in nets {
            match canonical_net(net) {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        join(&mut v4, |end| end.checked_add(1));
        join(&mut v6, |end| end.checked_add(1));
        let mut data = Vec::with_capacity(HEAD + v4.len() * 8 + v6.len() * 32);
        data.extend_from_slice(&u32::try_from(v4.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (first, last) in &v4 {
            data.extend_from_slice(&first.to_le_bytes());
            data.extend_from_slice(&last.to_le_bytes());
        }
        for (first, last) in &v6 {
            data.extend_from_slice(&first.to_le_bytes());
            data.extend_from_slice(&last.to_le_bytes());
        }
        IpSet { data, v4: v4.len() }
    }

    /// What [`IpSet::bytes`] gave; `None` for what cannot have come from there.
    pub(super) fn from_bytes(data: Vec<u8>) -> Option<IpSet> {
        let head = data.first_chunk::<HEAD>()?;
        let v4 = usize::try_from(u32::from_le_bytes(*head)).ok()?;
        let v6 = data
            .len()
            .checked_sub(v4.checked_mul(8)?.checked_add(HEAD)?)?;
        (v6 % 32 == 0).then_some(IpSet { data, v4 })
    }

    /// The set, for [`IpSet::from_bytes`].
    pub(super) fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// Whether the address is in one of the networks.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (v4, v6) = self.ranges();
        match ip.to_canonical() {
            IpAddr::V4(ip) => within(v4, ip.to_bits(), |range: &V4| match range.as_chunks() {
                ([first, last], _) => (u32::from_le_bytes(*first), u32::from_le_bytes(*last)),
                _ => (0, 0),
            }),
            IpAddr::V6(ip) => within(v6, ip.to_bits(), |range: &V6| match range.as_chunks() {
                ([first, last], _) => (u128::from_le_bytes(*first), u128::from_le_bytes(*last)),
                _ => (0, 0),
            }),
        }
    }

    fn ranges(&self) -> (&[V4], &[V6]) {
        let ranges = self.data.get(HEAD..).unwrap_or_default();
        let (v4, v6) = ranges.split_at_checked(self.v4 * 8).unwrap_or_default();
        (v4.as_chunks().0, v6.as_chunks().0)
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

/// An address, which is a network of one, or a network without host bits. The error is what may have been meant, if it
/// has host bits.
pub(crate) fn parse_net(text: &str) -> Result<IpNet, Option<String>> {
    let net = match text.parse::<IpAddr>() {
        Ok(ip) => IpNet::from(ip),
        Err(_) => text.parse::<IpNet>().map_err(|_| None)?,
    };
    if net.addr() != net.network() {
        return Err(Some(format!("{} or {}", net.trunc(), net.addr())));
    }
    Ok(canonical_net(net))
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

fn within<R, T: Ord>(ranges: &[R], at: T, read: impl Fn(&R) -> (T, T)) -> bool {
    let after = ranges.partition_point(|range| read(range).0 <= at);
    after
        .checked_sub(1)
        .and_then(|last| ranges.get(last))
        .is_some_and(|range| at <= read(range).1)
}
