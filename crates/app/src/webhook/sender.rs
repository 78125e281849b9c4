//! The sender: posts what is due, on every node, without letting one endpoint hold up another.
//!
//! A node asks which endpoints have something due, claims a few deliveries of each and posts them side
//! by side. How many of one endpoint are on their way at once grows while it takes them and falls to
//! one when it does not; one that fails rests for a moment, so that a long queue of a dead endpoint
//! costs a connection now and then. Endpoints that have not proven themselves share places of their
//! own: however many of them hang, the others keep theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ordermill_base::{Clock, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::EndpointId;
use ordermill_domain::task::TaskKind;
use ordermill_domain::webhook::{DisableReason, plan};
use ordermill_ports::webhook::{Failure, Messenger, Reply};
use ordermill_storage::delivery::{self, Claimed, Outcome};
use ordermill_storage::webhook as stored;
use ordermill_storage::{Database, Error, Tx, journal, task};
use ordermill_vault::OpenError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::endpoint::{disable, signing_secrets};
use super::message;
use crate::privacy::{Vault, VaultError};

/// Deliveries on their way at once to endpoints that take them, and to all the others.
const PLACES: [usize; 2] = [128, 128];
/// Deliveries on their way to one endpoint at once, at most.
const AT_ONCE_MAX: usize = 16;
/// A claim outlives the longest try by far; a node that dies gives its claims back this late.
const CLAIM_HELD: Span = Span::seconds(60);
/// Between two looks for what is due, at least and at most.
const LOOK_EVERY: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// Between two looks for endpoints that nothing is known of any more.
const FORGET_EVERY: Span = Span::minutes(10);

/// The sender of one node; clones are the same one.
#[derive(Clone)]
pub struct Sender(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Vault,
    messenger: Arc<dyn Messenger>,
    clock: Arc<dyn Clock>,
    /// This installation's address, the source of all events.
    source: String,
    standings: Mutex<HashMap<EndpointId, Standing>>,
    jitter: Mutex<Random>,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}

/// What this node knows of an endpoint.
#[derive(Debug, Clone, Copy)]
struct Standing {
    on_their_way: usize,
    at_once: usize,
    has_proven: bool,
    failures: u32,
    rests_until: Timestamp,
}

impl Standing {
    const NEW: Self = Self {
        on_their_way: 0,
        at_once: 1,
        has_proven: false,
        failures: 0,
        rests_until: Timestamp::from_micros(0),
    };

    fn succeeded(&mut self) {
        self.at_once = (self.at_once * 2).min(AT_ONCE_MAX);
        (self.has_proven, self.failures) = (true, 0);
    }

    /// Rests for 1, 2, 4 … seconds, a minute at most, or as long as it asks for, an hour at most.
    fn failed(&mut self, now: Timestamp, retry_after: Option<Span>) {
        (self.at_once, self.has_proven) = (1, false);
        let own = Span::seconds((1_i64 << self.failures.min(6)).min(60));
        let asked = retry_after.map_or(0, |span| span.as_micros().min(Span::hours(1).as_micros()));
        self.rests_until = now + Span::micros(own.as_micros().max(asked));
        self.failures = self.failures.saturating_add(1);
    }
}

/// What a try has come to, before it is written down.
enum Tried {
    Answered(Reply),
    NoAnswer(Failure),
    /// The endpoint or the event is gone, or a secret does not open: nothing was sent.
    Impossible(&'static str),
}

impl Sender {
    /// A sender over a database. `source` is this installation's address without a slash at the end.
    pub fn new(
        database: Database,
        vault: Vault,
        messenger: Arc<dyn Messenger>,
        clock: Arc<dyn Clock>,
        source: String,
        jitter: Random,
    ) -> Self {
        let (standings, jitter) = (Mutex::default(), Mutex::new(jitter));
        Self(Arc::new(Inner { database, vault, messenger, clock, source, standings, jitter }))
    }

