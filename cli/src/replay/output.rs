//! A line for each call, and the sum of them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use dubbo::Kind;
use engine::policy::ForeignBytes;
use serde::Serialize;

use super::decided::{Decided, UNKNOWN};
use super::player::{Player, Players};
use crate::decode::{Direction, Piece, Place, Recorded, Sink};

/// Plays what is read, and prints what comes of it.
pub(super) struct Output<'a> {
    policy: Players,
    /// Another policy: only calls on which the two decide otherwise are printed.
    against: Option<Players>,
    direction: Direction,
    file: String,
    summary: Summary,
    out: &'a mut dyn Write,
    notes: &'a mut dyn Write,
}

/// A call, and what was decided on it.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    place: Option<&'a Place>,
    /// Where it begins in the file; in a capture, in its direction of the connection.
    offset: u64,
    /// Signed decimal digits, as Java logs it.
    id: String,
    #[serde(flatten)]
    call: Option<&'a Call>,
    #[serde(flatten)]
    decided: &'a Decided,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<&'a Decided>,
}

/// What Java runs.
#[derive(Serialize)]
struct Call {
    service: String,
    version: String,
    group: String,
    method: String,
    one_way: bool,
}

#[derive(Default, Serialize)]
struct Summary {
    calls: u64,
    decisions: BTreeMap<&'static str, u64>,
    /// By the rule that decided.
    rules: BTreeMap<String, u64>,
    /// Streams that are not Dubbo, or are no longer: their connections are closed there.
    #[serde(skip_serializing_if = "is_zero")]
    closed: u64,
    /// The same, where the policy lets such connections pass unprotected.
    #[serde(skip_serializing_if = "is_zero")]
    unprotected: u64,
    /// Times that bytes are missing, and the calls in them.
    #[serde(skip_serializing_if = "is_zero")]
    gaps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Changes>,
}

#[derive(Default, Serialize)]
struct Changes {
    decisions: BTreeMap<&'static str, u64>,
    changed: u64,
    /// `allowed -> denied`, ...
    changes: BTreeMap<String, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl<'a> Output<'a> {
    pub(super) fn new(
        policy: Players,
        against: Option<Players>,
        direction: Option<Direction>,
        out: &'a mut dyn Write,
        notes: &'a mut dyn Write,
    ) -> Output<'a> {
        let summary = Summary {
            against: against.as_ref().map(|_| Changes::default()),
            ..Summary::default()
        };
        Output {
            policy,
            against,
            direction: direction.unwrap_or(Direction::ToProvider),
            file: String::new(),
            summary,
            out,
            notes,
        }
    }

    /// Another file.
    pub(super) fn begin(&mut self, file: String) {
        self.file = file;
        self.policy.end_all();
        if let Some(other) = &mut self.against {
            other.end_all();
        }
    }

    /// Prints the summary. Whether every call is allowed; with another policy, whether it would change nothing.
    pub(super) fn finish(&mut self) -> io::Result<bool> {
        #[derive(Serialize)]
        struct Last<'s> {
            summary: &'s Summary,
        }
        let summary = &self.summary;
        write_line(self.out, &Last { summary })?;
        let allowed = summary.decisions.get("allowed").copied().unwrap_or(0);
        Ok(match &summary.against {
            Some(changes) => changes.changed == 0,
            None => allowed == summary.calls,
        })
    }

    fn frame(&mut self, place: Option<&Place>, frame: &Recorded<'_>) -> io::Result<()> {
        let direction = place.map_or(self.direction, |place| place.direction);
        let (call, decided) = decide(self.policy.at(place), place, direction, frame);
        let against = self
            .against
            .as_mut()
            .map(|other| decide(other.at(place), place, direction, frame).1);
        let is_call = matches!(frame.head.kind, Kind::Request { .. }) && !frame.head.event;
        let Some(decided) = decided.filter(|_| is_call) else {
            return Ok(());
        };
        let against = against.flatten();
        self.summary.add(&decided, against.as_ref());
        let changes = against
            .as_ref()
            .is_some_and(|against| against.decision != decided.decision);
        if self.against.is_some() && !changes {
            return Ok(());
        }
        let line = Line {
            file: &self.file,
            place,
            offset: frame.offset,
            id: frame.head.id.0.cast_signed().to_string(),
            call: call.as_ref(),
            decided: &decided,
            against: against.as_ref(),
        };
        write_line(self.out, &line)
    }
}

fn decide(
    player: &mut Player,
    place: Option<&Place>,
    direction: Direction,
    frame: &Recorded<'_>,
) -> (Option<Call>, Option<Decided>) {
    let longest = player.policy.limits.max_frame_bytes;
    let is_call = matches!(frame.head.kind, Kind::Request { .. }) && !frame.head.event;
    if is_call && frame.head.frame_len() > longest {
        return (None, Some(Decided::refused("frame_too_long")));
    }
    if is_call && frame.request().is_none() {
        let why = "the capture has not all of its bytes";
        return (None, Some(Decided::not_whole(why)));
    }
    let judged = player.frame(place, direction, frame);
    let Some(judged) = judged.into_iter().next() else {
        return (
            None,
            is_call.then(|| Decided::refused("the connection is closed")),
        );
    };
    let decided = Decided::of(&judged, player.elapsed());
    let call = Call {
        service: judged.service,
        version: judged.version,
        group: judged.group,
        method: judged.method,
        one_way: judged.one_way,
    };
    (Some(call), Some(decided))
}

impl Summary {
    fn add(&mut self, decided: &Decided, against: Option<&Decided>) {
        self.calls += 1;
        *self.decisions.entry(decided.decision).or_default() += 1;
        if let Some(rule) = &decided.rule
            && decided.decision != UNKNOWN
        {
            *self.rules.entry(rule.clone()).or_default() += 1;
        }
        let (Some(changes), Some(against)) = (&mut self.against, against) else {
            return;
        };
        *changes.decisions.entry(against.decision).or_default() += 1;
        if against.decision != decided.decision {
            changes.changed += 1;
            let change = format!("{} -> {}", decided.decision, against.decision);
            *changes.changes.entry(change).or_default() += 1;
        }
    }
}

impl Sink for Output<'_> {
    fn take(&mut self, place: Option<&Place>, piece: Piece<'_>) -> io::Result<()> {
        match piece {
            Piece::Frame(frame) => return self.frame(place, &frame),
            Piece::NoFrame { offset, .. } => {
                let policy = &self.policy.at(place).policy;
                let passes = policy.foreign_bytes == ForeignBytes::PassUnprotected && offset == 0;
                match passes {
                    true => self.summary.unprotected += 1,
                    false => self.summary.closed += 1,
                }
            }
            Piece::Skipped { .. } => self.summary.gaps += 1,
        }
        Ok(())
    }

    fn end(&mut self, connection: u64) {
        self.policy.captures.end(connection);
        if let Some(other) = &mut self.against {
            other.captures.end(connection);
        }
    }

    fn note(&mut self, text: &str) {
        // A note that nobody can read is no reason to stop.
        let _ = writeln!(self.notes, "dubbo-policy: {}: {text}", self.file);
    }

    fn leave_out(&mut self) {
        self.summary.gaps += 1;
    }
}

fn write_line(out: &mut dyn Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
