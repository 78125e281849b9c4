//! Those outside: a gateway with a phone and a mailbox, and a receiver of webhooks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ordermill_faults::{Program, Running};
use serde_json::Value;

use crate::client::{connect, read_answer};
use crate::visitor::Visitor;

/// `ordermill sandbox` at work.
pub(crate) struct Sandbox {
    /// What a shop beside it is told about it.
    pub(crate) settings: Vec<(String, String)>,
    address: SocketAddr,
    _running: Running,
}

impl Sandbox {
    pub(crate) fn start() -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_ordermill"));
        let mut running = program.args(["sandbox", "--listen", "127.0.0.1:0"]).start().unwrap();
        running
            .wait_for_line("export ORDERMILL_SANDBOX_NOTICE_SECRET=", Duration::from_secs(60))
            .unwrap();
        let said = running.output();
        let pairs = said.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let settings: Vec<(String, String)> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let url = &settings.iter().find(|(name, _)| name == "ORDERMILL_SANDBOX_URL").unwrap().1;
        let address = url.trim_start_matches("http://").parse().unwrap();
        Self { settings, address, _running: running }
    }

    /// What was sent to phones (`sms`) or mailboxes (`mail`).
    pub(crate) fn messages(&self, medium: &str) -> Vec<Value> {
        let mut stream = connect(self.address).unwrap();
        let request =
            format!("GET /{medium} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let answer = read_answer(&mut BufReader::new(stream)).unwrap();
        answer.json().as_array().cloned().unwrap()
    }

    /// The buyer decides on the gateway's page, whose address stands on this page of the shop.
    pub(crate) fn decide(&self, leading_there: &str, action: &str) {
        let (_, reference) = leading_there.split_once("/pay/").unwrap_or_else(|| {
            panic!("this page does not lead to the gateway: {leading_there}");
        });
        let end = reference.find(['"', '<', '&', '?']).unwrap();
        let path = format!("/pay/{}?lang=en", &reference[..end]);
        let answer = Visitor::new(self.address).post(&path, &[("action", action)]);
        assert_eq!(answer.status, 303, "{answer:?}");
    }
}

/// Takes in every webhook, and keeps it as it came.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Receiver {
    /// Listens until the test ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || take_in(&stream.unwrap(), &kept));
            }
        });
        Self { url, received }
    }

    /// All that came.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }
}

/// One message after the other, until the sender hangs up.
fn take_in(mut stream: &TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let mut all = kept.lock().unwrap();
        all.extend_from_slice(head.as_bytes());
        all.extend_from_slice(&body);
        drop(all);
        if stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}
