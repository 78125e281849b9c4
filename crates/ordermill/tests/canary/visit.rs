//! What people do, right and wrong.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use crate::client::{Answer, Client, connect};
use crate::person::Person;

/// The channel, our account there, and what its messages are signed with.
pub(crate) const CHANNEL: &str = "shopify-eu";
pub(crate) const ACCOUNT: &str = "tea.myshopify.com";
pub(crate) const SECRET: &str = "hush, said the heron";

/// Somebody at the door of the shop.
pub(crate) struct Visit {
    client: Client,
    address: SocketAddr,
}

impl Visit {
    pub(crate) fn new(client: Client, address: SocketAddr) -> Self {
        Self { client, address }
    }

    /// Has a receiver told of everything.
    pub(crate) fn subscribe(&mut self, url: &str) {
        let body = json!({ "url": url, "description": "all", "events": ["*"] }).to_string();
        let made = self.post("/api/v1/webhooks", "idempotency-key: hook\r\n", &body);
        assert_eq!(made.status, 201, "{made:?}");
    }

    /// Everything that these people do.
    pub(crate) fn everything(&mut self, people: &[Person]) {
        for person in people {
            self.order(person);
            self.wrong_orders(person);
            self.by_shopify(person);
            self.break_off(person);
        }
        self.by_file(people);
    }

    /// Ordered, sent again, read, searched for, and half of them canceled.
    fn order(&mut self, person: &Person) {
        let (key, order) =
            (format!("key-{}", person.number), person.order(&person.number.to_string()));
        let placed = self.client.place(&key, &order).unwrap();
        assert_eq!(placed.status, 201, "{placed:?}");
        let again = self.client.place(&key, &order).unwrap();
        assert_eq!((again.status, again.json()["id"].clone()), (201, placed.json()["id"].clone()));
        let mut other = order.clone();
        other["note"] = format!("{} again", person.note).into();
        let differs = self.client.place(&key, &other).unwrap();
        assert!((400..500).contains(&differs.status), "{differs:?}");

        let order = format!("/api/v1/orders/{}", placed.json()["id"].as_str().unwrap());
        assert_eq!(self.client.get(&order).unwrap().status, 200);
        let by_email = format!("/api/v1/orders?q={}", person.email.replace('@', "%40"));
        assert!(self.client.get(&by_email).unwrap().status < 500);
        let by_phone = format!("/api/v1/orders/{}", person.phone);
        assert!((400..500).contains(&self.client.get(&by_phone).unwrap().status));
        if person.number.is_multiple_of(2) {
            let body = json!({ "reason": "ordered twice" }).to_string();
            let canceled = self.post(&format!("{order}/cancel"), "", &body);
            assert_eq!(canceled.status, 200, "{canceled:?}");
        }
    }

    /// Refused, each for another reason.
    fn wrong_orders(&mut self, person: &Person) {
        let Person { number, name, phone, email, street, note, .. } = person;
        let wrong = |pointer: &str, value: Value| {
            let mut order = person.order(&format!("wrong-{number}"));
            *order.pointer_mut(pointer).unwrap() = value;
            order.to_string()
        };
        let mut unknown = person.order(&format!("wrong-{number}"));
        unknown[note] = email.clone().into();
        let whole = person.order(&format!("wrong-{number}")).to_string();
        let bodies = [
            wrong("/recipient/phone", name.clone().into()),
            wrong("/recipient/country", street.clone().into()),
            wrong("/recipient/street", note.clone().into()),
            wrong("/recipient/name", name.repeat(20).into()),
            wrong("/email", phone.clone().into()),
            wrong("/note", note.repeat(50).into()),
            wrong("/lines/0/quantity", phone.clone().into()),
            wrong("/lines/0/sku", "NOT-THERE".into()),
            unknown.to_string(),
            whole[..whole.len() - 1].to_owned(),
            json!([name, phone, email]).to_string(),
        ];
        for (count, body) in bodies.iter().enumerate() {
            let key = format!("idempotency-key: wrong-{number}-{count}\r\n");
            // The second time the refusal may come from memory.
            for _ in 0..2 {
                let refused = self.post("/api/v1/orders", &key, body);
                assert!((400..500).contains(&refused.status), "{body}: {refused:?}");
            }
        }
    }

