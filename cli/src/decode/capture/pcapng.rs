use std::io::Read;

use super::file::{MAX_PACKET, Packet};
use super::source::{Broken, Fields, Order, Source};
use super::time::Clock;

/// A pcapng file: blocks, each with its length before and behind it.
///
/// ```text
/// type: 4 | length of the block: 4 | body | length of the block: 4
/// ```
///
/// A section header (its first bytes say in which order the section's bytes stand) begins anew with the interfaces, which
/// are numbered as they come; a packet names its interface. Other blocks are stepped over.
pub(super) struct Pcapng<R> {
    source: Source<R>,
    order: Order,
    interfaces: Vec<Interface>,
    buffer: Vec<u8>,
}

/// Where packets were taken.
#[derive(Clone, Copy)]
struct Interface {
    link: u16,
    /// The longest part of a packet that is kept; 0 for no limit.
    snaplen: usize,
    clock: Clock,
}

/// A packet's fields, and where its bytes stand in its block.
struct Found {
    interface: usize,
    ticks: Option<u64>,
    start: usize,
    captured: usize,
    original: usize,
}

impl<R: Read> Pcapng<R> {
    pub(super) fn new(source: Source<R>) -> Pcapng<R> {
        Pcapng {
            source,
            order: Order::Big,
            interfaces: Vec::new(),
            buffer: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Packet<'_>>, Broken> {
        loop {
            let offset = self.source.offset;
            let Some(kind) = self.block()? else {
                return Ok(None);
            };
            let found = match kind {
                INTERFACE => {
                    self.describe(offset)?;
                    continue;
                }
                ENHANCED_PACKET | OBSOLETE_PACKET => packet(&self.buffer, self.order, kind),
                SIMPLE_PACKET => self.simple_packet(),
                _ => continue,
            };
            let found = found.ok_or_else(|| {
                Broken::at(offset, "expected a packet block, but it is cut short")
            })?;
            let Some(interface) = self.interfaces.get(found.interface).copied() else {
                let what = format!(
                    "expected one of {} interfaces, but found interface {}",
                    self.interfaces.len(),
                    found.interface
                );
                return Err(Broken::at(offset, what));
            };
            let end = found.start.saturating_add(found.captured);
            let Some(bytes) = self.buffer.get(found.start..end) else {
                let what = format!(
                    "expected a packet of {} bytes, but its block is shorter",
                    found.captured
                );
                return Err(Broken::at(offset, what));
            };
            return Ok(Some(Packet {
                time: found.ticks.and_then(|ticks| interface.clock.time(ticks)),
                link: interface.link,
                bytes,
                original_len: found.original,
            }));
        }
    }

    /// Reads a block; returns its kind. Its body is in the buffer if it is of a kind that is read.
    fn block(&mut self) -> Result<Option<u32>, Broken> {
        let offset = self.source.offset;
        let Some([k0, k1, k2, k3, length @ ..]) = self.source.next::<8>(BLOCK)? else {
            return Ok(None);
        };
        let kind = [k0, k1, k2, k3];
        let mut read = 8;
        if kind == SECTION.to_be_bytes() {
            // The same in both byte orders.
            self.order = match self.source.next::<4>(BLOCK)? {
                Some([0x1a, 0x2b, 0x3c, 0x4d]) => Order::Big,
                Some([0x4d, 0x3c, 0x2b, 0x1a]) => Order::Little,
                _ => return Err(Broken::at(offset + 8, "expected a byte-order magic")),
            };
            self.interfaces.clear();
            read = 12;
        } else if offset == 0 {
            return Err(Broken::at(offset, "expected a section header"));
        }
        let kind = self.order.u32(kind);
        let total = self.order.u32(length) as usize;
        let wrong = |what: &str| {
            let what = format!("expected a block's length, but found {total}, {what},");
            Broken::at(offset + 4, what)
        };
        // The length stands behind the body, too.
        let Some(body) = total
            .checked_sub(read + 4)
            .filter(|_| total.is_multiple_of(4))
        else {
            return Err(wrong("which no block has"));
        };
        match kind {
            INTERFACE | ENHANCED_PACKET | SIMPLE_PACKET | OBSOLETE_PACKET => {
                if body > MAX_PACKET {
                    return Err(wrong("which is too long"));
                }
                self.source.fill(&mut self.buffer, body, BLOCK)?;
            }
            _ => self.source.skip(body, BLOCK)?,
        }
        let end = self.source.offset;
        match self.source.next::<4>(BLOCK)? {
            Some(again) if again == length => Ok(Some(kind)),
            Some(again) => {
                let again = self.order.u32(again);
                let what = format!("expected the block's length {total} again, but found {again}");
                Err(Broken::at(end, what))
            }
            None => Err(Broken::at(end, "the file ends inside a block")),
        }
    }

    fn describe(&mut self, offset: u64) -> Result<(), Broken> {
        if self.interfaces.len() >= MAX_INTERFACES {
            let what = format!("expected at most {MAX_INTERFACES} interfaces, but found one more");
            return Err(Broken::at(offset, what));
        }
        let interface = interface(&self.buffer, self.order).ok_or_else(|| {
            Broken::at(
                offset,
                "expected an interface description, but it is cut short",
            )
        })?;
        self.interfaces.push(interface);
        Ok(())
    }

    /// A packet of the first interface, without a time, which is as long as it can be.
    fn simple_packet(&self) -> Option<Found> {
        let mut fields = Fields {
            rest: &self.buffer,
            order: self.order,
        };
        let original = fields.u32()? as usize;
        let snaplen = self.interfaces.first().map_or(0, |first| first.snaplen);
        let longest = if snaplen == 0 { usize::MAX } else { snaplen };
        Some(Found {
            interface: 0,
            ticks: None,
            start: 4,
            captured: original.min(longest).min(fields.rest.len()),
            original,
        })
    }
}

/// A packet with an interface and a time.
fn packet(body: &[u8], order: Order, kind: u32) -> Option<Found> {
    let mut fields = Fields { rest: body, order };
    let interface = if kind == ENHANCED_PACKET {
        fields.u32()? as usize
    } else {
        // The other half counts lost packets.
        let interface = fields.u16()?;
        fields.u16()?;
        usize::from(interface)
    };
    let (high, low) = (fields.u32()?, fields.u32()?);
    let (captured, original) = (fields.u32()? as usize, fields.u32()? as usize);
    Some(Found {
        interface,
        ticks: Some(u64::from(high) << 32 | u64::from(low)),
        start: body.len() - fields.rest.len(),
        captured,
        original,
    })
}

fn interface(body: &[u8], order: Order) -> Option<Interface> {
    let mut fields = Fields { rest: body, order };
    let link = fields.u16()?;
    fields.u16()?;
    let snaplen = fields.u32()? as usize;
    let (mut resolution, mut offset) = (6, 0);
    // What of the options is cut short says nothing.
    while let (Some(code), Some(len)) = (fields.u16(), fields.u16()) {
        let len = usize::from(len);
        let Some(value) = fields.take(len) else {
            break;
        };
        fields.take(len.next_multiple_of(4) - len);
        match (code, value) {
            (0, _) => break,
            (IF_TSRESOL, [power]) => resolution = *power,
            (IF_TSOFFSET, _) => {
                offset = value.try_into().map_or(0, |bytes| order.i64(bytes));
            }
            _ => {}
        }
    }
    Some(Interface {
        link,
        snaplen,
        clock: Clock::new(resolution, offset),
    })
}

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
const BLOCK: &str = "a block";
/// Interfaces of a section that are remembered.
const MAX_INTERFACES: usize = 65_536;
