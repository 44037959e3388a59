use std::io::Read;

use super::file::{MAX_PACKET, Packet};
use super::source::{Broken, Fields, Order, Source};
use super::time;

/// A pcap file:
///
/// ```text
/// magic: 4 | version: 4 | reserved: 8 | snaplen: 4 | link type: 4
/// (seconds: 4 | fraction: 4 | captured length: 4 | original length: 4 | packet)*
/// ```
pub(super) struct Pcap<R> {
    source: Source<R>,
    order: Order,
    /// Nanoseconds in a unit of a time's fraction.
    unit: i128,
    link: u16,
    buffer: Vec<u8>,
}

impl<R: Read> Pcap<R> {
    pub(super) fn open(mut source: Source<R>) -> Result<Pcap<R>, Broken> {
        let head: Option<[u8; HEAD_LEN]> = source.next(HEAD)?;
        let Some([m0, m1, m2, m3, rest @ ..]) = head else {
            return Err(Broken::at(0, "expected a pcap header, but found nothing"));
        };
        let order = if m0 == 0xa1 {
            Order::Big
        } else {
            Order::Little
        };
        let nanos = [m0, m1, m2, m3].contains(&0x3c);
        let link = rest.last_chunk().map_or(0, |link| order.u32(*link));
        Ok(Pcap {
            source,
            order,
            unit: if nanos { 1 } else { 1000 },
            // Above it stands whether packets end with a checksum.
            link: (link & 0xffff).try_into().unwrap_or_default(),
            buffer: Vec::new(),
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Packet<'_>>, Broken> {
        let offset = self.source.offset;
        let Some(head) = self.source.next::<RECORD_LEN>(PACKET)? else {
            return Ok(None);
        };
        let mut fields = Fields {
            rest: &head,
            order: self.order,
        };
        let mut number = || fields.u32().unwrap_or_default();
        let (seconds, fraction) = (number(), number());
        let (captured, original) = (number() as usize, number() as usize);
        if captured > MAX_PACKET {
            let what =
                format!("expected a packet of at most {MAX_PACKET} bytes, but found {captured}");
            return Err(Broken::at(offset, what));
        }
        self.source.fill(&mut self.buffer, captured, PACKET)?;
        Ok(Some(Packet {
            time: time::at(seconds.into(), i128::from(fraction) * self.unit),
            link: self.link,
            bytes: &self.buffer,
            original_len: original,
        }))
    }
}

const HEAD_LEN: usize = 24;
const RECORD_LEN: usize = 16;
const HEAD: &str = "the pcap header";
const PACKET: &str = "a packet";
