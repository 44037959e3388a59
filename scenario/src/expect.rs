//! Compares what a peer got with the frames that it should have got.

use anyhow::{Context, Result, ensure};

use crate::Frame;
use crate::frame::Refusal;

/// What a `*_gets` step expects, in order.
pub(crate) struct Expected(Vec<Piece>);

enum Piece {
    Bytes(Vec<u8>),
    /// A refusal whose text is known in parts only.
    Refusal(Refusal),
}

/// How a stream compares with what is expected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// All of it, and nothing else.
    Same,
    /// Right so far; at least so many bytes in all are needed.
    Short { want: usize },
    /// Wrong from this byte on.
    Different { at: usize, why: String },
}

impl Expected {
    pub(crate) fn new(frames: &[Frame]) -> Result<Expected> {
        let pieces = frames
            .iter()
            .flat_map(Frame::expanded)
            .map(|frame| match frame {
                Frame::Refusal(refusal) if refusal.text.is_none() => Ok(Piece::Refusal(refusal)),
                frame => Ok(Piece::Bytes(frame.bytes()?)),
            });
        Ok(Expected(pieces.collect::<Result<_>>()?))
    }

    pub(crate) fn compare(&self, got: &[u8]) -> Comparison {
        let mut at = 0;
        for piece in &self.0 {
            let rest = &got[at..];
            let step = match piece {
                Piece::Bytes(bytes) => compare_bytes(bytes, rest),
                Piece::Refusal(refusal) => compare_refusal(refusal, rest),
            };
            match step {
                Step::Taken(len) => at += len,
                Step::Short(len) => return Comparison::Short { want: at + len },
                Step::Different(offset, why) => {
                    return Comparison::Different {
                        at: at + offset,
                        why,
                    };
                }
            }
        }
        if at == got.len() {
            Comparison::Same
        } else {
            Comparison::Different {
                at,
                why: format!("{} more bytes than expected", got.len() - at),
            }
        }
    }

    /// Bytes that show what is expected, for a reader.
    pub(crate) fn sample(&self) -> Result<Vec<u8>> {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Bytes(bytes) => Ok(bytes.clone()),
            Piece::Refusal(refusal) => refusal.bytes_with(&refusal.sample_text()),
        });
        Ok(pieces.collect::<Result<Vec<_>>>()?.concat())
    }
}

enum Step {
    Taken(usize),
    Short(usize),
    Different(usize, String),
}

fn compare_bytes(expected: &[u8], got: &[u8]) -> Step {
    match expected
        .iter()
        .zip(got)
        .position(|(expected, got)| expected != got)
    {
        Some(at) => Step::Different(
            at,
            format!("{:02x} instead of {:02x}", got[at], expected[at]),
        ),
        None if got.len() < expected.len() => Step::Short(expected.len()),
        None => Step::Taken(expected.len()),
    }
}

/// The text is read out of the frame, and the frame must be the one that is written with this text.
fn compare_refusal(refusal: &Refusal, got: &[u8]) -> Step {
    let Some(head) = got.first_chunk::<16>() else {
        return Step::Short(16);
    };
    let declared = u32::from_be_bytes([head[12], head[13], head[14], head[15]]) as usize;
    if got.len() < 16 + declared {
        return Step::Short(16 + declared);
    }
    match refused_with(refusal, &got[..16 + declared]) {
        Ok(len) => Step::Taken(len),
        Err(error) => Step::Different(0, format!("{error:#}")),
    }
}

fn refused_with(refusal: &Refusal, frame: &[u8]) -> Result<usize> {
    let text = text_of(refusal, frame).context("not the form of a refusal")?;
    ensure!(refusal.matches(&text), "a refusal with the text {text:?}");
    Ok(frame.len())
}

