//! R18 and R19: a disk that is full, and one that fails.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordermill_faults::{Injection, Strace, Tmpfs, eventually};

use crate::client::connect;
use crate::load::Memory;
use crate::scale;
use crate::shop::{Server, Shop};

/// A process whose disk has failed is gone after this at the latest, so that a fresh one may start.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn a_full_disk_refuses_orders_serves_readers_and_recovers_by_itself() {
    let disk = Tmpfs::mount(64 * 1024 * 1024).unwrap();
    let shop = Shop::new(&disk.path().join("data"), None, 1_000_000);
    let server = shop.serve();
    let memory = Arc::new(Memory::default());
    for _ in 0..5 * scale() {
        let load = memory.load(&shop, &server, 4);
        std::thread::sleep(Duration::from_millis(100));
        disk.fill().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        load.stop();
        disk.fill().unwrap();
        let mut refused = None;
        let is_refused = eventually(Duration::from_secs(10), || {
            let answer = memory.place_one(&shop, &server).unwrap();
            let is_full = answer.status == 503;
            refused = Some(answer);
            is_full
        });
        let refused = refused.unwrap();
        assert!(is_refused, "{refused:?}");
        assert_eq!(refused.code(), "storage_full", "{refused:?}");
        assert!(refused.header("retry-after").is_some(), "{refused:?}");
        let list = shop.client(&server).get("/api/v1/orders").unwrap();
        assert_eq!(list.status, 200, "reading goes on: {list:?}");
        disk.empty().unwrap();
        let recovered = eventually(Duration::from_secs(10), || {
            memory.place_one(&shop, &server).is_some_and(|answer| answer.status == 201)
        });
        assert!(recovered, "no order 10 s after there was room again");
    }
    memory.verify_all(&shop, &server);
    drop(server);
    shop.check();
}

#[test]
fn who_was_not_seen_before_reads_on_a_full_disk() {
    let disk = Tmpfs::mount(64 * 1024 * 1024).unwrap();
    let shop = Shop::new(&disk.path().join("data"), None, 1_000);
    let server = shop.serve();
    // What the program still frees or writes when it starts is taken by the second time.
    for _ in 0..2 {
        disk.fill().unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    let list = shop.client(&server).get("/api/v1/orders").unwrap();
    assert_eq!(list.status, 200, "{list:?}");
    disk.empty().unwrap();
    drop(server);
    shop.check();
}

#[test]
fn after_a_failed_write_or_flush_nothing_is_promised_that_is_not_there() {
    // Counted per thread, so the early ones hit the opening and the later ones the writer at work.
    let steps = if scale() > 1 { 1..=500_u32 } else { 1..=60 };
    let stride = if scale() > 1 { 3 } else { 12 };
    let faults = [
        ("pwrite64", Injection::Error("EIO")),
        ("pwrite64", Injection::Error("ENOSPC")),
        ("fdatasync", Injection::Error("EIO")),
        ("openat", Injection::Error("EIO")),
    ];
    let mut harmed = 0;
    for (call, injection) in faults {
        for nth in steps.clone().step_by(stride) {
            harmed += u32::from(survives(call, nth, injection.clone()));
        }
    }
    assert!(harmed > 0, "no fault ever met the program at work");
}

/// A client whose body does not come.
fn unfinished(shop: &Shop, server: &Server) -> std::io::Result<TcpStream> {
    let mut stream = connect(server.address)?;
    let request = format!(
        "POST /api/v1/orders HTTP/1.1\r\nhost: shop\r\n{}idempotency-key: slow\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{",
        shop.authorization()
    );
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}

/// Runs a shop whose `nth` call fails. Gives whether orders were refused or the program gave up.
fn survives(call: &str, nth: u32, injection: Injection) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 1_000);
    let memory = Arc::new(Memory::default());
    let strace = Strace::new().nth(call, nth, injection);
    let mut is_harmed = false;
    match shop.try_serve(Some(strace)) {
        Err(_) => is_harmed = true,
        Ok(mut server) => {
            // Somebody is in the middle of a request all the time.
            let _unfinished = unfinished(&shop, &server);
            for _ in 0..40 {
                match memory.place_one(&shop, &server) {
                    Some(answer) if answer.status == 201 => {}
                    Some(answer) => {
                        is_harmed = true;
                        assert_eq!(answer.status, 503, "{call} {nth}: {answer:?}");
                    }
                    None => {
                        is_harmed = true;
                        let refused = Instant::now();
                        let ended = server.running.wait(Duration::from_secs(60)).unwrap();
                        assert!(!ended.success(), "{call} {nth}: it ended as if all were well");
                        let took = refused.elapsed();
                        let said = server.running.output();
                        assert!(
                            took < ENDS_WITHIN,
                            "{call} {nth}: it took {took:?} to end: {said}"
                        );
                        break;
                    }
                }
            }
            server.running.kill().unwrap();
        }
    }
    let server = shop.serve();
    memory.verify_all(&shop, &server);
    drop(server);
    shop.check();
    is_harmed
}
