//! The way of fetched lists: HTTP calls out, answers in.

use core::cell::RefCell;
use core::time::Duration;
use std::collections::HashMap;
use std::rc::Rc;

use engine::lists::{Answer, Fetch, FetchId, Response};
use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, LogLevel};

use crate::host;
use crate::seat::Seat;
use crate::shared::HostData;

/// The fetches of one root that are on their way, by the host's token.
#[derive(Debug, Default)]
pub(crate) struct Fetches {
    sent: RefCell<HashMap<u32, Sent>>,
}

#[derive(Debug)]
struct Sent {
    /// Whose list it is.
    seat: Rc<Seat>,
    fetch: FetchId,
    /// The longest body that is wanted.
    max_bytes: usize,
}

impl Fetches {
    /// Sends what is due, and logs what there is to say of lists.
    pub(crate) fn send_due(&self, seat: &Rc<Seat>) -> host::Result<()> {
        let due = seat.worker.borrow_mut().fetches();
        for fetch in due {
            match send(&fetch) {
                Some(token) => {
                    let mut sent = self.sent.borrow_mut();
                    let one = Sent {
                        seat: Rc::clone(seat),
                        fetch: fetch.id,
                        max_bytes: fetch.max_bytes,
                    };
                    sent.insert(token, one);
                }
                None => settle(seat, fetch.id, Answer::Nothing)?,
            }
        }
        log(seat);
        Ok(())
    }

    /// The host has called back: the answer has so many headers, and a body of this size.
    pub(crate) fn answered(&self, token: u32, headers: usize, size: usize) {
        let Some(sent) = self.sent.borrow_mut().remove(&token) else {
            return;
        };
        let Sent { seat, fetch, .. } = sent;
        // Without headers there was no answer, or Envoy has cut it off.
        let answer = match headers {
            0 => Answer::Nothing,
            _ => match read(size, sent.max_bytes) {
                Ok(response) => Answer::Response(response),
                Err(error) => {
                    seat.failed(error);
                    Answer::Nothing
                }
            },
        };
        if let Err(error) = settle(&seat, fetch, answer) {
            seat.failed(error);
        }
        log(&seat);
    }
}

/// The crate panics on statuses other than 0, 2 and 10, and Envoy gives no other.
fn send(fetch: &Fetch) -> Option<u32> {
    let headers = fetch.headers.iter();
    hostcalls::dispatch_http_call(
        &fetch.cluster,
        headers.map(|(name, value)| (*name, &**value)).collect(),
        None,
        Vec::new(),
        Duration::from_nanos(fetch.timeout.0),
    )
    .ok()
}

fn read(size: usize, max: usize) -> host::Result<Response> {
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    let status = host::answer_header(":status")?;
    Ok(Response {
        status: status
            .and_then(|status| status.parse().ok())
            .unwrap_or_default(),
        etag: host::answer_header("etag")?,
        content_type: host::answer_header("content-type")?,
        content_encoding: host::answer_header("content-encoding")?,
        content_length: number(host::answer_header("content-length")?),
        length: size as u64,
        body: match size <= max {
            true => host::buffer(BufferType::HttpCallResponseBody, size)?,
            false => Vec::new(),
        },
    })
}

fn settle(seat: &Seat, id: FetchId, answer: Answer) -> host::Result<()> {
    let now = seat.now_exactly()?;
    let mut worker = seat.worker.borrow_mut();
    worker.fetched(id, answer, now, &mut HostData);
    Ok(())
}

fn log(seat: &Seat) {
    for notice in seat.worker.borrow_mut().notices() {
        let level = match notice.warning {
            true => LogLevel::Warn,
            false => LogLevel::Info,
        };
        host::log(level, &format!("dubbo-policy: {}", notice.text));
    }
}
