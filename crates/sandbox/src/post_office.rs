//! Delivers notices: signs them as Standard Webhooks says, sends, and tries again by the retry plan.
//!
//! One worker takes envelopes from a bounded queue; each runs as a task of its own, a few of them
//! on the wire at a time. Everything ends with the worker.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::Span;
use ordermill_vault::{WebhookSecret, standard_webhooks};
use reqwest::Url;
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::fault::Fault;

/// How many notices may wait for delivery.
pub(crate) const QUEUE: usize = 50_000;
/// How many notices are on the wire at once.
const ON_THE_WIRE: usize = 64;
/// How long a merchant may take to answer.
const ANSWER_WITHIN: Span = Span::seconds(10);
/// How many deliveries the log remembers.
const LOGGED: usize = 10_000;

/// A notice on its way.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) id: String,
    pub(crate) url: Url,
    /// What it tells, `payment.captured`.
    pub(crate) kind: &'static str,
    /// What it is about: a payment, or a parcel. A later one of the same may overtake it.
    pub(crate) subject: String,
    /// What it says, in JSON.
    pub(crate) body: String,
    pub(crate) faults: Vec<Fault>,
}

/// What became of a notice; listed under `/control/notices`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The payment or parcel that it is about.
    pub(crate) subject: String,
    /// How often it was sent.
    pub(crate) attempts: u32,
    pub(crate) outcome: Outcome,
    pub(crate) faults: Vec<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Waiting,
    Delivered,
    Lost,
    GivenUp,
}

/// The newest deliveries, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<VecDeque<Delivery>>);

impl Log {
    pub(crate) fn list(&self) -> Vec<Delivery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn add(&self, envelope: &Envelope, outcome: Outcome) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() >= LOGGED {
            log.pop_front();
        }
        log.push_back(Delivery {
            id: envelope.id.clone(),
            kind: envelope.kind,
            subject: envelope.subject.clone(),
            attempts: 0,
            outcome,
            faults: envelope.faults.clone(),
        });
    }

    fn note(&self, id: &str, change: impl FnOnce(&mut Delivery)) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(delivery) = log.iter_mut().rev().find(|delivery| delivery.id == id) {
            change(delivery);
        }
    }
}

/// What the deliveries share.
struct Office {
    config: Config,
    secret: WebhookSecret,
    /// What the merchant does not know, for signatures that must not hold.
    foreign_secret: WebhookSecret,
    client: reqwest::Client,
    log: Arc<Log>,
    wire: Semaphore,
}

/// Delivers envelopes until the sender of the queue is gone.
pub(crate) async fn run(
    mut queue: mpsc::Receiver<Envelope>,
    config: Config,
    secret: WebhookSecret,
    foreign_secret: WebhookSecret,
    client: reqwest::Client,
    log: Arc<Log>,
) {
    let wire = Semaphore::new(ON_THE_WIRE);
    let office = Arc::new(Office { config, secret, foreign_secret, client, log, wire });
    let mut held: HashMap<String, Envelope> = HashMap::new();
    // A task that gives a subject has finished the hold of that subject's notice.
    let mut tasks: JoinSet<Option<String>> = JoinSet::new();
    loop {
        tokio::select! {
            envelope = queue.recv() => {
                let Some(envelope) = envelope else { return };
                let subject = envelope.subject.clone();
                let office = Arc::clone(&office);
                if let Some(overtaken) = held.remove(&subject) {
                    tasks.spawn(async move {
                        office.deliver(envelope).await;
                        office.deliver(overtaken).await;
                        None
                    });
                } else if envelope.faults.contains(&Fault::ReorderNotice) {
                    let hold = office.config.reorder_hold.to_std();
                    held.insert(subject.clone(), envelope);
                    tasks.spawn(async move {
                        tokio::time::sleep(hold).await;
                        Some(subject)
                    });
                } else {
                    tasks.spawn(async move {
                        office.deliver(envelope).await;
                        None
                    });
                }
            }
            Some(done) = tasks.join_next() => {
                if let Ok(Some(subject)) = done
                    && let Some(envelope) = held.remove(&subject)
                {
                    let office = Arc::clone(&office);
                    tasks.spawn(async move {
                        office.deliver(envelope).await;
                        None
                    });
                }
            }
        }
    }
}

impl Office {
    async fn deliver(&self, envelope: Envelope) {
        let repeats = envelope.faults.iter().map(|fault| match fault {
            Fault::RepeatNotice { count } => u32::from((*count).min(100)),
            _ => 0,
        });
        let mut further = repeats.sum::<u32>();
        let mut plan = self.config.retry_plan.iter();
        for fault in &envelope.faults {
            if let Fault::Delay { ms } = fault {
                tokio::time::sleep(Span::millis(i64::from(*ms)).to_std()).await;
            }
        }
        loop {
            let taken = self.send(&envelope).await;
            self.log.note(&envelope.id, |delivery| {
                delivery.attempts += 1;
                if taken {
                    delivery.outcome = Outcome::Delivered;
                }
            });
            if taken && further == 0 {
                return;
            }
            if taken {
                further -= 1;
                continue;
            }
            let Some(wait) = plan.next() else {
                self.log.note(&envelope.id, |delivery| {
                    if delivery.outcome == Outcome::Waiting {
                        delivery.outcome = Outcome::GivenUp;
                    }
                });
                return;
            };
            tokio::time::sleep(wait.to_std()).await;
        }
    }

    /// Sends once; true if the merchant answered with a 2xx.
    async fn send(&self, envelope: &Envelope) -> bool {
        let Ok(_turn) = self.wire.acquire().await else { return false };
        let body = envelope.body.clone();
        let now = self.config.clock.now();
        let secret = match envelope.faults.contains(&Fault::BadSignature) {
            true => &self.foreign_secret,
            false => &self.secret,
        };
        let signature = standard_webhooks::sign(&[secret], &envelope.id, now, body.as_bytes());
        let sent = self
            .client
            .post(envelope.url.clone())
            .timeout(ANSWER_WITHIN.to_std())
            .header("content-type", "application/json")
            .header("webhook-id", &envelope.id)
            .header("webhook-timestamp", now.as_seconds().to_string())
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await;
        sent.is_ok_and(|answer| answer.status().is_success())
    }
}
