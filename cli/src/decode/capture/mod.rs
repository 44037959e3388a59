//! Packet captures: from packets to the streams of connections, and from those to frames.

mod connection;
mod file;
mod flow;
#[cfg(test)]
mod hostile;
mod pcap;
mod pcapng;
mod segment;
mod source;
mod table;
mod time;

use std::io::Read;

use jiff::Timestamp;

pub(super) use file::Format;

use super::sink::Sink;
use file::File;
use segment::{NoSegment, Segment};
use source::Broken;
use table::Table;

/// When something was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    time: Option<Timestamp>,
    /// The packet's number, from 1 on.
    packet: u64,
}

/// Packets, and why some are not read.
#[derive(Default)]
struct Counts {
    packets: u64,
    fragments: u64,
    /// Packets of link types that are not read, and the first such type.
    unknown_links: u64,
    unknown_link: u16,
}

/// Prints the frames of all connections in a capture that speak Dubbo: those of the given ports, or, if there are none,
/// those in which a side's first bytes are a frame's.
///
/// # Errors
///
/// Why the file cannot be read to its end. What it has before that is printed.
pub(super) fn decode(
    input: impl Read,
    format: Format,
    ports: &[u16],
    output: &mut dyn Sink,
) -> Result<(), String> {
    let mut table = Table::new(ports);
    let mut counts = Counts::default();
    let read = read(input, format, &mut table, &mut counts, output);
    table
        .finish(output)
        .map_err(|error| error.to_string())
        .and(read.map_err(|error| error.to_string()))?;
    counts.tell(&table, output)
}

fn read(
    input: impl Read,
    format: Format,
    table: &mut Table,
    counts: &mut Counts,
    output: &mut dyn Sink,
) -> Result<(), Broken> {
    let mut file = File::open(input, format)?;
    while let Some(packet) = file.next()? {
        counts.packets += 1;
        let seen = Seen {
            time: packet.time,
            packet: counts.packets,
        };
        match Segment::of(&packet) {
            Ok(segment) => table.segment(&segment, seen, output)?,
            Err(NoSegment::Fragment) => counts.fragments += 1,
            Err(NoSegment::Link(link)) => {
                counts.unknown_links += 1;
                counts.unknown_link = link;
            }
            Err(NoSegment::Other) => {}
        }
    }
    Ok(())
}

impl Counts {
    /// Says what was not read, so that nobody takes it for clean.
    fn tell(&self, table: &Table, output: &mut dyn Sink) -> Result<(), String> {
        let Counts {
            packets,
            fragments,
            unknown_links,
            unknown_link,
        } = self;
        if *packets > 0 && unknown_links == packets {
            return Err(format!(
                "expected packets of Ethernet, Linux's cooked heads, loopback or raw IP, but found link type {unknown_link}"
            ));
        }
        if *unknown_links > 0 {
            output.note(&format!(
                "{unknown_links} packets are not read: their link type is {unknown_link}"
            ));
        }
        if *fragments > 0 {
            output.note(&format!(
                "{fragments} packets are not read: they are fragments of IP packets"
            ));
            output.leave_out();
        }
        if table.dubbo() == 0 {
            output.note(&format!(
                "no Dubbo in {packets} packets and {} TCP connections; --port says which port is Dubbo's",
                table.connections()
            ));
        }
        Ok(())
    }
}
