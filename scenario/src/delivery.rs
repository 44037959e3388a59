//! How the bytes of a scenario are cut into segments.

use std::fmt;

use anyhow::Result;

use crate::frame::all_bytes;
use crate::{Cut, Scenario, Tier};

/// One way to cut what a scenario sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Pieces(usize),
    CutAt { step: usize, byte: usize },
}

impl Delivery {
    /// The segments of what the step of this index sends.
    pub(crate) fn segments(self, index: usize, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let (first, size) = match self {
            Delivery::Pieces(size) => (size.min(bytes.len()), size),
            Delivery::CutAt { step, byte } if step == index => (byte, bytes.len()),
            Delivery::Whole | Delivery::CutAt { .. } => (bytes.len(), bytes.len()),
        };
        let (first, rest) = bytes.split_at(first);
        std::iter::once(first).chain(rest.chunks(size.max(1)))
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delivery::Whole => write!(f, "whole"),
            Delivery::Pieces(1) => write!(f, "one byte at a time"),
            Delivery::Pieces(size) => write!(f, "{size} bytes at a time"),
            Delivery::CutAt { step, byte } => {
                write!(f, "with step {} cut after byte {byte}", step + 1)
            }
        }
    }
}

/// The deliveries in which a scenario is run on this tier.
pub(crate) fn deliveries(scenario: &Scenario, tier: Tier) -> Result<Vec<Delivery>> {
    let usual: &[Cut] = match tier {
        Tier::Native | Tier::Harness => &[Cut::Whole, Cut::OneByteAtATime],
        Tier::Envoy => &[Cut::Whole],
    };
    let mut deliveries = Vec::new();
    for cut in scenario.cuts.as_deref().unwrap_or(usual) {
        match cut {
            Cut::Whole => deliveries.push(Delivery::Whole),
            Cut::OneByteAtATime => deliveries.push(Delivery::Pieces(1)),
            Cut::Pieces(size) => deliveries.push(Delivery::Pieces(*size)),
            Cut::EveryBytePosition => deliveries.extend(positions(scenario, tier)?),
        }
    }
    Ok(deliveries)
}

fn positions(scenario: &Scenario, tier: Tier) -> Result<Vec<Delivery>> {
    let mut positions = Vec::new();
    for (step, (_, frames)) in scenario
        .steps
        .iter()
        .enumerate()
        .filter_map(|(index, step)| Some((index, step.sends()?)))
    {
        let last = all_bytes(frames)?.len().saturating_sub(1);
        let sampled = |byte: &usize| tier != Tier::Envoy || [1, 15, 16, 17, last].contains(byte);
        positions.extend(
            (1..=last)
                .filter(sampled)
                .map(|byte| Delivery::CutAt { step, byte }),
        );
    }
    Ok(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(delivery: Delivery) -> Vec<&'static [u8]> {
        delivery.segments(3, b"abcde").collect()
    }

    #[test]
    fn each_delivery_sends_every_byte_once_and_in_order() {
        assert_eq!(segments(Delivery::Whole), [b"abcde"]);
        assert_eq!(
            segments(Delivery::Pieces(1)),
            [b"a", b"b", b"c", b"d", b"e"]
        );
        assert_eq!(segments(Delivery::Pieces(2)), [&b"ab"[..], b"cd", b"e"]);
        assert_eq!(segments(Delivery::Pieces(9)), [b"abcde"]);
        assert_eq!(
            segments(Delivery::CutAt { step: 3, byte: 2 }),
            [&b"ab"[..], b"cde"]
        );
        assert_eq!(segments(Delivery::CutAt { step: 0, byte: 2 }), [b"abcde"]);
    }
}
