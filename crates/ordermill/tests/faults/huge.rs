//! R34: requests that are far too large are refused quickly and cost little.

use std::io::{BufReader, Write};
use std::time::{Duration, Instant};

use crate::client::{Answer, an_order, connect, read_answer};
use crate::shop::{Server, Shop};

const QUICKLY: Duration = Duration::from_secs(5);
const GROWTH_MAX_KB: u64 = 50 * 1024;

/// Sends a head, then a piece of body again and again until the server answers or hangs up.
fn pour(server: &Server, head: &str, piece: &[u8], pieces: u64) -> Option<Answer> {
    let head = format!("POST /api/v1/orders HTTP/1.1\r\nhost: shop\r\n{head}\r\n");
    pour_whole(server, &head, piece, pieces)
}

/// As [`pour`], with a whole head.
fn pour_whole(server: &Server, head: &str, piece: &[u8], pieces: u64) -> Option<Answer> {
    let stream = connect(server.address).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let head = head.to_owned();
    let piece = piece.to_vec();
    let pouring = std::thread::spawn(move || {
        writer.write_all(head.as_bytes())?;
        (0..pieces).try_for_each(|_| writer.write_all(&piece))
    });
    let answer = read_answer(&mut BufReader::new(&stream)).ok();
    drop(stream.shutdown(std::net::Shutdown::Both));
    drop(pouring.join());
    answer
}

#[test]
fn what_is_far_too_large_is_refused_quickly_and_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 1_000);
    let server = shop.serve();
    let mut client = shop.client(&server);
    assert_eq!(client.place("first", &an_order(1, 1)).unwrap().status, 201);
    let before = server.peak_kb();
    let key = shop.authorization();
    let json = format!("{key}content-type: application/json\r\nidempotency-key: k\r\n");

    // 10 GB, announced or not.
    let mut block = b"100000\r\n".to_vec();
    block.resize(8 + 0x10_0000, b' ');
    block.extend_from_slice(b"\r\n");
    let length = format!("{json}content-length: 10000000000\r\n");
    let chunked = format!("{json}transfer-encoding: chunked\r\n");
    for (head, piece) in [(length, &block[8..8 + 0x10_0000]), (chunked, &block[..])] {
        let asked = Instant::now();
        let answer = pour(&server, &head, piece, 10_000);
        assert!(asked.elapsed() < QUICKLY, "refused after {:?}", asked.elapsed());
        // A client that is still writing may see the connection closed before the answer.
        if let Some(answer) = answer {
            assert_eq!(answer.status, 413, "{answer:?}");
        }
    }

    // 10 MB in one header, and 10,000 headers.
    let long = format!("x-long: {}\r\n", "a".repeat(10_000_000));
    let many: String = (0..10_000).map(|number| format!("x-{number}: 1\r\n")).collect();
    for head in [long, many] {
        let asked = Instant::now();
        let answer = pour(&server, &head, b"", 0);
        assert!(asked.elapsed() < QUICKLY, "refused after {:?}", asked.elapsed());
        if let Some(answer) = answer {
            assert_eq!(answer.status, 431, "{answer:?}");
        }
    }

    // 100,000 brackets deep, a million elements, a million wrong ones.
    let deep = "[".repeat(100_000);
    let wide = format!("[{}1]", "1,".repeat(400_000));
    let lines = format!("{{\"lines\": [{}{{}}]}}", "{},".repeat(300_000));
    for body in [deep, wide, lines] {
        let asked = Instant::now();
        let head = format!(
            "POST /api/v1/orders HTTP/1.1\r\nidempotency-key: k\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let answer = client.send(&head, body.as_bytes()).unwrap();
        assert!(matches!(answer.status, 400 | 413 | 422), "{answer:?}");
        assert!(answer.body.len() < 100_000, "the refusal has {} bytes", answer.body.len());
        assert!(asked.elapsed() < QUICKLY, "refused after {:?}", asked.elapsed());
    }

    // A thousand times as large as it looks: nothing here is ever unpacked.
    let head = "POST /api/v1/orders HTTP/1.1\r\nidempotency-key: z\r\ncontent-encoding: gzip\r\n\
                content-type: application/json\r\ncontent-length: 20\r\n";
    let answer = client.send(head, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].repeat(2)).unwrap();
    assert!(matches!(answer.status, 400 | 415), "{answer:?}");

    // A file of a hundred megabytes.
    let file = format!("POST /api/v1/imports/orders HTTP/1.1\r\nhost: shop\r\n{key}");
    let large = format!("{file}content-type: text/csv\r\ncontent-length: 100000000\r\n\r\n");
    let asked = Instant::now();
    let answer = pour_whole(&server, &large, &vec![b'x'; 1024 * 1024], 95);
    assert!(asked.elapsed() < QUICKLY, "refused after {:?}", asked.elapsed());
    if let Some(answer) = answer {
        assert_eq!(answer.status, 413, "{answer:?}");
    }

    let growth = server.peak_kb().saturating_sub(before);
    println!("{growth} kB more at the most");
    assert!(growth < GROWTH_MAX_KB, "{growth} kB more");
    assert_eq!(client.place("last", &an_order(1, 1)).unwrap().status, 201);
    drop(server);
    shop.check();
}
