//! The stream behind live pages: names of what changed, and nothing else.
//!
//! A page asks for the topics that it cares about and asks again itself when one is named, so that
//! rights, masks and language are applied where they always are.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::live::{Listener, News};
use ordermill_base::Id;
use ordermill_domain::ids::{BulkId, OrderId, PaymentId, RefundId};
use ordermill_storage::journal::{self, Cursor, Entry};
use ordermill_storage::{Error, Tx, payment, refund};
use serde::Deserialize;

use super::desk::{Desk, Member};
use super::route::{Needs, Routes};
use super::trouble::Trouble;
use crate::stream::{self, Place, Places};

/// Streams of all browsers at once; one more is told to come back later.
static PLACES: Places = Places::new(1_000);
/// Topics of one page.
const TOPICS_MAX: usize = 16;
/// Entries that are looked at for a page that was made a moment ago; behind more it asks for everything again.
const SINCE_MAX: i64 = 512;
/// News that come close together are told together.
const GATHERED_FOR: Duration = Duration::from_millis(200);
/// So often a comment goes out when nothing else does, so that a client that has gone is noticed, and
/// a session that has ended.
const PULSE: Duration = Duration::from_secs(15);

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/live", Needs::SignIn, live)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    topics: String,
    /// What the page knows ([`journal::Cursor`]); anything else is as if it knew everything.
    since: String,
}

async fn live(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let place = PLACES.take().ok_or(Trouble::Busy)?;
    let topics = asked.topics.split(',').filter(|topic| !topic.is_empty());
    let services = desk.site.services().clone();
    let stream = Stream {
        // Listens before it looks at what happened since: nothing that happens in between is missed.
        listener: services.live().listen(),
        services,
        member: desk.member,
        topics: topics.take(TOPICS_MAX).map(str::to_owned).collect(),
        is_fresh: true,
        knows: asked.since.parse().ok(),
        _place: place,
    };
    let chunks = futures_util::stream::unfold(stream, |mut stream| async move {
        let chunk = stream.next_chunk().await?;
        Some((chunk, stream))
    });
    Ok(stream::answer(chunks))
}

struct Stream {
    services: Services,
    listener: Listener,
    member: Member,
    topics: BTreeSet<String>,
    is_fresh: bool,
    /// What the page knows, until what happened since is told.
    knows: Option<Cursor>,
    _place: Place,
}

impl Stream {
    /// The next piece of the stream; `None` ends it: the process stops, or the session has ended.
    async fn next_chunk(&mut self) -> Option<String> {
        if std::mem::take(&mut self.is_fresh) {
            return Some(": listening\n\n".to_owned());
        }
        if let Some(knows) = self.knows.take() {
            let topics = self.since(knows).await;
            if !topics.is_empty() {
                return Some(told(&topics));
            }
        }
        let pulse_at = tokio::time::Instant::now() + PULSE;
        loop {
            let news = tokio::time::timeout_at(pulse_at, self.listener.next());
            let news = tokio::select! {
                () = self.services.stopped() => return None,
                news = news => news,
            };
            let Ok(news) = news else {
                return self.is_signed_in().await.then(|| ": still here\n\n".to_owned());
            };
            let topics = self.gather(news?).await;
            if !topics.is_empty() {
                return Some(told(&topics));
            }
        }
    }

    /// The topics of what happened between the making of the page and its listening.
    async fn since(&mut self, cursor: Cursor) -> BTreeSet<String> {
        let read = move |tx: &mut Tx<'_>| journal::after(tx, cursor, SINCE_MAX);
        let entries: Vec<Entry> = match self.services.database().read(read).await {
            Ok(entries) if (entries.len() as i64) < SINCE_MAX => entries,
            // What is not known may have been anything.
            Ok(_) | Err(_) => return self.topics.clone(),
        };
        let mut topics = BTreeSet::new();
        for entry in entries {
            if topics.len() == self.topics.len() {
                break;
            }
            topics.extend(self.topics_of(News::Entry(Arc::new(entry))).await);
        }
        topics
    }

    /// The topics of these news and of those that follow at once.
    async fn gather(&mut self, first: News) -> BTreeSet<String> {
        let mut topics = self.topics_of(first).await;
        if topics.is_empty() {
            return topics;
        }
        let until = tokio::time::Instant::now() + GATHERED_FOR;
        while topics.len() < self.topics.len() {
            match tokio::time::timeout_at(until, self.listener.next()).await {
                Ok(Some(news)) => topics.extend(self.topics_of(news).await),
                Ok(None) | Err(_) => break,
            }
        }
        topics
    }

    async fn topics_of(&self, news: News) -> BTreeSet<String> {
        match news {
            // What was missed may have been anything.
            News::Missed => self.topics.clone(),
            News::Entry(entry) => {
                let mut named: BTreeSet<String> = general(&entry).map(str::to_owned).collect();
                if self.topics.iter().any(|topic| topic.starts_with("ord_")) {
                    named.extend(self.order_of(&entry).await.map(|order| order.to_string()));
                }
                if entry.aggregate == "bulk" {
                    named.insert(BulkId::from_raw(entry.aggregate_id).to_string());
                }
                // What bulk work does with an order names the work as its request.
                named.extend(entry.request_id.clone());
                named.retain(|topic| self.topics.contains(topic));
                named
            }
        }
    }

    /// The order that an entry is about.
    async fn order_of(&self, entry: &Entry) -> Option<OrderId> {
        let id = entry.aggregate_id;
        match entry.aggregate.as_str() {
            "order" | "reservation" | "deadline" => Some(OrderId::from_raw(id)),
            "payment" => {
                let of = move |tx: &mut Tx<'_>| {
                    let found = payment::orders_of(tx, &[PaymentId::from_raw(id)])?;
                    Ok::<_, Error>(found.first().map(|(_, order)| *order))
                };
                self.services.database().read(of).await.ok().flatten()
            }
            "refund" => {
                let of = move |tx: &mut Tx<'_>| {
                    let found = refund::fetch(tx, RefundId::from_raw(id))?;
                    Ok::<_, Error>(found.map(|refund| refund.facts().order))
                };
                self.services.database().read(of).await.ok().flatten()
            }
            "note" | "reveal" => {
                let body: serde_json::Value = serde_json::from_str(&entry.body).ok()?;
                body.get("order")?.as_str()?.parse().ok()
            }
            _ => None,
        }
    }

    /// A revoked session hears nothing more.
    async fn is_signed_in(&self) -> bool {
        let access = self.services.access();
        let found = access.of_session(&self.member.token, self.services.now()).await;
        matches!(found, Ok(Some(_)))
    }
}

/// Topics as they stand in the stream.
fn told(topics: &BTreeSet<String>) -> String {
    topics.iter().map(|topic| format!("data: {topic}\n\n")).collect()
}

/// The lists that an entry changes.
fn general(entry: &Entry) -> impl Iterator<Item = &'static str> {
    let topic = match entry.aggregate.as_str() {
        "order" => Some("orders"),
        "payment" | "refund" => Some("money"),
        "stock" | "incoming" | "stock_policy" => Some("stock"),
        "sku" | "category" => Some("catalog"),
        "task" | "deadline" => Some("tasks"),
        _ => None,
    };
    topic.into_iter()
}
