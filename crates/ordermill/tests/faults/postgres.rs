//! R25: the database server dies and comes back, or another one takes its place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordermill_faults::{Postgres, PostgresOptions, eventually};

use crate::load::Memory;
use crate::scale;
use crate::shop::Shop;

#[test]
fn without_its_database_server_it_says_so_and_goes_on_when_the_server_is_back() {
    let mut postgres = Postgres::start(PostgresOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), Some(&postgres.url()), 1_000_000);
    let server = shop.serve();
    let memory = Arc::new(Memory::default());
    for _ in 0..2 * scale() {
        let load = memory.load(&shop, &server, 8);
        std::thread::sleep(Duration::from_millis(500));
        postgres.kill().unwrap();
        let killed = Instant::now();
        let mut slowest = Duration::ZERO;
        while killed.elapsed() < Duration::from_secs(2) {
            let asked = Instant::now();
            let answer = memory.place_one(&shop, &server).unwrap();
            slowest = slowest.max(asked.elapsed());
            // What was on its way when the server died may still have been written.
            assert!(matches!(answer.status, 201 | 503), "{answer:?}");
            if answer.status == 503 {
                assert!(answer.header("retry-after").is_some(), "{answer:?}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(slowest < Duration::from_secs(2), "an answer took {slowest:?}");
        load.stop();
        let answer = memory.place_one(&shop, &server).unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (503, "database_unavailable"));
        postgres.restart().unwrap();
        let back = Instant::now();
        let recovered = eventually(Duration::from_secs(15), || {
            memory.place_one(&shop, &server).is_some_and(|answer| answer.status == 201)
        });
        assert!(recovered, "no order after the server was back");
        println!("{slowest:?} at most without a server, recovered after {:?}", back.elapsed());
        assert!(back.elapsed() < Duration::from_secs(5), "recovered after {:?}", back.elapsed());
        memory.verify(&shop, &server, 64);
    }
    memory.verify_all(&shop, &server);
    drop(server);
    shop.check();
}

#[test]
fn a_standby_takes_over_and_has_every_order_that_was_acknowledged() {
    let mut first = Postgres::start(PostgresOptions::default()).unwrap();
    let second = first.standby().unwrap();
    let address = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        first.port(),
        second.port()
    );
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), Some(&address), 1_000_000);
    let server = shop.serve();
    let memory = Arc::new(Memory::default());
    let load = memory.load(&shop, &server, 8);
    std::thread::sleep(Duration::from_secs(u64::from(scale())));
    first.kill().unwrap();
    let died = Instant::now();
    second.promote().unwrap();
    let is_taken = || memory.place_one(&shop, &server).is_some_and(|answer| answer.status == 201);
    // Each connection looks for the new server by itself, four times a second.
    let is_back_for_a_second = || {
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(1) {
            if !is_taken() {
                return false;
            }
        }
        true
    };
    let recovered = eventually(Duration::from_secs(15), is_back_for_a_second);
    let took = died.elapsed();
    load.stop();
    assert!(recovered, "no order from the server that took over");
    println!("the standby takes orders {took:?} after the first server died");
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    memory.verify_all(&shop, &server);
    drop(server);
    shop.check();
}
