//! The words for why something was refused or a connection closed: in metrics, in reports, and in what callers are told.

use dubbo::edit::EditError;
use dubbo::{CallErrorKind, Contradiction, FrameError};

/// Why a connection was closed, in the words of the metric `connections_closed_total`. There is no other way to one than
/// through the list below, and the errors of frames and calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseReason(&'static str);

macro_rules! close_reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal;)+) => {
        impl CloseReason {
            $($(#[doc = $doc])+ pub const $name: CloseReason = CloseReason($word);)+

            /// All that are no error of a frame or a call.
            pub const ALL: &[CloseReason] = &[$(CloseReason::$name),+];
        }
    };
}

close_reasons! {
    /// More calls in flight than `protocol.limits` has room for.
    CALLS_IN_FLIGHT = "calls_in_flight";
    /// A refusal could not be written in time, as its heartbeat had no answer.
    DENIAL_TIMEOUT = "denial_timeout";
    /// Too many events before the call that chooses the cluster.
    EARLY_EVENTS = "early_events";
    /// The client ended the connection before the call that chooses the cluster.
    ENDED_BEFORE_A_CALL = "ended_before_a_call";
    /// An answer to an event that is longer than any peer's.
    EVENT_ANSWER_TOO_LONG = "event_answer_too_long";
    /// A frame did not become whole in time.
    FRAME_TIMEOUT = "frame_timeout";
    /// A request that is longer than the policy takes.
    FRAME_TOO_LONG = "frame_too_long";
    /// The worker's budget for incomplete frames is spent, and this connection holds most of it.
    HELD_BYTES = "held_bytes";
    /// Another load of the module has taken over, and the connection's client is to come back to that.
    SUPERSEDED = "superseded";
    /// Another listener's policy of the same name decided here: the client is to come back to its own.
    TWO_LISTENERS = "two_listeners";
    /// Bytes of a connection that the worker was not told of.
    UNKNOWN_CONNECTION = "unknown_connection";
    /// An event that peers do not send.
    UNKNOWN_EVENT = "unknown_event";
    /// A call is refused in a serialization that refusals are not written in.
    UNSUPPORTED_SERIALIZATION = "unsupported_serialization";
}

impl CloseReason {
    /// A call that cannot be read.
    pub(super) fn call(error: &dubbo::CallError) -> CloseReason {
        CloseReason(error.name())
    }

    /// The reason in metrics, such as `frame_timeout`.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl From<FrameError> for CloseReason {
    fn from(error: FrameError) -> CloseReason {
        CloseReason(error.name())
    }
}

/// A call defines a class in another way than its reader knows it.
pub const ALTERED_CLASS: &str = "altered_class";
/// A call's group and path are, joined, another service's path.
pub(super) const GROUP_AS_PATH: &str = "group_as_path";
/// A list that rules look at has expired, so it cannot be told what they say.
pub(super) const LIST_EXPIRED: &str = "list_expired";
/// A connection ended within a frame.
pub(super) const TRUNCATED: &str = "truncated";

/// All reasons that stand in `refused_total` and `connections_closed_total`; some of them more than once.
pub fn reasons() -> impl Iterator<Item = &'static str> {
    let frames = FrameError::EACH.into_iter().map(FrameError::name);
    let calls = CallErrorKind::each().map(CallErrorKind::name);
    let contradictions = Contradiction::ALL.into_iter().map(Contradiction::name);
    let edits = EditError::ALL.into_iter().map(EditError::name);
    let closes = CloseReason::ALL.iter().map(|reason| reason.name());
    frames
        .chain(calls)
        .chain(contradictions)
        .chain(edits)
        .chain(closes)
        .chain([ALTERED_CLASS, GROUP_AS_PATH, TRUNCATED])
}
