//! One fetch: what is asked, and what is made of the answer.

use super::body::{self, Format};
use super::entries::{Compiled, Kind};
use super::pieces::Publisher;
use super::source::{Source, digest};
use crate::time::Nanos;

/// Numbers the fetches of one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FetchId(pub u64);

/// An HTTP request to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// For the answer.
    pub id: FetchId,
    /// The Envoy cluster.
    pub cluster: String,
    /// All headers, those of HTTP/2 first.
    pub headers: Vec<(&'static str, String)>,
    /// The host gives up then.
    pub timeout: Nanos,
    /// A longer body need not be handed in.
    pub max_bytes: usize,
}

/// What came of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The server, or the host in its place, has answered.
    Response(Response),
    /// There is no answer, and there will be none.
    Nothing,
}

/// An HTTP response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// `:status`.
    pub status: u16,
    /// `etag`.
    pub etag: Option<String>,
    /// `content-type`.
    pub content_type: Option<String>,
    /// `content-encoding`.
    pub content_encoding: Option<String>,
    /// `content-length`.
    pub content_length: Option<u64>,
    /// The body's length.
    pub length: u64,
    /// The body; empty if it is longer than [`Fetch::max_bytes`].
    pub body: Vec<u8>,
}

/// What an answer says.
#[derive(Debug)]
pub(super) enum News {
    /// The content that the record knows.
    Same {
        /// The server's name for it, if it gave one.
        etag: Option<String>,
    },
    /// Other content.
    New {
        compiled: Compiled,
        /// The digest of the body.
        content: u64,
        etag: String,
    },
    /// Nothing that can be used, for this reason.
    Failed(String),
}

impl Fetch {
    /// The request for a source. With an `etag` the server need not send what is known.
    pub(super) fn new(id: FetchId, source: &Source, etag: Option<&str>) -> Fetch {
        let mut headers = vec![
            (":method", "GET".to_owned()),
            (":path", source.path.clone()),
            (":authority", source.authority.clone()),
            (":scheme", "http".to_owned()),
            ("accept", accept(source.format).to_owned()),
            ("user-agent", "dubbo-policy".to_owned()),
        ];
        if let Some(etag) = etag {
            headers.push(("if-none-match", etag.to_owned()));
        }
        Fetch {
            id,
            cluster: source.cluster.clone(),
            headers,
            timeout: source.timeout,
            max_bytes: source.max_bytes,
        }
    }
}

fn accept(format: Format) -> &'static str {
    match format {
        Format::Lines => "text/plain, */*;q=0.5",
        Format::Json => "application/json, */*;q=0.5",
        Format::Yaml => "application/yaml, */*;q=0.5",
    }
}

/// Reads an answer. `known` is the digest of the body that is published, `asked` whether the request named it.
pub(super) fn judge(answer: Answer, source: &Source, kind: Kind, known: u64, asked: bool) -> News {
    let Answer::Response(response) = answer else {
        return News::Failed("no answer".to_owned());
    };
    let etag = response.etag.filter(|etag| can_be_sent(etag));
    match response.status {
        200 => {}
        304 if asked => return News::Same { etag },
        status => return News::Failed(format!("status {status}")),
    }
    if response.length > source.max_bytes as u64 {
        let max = source.max_bytes;
        return News::Failed(format!("a body of more than {max} bytes"));
    }
    let whole = response.content_length.unwrap_or(response.length);
    if whole != response.length || response.body.len() as u64 != response.length {
        return News::Failed(format!("{} of {whole} bytes", response.length));
    }
    if let Some(encoding) = response.content_encoding
        && !encoding.eq_ignore_ascii_case("identity")
    {
        return News::Failed("a body in another encoding".to_owned());
    }
    if let Some(media) = response.content_type
        && media
            .to_ascii_lowercase()
            .trim_start()
            .starts_with("text/html")
    {
        return News::Failed("a page of HTML".to_owned());
    }
    let content = digest(&response.body);
    if content == known {
        return News::Same { etag };
    }
    match body::compile(source.format, kind, &response.body) {
        Ok(compiled) if Publisher::is_too_long(&compiled.entries) => {
            News::Failed("more entries than can be handed on".to_owned())
        }
        Ok(compiled) => News::New {
            compiled,
            content,
            etag: etag.unwrap_or_default(),
        },
        Err(why) => News::Failed(why.to_string()),
    }
}

/// Only such a name goes back into a request.
fn can_be_sent(etag: &str) -> bool {
    (1..=MAX_ETAG).contains(&etag.len()) && etag.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

const MAX_ETAG: usize = 256;
