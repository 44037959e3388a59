//! Streams of frames, parts of frames, other bytes and gaps, in any order.

use proptest::prelude::*;

use super::Cutter;
use crate::decode::piece::Piece;

/// What comes next of a stream.
#[derive(Debug, Clone)]
enum Part {
    Bytes(Vec<u8>),
    Gap(u64),
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let heartbeat = Just(b"\xda\xbb\xe2\x00\0\0\0\0\0\0\0\x01\0\0\0\x01N".to_vec());
    let answer = (0..40_u8).prop_map(|len| {
        let mut frame = b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\x01\0\0\0".to_vec();
        frame.push(len);
        frame.extend(std::iter::repeat_n(0x91, len.into()));
        frame
    });
    let cut = (any::<[u8; 2]>(), 0..17_usize).prop_map(|(len, end)| {
        let mut head = b"\xda\xbb\xc2\x00\0\0\0\0\0\0\0\x01\0\0".to_vec();
        head.extend(len);
        head.truncate(end);
        head
    });
    let other = prop::collection::vec(any::<u8>(), 0..40);
    let magic = Just(b"\xda\xbb\xda\xbb\xda".to_vec());
    let bytes = prop_oneof![4 => heartbeat, 4 => answer, 1 => cut, 1 => other, 1 => magic];
    let part = prop_oneof![
        8 => bytes.prop_map(Part::Bytes),
        1 => (1..50_u64).prop_map(Part::Gap),
    ];
    prop::collection::vec(part, 0..30)
}

/// What a piece is, where it begins, how long it is and how much of it is there, whether it is a guess.
type Told = (&'static str, u64, u64, u64, bool);

fn cut(parts: &[Part], mut cutter: Cutter<()>, chunk: usize) -> (Vec<Told>, u64) {
    let mut told = Vec::new();
    let mut take = |piece: Piece<'_>, (): ()| {
        told.push(match piece {
            Piece::Frame(frame) => {
                let len = frame.head.frame_len() as u64;
                ("frame", frame.offset, len, frame.found, frame.guessed)
            }
            Piece::NoFrame { offset, .. } => ("no frame", offset, 0, 0, false),
            Piece::Skipped { offset, len, .. } => ("skipped", offset, len, 0, false),
        });
        Ok(())
    };
    for part in parts {
        match part {
            Part::Bytes(bytes) => {
                for bytes in bytes.chunks(chunk) {
                    cutter
                        .data(bytes, (), false, &mut take)
                        .expect("nothing fails");
                }
            }
            Part::Gap(len) => cutter.gap(*len, (), &mut take).expect("nothing fails"),
        }
    }
    cutter.end(&mut take).expect("nothing fails");
    (told, cutter.offset)
}

proptest! {
    #[test]
    fn how_the_bytes_come_changes_nothing(parts in parts(), middle: bool, chunk in 1..20_usize) {
        let new = || if middle { Cutter::in_the_middle() } else { Cutter::new() };
        prop_assert_eq!(cut(&parts, new(), 4096), cut(&parts, new(), chunk));
    }

    /// Each byte belongs to one piece, up to what is no frame.
    #[test]
    fn nothing_is_left_out(parts in parts(), middle: bool) {
        let new = || if middle { Cutter::in_the_middle() } else { Cutter::new() };
        let (told, end) = cut(&parts, new(), 4096);
        let all: u64 = parts.iter().map(|part| match part {
            Part::Bytes(bytes) => bytes.len() as u64,
            Part::Gap(len) => *len,
        }).sum();
        prop_assert_eq!(end, all);
        let mut at = 0;
        for (kind, offset, len, ..) in &told {
            prop_assert_eq!(at, *offset);
            prop_assert!(*kind == "no frame" || *len > 0);
            at += len;
        }
        let stopped = told.last().is_some_and(|(kind, ..)| *kind == "no frame");
        // The last frame may be longer than the stream.
        prop_assert!(stopped || at >= all);
    }
}
