//! The frames of a scenario file and their bytes.
//!
//! ```text
//! da bb | flag:1 | status:1 | id:8 | len:4 | body (len bytes)
//! flag: 0x80 request, 0x40 two-way, 0x20 event, 0x1f serialization
//! ```

mod answer;
mod body;
mod call;
mod raw;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

pub use answer::{Answer, Error, Exception, Refusal};
pub use body::Serialization;
pub use call::{AttachmentsForm, Call, Odd};
pub use raw::{Event, Head, Heartbeat, HeartbeatAnswer, Part, Repeat};

/// A frame, or bytes that are none. Each stands in a file as `{kind: {..}}`, in snake case.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// A call as Java's consumer writes it.
    Call(Box<Call>),
    /// An answer with a value, as Java's provider writes it.
    Answer(Answer),
    /// An answer with an exception that the provider threw.
    Exception(Exception),
    /// An answer with another status than OK and a text.
    Error(Error),
    /// A heartbeat.
    Heartbeat(Heartbeat),
    /// The answer to a heartbeat.
    HeartbeatAnswer(HeartbeatAnswer),
    /// A request with the event bit and any body.
    Event(Event),
    /// What the filter answers to a call that it denied.
    Refusal(Refusal),
    /// A header as it is said here, right or wrong, and a body.
    Head(Head),
    /// Bytes of a file, by its path in `testdata`.
    File(String),
    /// Bytes.
    Hex(String),
    /// Text that is no frame: telnet, HTTP.
    Text(String),
    /// The first bytes of a frame.
    Part(Box<Part>),
    /// Frames again and again, with the next ids each time.
    Repeat(Repeat),
}

impl Frame {
    /// The frame's bytes. Fails for a refusal of which the text is not known word for word: it can be expected, but not sent.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        match self {
            Frame::Call(call) => call.bytes(),
            Frame::Answer(answer) => answer.bytes(),
            Frame::Exception(exception) => exception.bytes(),
            Frame::Error(error) => error.bytes(),
            Frame::Heartbeat(heartbeat) => heartbeat.bytes(),
            Frame::HeartbeatAnswer(answer) => answer.bytes(),
            Frame::Event(event) => event.bytes(),
            Frame::Refusal(refusal) => refusal.bytes(),
            Frame::Head(head) => head.bytes(),
            Frame::File(path) => file_bytes(path),
            Frame::Hex(hex) => hex_bytes(hex),
            Frame::Text(text) => Ok(text.clone().into_bytes()),
            Frame::Part(part) => part.bytes(),
            Frame::Repeat(repeat) => all_bytes(&repeat.frames()),
        }
    }

    /// Makes a call, an answer or a refusal that says nothing else one in this serialization. Events stay as they are: the
    /// filter writes its own in hessian2.
    pub(crate) fn write_in(&mut self, serialization: Serialization) {
        let unsaid = match self {
            Frame::Call(call) => &mut call.serialization,
            Frame::Answer(answer) => &mut answer.serialization,
            Frame::Exception(exception) => &mut exception.serialization,
            Frame::Error(error) => &mut error.serialization,
            Frame::Refusal(refusal) => &mut refusal.serialization,
            Frame::Part(part) => return part.of.write_in(serialization),
            Frame::Repeat(repeat) => {
                return repeat
                    .frames
                    .iter_mut()
                    .for_each(|frame| frame.write_in(serialization));
            }
            _ => return,
        };
        if *unsaid == Serialization::default() {
            *unsaid = serialization;
        }
    }

    /// The frames that stand for this one: itself, but for a repetition.
    pub(crate) fn expanded(&self) -> Vec<Frame> {
        match self {
            Frame::Repeat(repeat) => repeat.frames().iter().flat_map(Frame::expanded).collect(),
            frame => vec![frame.clone()],
        }
    }

    /// The same frame with an id that is `by` higher.
    pub(crate) fn shifted(mut self, by: i64) -> Frame {
        let id = match &mut self {
            Frame::Call(call) => &mut call.id,
            Frame::Answer(answer) => &mut answer.id,
            Frame::Exception(exception) => &mut exception.id,
            Frame::Error(error) => &mut error.id,
            Frame::Heartbeat(heartbeat) => &mut heartbeat.id,
            Frame::HeartbeatAnswer(answer) => &mut answer.id,
            Frame::Event(event) => &mut event.id,
            Frame::Refusal(refusal) => &mut refusal.id,
            Frame::Head(head) => &mut head.id,
            Frame::File(_) | Frame::Hex(_) | Frame::Text(_) | Frame::Part(_) | Frame::Repeat(_) => {
                return self;
            }
        };
        *id = id.wrapping_add(by);
        self
    }
}

/// The bytes of frames that follow each other.
pub(crate) fn all_bytes(frames: &[Frame]) -> Result<Vec<u8>> {
    let frames = frames
        .iter()
        .map(Frame::bytes)
        .collect::<Result<Vec<_>>>()?;
    Ok(frames.concat())
}

