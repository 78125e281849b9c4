//! What these tests share: a journal to append to, and receivers that remember what they were sent.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ordermill_adapters::Guard;
use ordermill_adapters::webhook::{HttpMessenger, Patience};
use ordermill_app::permission::Principal;
use ordermill_app::privacy::Vault;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_app::webhook::endpoint::{self, NewEndpoint};
use ordermill_app::webhook::sender::Sender;
use ordermill_base::{Clock, Id, Random, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{EndpointId, EventId};
use ordermill_domain::webhook::{DeliveryState, Filter};
use ordermill_storage::journal::{self, NewEntry};
use ordermill_storage::{Database, Error, delivery};
use ordermill_testkit::journal::settle;
use ordermill_testkit::{TestClock, TestDatabase};
use ordermill_vault::SeededEntropy;

pub(crate) const ADMIN: Principal = Principal::system("test");

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A shop with nothing but a journal, webhooks, and receivers on this machine.
pub(crate) struct World<'d> {
    pub(crate) under: &'d TestDatabase,
    pub(crate) database: Database,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) vault: Vault,
    pub(crate) sender: Sender,
    pub(crate) receivers: Receivers,
    reading: Reading,
    sequences: HashMap<(&'static str, i64), i64>,
}

impl<'d> World<'d> {
    pub(crate) async fn open(under: &'d TestDatabase, database: Database) -> Self {
        let clock = Arc::new(TestClock::default());
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), TestClock::START);
        let sender = sender(&database, &vault, &clock);
        let reading = Reading::new(Reader::webhooks(), database.clone(), "test");
        let receivers = Receivers::start().await;
        let sequences = HashMap::new();
        Self { under, database, clock, vault, sender, receivers, reading, sequences }
    }

    pub(crate) fn act(&self) -> Act {
        Act::new(Actor::system("test"), self.clock.now())
    }

    /// An endpoint that wants these events and behaves as the path says.
    pub(crate) async fn endpoint(&self, path: &str, events: &str) -> (EndpointId, String) {
        let new = NewEndpoint {
            url: self.receivers.url(path),
            description: path.to_owned(),
            filter: Filter::new([events.to_owned()]).unwrap(),
        };
        let (vault, act) = (self.vault.clone(), self.act());
        let made = self
            .database
            .write(move |tx| endpoint::create(tx, &vault, &ADMIN, &act, &new))
            .await
            .unwrap();
        (made.0.id, made.1.as_str().to_owned())
    }

    /// Something happens to a thing.
    pub(crate) async fn happens(
        &mut self,
        aggregate: &'static str,
        id: i64,
        kind: &'static str,
    ) -> EventId {
        let sequence = self.sequences.entry((aggregate, id)).or_insert(0);
        *sequence += 1;
        let sequence = *sequence;
        let act = self.act();
        let position = self
            .database
            .write(move |tx| {
                let body = format!(r#"{{"kind":"{kind}","amount_minor":100}}"#);
                let entry = NewEntry { aggregate, aggregate_id: id, sequence, kind, body: &body };
                journal::append(tx, &act, entry)
            })
            .await;
        position.unwrap()
    }

    /// Reads the journal to its end.
    pub(crate) async fn read_on(&mut self) {
        let under = self.under;
        tokio::task::block_in_place(|| settle(&mut under.connection()));
        while !matches!(self.reading.step(self.clock.now()).await.unwrap(), Step::Idle) {}
    }

    /// Reads and sends; gives the number of tries.
    pub(crate) async fn deliver(&mut self) -> usize {
        self.read_on().await;
        self.sender.send_due().await.unwrap()
    }

    pub(crate) async fn states(&self, endpoint: EndpointId) -> Vec<(EventId, DeliveryState)> {
        let list = move |tx: &mut ordermill_storage::Tx<'_>| {
            delivery::list(tx, endpoint, None, None, 1_000)
        };
        let mut found: Vec<_> = self
            .database
            .read::<_, Error, _>(list)
            .await
            .unwrap()
            .into_iter()
            .map(|delivery| (delivery.event, delivery.state))
            .collect();
        found.reverse();
        found
    }

    pub(crate) fn pass(&self, span: Span) {
        self.clock.advance(span);
    }
}

pub(crate) fn sender(database: &Database, vault: &Vault, clock: &Arc<TestClock>) -> Sender {
    let patience = Patience {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_secs(3),
        body: Duration::from_millis(200),
        ..Patience::default()
    };
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    let guard = Guard::new(vec!["127.0.0.1".parse().unwrap()]);
    let messenger = HttpMessenger::new(guard, patience, Arc::clone(&clock)).unwrap();
    Sender::new(
        database.clone(),
        vault.clone(),
        Arc::new(messenger),
        clock,
        "https://shop.example".to_owned(),
        Random::from_seed(7),
    )
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A server whose paths behave as they are called.
#[derive(Clone)]
pub(crate) struct Receivers {
    at: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    /// Statuses that paths answer instead of their own, once each, the first one first.
    answers: Arc<Mutex<HashMap<String, Vec<u16>>>>,
}

impl Receivers {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receivers = Self {
            at: listener.local_addr().unwrap(),
            arrived: Arc::default(),
            answers: Arc::default(),
        };
        let router = Router::new()
            .route("/{*path}", post(receive).get(receive))
            .with_state(receivers.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receivers
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.at)
    }

    pub(crate) fn answer(&self, path: &str, statuses: &[u16]) {
        self.answers.lock().unwrap().insert(path.to_owned(), statuses.to_vec());
    }

    pub(crate) fn arrived(&self, path: &str) -> Vec<Arrived> {
        let arrived = self.arrived.lock().unwrap();
        arrived.iter().filter(|it| it.path == path).cloned().collect()
    }

    pub(crate) fn ids(&self, path: &str) -> Vec<String> {
        self.arrived(path).iter().map(|it| it.header("webhook-id").to_owned()).collect()
    }
}

async fn receive(
    State(receivers): State<Receivers>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = Arrived { path: path.clone(), headers, body: body.to_vec() };
    receivers.arrived.lock().unwrap().push(arrived);
    let status = {
        let mut answers = receivers.answers.lock().unwrap();
        answers.get_mut(&path).filter(|left| !left.is_empty()).map(|left| left.remove(0))
    };
    if let Some(status) = status {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let behavior = path.split('/').next().unwrap_or_default().to_owned();
    match behavior.as_str() {
        "hang" => std::future::pending().await,
        "fail" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "gone" => StatusCode::GONE.into_response(),
        "busy" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")]).into_response(),
        "redirect" => {
            let to = receivers.url("redirected");
            (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response()
        }
        "drip" => {
            let drops = futures_of(Duration::from_secs(1), 1, 1_000);
            axum::body::Body::from_stream(drops).into_response()
        }
        "flood" => {
            let flood = futures_of(Duration::ZERO, 1024 * 1024, 1_024);
            axum::body::Body::from_stream(flood).into_response()
        }
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

/// So many pieces of so many bytes, with pauses between them.
fn futures_of(
    pause: Duration,
    bytes: usize,
    count: usize,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let piece = Bytes::from(vec![b'x'; bytes]);
    futures_util::stream::unfold(0, move |sent| {
        let piece = piece.clone();
        async move {
            tokio::time::sleep(pause).await;
            (sent < count).then_some((Ok(piece), sent + 1))
        }
    })
}

/// The raw id of an order in these tests.
pub(crate) fn order(number: i64) -> i64 {
    ordermill_domain::ids::OrderId::from_raw(number).raw()
}
