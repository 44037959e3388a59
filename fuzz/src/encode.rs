//! What we write is read back as it was meant, by our reader and by hessian_rs.

use arbitrary::Arbitrary;
use dubbo::answer::{self, AnswerKind};
use dubbo::event::{self, Event};
use dubbo::refusal::{self, Form};
use dubbo::{Frame, HEAD_LEN, Head, Kind, Parsed, RequestId, Serialization, Status};
use hessian::encode::Writer;
use hessian::{Decoder, Limits, Scalar};

use crate::second;

/// What is written.
#[derive(Arbitrary, Debug)]
pub enum Written {
    /// A stream of values.
    Stream(Vec<Item>),
    /// The answer that tells a caller of its denial.
    Refusal {
        /// Of the request.
        id: u64,
        /// Its five bits.
        serialization: u8,
        /// A status, or else an exception.
        status: Option<u8>,
        /// What it says, so many times.
        text: (String, u8),
    },
    /// A head: two-way request, one-way request or answer with a status; event; serialization; id; length.
    Head(Option<bool>, u8, bool, u8, u64, u32),
}

/// A value of a stream.
#[derive(Arbitrary, Debug)]
pub enum Item {
    /// Null.
    Null,
    /// A number.
    Int(i32),
    /// A text, so many times.
    String(String, u8),
    /// Pairs.
    Map(Vec<(String, String)>),
    /// An object: its class, its fields and their values.
    Object(String, Vec<(String, i32)>),
}

/// Writes and reads.
pub fn check(written: &Written) {
    match written {
        Written::Stream(items) => stream(items),
        Written::Refusal {
            id,
            serialization,
            status,
            text: (text, times),
        } => {
            let form = status.map_or(Form::Exception, |status| Form::Status(Status(status)));
            let serialization = Serialization::from_flag(*serialization);
            refused(
                RequestId(*id),
                serialization,
                form,
                &text.repeat(usize::from(*times) + 1),
            );
        }
        Written::Head(two_way, status, event, serialization, id, len) => {
            let status = Status(*status);
            let head = Head {
                kind: two_way.map_or(Kind::Answer { status }, |two_way| Kind::Request { two_way }),
                event: *event,
                serialization: Serialization::from_flag(*serialization),
                id: RequestId(*id),
                body_len: *len & 0x7fff_ffff,
            };
            assert_eq!(Head::parse(&head.encode()), Ok(head));
            let heartbeat = event::heartbeat_request(head.id);
            let frame = whole(&heartbeat);
            assert_eq!(
                event::kind(frame.body(), frame.head.serialization),
                Some(Event::Heartbeat)
            );
            assert_eq!(
                (frame.head.id, frame.head.kind),
                (head.id, Kind::Request { two_way: true })
            );
        }
    }
}

fn stream(items: &[Item]) {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    for item in items {
        match item {
            Item::Null => writer.null(),
            Item::Int(value) => writer.int(*value),
            Item::String(text, times) => writer.string(&text.repeat(usize::from(*times) * 8 + 1)),
            Item::Map(pairs) => {
                writer.begin_map();
                for (key, value) in pairs {
                    writer.string(key);
                    writer.string(value);
                }
                writer.end();
            }
            Item::Object(class, fields) => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                writer.object(class, &names);
                fields.iter().for_each(|(_, value)| writer.int(*value));
            }
        }
    }
    let limits = Limits {
        classes: items.len(),
        fields: usize::MAX,
        ..Limits::default()
    };
    let mut reader = Decoder::new(&bytes, limits);
    for item in items {
        read_back(&mut reader, item);
    }
    assert!(reader.is_empty());
}

fn read_back(reader: &mut Decoder<'_>, item: &Item) {
    let stream = reader.rest();
    let start = reader.offset();
    match item {
        Item::Null => assert_eq!(reader.scalar(), Ok(Scalar::Null)),
        Item::Int(value) => assert_eq!(reader.int(), Ok(*value)),
        Item::String(text, times) => {
            let text = text.repeat(usize::from(*times) * 8 + 1);
            let read = reader.string().expect("a string");
            assert!(read == *text);
            assert_eq!(read.to_str().as_deref(), Ok(text.as_str()));
            assert_eq!(read.units(), text.encode_utf16().count());
            if text.chars().all(|char| char < '\u{10000}') {
                second::agrees(stream, reader.offset() - start, &Scalar::String(read));
            }
        }
        Item::Map(pairs) => {
            assert_eq!(reader.begin_map(), Ok(None));
            for (key, value) in pairs {
                assert!(reader.string().expect("a key") == **key);
                assert!(reader.string().expect("a value") == **value);
            }
            assert!(reader.end());
        }
        Item::Object(class, _) => {
            let known = reader.names().count();
            reader.skip().expect("an object");
            let names: Vec<_> = reader.names().collect();
            assert!(names.len() == known + 1 && *names[known] == **class);
        }
    }
}