fn file_bytes(path: &str) -> Result<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata")
        .join(path);
    fs::read(&file).with_context(|| format!("the frames in {}", file.display()))
}

/// Bytes written in hex, with white space anywhere between them.
pub(crate) fn hex_bytes(hex: &str) -> Result<Vec<u8>> {
    let digits: Vec<u32> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).with_context(|| format!("{c:?} in hex")))
        .collect::<Result<_>>()?;
    ensure!(
        digits.len().is_multiple_of(2),
        "an odd number of hex digits in {hex:?}"
    );
    digits
        .chunks_exact(2)
        .map(|pair| Ok(u8::try_from(pair[0] << 4 | pair[1])?))
        .collect()
}

/// A whole frame around a body.
fn frame(flag: u8, status: u8, id: i64, body: &[u8]) -> Result<Vec<u8>> {
    let Ok(len) = i32::try_from(body.len()) else {
        bail!("a body of {} bytes has no length in a header", body.len())
    };
    Ok([head(flag, status, id, len).as_slice(), body].concat())
}

fn head(flag: u8, status: u8, id: i64, len: i32) -> [u8; 16] {
    let mut head = [0xda, 0xbb, flag, status, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    head[4..12].copy_from_slice(&id.to_be_bytes());
    head[12..].copy_from_slice(&len.to_be_bytes());
    head
}

const REQUEST: u8 = 0x80;
const TWO_WAY: u8 = 0x40;
const EVENT: u8 = 0x20;
const OK: u8 = 20;

/// The expected bytes are those of Dubbo's own peers: Apache Dubbo 3.3.6 and 2.7.23, dubbo-go 3.3.1.
#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(yaml: &str) -> Vec<u8> {
        serde_saphyr::from_str::<Frame>(yaml)
            .unwrap()
            .bytes()
            .unwrap()
    }

    #[track_caller]
    fn same(yaml: &str, expected: &[&[u8]]) {
        let (bytes, expected) = (bytes(yaml), expected.concat());
        assert_eq!(
            bytes,
            expected,
            "\ngot\n{}expected\n{}",
            crate::show::frames(&bytes, 0),
            crate::show::frames(&expected, 0)
        );
    }

    #[test]
    fn a_heartbeat_and_its_answers_are_those_of_java_and_go() {
        same(
            "heartbeat: {id: 7}",
            &[b"\xda\xbb\xe2\0\0\0\0\0\0\0\0\x07\0\0\0\x01N"],
        );
        same(
            "heartbeat: {id: 7, one_way: true}",
            &[b"\xda\xbb\xa2\0\0\0\0\0\0\0\0\x07\0\0\0\x01N"],
        );
        same(
            "heartbeat_answer: {id: -2}",
            &[b"\xda\xbb\x22\x14\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\x01N"],
        );
        same(
            "heartbeat_answer: {id: 7, body: 4e4e}",
            &[b"\xda\xbb\x22\x14\0\0\0\0\0\0\0\x07\0\0\0\x02NN"],
        );
    }

    #[test]
    fn the_refusal_is_the_body_that_java_takes_for_one_exception() {
        let body: &[&[u8]] = &[
            b"\x90C\x1ajava.lang.RuntimeException\x91\x0ddetailMessage\x60",
            b"\x04no!!",
        ];
        let len = [0, 0, 0, body.concat().len() as u8];
        same(
            "refusal: {id: 9, text: no!!}",
            &[
                b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\x09",
                &len,
                body[0],
                body[1],
            ],
        );
    }

    /// What Dubbo 3.3.6 took for one exception.
    #[test]
    fn the_refusal_of_a_fastjson2_call_is_jsonb() {
        let bytes = bytes("refusal: {id: 9, serialization: fastjson2, text: denied by policy}");
        let value: &[u8] =
            b"\x92\x63java.lang.RuntimeException\x00\xa6\x56detailMessage\x59denied by policy\xa5";
        let body = [&b"\0\0\0\x02\xbd\0\0\0\0"[..], &[value.len() as u8], value].concat();
        assert_eq!(bytes[16..], body);
        assert_eq!(bytes[2..4], [0x17, 20]);
    }

    #[test]
    fn a_refusal_by_status_is_a_string() {
        same(
            "refusal: {id: 9, status: 70, text: no}",
            &[b"\xda\xbb\x02\x46\0\0\0\0\0\0\0\x09\0\0\0\x03\x02no"],
        );
    }

    #[test]
    fn a_call_is_five_strings_the_arguments_and_the_attachments() {
        let body: &[&[u8]] = &[
            b"\x052.0.2\x0flab.UserService\x050.0.0\x05hello\x12Ljava/lang/String;\x03bob",
            b"H\x04path\x0flab.UserService\x12remote.application\x0clab-consumer\x09interface\x0flab.UserService",
            b"\x07version\x050.0.0\x07timeout\x043000Z",
        ];
        let len = [0, 0, 0, body.concat().len() as u8];
        let mut whole: Vec<&[u8]> = vec![b"\xda\xbb\xc2\0\0\0\0\0\0\0\0\x01", &len];
        whole.extend(body);
        same(
            "call: {id: 1, service: lab.UserService, method: hello, args: [bob]}",
            &whole,
        );
    }

    #[test]
    fn a_one_way_call_lacks_the_two_way_bit() {
        assert_eq!(
            bytes("call: {id: 1, service: a, method: b, one_way: true}")[2],
            0x82
        );
    }

    #[test]
    fn attachments_have_four_forms() {
        let end = |form: &str| {
            let call = format!(
                "call: {{id: 1, service: a, method: b, attachments_form: {form}, attachments: [[k, v]]}}"
            );
            bytes(&call)[16 + 17..].to_vec()
        };
        assert_eq!(end("null"), b"N");
        assert_eq!(end("only"), b"H\x01k\x01vZ");
        assert!(end("typed").starts_with(b"M\x11java.util.HashMap\x04path\x01a"));
        assert!(end("usual").starts_with(b"H\x04path\x01a"));
        assert!(end("usual").ends_with(b"\x07timeout\x043000\x01k\x01vZ"));
    }

    #[test]
    fn a_call_may_be_odd_in_every_place() {
        let odd =
            "call: {id: 1, service: a, method: b, args: [{pieces: [x, {raw: '43'}, {ascii: z}]}],
            body: {protocol: 1, path: null, version: true, method: {raw: 'ff'}, descriptor: c},
            attachments_as: {list: [k]}, then: [{map: []}, 2]}";
        assert_eq!(bytes(odd)[16..], *b"\x91NT\xff\x01c\x01xCz\x79\x01kHZ\x92");
        let missing = "call: {id: 1, service: a, method: b, attachments_form: missing}";
        assert_eq!(bytes(missing)[16..], *b"\x052.0.2\x01a\x050.0.0\x01b\x00");
    }

    #[test]
    fn the_header_may_say_another_serialization_than_the_body_has() {
        let call = |serialization: &str| {
            bytes(&format!(
                "call: {{id: 1, service: a, method: b, serialization: {serialization}}}"
            ))
        };
        let (true_one, claimed) = (call("hessian2"), call("3"));
        assert_eq!((true_one[2], claimed[2]), (0xc2, 0xc3));
        assert_eq!(true_one[3..], claimed[3..]);
        assert_eq!(call("fastjson2")[2], 0xd7);
    }

    #[test]
    fn an_answer_tells_its_kind_and_carries_the_version() {
        same(
            "answer: {id: 1, value: hi}",
            &[
                b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\x01\0\0\0\x12",
                b"\x94\x02hiH\x05dubbo\x052.0.2Z",
            ],
        );
        same(
            "answer: {id: 1}",
            &[
                b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\x01\0\0\0\x0f",
                b"\x95H\x05dubbo\x052.0.2Z",
            ],
        );
        assert_eq!(bytes("exception: {id: 1, text: a}")[16], 0x93);
    }

    #[test]
    fn hex_that_looks_like_a_number_is_still_hex() {
        assert_eq!(bytes("event: {id: 1, body: 0152}")[16..], [0x01, 0x52]);
        assert_eq!(bytes("hex: 4e00")[..], [0x4e, 0x00]);
        assert_eq!(bytes("hex: 00000001 af")[..], [0, 0, 0, 1, 0xaf]);
    }

    #[test]
    fn a_head_may_declare_any_length() {
        same(
            "head: {flag: 0xc2, id: 5, len: -1}",
            &[b"\xda\xbb\xc2\0\0\0\0\0\0\0\0\x05\xff\xff\xff\xff"],
        );
        same(
            "head: {flag: 0x22, status: 20, id: 5, body: 4e, zeros: 2}",
            &[b"\xda\xbb\x22\x14\0\0\0\0\0\0\0\x05\0\0\0\x03N\0\0"],
        );
    }

    #[test]
    fn a_part_and_a_repetition_are_made_of_other_frames() {
        assert_eq!(bytes("part: {of: {text: abcdef}, from: 1, to: 3}"), b"bc");
        let twice = bytes("repeat: {times: 2, id_step: 3, frames: [{heartbeat: {id: 7}}]}");
        assert_eq!(
            twice,
            [bytes("heartbeat: {id: 7}"), bytes("heartbeat: {id: 10}")].concat()
        );
    }

    #[test]
    fn a_refusal_with_a_free_text_cannot_be_sent() {
        let frame: Frame = serde_saphyr::from_str("refusal: {id: 1, starts_with: a}").unwrap();
        assert!(frame.bytes().is_err());
    }

    #[test]
    fn an_unknown_field_is_named_with_its_place() {
        let error =
            serde_saphyr::from_str::<Frame>("call: {id: 1, service: a, method: b, oneway: true}")
                .unwrap_err()
                .to_string();
        assert!(
            error.contains("unknown field `oneway`") && error.contains("line 1 column 38"),
            "{error}"
        );
    }
}
