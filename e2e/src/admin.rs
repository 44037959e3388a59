//! Envoy's admin port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// The answer to one request, by HTTP/1.1 on a connection of its own.
pub(crate) fn get(admin: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(admin)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .context("no end of the headers")?;
    let (headers, body) = (
        String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase(),
        &answer[end + 4..],
    );
    ensure!(
        headers.starts_with("http/1.1 200 "),
        "GET {path}: {headers}"
    );
    let body = if headers.contains("transfer-encoding: chunked") {
        chunks(body)?
    } else {
        body.to_vec()
    };
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// `LENGTH-IN-HEX CRLF DATA CRLF` until a chunk of length 0.
fn chunks(mut body: &[u8]) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let line = body
            .windows(2)
            .position(|bytes| bytes == b"\r\n")
            .context("a chunk's length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&body[..line])?, 16)?;
        if length == 0 {
            return Ok(data);
        }
        let rest = &body[line + 2..];
        data.extend_from_slice(rest.get(..length).context("a whole chunk")?);
        body = rest.get(length + 2..).context("a chunk's end")?;
    }
}
