//! A browser without a window: it keeps cookies, follows redirects and sends forms.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufReader, Write as _};
use std::net::SocketAddr;

use crate::client::{Answer, connect, read_answer};

/// Redirects in a row.
const REDIRECTS_MAX: usize = 5;

/// Somebody who looks at pages.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    /// Opens a page, wherever it leads.
    pub(crate) fn open(&mut self, path: &str) -> Answer {
        let answer = self.send("GET", path, "");
        self.follow(answer)
    }

    /// Sends a form and goes where it leads.
    pub(crate) fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields);
        self.follow(answer)
    }

    /// Sends a form.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = String::new();
        for (name, value) in fields {
            let gap = if body.is_empty() { "" } else { "&" };
            write!(body, "{gap}{name}={}", encoded(value)).unwrap();
        }
        self.send("POST", path, &body)
    }

    fn follow(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..REDIRECTS_MAX {
            let is_own = |to: &&str| to.starts_with('/');
            match answer.header("location").filter(is_own).map(str::to_owned) {
                Some(to) if answer.status / 100 == 3 => answer = self.send("GET", &to, ""),
                _ => return answer,
            }
        }
        panic!("too many redirects: {}", answer.head);
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncookie: {}\r\n\
             accept-language: en\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len()
        );
        let mut stream = connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let answer = read_answer(&mut BufReader::new(stream)).unwrap();
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Puts something into the cart, and fills in the checkout for a recipient; gives the form, as it
    /// is sent to order.
    pub(crate) fn check_out(
        &mut self,
        sku: &str,
        payment: &str,
        recipient: &Recipient<'_>,
    ) -> Vec<(String, String)> {
        let added = self.submit("/cart/lines", &[("sku", sku), ("quantity", "1")]);
        assert_eq!(added.status, 200, "{}", added.head);
        let page = self.open("/checkout");
        assert_eq!(page.status, 200, "{}", page.head);
        let (key, cart) = (hidden(&page, "idempotency_key"), hidden(&page, "cart"));
        let mut fields: Vec<(String, String)> = [
            ("idempotency_key", key.as_str()),
            ("cart", &cart),
            ("country", "CN"),
            ("name", recipient.name),
            ("phone", recipient.phone),
            ("email", recipient.email),
            ("province", "上海市"),
            ("city", "上海市"),
            ("district", "浦东新区"),
            ("street", recipient.street),
            ("note", recipient.note),
            ("payment", payment),
            ("step", "update"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let priced = self.post("/checkout", &borrowed(&fields));
        assert_eq!(priced.status, 200, "{}", priced.head);
        fields.pop();
        fields.push(("step".to_owned(), "place".to_owned()));
        fields.push(("agreed_total".to_owned(), hidden(&priced, "agreed_total")));
        fields
    }
}

/// Who gets an order, as typed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipient<'p> {
    pub(crate) name: &'p str,
    pub(crate) phone: &'p str,
    pub(crate) email: &'p str,
    pub(crate) street: &'p str,
    pub(crate) note: &'p str,
}

/// Fields as a form takes them.
pub(crate) fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What a hidden field of a page holds.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let found = page.body.split_once(&start).and_then(|(_, rest)| rest.split_once('"'));
    found.unwrap_or_else(|| panic!("no {name} in {}", page.body)).0.to_owned()
}

/// A text as the value of a parameter.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            other => write!(encoded, "%{other:02X}").unwrap(),
        }
    }
    encoded
}
