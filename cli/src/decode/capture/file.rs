//! The file formats of captures, one packet at a time: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng).

use std::io::Read;

use jiff::Timestamp;

use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::source::{Broken, Source};

/// A packet as it stands in a capture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) time: Option<Timestamp>,
    /// What its first bytes are, by the registry of link types.
    pub(super) link: u16,
    pub(super) bytes: &'a [u8],
    /// How many bytes it had on the wire.
    pub(super) original_len: usize,
}

/// A capture in either format.
pub(super) enum File<R> {
    Pcap(Pcap<R>),
    Pcapng(Pcapng<R>),
}

impl<R: Read> File<R> {
    pub(super) fn open(input: R, format: Format) -> Result<File<R>, Broken> {
        let source = Source::new(input);
        Ok(match format {
            Format::Pcap => File::Pcap(Pcap::open(source)?),
            Format::Pcapng => File::Pcapng(Pcapng::new(source)),
        })
    }

    /// The next packet; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Packet<'_>>, Broken> {
        match self {
            File::Pcap(pcap) => pcap.next(),
            File::Pcapng(pcapng) => pcapng.next(),
        }
    }
}

/// The formats of captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) enum Format {
    Pcap,
    Pcapng,
}

impl Format {
    /// The format of a file that begins so; none if it is no capture.
    pub(in crate::decode) fn of(start: &[u8]) -> Option<Format> {
        match start {
            [0xa1, 0xb2, 0xc3, 0xd4, ..]
            | [0xd4, 0xc3, 0xb2, 0xa1, ..]
            | [0xa1, 0xb2, 0x3c, 0x4d, ..]
            | [0x4d, 0x3c, 0xb2, 0xa1, ..] => Some(Format::Pcap),
            [0x0a, 0x0d, 0x0d, 0x0a, ..] => Some(Format::Pcapng),
            _ => None,
        }
    }
}

/// The longest packet that is read. Network cards that join segments deliver up to 512 KiB.
pub(super) const MAX_PACKET: usize = 16 << 20;
