use std::net::{IpAddr, SocketAddr};

use etherparse::{
    EtherType, IpNumber, LaxIpPayloadSlice, LaxNetSlice, LaxSlicedPacket, LenSource, TransportSlice,
};

use super::file::Packet;

/// A TCP segment of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    /// The sequence number of its first byte, or of its SYN.
    pub(super) sequence: u32,
    pub(super) syn: bool,
    /// The number that it acknowledges.
    pub(super) ack: Option<u32>,
    pub(super) fin: bool,
    pub(super) payload: &'a [u8],
    /// Bytes behind the payload that the capture cut off.
    pub(super) lost: usize,
}

/// Why a packet has no segment that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSegment {
    /// It is of a link type that is not read.
    Link(u16),
    /// It is a part of an IP packet with TCP in it.
    Fragment,
    /// It is something else, or its heads are cut off.
    Other,
}

impl<'a> Segment<'a> {
    pub(super) fn of(packet: &Packet<'a>) -> Result<Segment<'a>, NoSegment> {
        let sliced = slice(packet.link, packet.bytes)?;
        let (source, destination, payload, declared) = match &sliced.net {
            Some(LaxNetSlice::Ipv4(ip)) => {
                let head = ip.header();
                let extension = ip.extensions().auth.map_or(0, |auth| auth.slice().len());
                let declared =
                    usize::from(head.total_len()).checked_sub(head.slice().len() + extension);
                (
                    IpAddr::V4(head.source_addr()),
                    IpAddr::V4(head.destination_addr()),
                    ip.payload(),
                    declared,
                )
            }
            Some(LaxNetSlice::Ipv6(ip)) => {
                let head = ip.header();
                let extensions = ip.extensions().slice().len();
                let declared = usize::from(head.payload_length()).checked_sub(extensions);
                (
                    IpAddr::V6(head.source_addr()),
                    IpAddr::V6(head.destination_addr()),
                    ip.payload(),
                    declared,
                )
            }
            _ => return Err(NoSegment::Other),
        };
        if payload.fragmented {
            let tcp = payload.ip_number == IpNumber::TCP;
            return Err(if tcp {
                NoSegment::Fragment
            } else {
                NoSegment::Other
            });
        }
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
            return Err(NoSegment::Other);
        };
        Ok(Segment {
            from: SocketAddr::new(source, tcp.source_port()),
            to: SocketAddr::new(destination, tcp.destination_port()),
            sequence: tcp.sequence_number(),
            syn: tcp.syn(),
            ack: tcp.ack().then(|| tcp.acknowledgment_number()),
            fin: tcp.fin(),
            payload: tcp.payload(),
            lost: lost(payload, declared, packet),
        })
    }
}

/// How many bytes of an IP packet's payload were cut off. Packets that the network card will split say no length.
fn lost(payload: &LaxIpPayloadSlice<'_>, declared: Option<usize>, packet: &Packet<'_>) -> usize {
    match declared {
        Some(declared) if payload.incomplete => declared.saturating_sub(payload.payload.len()),
        _ if payload.len_source == LenSource::Slice => {
            packet.original_len.saturating_sub(packet.bytes.len())
        }
        _ => 0,
    }
}

/// Link types: <https://www.tcpdump.org/linktypes.html>.
fn slice(link: u16, bytes: &[u8]) -> Result<LaxSlicedPacket<'_>, NoSegment> {
    let behind = |head: usize| bytes.get(head..).ok_or(NoSegment::Other);
    let ip = |bytes| LaxSlicedPacket::from_ip(bytes).map_err(|_| NoSegment::Other);
    // The "cooked" heads of Linux have an Ethernet type.
    let cooked = |at: usize, head: usize| {
        let kind = bytes.get(at..).and_then(<[u8]>::first_chunk::<2>);
        let kind = kind.ok_or(NoSegment::Other)?;
        let kind = EtherType(u16::from_be_bytes(*kind));
        Ok(LaxSlicedPacket::from_ether_type(kind, behind(head)?))
    };
    match link {
        // Loopback of the BSDs: an address family, in the byte order of a machine that nobody knows.
        0 | 108 => ip(behind(4)?),
        1 => LaxSlicedPacket::from_ethernet(bytes).map_err(|_| NoSegment::Other),
        // Raw IP; 12 and 14 are the numbers that some systems wrote.
        12 | 14 | 101 | 228 | 229 => ip(bytes),
        113 => cooked(14, 16),
        276 => cooked(0, 20),
        other => Err(NoSegment::Link(other)),
    }
}
