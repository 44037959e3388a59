//! Arbitrary traffic of both sides of a connection, whole and in pieces: right frames, wrong ones, and bytes that are none.

use arbitrary::Arbitrary;
use dubbo::event::{self, Event};
use dubbo::{Call, Frame, HEAD_LEN, Head, Kind, Limits, Parsed};
use engine::Side;
use serde_json::{Value, json};

use crate::play::{Outcome, Script, play};
use crate::traffic::{CALLERS_LANE, DENIED, Sent};

/// What both sides send.
#[derive(Arbitrary, Debug)]
pub struct Traffic {
    /// Which policy.
    policy: u8,
    /// Who sends what, in this order.
    turns: Vec<(Peer, Vec<Bytes>)>,
    /// Who ends first, if the connection ends in order.
    ends: Option<Peer>,
    /// The sizes of the pieces.
    cuts: Vec<u8>,
}

/// A side of the connection.
#[derive(Arbitrary, Debug, Clone, Copy)]
pub enum Peer {
    /// The client.
    Client,
    /// The provider.
    Provider,
}

/// Some bytes of one side.
#[derive(Arbitrary, Debug)]
pub enum Bytes {
    /// What real peers send.
    Right(Right),
    /// The same with one byte changed.
    Wrong(Right, u16, u8),
    /// A frame with this flag, status and body.
    Frame(u8, u8, u8, Vec<u8>),
    /// Anything.
    Raw(Vec<u8>),
}

/// A frame that real peers send. Ids are few, so that they repeat, meet, and answer what they should not.
#[derive(Arbitrary, Debug)]
pub enum Right {
    /// A call: of which method, one-way, with an attachment that routes set.
    Call(u8, u8, bool, bool),
    /// A heartbeat, perhaps one-way.
    Heartbeat(u8, bool),
    /// An answer of some kind.
    Answer(u8, u8),
    /// A call or a heartbeat in fastjson2.
    Fastjson2(bool),
}

/// Plays the traffic whole and in pieces: both go the same way, nothing but whole frames that the policy allows goes on, and every call
/// ends once.
pub fn check(traffic: &Traffic) {
    let policy = policy(traffic.policy);
    let mut script: Script = Vec::new();
    for (peer, bytes) in &traffic.turns {
        script.push((
            side(*peer),
            bytes.iter().flat_map(Bytes::bytes).collect(),
            false,
        ));
    }
    if let Some(first) = traffic.ends {
        let first = side(first);
        script.extend([first, first.other()].map(|side| (side, Vec::new(), true)));
    }
    let cuts: Vec<usize> = traffic
        .cuts
        .iter()
        .map(|cut| usize::from(*cut) + 1)
        .collect();
    let whole = play(&policy, &script, &[]);
    let pieces = play(&policy, &script, if cuts.is_empty() { &[1] } else { &cuts });

    let expected = Expected::of(&script);
    if expected.closes {
        assert!(whole.closed.is_some());
        assert_eq!(whole.closed, pieces.closed);
        assert!(pieces.to_provider.starts_with(&whole.to_provider));
        assert!(pieces.to_client.starts_with(&whole.to_client));
    } else {
        assert_eq!(whole, pieces);
        assert!(
            whole
                .closed
                .is_none_or(|reason| reason.name() == "ended_before_a_call"),
            "{:?}",
            whole.closed
        );
    }
    for outcome in [&whole, &pieces] {
        assert_eq!(
            outcome.counted.sum("dubbo_policy_requests_total"),
            expected.calls
        );
        let closed = outcome.counted.sum("dubbo_policy_connections_closed_total");
        assert_eq!(closed, i64::from(outcome.closed.is_some()));
        gone_on(&outcome.to_provider, Side::Downstream, &policy, outcome);
        gone_on(&outcome.to_client, Side::Upstream, &policy, outcome);
    }
}

/// Policies that let frames on as they are, write calls anew, and hold back what comes before the first call.
fn policy(which: u8) -> Value {
    let route = |set: Value| json!({"routes": [{"name": "route", "match": {"method": "hello"}, "set": set}]});
    match which % 3 {
        0 => json!({}),
        1 => route(json!({"attachments": {"lane": "ours"}})),
        _ => route(json!({"connection_cluster": "canary"})),
    }
}

fn side(peer: Peer) -> Side {
    match peer {
        Peer::Client => Side::Downstream,
        Peer::Provider => Side::Upstream,
    }
}

impl Bytes {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Bytes::Right(right) => right.bytes(),
            Bytes::Wrong(right, at, change) => {
                let mut bytes = right.bytes();
                let at = usize::from(*at) % bytes.len();
                bytes[at] ^= change;
                bytes
            }
            Bytes::Frame(flag, status, id, body) => {
                let mut bytes = vec![0xda, 0xbb, *flag, *status, 0, 0, 0, 0, 0, 0, 0, id % 4];
                bytes.extend((body.len() as u32).to_be_bytes());
                bytes.extend(body);
                bytes
            }
            Bytes::Raw(bytes) => bytes.clone(),
        }
    }
}

