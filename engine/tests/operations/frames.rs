//! The frames that peers send, each with a number of its own in its body, so that it is known again when it comes out.

use serde_json::{Value, json};

use crate::chance::Chance;

/// What a frame is, and what may become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Call(Fate),
    /// An answer to a call.
    Answer,
    /// A heartbeat, or an answer to one.
    Event,
    /// A call that cannot be read: only in dry run it passes, else it closes the connection.
    Unreadable,
    /// What closes the connection by its first bytes, or at its end at the latest.
    Hostile,
}

/// What rules say of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No policy refuses it.
    Passes,
    /// All refuse it, but for those in dry run.
    Denied,
    /// Some policies refuse it, some of the time.
    Either,
}

/// A frame without its id and its number.
#[derive(Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    number_at: Option<usize>,
    pub(crate) what: What,
}

/// A frame that is made, by the place of its template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    pub(crate) template: usize,
    pub(crate) id: usize,
    pub(crate) number: u32,
}

/// Every template, common ones first.
#[derive(Debug)]
pub(crate) struct Frames {
    templates: Vec<Template>,
    common: usize,
}

/// The method that policies deny. Its name stands nowhere but in calls.
pub(crate) const DENIED: &str = "forbidden";
/// The attachment that routes set, as callers may write it.
pub(crate) const CALLERS_LANE: &str = "Lane";
/// A class that a policy denies.
pub(crate) const DENIED_CLASS: &str = "evil.Class";
/// Where the number of a frame goes.
const NUMBER: &str = "#0000000000";

impl Frames {
    pub(crate) fn new() -> Frames {
        let mut templates = Vec::new();
        let mut add = |times: usize, what, frame: Value| {
            for _ in 0..times {
                templates.push(Template::new(what, &frame));
            }
        };
        let call = |method: &str, fields: Value| {
            let mut call =
                json!({"id": 0, "service": "lab.Service", "method": method, "args": [NUMBER]});
            call.as_object_mut()
                .unwrap()
                .extend(fields.as_object().unwrap().clone());
            json!({"call": call})
        };
        let (passes, denied, either) = (
            What::Call(Fate::Passes),
            What::Call(Fate::Denied),
            What::Call(Fate::Either),
        );
        let one_way = json!({"one_way": true});
        let lane = json!({"attachments": [[CALLERS_LANE, "of my own"]]});
        let evil = json!({"object": {"class": DENIED_CLASS, "fields": [["name", "x"]]}});
        add(6, passes, call("hello", json!({})));
        add(2, passes, call("hello", lane));
        add(1, passes, call("hello", one_way.clone()));
        add(4, denied, call(DENIED, json!({})));
        add(2, denied, call(DENIED, one_way));
        add(
            1,
            denied,
            call(
                "$invoke",
                json!({"args": [DENIED, {"strings": []}, {"objects": [NUMBER]}]}),
            ),
        );
        add(3, either, call("list", json!({})));
        add(
            2,
            either,
            call(
                "hello",
                json!({"args": [NUMBER, evil], "descriptor": "Ljava/lang/Object;Ljava/lang/Object;"}),
            ),
        );
        add(1, either, call("hello", json!({"path": "lab.Other"})));
        add(2, What::Event, json!({"heartbeat": {"id": 0}}));
        add(
            1,
            What::Event,
            json!({"heartbeat": {"id": 0, "one_way": true}}),
        );
        add(
            5,
            What::Answer,
            json!({"answer": {"id": 0, "value": NUMBER}}),
        );
        add(
            1,
            What::Answer,
            json!({"exception": {"id": 0, "text": NUMBER}}),
        );
        add(
            1,
            What::Answer,
            json!({"error": {"id": 0, "status": 70, "text": NUMBER}}),
        );
        add(5, What::Event, json!({"heartbeat_answer": {"id": 0}}));
        add(
            1,
            What::Event,
            json!({"heartbeat_answer": {"id": 0, "body": "4e4e"}}),
        );
        let common = templates.len();
        let mut add = |what, frame: Value| templates.push(Template::new(what, &frame));
        add(
            passes,
            call("hello", json!({"args": [NUMBER, {"bytes": 60_000}]})),
        );
        add(
            either,
            call("list", json!({"args": [NUMBER, {"bytes": 60_000}]})),
        );
        add(
            What::Answer,
            json!({"answer": {"id": 0, "value": {"list": [NUMBER, {"bytes": 20_000}]}}}),
        );
        for hostile in [
            json!({"text": "status\r\n"}),
            json!({"hex": "dabc"}),
            json!({"head": {"flag": 0xc2, "id": 1, "len": -1}}),
            json!({"head": {"flag": 0xc2, "id": 1, "len": 70_000}}),
            json!({"head": {"flag": 0x22, "status": 20, "id": 1, "zeros": 1_025}}),
            json!({"event": {"id": 1, "body": "43"}}),
        ] {
            add(What::Hostile, hostile);
        }
        add(
            What::Unreadable,
            json!({"head": {"flag": 0xc2, "id": 0, "body": "ff"}}),
        );
        add(
            What::Unreadable,
            json!({"head": {"flag": 0x9f, "id": 0, "body": "4e"}}),
        );
        Frames { templates, common }
    }

    /// A frame by chance: few ids, so that they repeat, meet, and answer what they should not.
    pub(crate) fn make(&self, number: u32, chance: &mut Chance) -> Made {
        let template = match chance.once_in(100) {
            true => chance.below(self.templates.len()),
            false => chance.below(self.common),
        };
        Made {
            template,
            id: chance.below(4),
            number,
        }
    }

    pub(crate) fn template(&self, made: Made) -> &Template {
        &self.templates[made.template]
    }

    /// The bytes of a frame.
    pub(crate) fn bytes(&self, made: Made) -> Vec<u8> {
        let template = self.template(made);
        let mut bytes = template.bytes.clone();
        if template.what != What::Hostile {
            bytes[4..12].copy_from_slice(&(made.id as u64).to_be_bytes());
        }
        if let Some(at) = template.number_at {
            let number = format!("#{:010}", made.number);
            bytes[at..at + NUMBER.len()].copy_from_slice(number.as_bytes());
        }
        bytes
    }
}

impl Template {
    fn new(what: What, frame: &Value) -> Template {
        let bytes = serde_json::from_value::<scenario::Frame>(frame.clone())
            .unwrap()
            .bytes()
            .unwrap();
        let number_at = find(&bytes, NUMBER);
        let numbered = matches!(what, What::Call(_) | What::Answer);
        assert_eq!(number_at.is_some(), numbered, "{frame}");
        Template {
            bytes,
            number_at,
            what,
        }
    }

    /// Whether the frame asks for an answer.
    pub(crate) fn is_two_way(&self) -> bool {
        self.bytes[2] & 0xc0 == 0xc0
    }
}

/// The number that stands in some bytes.
pub(crate) fn number(bytes: &[u8]) -> Option<u32> {
    let at = bytes.iter().position(|byte| *byte == b'#')?;
    let digits = bytes.get(at + 1..at + NUMBER.len())?;
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Where a text stands in some bytes.
pub(crate) fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes
        .windows(text.len())
        .position(|window| window == text.as_bytes())
}
