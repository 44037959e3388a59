use dubbo::{CallError, Contradiction, FrameError, HEAD_LEN};
use serde::Serialize;

/// The longest request that the module takes unless `protocol.limits.max_frame_bytes` says otherwise.
pub(super) const MAX_REQUEST: usize = 8 << 20;

/// The longest answer to an event that the module takes.
pub(super) const MAX_EVENT_ANSWER: usize = 1024;

/// What the module would refuse, or a part that the file lacks.
#[derive(Serialize)]
pub(super) struct Anomaly {
    /// The module's reason for it, in `dubbo_policy_refused_total` and in the records of calls.
    name: &'static str,
    /// What was being read of a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// The byte of the file that is wrong or missing; for a call that contradicts itself, where its body begins.
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

    /// The frame at `offset` is longer than the module takes.
    pub(super) fn too_long(name: &'static str, offset: u64, max: usize, found: usize) -> Anomaly {
        Anomaly {
            name,
            field: None,
            offset: offset + LENGTH_AT,
            text: Some(format!("expected at most {max} bytes, but found {found}")),
        }
    }

    /// The event at `offset` is none that peers know.
    pub(super) fn unknown_event(offset: u64) -> Anomaly {
        Anomaly {
            name: "unknown_event",
            field: None,
            offset: offset + HEAD_LEN as u64,
            text: Some("expected null, R or W, but found something else".to_owned()),
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

/// Where the body length stands in a head.
const LENGTH_AT: u64 = 12;

/// Where a byte of the body stands in the file.
fn in_body(frame: u64, offset: usize) -> u64 {
    frame + HEAD_LEN as u64 + offset as u64
}
