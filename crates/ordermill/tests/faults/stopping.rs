//! R29, in small: a process that is told to stop is gone soon, whoever listens.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::client::{an_order, connect};
use crate::shop::Shop;

/// What was accepted is finished long before this.
const ENDS_WITHIN: Duration = Duration::from_secs(3);

/// Reads from a stream until it has told this.
fn wait_for(stream: &mut TcpStream, awaited: &str) {
    let mut told = String::new();
    while !told.contains(awaited) {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "the stream ended: {told}");
        told.push_str(&String::from_utf8_lossy(&piece[..length]));
    }
}

#[test]
fn streams_and_idle_connections_do_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 1_000);
    let mut server = shop.serve();
    let ask = format!("GET /api/v1/events HTTP/1.1\r\nhost: shop\r\n{}\r\n", shop.authorization());
    let mut streams: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = connect(server.address).unwrap();
            stream.write_all(ask.as_bytes()).unwrap();
            // It tells what happens from here on.
            wait_for(&mut stream, "\r\n\r\n");
            stream
        })
        .collect();
    // One that has said nothing yet, and one that waits for its next request.
    let _silent = connect(server.address).unwrap();
    let mut idle = shop.client(&server);
    assert_eq!(idle.place("k", &an_order(1, 1)).unwrap().status, 201);
    for stream in &mut streams {
        wait_for(stream, "order.placed");
    }
    let asked = Instant::now();
    let ended = server.running.terminate(Duration::from_secs(30)).unwrap();
    assert!(ended.success(), "{}", server.running.output());
    assert!(asked.elapsed() < ENDS_WITHIN, "it took {:?} to end", asked.elapsed());
    shop.check();
}
