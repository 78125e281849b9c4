//! R33: clients that take their time, on purpose.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ordermill_faults::eventually;

use crate::client::{an_order, connect};
use crate::scale;
use crate::shop::Shop;

/// Headers must be there within 10 s, a small body within 20 s; with some patience for a busy machine.
const CLOSED_WITHIN: Duration = Duration::from_secs(45);

#[test]
fn slow_clients_are_cut_and_hold_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 100_000);
    let server = shop.serve();
    let each = 50 * scale() as usize;
    let open = |first: &[u8]| {
        let mut stream = connect(server.address).unwrap();
        stream.write_all(first).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    };
    let body = format!(
        "POST /api/v1/orders HTTP/1.1\r\nhost: shop\r\n{}idempotency-key: slow\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n",
        shop.authorization()
    );
    let mut slow: Vec<TcpStream> = Vec::new();
    for _ in 0..each {
        slow.extend([open(b""), open(b"GET / HT"), open(body.as_bytes())]);
    }
    let began = Instant::now();
    let mut client = shop.client(&server);
    let mut slowest = Duration::ZERO;
    let mut count = 0;
    while !slow.is_empty() {
        assert!(began.elapsed() < CLOSED_WITHIN, "{} slow clients are still served", slow.len());
        // One byte each, and nothing more, for those that have begun.
        slow.retain_mut(drips);
        let asked = Instant::now();
        let answer = client.place(&format!("k{count}"), &an_order(1, 1)).unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
        slowest = slowest.max(asked.elapsed());
        count += 1;
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("{count} orders meanwhile, the slowest in {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "an order took {slowest:?}");
    drop(server);
    shop.check();
}

#[test]
fn clients_that_take_no_answer_give_their_places_back() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 100_000);
    let server = shop.serve();
    let mut client = shop.client(&server);
    let document = client.get("/api/v1/openapi.json").unwrap().body.len();
    let before = server.sockets();
    // More than the system keeps for them between the two ends.
    let times = 32 * 1024 * 1024 / document;
    let ask = "GET /api/v1/openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n".repeat(times);
    let readers: Vec<TcpStream> = (0..10 * scale())
        .map(|_| {
            let mut stream = connect(server.address).unwrap();
            stream.write_all(ask.as_bytes()).unwrap();
            stream
        })
        .collect();
    let held = eventually(Duration::from_secs(10), || server.sockets() >= before + readers.len());
    assert!(held, "{} sockets, {before} before", server.sockets());
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut count = 0;
    while server.sockets() > before {
        assert!(began.elapsed() < CLOSED_WITHIN, "{} sockets still", server.sockets());
        let asked = Instant::now();
        let answer = client.place(&format!("r{count}"), &an_order(1, 1)).unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
        slowest = slowest.max(asked.elapsed());
        count += 1;
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("given up after {:?}; the slowest order meanwhile took {slowest:?}", began.elapsed());
    assert!(slowest < Duration::from_secs(2), "an order took {slowest:?}");
    drop((server, readers));
    shop.check();
}

/// Sends a byte and looks whether the server has hung up.
fn drips(stream: &mut TcpStream) -> bool {
    let mut answer = [0; 512];
    let is_alive = match stream.read(&mut answer) {
        Ok(0) => false,
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    };
    is_alive && stream.write_all(b"a").is_ok()
}
