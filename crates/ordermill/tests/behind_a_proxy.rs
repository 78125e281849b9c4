//! Who is who behind a proxy in front of the real program. The test itself plays the proxy, and those who
//! pretend to be one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use ordermill_faults::{Program, Running};

/// Long enough for a busy machine and a build without optimization.
const PATIENCE: Duration = Duration::from_secs(60);
/// More links that open nothing than one address may try within a minute, whenever the minute begins.
const GUESSES: usize = 200;

/// A shop that trusts this proxy.
struct Shop {
    origin: String,
    _running: Running,
    _data: tempfile::TempDir,
}

impl Shop {
    fn that_trusts(proxy: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut running = Program::new(env!("CARGO_BIN_EXE_ordermill"))
            .env("ORDERMILL_LOG", "warn")
            .env("ORDERMILL_TRUSTED_PROXIES", proxy)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .start()
            .unwrap();
        let line = running.wait_for_line("listening on ", PATIENCE).unwrap();
        let origin = line.rsplit(' ').next().unwrap().to_owned();
        Self { origin, _running: running, _data: data }
    }

    /// The status of a tracking page whose link opens nothing, asked for with one header more.
    fn guess(&self, (name, value): (&str, &str)) -> u16 {
        let request = ureq::get(format!("{}/t/nothing", self.origin)).header(name, value);
        let answer = request.config().http_status_as_error(false).build().call().unwrap();
        answer.status().as_u16()
    }

    /// Whether somebody who guesses links is stopped, with a header that each guess writes anew.
    fn stops(&self, header: impl Fn(usize) -> (&'static str, String)) -> bool {
        (0..GUESSES).any(|number| {
            let (name, value) = header(number);
            self.guess((name, &value)) == 429
        })
    }
}

#[test]
fn whoever_guesses_links_behind_a_trusted_proxy_stops_nobody_but_themselves() {
    let shop = Shop::that_trusts("127.0.0.0/8");
    // What they write in front of the address that the proxy adds does not make them someone else.
    let liar = |number: usize| {
        ("x-forwarded-for", format!("192.0.2.{number}, 198.51.100.{number}, 203.0.113.5"))
    };
    assert!(shop.stops(liar), "they were never told to wait");
    assert_eq!(shop.guess(("forwarded", "for=\"203.0.113.5:4711\"")), 429, "the same client");
    assert_eq!(shop.guess(("x-forwarded-for", "203.0.113.6")), 404, "their neighbor");
    assert_eq!(shop.guess(("forwarded", "for=\"[2001:db8::6]:4711\"")), 404, "somebody else");
}

#[test]
fn nobody_evades_a_limit_by_pretending_to_be_a_proxy() {
    let shop = Shop::that_trusts("10.0.0.0/8");
    assert!(shop.stops(|number| ("x-forwarded-for", format!("203.0.113.{number}"))));
    assert_eq!(shop.guess(("forwarded", "for=203.0.113.5")), 429, "the peer is who asks");
}
