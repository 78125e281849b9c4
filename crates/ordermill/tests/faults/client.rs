//! A plain HTTP client: what it sends is exactly what the test says.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// No answer takes longer than this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that keeps its connection while it works.
pub(crate) struct Client {
    address: SocketAddr,
    key: String,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The problem's code.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        Self { address, key: key.to_owned(), connection: None }
    }

    /// Places an order under an idempotency key.
    pub(crate) fn place(&mut self, key: &str, body: &Value) -> io::Result<Answer> {
        let body = body.to_string();
        let head = format!(
            "POST /api/v1/orders HTTP/1.1\r\nidempotency-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        self.send(&head, body.as_bytes())
    }

    /// Reads an address.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\n"), b"")
    }

    /// Sends a request with these headers, and the ones that every request has.
    pub(crate) fn send(&mut self, head: &str, body: &[u8]) -> io::Result<Answer> {
        let result = self.exchange(head, body);
        let closes = |answer: &Answer| answer.header("connection") == Some("close");
        if result.as_ref().map_or(true, closes) {
            self.connection = None;
        }
        result
    }

    fn exchange(&mut self, head: &str, body: &[u8]) -> io::Result<Answer> {
        if self.connection.is_none() {
            self.connection = Some(BufReader::new(connect(self.address)?));
        }
        let connection = self.connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let head = format!("{head}host: shop\r\nauthorization: Bearer {}\r\n\r\n", self.key);
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        connection.get_mut().write_all(&request)?;
        read_answer(connection)
    }
}

/// A connection that does not wait forever.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads one answer whose length is given.
pub(crate) fn read_answer(from: &mut impl BufRead) -> io::Result<Answer> {
    let mut head = String::new();
    loop {
        let start = head.len();
        if from.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if head[start..].trim().is_empty() {
            break;
        }
    }
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
    let mut answer = Answer { status, head, body: String::new() };
    let length = answer.header("content-length").unwrap_or("0").parse().map_err(|_| malformed())?;
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    answer.body = String::from_utf8(body).map_err(|_| malformed())?;
    Ok(answer)
}

/// An order of one line.
pub(crate) fn an_order(sku: i64, pieces: i64) -> Value {
    json!({
        "lines": [{ "sku": format!("S{sku}"), "quantity": pieces }],
        "recipient": {
            "name": "张伟",
            "phone": "13800138000",
            "country": "CN",
            "province": "上海市",
            "city": "上海市",
            "district": "浦东新区",
            "street": ["世纪大道 100 号"]
        }
    })
}
