//! A lean HTTP/1.1 client for loopback: it keeps its connection, sends bytes that were made before,
//! and looks at nothing of an answer but its status and its body.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer's head at most.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// A connection on which nothing was asked for longer may have been closed: the server gives it ten seconds.
const KEPT_FOR: Duration = Duration::from_secs(5);

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One connection that is kept.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: TcpStream,
    asked: Instant,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = connect(address).await?;
        let buffer = Vec::with_capacity(4 * 1024);
        Ok(Self { address, stream, asked: Instant::now(), buffer })
    }

    /// Sends a request as it is and waits for the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        if self.asked.elapsed() > KEPT_FOR {
            self.stream = connect(self.address).await?;
        }
        self.asked = Instant::now();
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, body_at) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(at) = end_of_head(&self.buffer) {
                break (Head::read(&self.buffer[..at])?, at);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(malformed("the head does not end"));
            }
        };
        let end = body_at + head.body_bytes;
        while self.buffer.len() < end {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Answer { status: head.status, body: &self.buffer[body_at..end] })
    }
}

/// A request with a JSON body; `extra` are further header lines, each with its end.
pub(crate) fn post(into: &mut Vec<u8>, path: &str, extra: &str, body: &str) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{extra}content-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    into.extend_from_slice(head.as_bytes());
    into.extend_from_slice(body.as_bytes());
}

/// A request without a body.
pub(crate) fn get(into: &mut Vec<u8>, path: &str, extra: &str) {
    into.extend_from_slice(format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{extra}\r\n").as_bytes());
}

struct Head {
    status: u16,
    body_bytes: usize,
}

impl Head {
    fn read(head: &[u8]) -> io::Result<Self> {
        let text = std::str::from_utf8(head).map_err(|_| malformed("the head is not text"))?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| malformed("no status"))?;
        if status == 204 {
            return Ok(Self { status, body_bytes: 0 });
        }
        let mut fields = lines.filter_map(|line| line.split_once(':'));
        let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let body_bytes = length.and_then(|(_, value)| value.trim().parse().ok());
        // Everything that is measured says how long it is; a chunked answer would be a stream.
        Ok(Self { status, body_bytes: body_bytes.ok_or_else(|| malformed("no content-length"))? })
    }
}

/// Where the body begins.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_by_its_length() {
        let bytes = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        let at = end_of_head(bytes).unwrap();
        let head = Head::read(&bytes[..at]).unwrap();
        assert_eq!((head.status, head.body_bytes, &bytes[at..]), (201, 2, b"{}".as_slice()));
        assert!(Head::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
        assert_eq!(Head::read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().body_bytes, 0);
        assert!(Head::read(b"nonsense\r\n\r\n").is_err());
    }
}