    /// Sends until `stop` becomes true or its sender is gone; what is on its way then is finished.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut committed = self.0.database.committed();
        let mut on_their_way = JoinSet::new();
        let mut forgot_at = self.0.clock.now();
        while !*stop.borrow_and_update() {
            committed.borrow_and_update();
            while on_their_way.try_join_next().is_some() {}
            if let Err(error) = self.start_due(&mut on_their_way).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "webhooks could not be claimed");
            }
            let now = self.0.clock.now();
            if now.since(forgot_at).as_micros() >= FORGET_EVERY.as_micros() {
                forgot_at = now;
                self.standings()
                    .retain(|_, standing| standing.on_their_way > 0 || now < standing.rests_until);
            }
            tokio::time::sleep(LOOK_EVERY[0]).await;
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY[1]) => {}
                _ = on_their_way.join_next(), if !on_their_way.is_empty() => {}
                changed = committed.changed() => if changed.is_err() { return },
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
        while on_their_way.join_next().await.is_some() {}
    }

    /// Sends everything that is due by now and waits for the answers; gives how many tries there
    /// were. For tests and for draining.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn send_due(&self) -> Result<usize, Error> {
        let mut on_their_way = JoinSet::new();
        let mut tries = 0;
        loop {
            let started = self.start_due(&mut on_their_way).await?;
            tries += started;
            if on_their_way.join_next().await.is_none() && started == 0 {
                return Ok(tries);
            }
        }
    }

    /// Claims what is due and may go now, and starts it.
    async fn start_due(&self, on_their_way: &mut JoinSet<()>) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let due = self.0.database.read(move |tx| delivery::endpoints_due(tx, now, 1_000)).await?;
        let wanted = self.take_places(&due, now);
        if wanted.is_empty() {
            return Ok(0);
        }
        let asked = wanted.clone();
        let claimed = self
            .0
            .database
            .write(move |tx| {
                let mut all = Vec::new();
                for (endpoint, count) in &asked {
                    let until = now + CLAIM_HELD;
                    all.extend(delivery::claim(tx, *endpoint, now, until, *count as i64)?);
                }
                Ok::<_, Error>(all)
            })
            .await;
        let (claimed, failed) = match claimed {
            Ok(claimed) => (claimed, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let mut given_back: HashMap<EndpointId, usize> = wanted.into_iter().collect();
        for claimed in &claimed {
            given_back.entry(claimed.endpoint).and_modify(|count| *count -= 1);
        }
        for (endpoint, count) in given_back {
            self.give_places_back(endpoint, count);
        }
        let count = claimed.len();
        for claimed in claimed {
            let sender = self.clone();
            on_their_way.spawn(async move { sender.deliver(claimed).await });
        }
        failed.map_or(Ok(count), Err)
    }

    /// How many deliveries of each endpoint may be claimed now; their places are taken.
    fn take_places(&self, due: &[EndpointId], now: Timestamp) -> Vec<(EndpointId, usize)> {
        let mut standings = self.standings();
        let used = |has_proven: bool, standings: &HashMap<EndpointId, Standing>| {
            let of_kind = standings.values().filter(|it| it.has_proven == has_proven);
            of_kind.map(|it| it.on_their_way).sum::<usize>()
        };
        let mut free = [true, false].map(|has_proven| used(has_proven, &standings));
        for (free, places) in free.iter_mut().zip(PLACES) {
            *free = places.saturating_sub(*free);
        }
        let mut taken = Vec::new();
        for &endpoint in due {
            let standing = standings.entry(endpoint).or_insert(Standing::NEW);
            if now < standing.rests_until {
                continue;
            }
            let free = &mut free[usize::from(!standing.has_proven)];
            let count = standing.at_once.saturating_sub(standing.on_their_way).min(*free);
            if count > 0 {
                standing.on_their_way += count;
                *free -= count;
                taken.push((endpoint, count));
            }
        }
        taken
    }

    fn give_places_back(&self, endpoint: EndpointId, count: usize) {
        if let Some(standing) = self.standings().get_mut(&endpoint) {
            standing.on_their_way = standing.on_their_way.saturating_sub(count);
        }
    }

    async fn deliver(&self, claimed: Claimed) {
        let tried = self.try_once(&claimed).await;
        let now = self.0.clock.now();
        {
            let mut standings = self.standings();
            let standing = standings.entry(claimed.endpoint).or_insert(Standing::NEW);
            match &tried {
                Ok(Tried::Answered(reply)) if is_success(reply.status) => standing.succeeded(),
                Ok(Tried::Answered(reply)) => standing.failed(now, reply.retry_after),
                Ok(Tried::NoAnswer(_)) | Err(_) => standing.failed(now, None),
                Ok(Tried::Impossible(_)) => {}
            }
        }
        let written = match tried {
            Ok(tried) => self.write_down(claimed, tried, now).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            // The claim runs out and the delivery is made again.
            let error = &error as &dyn std::error::Error;
            tracing::warn!(delivery.id = %claimed.id, error, "a webhook was not written down");
        }
        // Only now: who comes next is behind what was written down.
        self.give_places_back(claimed.endpoint, 1);
    }

    async fn try_once(&self, claimed: &Claimed) -> Result<Tried, Error> {
        let (endpoint, event) = (claimed.endpoint, claimed.event);
        let (found, sealed, entry) = self
            .0
            .database
            .snapshot(move |tx| {
                let found = stored::fetch(tx, endpoint)?;
                let sealed = stored::secrets(tx, endpoint)?;
                Ok::<_, Error>((found, sealed, journal::fetch(tx, event)?))
            })
            .await?;
        let (Some(found), Some(sealed)) = (found, sealed) else {
            return Ok(Tried::Impossible("the endpoint is gone"));
        };
        let Some(entry) = entry else { return Ok(Tried::Impossible("the event is gone")) };
        let now = self.0.clock.now();
        let secrets = match signing_secrets(&self.0.vault, endpoint, &sealed, now) {
            Err(OpenError::UnknownKey(_)) => {
                self.reload_keys().await?;
                signing_secrets(&self.0.vault, endpoint, &sealed, now)
            }
            opened => opened,
        };
        let Ok(secrets) = secrets else {
            return Ok(Tried::Impossible("the secret does not open"));
        };
        let Ok(body) = message::body(&entry, &self.0.source) else {
            return Ok(Tried::Impossible("the event is not JSON"));
        };
        let message = message::signed(found.url, &event, body, &secrets, now);
        Ok(match self.0.messenger.post(&message).await {
            Ok(reply) => Tried::Answered(reply),
            Err(failure) => Tried::NoAnswer(failure),
        })
    }

    /// Another node has rotated the keys.
    async fn reload_keys(&self) -> Result<(), Error> {
        let vault = self.0.vault.clone();
        let reloaded = self.0.database.read(move |tx| vault.reload(tx)).await;
        match reloaded {
            Err(VaultError::Storage(error)) => Err(error),
            // What does not open stays closed; the try says so.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn write_down(
        &self,
        claimed: Claimed,
        tried: Tried,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (answer, retry_after) = match &tried {
            Tried::Answered(reply) => (reply.status.to_string(), reply.retry_after),
            Tried::NoAnswer(failure) => (failure.to_string(), None),
            Tried::Impossible(why) => ((*why).to_owned(), None),
        };
        let is_taken = matches!(&tried, Tried::Answered(reply) if is_success(reply.status));
        let is_gone = matches!(&tried, Tried::Answered(reply) if reply.status == 410);
        let is_impossible = matches!(tried, Tried::Impossible(_));
        let wait = {
            let mut jitter = self.0.jitter.lock().unwrap_or_else(PoisonError::into_inner);
            plan::wait_after(claimed.attempts + 1, retry_after, &mut jitter)
        };
        let outcome = match wait {
            _ if is_taken => Outcome::Delivered,
            Some(wait) if !is_impossible && !is_gone => Outcome::PutOff(now + wait),
            _ => Outcome::Failed,
        };
        let act = Act::new(Actor::system("webhooks"), now);
        self.0
            .database
            .write(move |tx| {
                if !delivery::finish(tx, &claimed, outcome, &answer, now)? {
                    return Ok(());
                }
                if is_taken {
                    return stored::succeeded(tx, claimed.endpoint, now);
                }
                judge(tx, &act, claimed.endpoint, outcome, is_gone)
            })
            .await
    }

    fn standings(&self) -> MutexGuard<'_, HashMap<EndpointId, Standing>> {
        self.0.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}

/// What a failure means for the endpoint: it is gone, it has failed for too long, or a person should
/// know that something did not arrive.
fn judge(
    tx: &mut Tx<'_>,
    act: &Act,
    endpoint: EndpointId,
    outcome: Outcome,
    is_gone: bool,
) -> Result<(), Error> {
    let Some(failing_since) = stored::failed(tx, endpoint, act.at)? else { return Ok(()) };
    if is_gone {
        return disable(tx, act, endpoint, DisableReason::Gone);
    }
    if plan::is_given_up(failing_since, act.at) {
        return disable(tx, act, endpoint, DisableReason::Failing);
    }
    if outcome == Outcome::Failed {
        let detail = serde_json::json!({ "failing_since": failing_since }).to_string();
        task::open(tx, TaskKind::DeliveryDeadLetter, endpoint, &detail, None, act.at)?;
    }
    Ok(())
}