impl Right {
    fn bytes(&self) -> Vec<u8> {
        let id = |id: &u8| u64::from(id % 4);
        match self {
            Right::Call(number, method, one_way, lane) => Sent::Call {
                id: id(number),
                method: ["hello", "list", DENIED][usize::from(method % 3)],
                one_way: *one_way,
                lane: *lane,
            }
            .bytes(),
            Right::Heartbeat(number, one_way) => Sent::Heartbeat {
                id: id(number),
                one_way: *one_way,
            }
            .bytes(),
            Right::Answer(number, kind) => Sent::Answer(match kind % 4 {
                0 => json!({"answer": {"id": id(number), "value": "a value"}}),
                1 => json!({"exception": {"id": id(number), "text": "thrown"}}),
                2 => json!({"error": {"id": id(number), "status": 70, "text": "wrong"}}),
                _ => json!({"heartbeat_answer": {"id": id(number)}}),
            })
            .bytes(),
            Right::Fastjson2(true) => FASTJSON2_CALL.to_vec(),
            Right::Fastjson2(false) => {
                b"\xda\xbb\xf7\0\0\0\0\0\0\0\0\x01\0\0\0\x05\0\0\0\x01\xaf".to_vec()
            }
        }
    }
}

const FASTJSON2_CALL: &[u8] = include_bytes!("../../testdata/dubbo/recorded/fastjson2.request.bin");

/// What must come of a script, by a reading of our own of each side's bytes.
struct Expected {
    /// Something in it is no Dubbo.
    closes: bool,
    /// Whole calls before that.
    calls: i64,
}

impl Expected {
    fn of(script: &Script) -> Expected {
        let mut expected = Expected {
            closes: false,
            calls: 0,
        };
        let mut streams = [Vec::new(), Vec::new()];
        for (from, bytes, _) in script {
            let stream = &mut streams[usize::from(*from == Side::Upstream)];
            stream.extend_from_slice(bytes);
            loop {
                match first(stream, *from) {
                    First::Whole { len, call } => {
                        stream.drain(..len);
                        expected.calls += i64::from(call);
                    }
                    First::More => break,
                    First::Wrong => {
                        expected.closes = true;
                        return expected;
                    }
                }
            }
        }
        expected
    }
}

/// What a stream begins with.
enum First {
    Whole { len: usize, call: bool },
    More,
    Wrong,
}

fn first(stream: &[u8], from: Side) -> First {
    if Head::check_start(stream).is_err() {
        return First::Wrong;
    }
    let head = match Frame::parse(stream) {
        Err(_) => return First::Wrong,
        Ok(Parsed::NeedMore { head: None, .. }) => return First::More,
        Ok(Parsed::NeedMore {
            head: Some(head), ..
        }) => head,
        Ok(Parsed::Whole(frame, _)) => frame.head,
    };
    let request = matches!(head.kind, Kind::Request { .. });
    // The policy's longest request, and the longest answer to an event.
    if (request && head.frame_len() > 65_536) || (!request && head.event && head.frame_len() > 1024)
    {
        return First::Wrong;
    }
    let Some(body) = stream.get(HEAD_LEN..head.frame_len()) else {
        return First::More;
    };
    let right = match (request, head.event) {
        (true, true) => match event::kind(body, head.serialization) {
            Some(Event::Heartbeat) => true,
            Some(_) => from == Side::Upstream,
            None => false,
        },
        (true, false) => readable(&head, body),
        (false, _) => true,
    };
    match right {
        true => First::Whole {
            len: head.frame_len(),
            call: request && !head.event,
        },
        false => First::Wrong,
    }
}

/// A call that rules can look at, or that can at least be refused.
fn readable(head: &Head, body: &[u8]) -> bool {
    match Call::parse(body, head.serialization, Limits::default()) {
        Ok(_) => true,
        Err(error) => {
            error.kind == dubbo::CallErrorKind::UnsupportedSerialization
                && head.serialization == dubbo::Serialization::FASTJSON2
        }
    }
}

/// What has gone on to the other side: whole requests, which the policy allows, and answers.
fn gone_on(mut bytes: &[u8], from: Side, policy: &Value, outcome: &Outcome) {
    let edits = policy.to_string().contains("lane");
    loop {
        let frame = match Frame::parse(bytes).expect("only frames go on") {
            Parsed::Whole(frame, behind) => {
                bytes = behind;
                frame
            }
            Parsed::NeedMore { head: None, .. } => return assert_eq!(bytes, b""),
            // The bodies of answers stream by.
            Parsed::NeedMore {
                head: Some(head), ..
            } => {
                return assert!(
                    !head.event && matches!(head.kind, Kind::Answer { .. }),
                    "part of {head:?}"
                );
            }
        };
        if !matches!(frame.head.kind, Kind::Request { .. }) {
            continue;
        }
        if frame.head.event {
            let event = event::kind(frame.body(), frame.head.serialization);
            assert!(event == Some(Event::Heartbeat) || (event.is_some() && from == Side::Upstream));
            continue;
        }
        let call = Call::parse(frame.body(), frame.head.serialization, Limits::default())
            .expect("only calls go on");
        assert_ne!(call.target_method(), DENIED);
        let contradictions = call.identities().contradictions;
        assert!(
            contradictions.is_empty(),
            "{contradictions:?}: {:?}",
            outcome.closed
        );
        // A caller cannot choose its own lane; the provider's calls have none to choose.
        assert!(!edits || from == Side::Upstream || call.attachments.get(CALLERS_LANE).is_none());
    }
}
