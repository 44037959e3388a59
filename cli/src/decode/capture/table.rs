use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use super::Seen;
use super::connection::Connection;
use super::segment::Segment;
use crate::decode::sink::Sink;

/// The connections of a capture. When they are too many, or hold too much, those that were silent for longest are given up:
/// as if the capture ended, and began anew in their middle.
pub(super) struct Table {
    /// By the two ends, the lesser one first.
    open: HashMap<[SocketAddr; 2], Connection>,
    ports: Vec<u16>,
    /// Connections so far, and those of them that are over and were Dubbo.
    number: u64,
    dubbo: u64,
    held: usize,
}

impl Table {
    /// Only connections with one of these ports, and all of those; without any, what begins like Dubbo.
    pub(super) fn new(ports: &[u16]) -> Table {
        Table {
            open: HashMap::new(),
            ports: ports.to_vec(),
            number: 0,
            dubbo: 0,
            held: 0,
        }
    }

    /// Takes a segment, the latest so far.
    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        seen: Seen,
        output: &mut dyn Sink,
    ) -> io::Result<()> {
        let ends = if segment.from <= segment.to {
            [segment.from, segment.to]
        } else {
            [segment.to, segment.from]
        };
        let is_read = |end: &SocketAddr| self.ports.contains(&end.port());
        if !self.ports.is_empty() && !ends.iter().any(is_read) {
            return Ok(());
        }
        if let Some(connection) = self.open.get(&ends)
            && connection.is_over(segment)
        {
            self.close(&ends, output)?;
        }
        let connection = self.open.entry(ends).or_insert_with(|| {
            self.number += 1;
            Connection::new(self.number, ends, &self.ports)
        });
        connection.segment(segment, seen, output)?;
        let held = connection.count_held();
        self.held = self.held - connection.held + held;
        connection.held = held;
        if self.open.len() > MAX_CONNECTIONS {
            self.give_up(MAX_CONNECTIONS / 4, output)?;
        }
        while self.held > MAX_HELD && self.open.len() > 1 {
            self.give_up(self.open.len().div_ceil(4), output)?;
        }
        Ok(())
    }

    /// The capture ends.
    pub(super) fn finish(&mut self, output: &mut dyn Sink) -> io::Result<()> {
        self.give_up(self.open.len(), output)
    }

    /// Connections so far.
    pub(super) fn connections(&self) -> u64 {
        self.number
    }

    /// Those of them that are over and were Dubbo.
    pub(super) fn dubbo(&self) -> u64 {
        self.dubbo
    }

    fn give_up(&mut self, count: usize, output: &mut dyn Sink) -> io::Result<()> {
        let used =
            |(ends, connection): (&[SocketAddr; 2], &Connection)| (connection.last.packet, *ends);
        let mut silent: Vec<_> = self.open.iter().map(used).collect();
        silent.sort_unstable();
        for (_, ends) in silent.iter().take(count) {
            self.close(ends, output)?;
        }
        Ok(())
    }

    fn close(&mut self, ends: &[SocketAddr; 2], output: &mut dyn Sink) -> io::Result<()> {
        if let Some(mut connection) = self.open.remove(ends) {
            self.held -= connection.held;
            connection.finish(output)?;
            output.end(connection.number());
            self.dubbo += u64::from(connection.is_dubbo());
        }
        Ok(())
    }
}

/// Connections at a time.
const MAX_CONNECTIONS: usize = 65_536;
/// Bytes of incomplete frames, and of segments that wait for others.
const MAX_HELD: usize = 256 << 20;