/// The text with which the refusal would be this very frame.
fn text_of(refusal: &Refusal, frame: &[u8]) -> Option<String> {
    let [a, b] = [refusal.bytes_with("a").ok()?, refusal.bytes_with("b").ok()?];
    let short = a.iter().zip(&b).position(|(a, b)| a != b)?;
    // The length of a longer text takes up to two bytes more; in JSONB one byte follows the text.
    let places =
        (short..short + 3).flat_map(|start| [(start, frame.len()), (start, frame.len() - 1)]);
    places
        .filter_map(|(start, end)| str::from_utf8(frame.get(start..end)?).ok())
        .find(|text| refusal.bytes_with(text).is_ok_and(|bytes| bytes == frame))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Serialization;

    fn refusal(text: Option<&str>) -> Frame {
        let starts_with = text
            .is_none()
            .then(|| "dubbo-policy: DENIED rule=a".to_owned());
        Frame::Refusal(Refusal {
            id: 7,
            status: None,
            text: text.map(str::to_owned),
            starts_with,
            contains: vec![],
            serialization: Serialization::Hessian2,
        })
    }

    fn compare(expected: Frame, got: Frame) -> Comparison {
        Expected::new(&[expected])
            .unwrap()
            .compare(&got.bytes().unwrap())
    }

    #[test]
    fn a_text_that_begins_as_expected_is_the_same() {
        let got = refusal(Some("dubbo-policy: DENIED rule=a: ask team-x"));
        assert_eq!(compare(refusal(None), got), Comparison::Same);
    }

    #[test]
    fn a_text_of_any_length_is_read_in_every_form() {
        let base = Refusal {
            id: 7,
            status: None,
            text: None,
            starts_with: Some("x".into()),
            contains: vec![],
            serialization: Serialization::Hessian2,
        };
        let forms = [
            base.clone(),
            Refusal {
                status: Some(70),
                ..base.clone()
            },
            Refusal {
                serialization: Serialization::Fastjson2,
                ..base
            },
        ];
        for form in forms {
            for len in [1, 31, 32, 47, 48, 255, 256, 1023, 1024, 2000] {
                let sent = Refusal {
                    text: Some("x".repeat(len)),
                    ..form.clone()
                };
                assert_eq!(
                    compare(Frame::Refusal(form.clone()), Frame::Refusal(sent)),
                    Comparison::Same,
                    "{len}"
                );
            }
        }
    }

    #[test]
    fn another_text_is_different() {
        let got = refusal(Some("dubbo-policy: DENIED rule=b: ask team-x"));
        assert!(matches!(
            compare(refusal(None), got),
            Comparison::Different { at: 0, .. }
        ));
    }

    #[test]
    fn a_refusal_with_another_id_is_different() {
        let got = refusal(Some("dubbo-policy: DENIED rule=a")).shifted(1);
        assert!(matches!(
            compare(refusal(None), got),
            Comparison::Different { at: 0, .. }
        ));
    }

    #[test]
    fn every_prefix_of_a_refusal_is_short_and_names_no_more_than_the_frame() {
        let expected = Expected::new(&[refusal(None)]).unwrap();
        let got = refusal(Some("dubbo-policy: DENIED rule=a: ask team-x"))
            .bytes()
            .unwrap();
        for len in 0..got.len() {
            let Comparison::Short { want } = expected.compare(&got[..len]) else {
                panic!("at {len}")
            };
            assert!(
                len < want && want <= got.len(),
                "{want} wanted of {} at {len}",
                got.len()
            );
        }
    }

    #[test]
    fn a_byte_too_many_is_different_where_it_stands() {
        let expected = Expected::new(&[Frame::Hex("0102".into())]).unwrap();
        assert_eq!(expected.compare(&[1, 2]), Comparison::Same);
        assert!(matches!(
            expected.compare(&[1, 2, 3]),
            Comparison::Different { at: 2, .. }
        ));
        assert!(matches!(
            expected.compare(&[1, 3]),
            Comparison::Different { at: 1, .. }
        ));
        assert_eq!(expected.compare(&[1]), Comparison::Short { want: 2 });
    }
}