    /// Connections that end in the middle, and one that does not speak HTTP: the log tells of them.
    fn break_off(&self, person: &Person) {
        let Person { name, email, phone, .. } = person;
        let half = format!(
            "POST /api/v1/orders?email={email} HTTP/1.1\r\nhost: shop\r\nidempotency-key: {phone}\r\n\
             content-type: application/json\r\ncontent-length: 9999\r\n\r\n{{\"note\":\"{name}"
        );
        connect(self.address).unwrap().write_all(half.as_bytes()).unwrap();
        let mut foreign = connect(self.address).unwrap();
        let words = format!("{name} {phone}\r\n{email}\r\n\r\n");
        foreign.write_all(words.as_bytes()).unwrap();
        // Refused or cut, as it likes.
        drop(foreign.read_to_end(&mut Vec::new()));
    }

    /// Messages of a channel: right, with half an address, unreadable, and with a wrong signature.
    fn by_shopify(&mut self, person: &Person) {
        let order = person.shopify_order();
        let mut half = order.clone();
        half["id"] = (8_000_000 + u64::from(person.number)).into();
        half["shipping_address"]["address1"] = Value::Null;
        half["shipping_address"]["address2"] = person.street.clone().into();
        half["line_items"][0]["sku"] = "NOT-THERE".into();
        for (kind, order) in [("whole", order.to_string()), ("half", half.to_string())] {
            let answer = self.message(&format!("{kind}-{}", person.number), &order, SECRET);
            assert_eq!(answer.status, 204, "{answer:?}");
        }
        let order = order.to_string();
        if person.number < 3 {
            let torn = &order[..order.len() - 2];
            let answer = self.message(&format!("torn-{}", person.number), torn, SECRET);
            assert!(answer.status < 500, "{answer:?}");
        }
        let forged = self.message(&format!("forged-{}", person.number), &order, "guessed");
        assert!((400..500).contains(&forged.status), "{forged:?}");
    }

    fn message(&mut self, id: &str, body: &str, secret: &str) -> Answer {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = BASE64_STANDARD.encode(hmac::sign(&key, body.as_bytes()));
        let headers = format!(
            "x-shopify-hmac-sha256: {signature}\r\nx-shopify-shop-domain: {ACCOUNT}\r\n\
             x-shopify-topic: orders/create\r\nx-shopify-webhook-id: {id}\r\n"
        );
        self.post(&format!("/channels/{CHANNEL}/shopify"), &headers, body)
    }

    /// One file with an order of each, and lines that are wrong in their way.
    fn by_file(&mut self, people: &[Person]) {
        let mut lines = Vec::new();
        let mut wrong = 0;
        for person in people {
            let id = format!("file-{}", person.number);
            let order = person.order(&id);
            lines.push(order.to_string());
            let id = format!("file-wrong-{}", person.number);
            let mut order = person.order(&id);
            match person.number % 5 {
                0 => order["recipient"]["phone"] = person.name.clone().into(),
                1 => order["lines"][0]["quantity"] = person.phone.clone().into(),
                2 => order[&person.note] = person.email.clone().into(),
                3 => order["email"] = person.street.clone().into(),
                _ => order["recipient"]["country"] = person.street.clone().into(),
            }
            lines.push(order.to_string());
            wrong += 1;
        }
        let torn = people[0].order("torn").to_string();
        lines.push(torn[..torn.len() - 3].to_owned());
        wrong += 1;
        let path = format!("/api/v1/imports/orders?name=market-{}.jsonl", people[0].number);
        let body = lines.join("\n");
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n",
            body.len()
        );
        let answer = self.client.send(&head, body.as_bytes()).unwrap();
        let report = answer.json();
        let counts = ["created", "refused"].map(|count| report[count].as_u64());
        let expected = [Some(people.len() as u64), Some(wrong)];
        assert_eq!(counts, expected, "{answer:?}");
        let problems = format!("/api/v1/imports/{}/problems", report["id"].as_str().unwrap());
        assert_eq!(self.client.get(&problems).unwrap().status, 200);
    }

    /// Waits until every message of the channel was looked at, and some have become orders.
    pub(crate) fn wait_for_channel(&mut self, people: &[Person]) {
        let start = Instant::now();
        loop {
            let count = |client: &mut Client, state: &str| {
                let path = format!("/api/v1/channel-orders?state={state}&limit=200");
                client.get(&path).unwrap().json()["items"].as_array().map_or(0, Vec::len)
            };
            let (placed, waiting) =
                (count(&mut self.client, "placed"), count(&mut self.client, "waiting"));
            let enough = people.len().min(200);
            if placed >= enough && waiting >= enough {
                return;
            }
            let lasted = start.elapsed();
            assert!(lasted < Duration::from_secs(120), "{placed} placed, {waiting} waiting");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn post(&mut self, path: &str, headers: &str, body: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        self.client.send(&head, body.as_bytes()).unwrap()
    }
}
