//! Answers that tell a caller that its call was refused.

use alloc::vec::Vec;

use hessian::encode::Writer;

use crate::{HEAD_LEN, Head, Kind, RequestId, Serialization, Status, jsonb};

/// How a refusal looks to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Status OK with a thrown `java.lang.RuntimeException` that has the text as its message: Java callers see that exception
    /// after one attempt.
    Exception,
    /// A status that is not OK, with the text: callers see an RpcException that contains it, after their retries.
    Status(Status),
}

/// Appends the answer to the request `id`, which came in `serialization`.
///
/// An exception is written in the request's serialization (Dubbo 3 refuses any other); a status in hessian2, which callers
/// take for every request. Callers of which no exception format is known here get status 70 (service error).
pub fn write(
    out: &mut Vec<u8>,
    id: RequestId,
    serialization: Serialization,
    form: Form,
    text: &str,
) {
    match (form, serialization) {
        (Form::Status(status), _) => frame(out, id, Serialization::HESSIAN2, status, |body| {
            Writer::new(body).string(text)
        }),
        (Form::Exception, Serialization::HESSIAN2) => {
            frame(out, id, serialization, Status::OK, |body| {
                hessian2_exception(body, text)
            });
        }
        (Form::Exception, Serialization::FASTJSON2) => {
            frame(out, id, serialization, Status::OK, |body| {
                fastjson2_exception(body, text)
            });
        }
        (Form::Exception, _) => write(
            out,
            id,
            serialization,
            Form::Status(Status::SERVICE_ERROR),
            text,
        ),
    }
}

/// `90 43 1a "java.lang.RuntimeException" 91 0d "detailMessage" 60 <text>`: Java needs none of the other fields.
fn hessian2_exception(out: &mut Vec<u8>, text: &str) {
    let mut body = Writer::new(out);
    body.int(EXCEPTION);
    body.object(CLASS, &[MESSAGE]);
    body.string(text);
}

/// `bd 00`, then `92 "java.lang.RuntimeException" 00 a6 "detailMessage" <text> a5`, each behind its length.
fn fastjson2_exception(out: &mut Vec<u8>, text: &str) {
    jsonb::value(out, |out| out.extend([jsonb::INT8, 0]));
    jsonb::value(out, |out| {
        out.push(jsonb::TYPED);
        jsonb::string(out, CLASS);
        out.extend([TYPE_ID, jsonb::OBJECT]);
        jsonb::string(out, MESSAGE);
        jsonb::string(out, text);
        out.push(jsonb::OBJECT_END);
    });
}

fn frame(
    out: &mut Vec<u8>,
    id: RequestId,
    serialization: Serialization,
    status: Status,
    write_body: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    let mut head = Head {
        kind: Kind::Answer { status },
        event: false,
        serialization,
        id,
        body_len: 0,
    };
    out.extend(head.encode());
    write_body(out);
    head.body_len = u32::try_from(out.len() - start - HEAD_LEN).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + HEAD_LEN) {
        place.copy_from_slice(&head.encode());
    }
}

const CLASS: &str = "java.lang.RuntimeException";
const MESSAGE: &str = "detailMessage";
/// The answer's type: what follows was thrown, and no attachments follow it.
const EXCEPTION: i32 = 0;
/// The number that JSONB gives the type's name for later use.
const TYPE_ID: u8 = 0;
