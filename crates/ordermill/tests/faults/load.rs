//! Clients that place orders and remember what they were told.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::client::{Answer, an_order};
use crate::shop::{SKUS, Server, Shop};

/// How long a client that was refused waits.
const PAUSE: Duration = Duration::from_millis(100);

/// What clients know about what they asked for.
#[derive(Default)]
pub(crate) struct Memory {
    asked: Mutex<Vec<Asked>>,
    count: AtomicU32,
}

#[derive(Clone)]
struct Asked {
    key: String,
    body: Value,
    /// The content of the 2xx, if one came.
    told: Option<Value>,
}

/// Clients at work.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Memory {
    /// Clients that place orders one after another until the server is gone or they are told to stop.
    pub(crate) fn load(self: &Arc<Self>, shop: &Shop, server: &Server, clients: u32) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |_| {
            let (memory, stop) = (Arc::clone(self), Arc::clone(&stop));
            let mut client = shop.client(server);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = memory.count.fetch_add(1, Ordering::Relaxed);
                    let body = an_order(1 + i64::from(number) % SKUS, 1);
                    let key = format!("key-{number}");
                    let answer = client.place(&key, &body);
                    let status = answer.as_ref().map(|it| it.status).ok();
                    memory.note(key, body, answer.ok().as_ref());
                    match status {
                        None => return,
                        Some(201) => {}
                        Some(_) => std::thread::sleep(PAUSE),
                    }
                }
            })
        };
        let clients = (0..clients).map(start).collect();
        Load { stop, clients }
    }

    fn note(&self, key: String, body: Value, answer: Option<&Answer>) {
        let told = answer.filter(|it| it.status / 100 == 2).map(Answer::json);
        self.asked.lock().unwrap().push(Asked { key, body, told });
    }

    /// Places one order and remembers it.
    pub(crate) fn place_one(&self, shop: &Shop, server: &Server) -> Option<Answer> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let (key, body) = (format!("key-{number}"), an_order(1 + i64::from(number) % SKUS, 1));
        let answer = shop.client(server).place(&key, &body).ok();
        self.note(key, body, answer.as_ref());
        answer
    }

    /// How many orders were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.told.is_some()).count()
    }

    /// I12: what was acknowledged is there with equal content, found by its id and by its key. What
    /// nobody knows is asked for again and stands once from then on.
    pub(crate) fn verify(&self, shop: &Shop, server: &Server, newest: usize) {
        let mut client = shop.client(server);
        let mut asked = self.asked.lock().unwrap();
        let start = asked.len().saturating_sub(newest);
        for it in &mut asked[start..] {
            let again = client.place(&it.key, &it.body).unwrap();
            if it.told.is_none() && again.status != 201 {
                // Refused before and now: nothing stands that nobody was told of.
                continue;
            }
            assert_eq!(again.status, 201, "{} {again:?}", it.key);
            let told = it.told.get_or_insert_with(|| again.json());
            assert_eq!(again.json(), *told, "the answer to {} has changed", it.key);
            let id = told["id"].as_str().unwrap();
            let found = client.get(&format!("/api/v1/orders/{id}")).unwrap();
            assert_eq!(found.status, 200, "{id} is gone: {found:?}");
            for field in ["id", "number", "placed_at", "total"] {
                assert_eq!(found.json()[field], told[field], "{field} of {id}");
            }
        }
    }

    /// As [`Memory::verify`], for all; and no order stands that nobody asked for.
    pub(crate) fn verify_all(&self, shop: &Shop, server: &Server) {
        self.verify(shop, server, usize::MAX);
        let asked = self.asked.lock().unwrap();
        let mut ids: Vec<String> = asked
            .iter()
            .filter_map(|it| Some(it.told.as_ref()?["id"].as_str()?.to_owned()))
            .collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "two requests got the same order");
    }
}

impl Load {
    /// No more; what is under way is waited for.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.join();
    }

    /// Waits until the clients have noticed that the server is gone.
    pub(crate) fn join(self) {
        for client in self.clients {
            client.join().unwrap();
        }
    }
}
