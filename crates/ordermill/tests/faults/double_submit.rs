//! R5: the same order from many tabs at once.

use std::sync::Barrier;
use std::time::Duration;

use ordermill_base::Random;
use serde_json::json;

use crate::client::{Answer, an_order};
use crate::scale;
use crate::shop::{Server, Shop};
use crate::visitor::{Recipient, Visitor, borrowed};

/// Sends the same order from so many tabs within 50 ms of each other.
fn submit(
    shop: &Shop,
    server: &Server,
    tabs: usize,
    key: impl Fn(usize) -> String + Sync,
    body: &serde_json::Value,
    random: &mut Random,
) -> Vec<Answer> {
    let barrier = Barrier::new(tabs);
    let delays: Vec<u64> = (0..tabs).map(|_| random.below(50)).collect();
    std::thread::scope(|scope| {
        let send = |tab: usize| {
            let (barrier, key, mut client) = (&barrier, key(tab), shop.client(server));
            let delay = Duration::from_millis(delays[tab]);
            scope.spawn(move || {
                barrier.wait();
                std::thread::sleep(delay);
                client.place(&key, body).unwrap()
            })
        };
        let tabs: Vec<_> = (0..tabs).map(send).collect();
        tabs.into_iter().map(|tab| tab.join().unwrap()).collect()
    })
}

#[test]
fn one_order_comes_of_many_tabs_whatever_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 100_000);
    let server = shop.serve();
    let mut random = Random::from_seed(5);
    let mut placed = 0;
    for round in 0..4 * scale() {
        for tabs in [2, 3, 10, 50] {
            // The same key, as a button that is pressed twice sends it.
            let name = format!("{round}-{tabs}");
            let body = an_order(1, 1);
            let answers = submit(&shop, &server, tabs, |_| name.clone(), &body, &mut random);
            assert_same_order(&answers);
            // Other keys, but the channel's own id is the same.
            let mut body = an_order(2, 1);
            body["channel_order_id"] = json!(name);
            let key = |tab| format!("{name}-{tab}");
            let answers = submit(&shop, &server, tabs, key, &body, &mut random);
            assert_same_order(&answers);
            placed += 2;
        }
    }
    let list = shop.client(&server).get("/api/v1/orders?limit=100").unwrap();
    let orders = list.json()["items"].as_array().map(Vec::len);
    assert_eq!(orders, Some(placed.min(100)), "{}", list.body);
    drop(server);
    shop.check();
}

fn assert_same_order(answers: &[Answer]) {
    let first = answers[0].json();
    for answer in answers {
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["id"], first["id"], "two orders of one");
    }
}

#[test]
fn one_cart_becomes_one_order_however_many_tabs_send_its_form() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 100_000);
    let server = shop.serve();
    let mut random = Random::from_seed(55);
    let mut placed = Vec::new();
    for round in 0..2 * scale() {
        for tabs in [2, 5, 20, 50] {
            let mut visitor = Visitor::new(server.address);
            let recipient = Recipient {
                name: "张伟",
                phone: "13800138000",
                email: "",
                street: "世纪大道 100 号",
                note: "",
            };
            let form = visitor.check_out("S3", "cash_on_delivery", &recipient);
            // Half of the tabs are copies of one page, the others were opened by themselves.
            let barrier = Barrier::new(tabs);
            let addresses: Vec<String> = std::thread::scope(|scope| {
                let tab = |tab: usize| {
                    let (mut visitor, mut form) = (visitor.clone(), form.clone());
                    if tab % 2 == 1 {
                        let key = form.iter_mut().find(|(name, _)| name == "idempotency_key");
                        key.unwrap().1 = format!("{round}-{tabs}-{tab}");
                    }
                    let (barrier, delay) = (&barrier, Duration::from_millis(random.below(50)));
                    scope.spawn(move || {
                        barrier.wait();
                        std::thread::sleep(delay);
                        let answer = visitor.post("/checkout", &borrowed(&form));
                        assert_eq!(answer.status, 303, "{answer:?}");
                        answer.header("location").unwrap().to_owned()
                    })
                };
                let tabs: Vec<_> = (0..tabs).map(tab).collect();
                tabs.into_iter().map(|tab| tab.join().unwrap()).collect()
            });
            assert!(addresses[0].starts_with("/orders/"), "{addresses:?}");
            assert!(addresses.iter().all(|it| *it == addresses[0]), "two orders of one cart");
            placed.push(addresses[0].clone());
        }
    }
    placed.sort_unstable();
    placed.dedup();
    assert_eq!(placed.len(), 8 * scale() as usize, "each cart has become an order of its own");
    let list = shop.client(&server).get("/api/v1/orders?limit=100").unwrap();
    let orders = list.json()["items"].as_array().map(Vec::len);
    assert_eq!(orders, Some(placed.len().min(100)), "{}", list.body);
    drop(server);
    shop.check();
}

#[test]
fn a_key_that_was_used_for_another_order_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path(), None, 100);
    let server = shop.serve();
    let mut client = shop.client(&server);
    assert_eq!(client.place("k", &an_order(1, 1)).unwrap().status, 201);
    let other = client.place("k", &an_order(1, 2)).unwrap();
    assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_reused"));
    drop(server);
    shop.check();
}
