use dubbo::{CallError, Contradiction, FrameError, HEAD_LEN};
use engine::{ALTERED_CLASS, CloseReason};
use serde::Serialize;

/// The longest request that the module takes unless `protocol.limits.max_frame_bytes` says otherwise.
pub(super) const MAX_REQUEST: usize = 8 << 20;

/// The longest answer to an event that the module takes.
pub(super) const MAX_EVENT_ANSWER: usize = 1024;

/// What the module would refuse, or a part that the file lacks.
#[derive(Serialize)]
pub(crate) struct Anomaly {
    /// The module's reason for it, in `dubbo_policy_refused_total` and in the records of calls.
    pub(crate) name: &'static str,
    /// What was being read of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// The byte of the file, in a capture of the connection's direction, that is wrong or missing; for a call that
    /// contradicts itself or alters a class, where its body begins.
    offset: u64,
    /// What was expected, and what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Anomaly {
    /// The bytes at `offset` are no frame.
    pub(super) fn frame(offset: u64, error: FrameError) -> Anomaly {
        let at = match error {
            FrameError::NegativeLength { .. } => LENGTH_AT,
            _ => 0,
        };
        Anomaly {
            name: error.name(),
            field: None,
            offset: offset + at,
            text: Some(format!("{error} of the head")),
        }
    }

    /// The file ends at `end`, inside a head or a frame.
    pub(super) fn truncated(
        end: u64,
        expected: impl core::fmt::Display,
        found: impl core::fmt::Display,
    ) -> Anomaly {
        Anomaly {
            name: "truncated",
            field: None,
            offset: end,
            text: Some(format!("expected {expected} bytes, but found {found}")),
        }
    }

    /// From `offset` on, so many bytes are not in the capture.
    pub(super) fn gap(offset: u64, lost: u64) -> Anomaly {
        Anomaly {
            name: GAP,
            field: None,
            offset,
            text: Some(format!("{lost} bytes are not in the capture")),
        }
    }

    /// The capture begins behind the connection's beginning; so many bytes from `offset` on belong to no whole frame.
    pub(super) fn mid_connection(offset: u64, len: u64) -> Anomaly {
        Anomaly {
            name: MID_CONNECTION,
            field: None,
            offset,
            text: Some(format!(
                "the capture begins in the middle of the connection, {len} bytes before a frame"
            )),
        }
    }

    /// The frame at `offset` is longer than the module takes.
    pub(super) fn too_long(reason: CloseReason, offset: u64, max: usize, found: usize) -> Anomaly {
        Anomaly {
            name: reason.name(),
            field: None,
            offset: offset + LENGTH_AT,
            text: Some(format!("expected at most {max} bytes, but found {found}")),
        }
    }

    /// The event at `offset` is none that this peer sends.
    pub(super) fn unknown_event(offset: u64, expected: &str) -> Anomaly {
        Anomaly {
            name: CloseReason::UNKNOWN_EVENT.name(),
            field: None,
            offset: offset + HEAD_LEN as u64,
            text: Some(format!("expected {expected}, but found something else")),
        }
    }

    /// The call at `offset` cannot be read.
    pub(super) fn call(offset: u64, error: &CallError) -> Anomaly {
        Anomaly {
            name: error.name(),
            field: Some(error.field),
            offset: in_body(offset, error.offset),
            text: Some(error.kind.to_string()),
        }
    }

    /// The call at `offset` says what cannot all be true.
    pub(super) fn contradiction(offset: u64, contradiction: Contradiction) -> Anomaly {
        Anomaly {
            name: contradiction.name(),
            field: None,
            offset: in_body(offset, 0),
            text: None,
        }
    }

    /// The call at `offset` defines a class with other fields than its reader reads.
    pub(super) fn altered_class(offset: u64, class: &str) -> Anomaly {
        Anomaly {
            name: ALTERED_CLASS,
            field: None,
            offset: in_body(offset, 0),
            text: Some(format!(
                "{class} is not written in the way in which every provider reads it"
            )),
        }
    }

    /// An attachment of the call at `offset` is no text: rules that look at it refuse the call.
    pub(super) fn attachment_not_text(offset: u64, attachments_at: usize) -> Anomaly {
        Anomaly {
            name: "lone_surrogate",
            field: Some("attachments"),
            offset: in_body(offset, attachments_at),
            text: Some(dubbo::LoneSurrogate.to_string()),
        }
    }
}

/// Bytes that a capture lacks. This and the next are no reasons of the module, which sees every byte.
const GAP: &str = "gap";
/// Bytes before the first frame of a capture that begins in the middle of a connection.
const MID_CONNECTION: &str = "mid_connection";

/// Where the body length stands in a head.
const LENGTH_AT: u64 = 12;

/// Where a byte of the body stands in the file.
fn in_body(frame: u64, offset: usize) -> u64 {
    frame + HEAD_LEN as u64 + offset as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{GAP, MID_CONNECTION};

    /// The words in backquotes that the tables of a part of `docs/security.md` have in their first columns.
    fn names(part: &str) -> BTreeSet<&str> {
        let rows = part.lines().filter_map(|line| line.strip_prefix("| "));
        let firsts = rows.filter_map(|row| row.split('|').next());
        firsts
            .flat_map(|first| first.split('`').skip(1).step_by(2))
            .collect()
    }

    #[test]
    fn the_docs_have_every_reason_and_no_other() {
        let docs = include_str!("../../../docs/security.md");
        let (_, part) = docs.split_once("<!-- anomalies -->").unwrap();
        let (part, _) = part.split_once("<!-- /anomalies -->").unwrap();
        let (module, decode) = part
            .split_once("### What only `dubbo-policy decode`")
            .unwrap();
        assert_eq!(names(module), engine::reasons().collect());
        assert_eq!(names(decode), BTreeSet::from([GAP, MID_CONNECTION]));
    }
}