fn refused(id: RequestId, serialization: Serialization, form: Form, text: &str) {
    let mut bytes = Vec::new();
    refusal::write(&mut bytes, id, serialization, form, text);
    let frame = whole(&bytes);
    assert_eq!(frame.head.id, id);
    assert!(!frame.head.event);
    let Kind::Answer { status } = frame.head.kind else {
        panic!("a refusal is an answer");
    };
    let kind = answer::kind(status, frame.head.serialization, frame.body());
    match (form, serialization) {
        (Form::Exception, Serialization::HESSIAN2) => {
            assert_eq!(
                (status, frame.head.serialization),
                (Status::OK, serialization)
            );
            assert_eq!(kind, Some(AnswerKind::Exception));
            let mut body = Decoder::new(frame.body(), Limits::default());
            assert_eq!(body.int(), Ok(0));
            body.skip().expect("the exception");
            assert!(
                body.is_empty()
                    && body
                        .names()
                        .all(|name| *name == *"java.lang.RuntimeException")
            );
            assert_eq!(last_string(frame.body(), text), text);
        }
        (Form::Exception, Serialization::FASTJSON2) => {
            assert_eq!(
                (status, frame.head.serialization),
                (Status::OK, serialization)
            );
            fastjson2(frame.body(), text);
        }
        _ => {
            let expected = match form {
                Form::Status(status) => status,
                Form::Exception => Status::SERVICE_ERROR,
            };
            assert_eq!(
                (status, frame.head.serialization),
                (expected, Serialization::HESSIAN2)
            );
            let mut body = Decoder::new(frame.body(), Limits::default());
            assert!(body.string().expect("the text") == *text);
            assert!(body.is_empty());
        }
    }
}

/// The string at the end of an exception's body: the only place where it can begin is behind class and field.
fn last_string(body: &[u8], text: &str) -> String {
    const BEFORE: &[u8] = b"\x90C\x1ajava.lang.RuntimeException\x91\x0ddetailMessage\x60";
    let value = body
        .strip_prefix(BEFORE)
        .expect("the one field of the one class");
    let read = Decoder::new(value, Limits::default())
        .string()
        .expect("the message")
        .into_owned();
    assert!(read == *text);
    read.to_str().expect("no lone surrogate").into_owned()
}

/// JSONB, read by hand: the type behind its length, then the exception behind its own.
fn fastjson2(body: &[u8], text: &str) {
    let value = body
        .strip_prefix(b"\0\0\0\x02\xbd\0")
        .expect("the type of an exception");
    let (len, value) = value.split_first_chunk().expect("a length");
    assert_eq!(u32::from_be_bytes(*len) as usize, value.len());
    let value = value.strip_prefix(b"\x92\x63java.lang.RuntimeException\0\xa6\x56detailMessage");
    let value = value
        .and_then(|value| value.strip_suffix(b"\xa5"))
        .expect("one field");
    let (head, len) = match *value {
        [tag @ 0x49..=0x78, ..] => (1, usize::from(tag - 0x49)),
        [0x79 | 0x7a, len @ 0..=0x2f, ..] => (2, usize::from(len)),
        [0x79 | 0x7a, high @ 0x30..=0x3f, low, ..] => {
            (3, (usize::from(high) - 0x38) * 0x100 + usize::from(low))
        }
        [0x79 | 0x7a, 0x48, a, b, c, d, ..] => (6, u32::from_be_bytes([a, b, c, d]) as usize),
        _ => panic!("no string: {value:02x?}"),
    };
    assert_eq!(value.len(), head + len);
    assert_eq!(&value[head..], text.as_bytes());
    // 0x79 is for ASCII, which Java reads as Latin-1.
    assert!(value[0] == 0x7a || text.is_ascii());
}

fn whole(bytes: &[u8]) -> Frame<'_> {
    match Frame::parse(bytes) {
        Ok(Parsed::Whole(frame, [])) => {
            assert_eq!(frame.body().len(), bytes.len() - HEAD_LEN);
            frame
        }
        other => panic!("no whole frame: {other:?}"),
    }
}
