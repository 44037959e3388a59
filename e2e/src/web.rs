//! A web server with moods, for fetched lists.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::paths::loopback;

/// What the server does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// Answers with this content; its etag is a hash of it.
    Serve(String),
    /// Answers with this content and media type, and no etag.
    Plain(String, &'static str),
    /// Answers with this status and a small body.
    Status(u16),
    /// Never answers.
    Silence,
    /// Announces all of the content and sends half of it.
    Half(String),
    /// Sends half of the content in chunks, and never the last one.
    HalfInChunks(String),
    /// Announces a gibibyte and sends it, for as long as somebody takes it.
    Gibibyte,
    /// Sends a gibibyte in chunks, likewise.
    GibibyteInChunks,
    /// Bytes that are no HTTP.
    Garbage,
    /// Closes at once.
    Close,
}

/// A request that has come.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its first line and its headers.
    pub head: String,
    /// The status that it was answered with; 0 for none.
    pub status: u16,
}

/// A server. It listens for as long as the process lives.
#[derive(Debug, Clone)]
pub struct Web {
    /// Where it listens.
    pub port: u16,
    state: Arc<Mutex<(Mood, Vec<Asked>)>>,
}

impl Web {
    /// Starts it on a port of the system's choice.
    pub fn start(mood: Mood) -> Result<Web> {
        Web::start_on(TcpListener::bind(loopback(0))?, mood)
    }

    /// Starts it on this port.
    pub fn start_at(port: u16, mood: Mood) -> Result<Web> {
        Web::start_on(TcpListener::bind(loopback(port))?, mood)
    }

    fn start_on(listener: TcpListener, mood: Mood) -> Result<Web> {
        let web = Web {
            port: listener.local_addr()?.port(),
            state: Arc::new(Mutex::new((mood, Vec::new()))),
        };
        let server = web.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                // A peer that is gone ends the answer, whatever it was to be.
                thread::spawn(move || _ = server.answer(stream));
            }
        });
        Ok(web)
    }

    /// Changes what it does with later requests.
    pub fn set(&self, mood: Mood) {
        self.state.lock().unwrap().0 = mood;
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().1.clone()
    }

    fn answer(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let mood = self.state.lock().unwrap().0.clone();
        let etag = match &mood {
            Mood::Serve(content) => etag(content),
            _ => String::new(),
        };
        let known = !etag.is_empty() && head.contains(&format!("if-none-match: {etag}\r\n"));
        let status = match &mood {
            Mood::Serve(_) if known => 304,
            Mood::Status(status) => *status,
            Mood::Silence | Mood::Garbage | Mood::Close => 0,
            _ => 200,
        };
        self.state.lock().unwrap().1.push(Asked { head, status });
        let start = format!("HTTP/1.1 {status} Whatever\r\nconnection: close\r\n");
        match mood {
            Mood::Serve(_) if known => write!(stream, "{start}etag: {etag}\r\n\r\n")?,
            Mood::Serve(content) => {
                let length = content.len();
                write!(
                    stream,
                    "{start}etag: {etag}\r\ncontent-length: {length}\r\n\r\n{content}"
                )?;
            }
            Mood::Plain(content, media) => {
                let length = content.len();
                write!(
                    stream,
                    "{start}content-type: {media}\r\ncontent-length: {length}\r\n\r\n{content}"
                )?;
            }
            Mood::Status(_) => write!(stream, "{start}content-length: 5\r\n\r\nsorry")?,
            Mood::Half(content) => {
                let (length, half) = (content.len(), &content[..content.len() / 2]);
                write!(stream, "{start}content-length: {length}\r\n\r\n{half}")?;
            }
            Mood::HalfInChunks(content) => {
                let half = &content[..content.len() / 2];
                write!(
                    stream,
                    "{start}transfer-encoding: chunked\r\n\r\n{:x}\r\n{half}\r\n",
                    half.len()
                )?;
            }
            Mood::Gibibyte => {
                write!(stream, "{start}content-length: {}\r\n\r\n", 1 << 30)?;
                for _ in 0..1 << 10 {
                    stream.write_all(&lines())?;
                }
            }
            Mood::GibibyteInChunks => {
                write!(stream, "{start}transfer-encoding: chunked\r\n\r\n")?;
                for _ in 0..1 << 10 {
                    write!(stream, "{:x}\r\n", lines().len())?;
                    stream.write_all(&lines())?;
                    write!(stream, "\r\n")?;
                }
                write!(stream, "0\r\n\r\n")?;
            }
            Mood::Garbage => stream.write_all(b"\x00\xffthis is no HTTP\r\n\r\n")?,
            Mood::Close => {}
            // Until the other side gives up.
            Mood::Silence => while stream.read(&mut byte)? > 0 {},
        }
        Ok(())
    }
}

/// A mebibyte of good entries.
fn lines() -> Vec<u8> {
    b"hello\n\n\n".repeat(1 << 17)
}

fn etag(content: &str) -> String {
    let hash = content
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("\"{hash:x}\"")
}
