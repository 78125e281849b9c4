//! Endpoints of others that are told of events: they fail, hang up, and take what they do not
//! acknowledge.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ordermill_base::{Random, Timestamp};
use ordermill_domain::outgoing::Refused;
use ordermill_ports::Answer;
use ordermill_ports::webhook::{Failure, Message, Messenger, Reply};
use ordermill_vault::standard_webhooks::{Headers, WebhookSecret, verify};
use serde_json::Value;

use crate::model::Wrong;

/// Everybody who is told; clones are the same.
#[derive(Clone)]
pub(crate) struct Receivers(Arc<Mutex<Got>>);

/// What they got.
pub(crate) struct Got {
    endpoints: HashMap<String, Endpoint>,
    /// The first thing that was not as promised.
    pub(crate) wrong: Option<Wrong>,
    random: Random,
    is_calm: bool,
}

/// One endpoint.
pub(crate) struct Endpoint {
    secret: WebhookSecret,
    /// How often each event came, by its position in the journal.
    pub(crate) arrived: BTreeMap<i64, u32>,
    /// The last event of each thing.
    latest: HashMap<String, i64>,
}

impl Receivers {
    /// Nobody yet.
    pub(crate) fn new(random: Random) -> Self {
        let endpoints = HashMap::new();
        Self(Arc::new(Mutex::new(Got { endpoints, wrong: None, random, is_calm: false })))
    }

    /// What they got.
    pub(crate) fn got(&self) -> MutexGuard<'_, Got> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody listens at this address, with the secret that they were given.
    ///
    /// # Panics
    /// If the secret is none.
    pub(crate) fn listen(&self, url: &str, secret: &str) {
        let secret = WebhookSecret::parse(secret).expect("a secret as it is given out");
        let endpoint = Endpoint { secret, arrived: BTreeMap::new(), latest: HashMap::new() };
        self.got().endpoints.insert(url.to_owned(), endpoint);
    }

    /// The next step has chances of its own.
    pub(crate) fn begin_step(&self, random: Random) {
        self.got().random = random;
    }

    /// From now on all take what they get and say so; or again, by chance.
    pub(crate) fn set_calm(&self, is_calm: bool) {
        self.got().is_calm = is_calm;
    }
}

impl Got {
    /// What arrived at an address, by event.
    pub(crate) fn arrived(&self, url: &str) -> BTreeMap<i64, u32> {
        self.endpoints.get(url).map(|it| it.arrived.clone()).unwrap_or_default()
    }

    fn take(&mut self, message: &Message) -> Result<(), Wrong> {
        let url = &message.url;
        let endpoint = self.endpoints.get_mut(url).ok_or_else(|| format!("nobody is at {url}"))?;
        let [(_, id), (_, timestamp), (_, signature)] = &message.headers;
        let headers = Headers { id, timestamp, signature };
        let sent_at = timestamp.parse::<i64>().map_err(|error| error.to_string())?;
        verify(
            &[&endpoint.secret],
            headers,
            &message.body,
            Timestamp::from_millis(sent_at * 1_000),
        )
        .map_err(|error| format!("a webhook to {url}: {error}"))?;
        let body: Value = serde_json::from_slice(&message.body).map_err(|it| it.to_string())?;
        if body["id"].as_str() != Some(id) {
            return Err(format!("event {} came as message {id}", body["id"]));
        }
        let position = id.parse::<ordermill_domain::ids::EventId>();
        let position = position.map_err(|_| format!("{id} is no event"))?;
        let position = ordermill_base::Id::raw(position);
        let times = endpoint.arrived.entry(position).or_default();
        *times += 1;
        if *times > 1 {
            return Ok(());
        }
        let thing = format!("{} {}", body["data"]["aggregate"], body["data"]["aggregate_id"]);
        let sequence = body["data"]["sequence"].as_i64().ok_or("an event without a sequence")?;
        let latest = endpoint.latest.entry(thing.clone()).or_default();
        if sequence <= *latest {
            return Err(format!("{url} hears of {thing} {sequence} behind {latest}"));
        }
        *latest = sequence;
        Ok(())
    }
}

impl Messenger for Receivers {
    fn check<'a>(&'a self, _url: &'a str) -> Answer<'a, Result<(), Refused>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn post<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<Reply, Failure>> {
        let mut got = self.got();
        let luck = if got.is_calm { 19 } else { got.random.below(20) };
        let status = |status| Ok(Reply { status, retry_after: None });
        if luck == 0 {
            return Box::pin(std::future::ready(Err(Failure::NoConnection)));
        }
        if luck == 1 {
            return Box::pin(std::future::ready(status(503)));
        }
        if let Err(wrong) = got.take(message) {
            got.wrong.get_or_insert(wrong);
        }
        // Taken, and nobody hears of it.
        let answer = if luck <= 3 { Err(Failure::TimedOut) } else { status(204) };
        Box::pin(std::future::ready(answer))
    }
}
