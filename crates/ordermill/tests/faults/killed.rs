//! R13: SIGKILL under load, again and again.

use std::sync::Arc;
use std::time::Duration;

use ordermill_base::Random;

use crate::load::Memory;
use crate::scale;
use crate::shop::Shop;

#[test]
fn whatever_was_acknowledged_survives_being_killed_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 1_000_000);
    let memory = Arc::new(Memory::default());
    let mut random = Random::from_seed(13);
    let mut slowest = Duration::ZERO;
    for _ in 0..20 * scale() {
        let mut server = shop.serve();
        slowest = slowest.max(server.started_within);
        memory.verify(&shop, &server, 16);
        let load = memory.load(&shop, &server, 8);
        std::thread::sleep(Duration::from_millis(random.between(50, 600).unsigned_abs()));
        server.running.kill().unwrap();
        load.join();
    }
    let server = shop.serve();
    memory.verify_all(&shop, &server);
    drop(server);
    shop.check();
    let acknowledged = memory.acknowledged();
    assert!(acknowledged > 100, "only {acknowledged} orders were placed between the kills");
    println!("{acknowledged} acknowledged, slowest start {slowest:?}");
    assert!(slowest < Duration::from_secs(10), "a start took {slowest:?}");
}
