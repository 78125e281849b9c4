//! The stream behind the page of one order, `/orders/{number}/live`: it says that something has
//! happened to the order, and nothing else. The page then asks again, so that what is shown and to
//! whom is decided where it always is.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use ordermill_app::Services;
use ordermill_app::live::{Listener, News};
use ordermill_base::Id;
use ordermill_domain::ids::OrderId;
use ordermill_storage::journal::Entry;
use serde::Deserialize;
use tokio::time::Instant;

use super::order::load;
use super::{Answer, Here, Trouble};
use crate::Site;
use crate::stream::{self, Place, Places};

/// Streams of all buyers at once; whoever finds none free reloads by hand or by the minute.
static PLACES: Places = Places::new(2_000);
/// What a page hears.
const CHANGED: &str = "data: order\n\n";
/// News that come close together are told together.
const GATHERED_FOR: Duration = Duration::from_millis(200);
/// So often a comment goes out, so that a browser that has gone is noticed.
const PULSE_EVERY: Duration = Duration::from_secs(15);
/// After so long the page opens another, and shows again that the order is its visitor's to see.
const OPEN_FOR: Duration = Duration::from_secs(15 * 60);

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/orders/{number}/live", get(live))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The version that the page shows.
    seen: Option<i64>,
}

async fn live(here: Here, Path(number): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let place = PLACES.take().ok_or(Trouble::Busy)?;
    // Listens before it looks: nothing that happens in between is missed.
    let listener = here.services().live().listen();
    let detail = load(&here, &number).await?;
    let order = detail.stored.order.id();
    let payments = detail.payments.iter().map(|payment| payment.facts().id.raw());
    let refunds = detail.refunds.iter().map(|refund| refund.facts().id.raw());
    let stream = Stream {
        listener,
        services: here.services().clone(),
        family: Family::new(order, payments.chain(refunds)),
        first: match asked.seen == Some(detail.stored.order.facts().version) {
            true => Some(": listening\n\n"),
            false => Some(CHANGED),
        },
        ends_at: Instant::now() + OPEN_FOR,
        _place: place,
    };
    let chunks = futures_util::stream::unfold(stream, |mut stream| async move {
        let chunk = stream.next_chunk().await?;
        Some((chunk.to_owned(), stream))
    });
    Ok(stream::answer(chunks))
}

struct Stream {
    listener: Listener,
    services: Services,
    family: Family,
    first: Option<&'static str>,
    ends_at: Instant,
    _place: Place,
}

impl Stream {
    /// The next piece of the stream; `None` ends it.
    async fn next_chunk(&mut self) -> Option<&'static str> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let pulse_at = Instant::now() + PULSE_EVERY;
        while Instant::now() < self.ends_at {
            let news = tokio::time::timeout_at(pulse_at, self.listener.next());
            let news = tokio::select! {
                () = self.services.stopped() => return None,
                news = news => news,
            };
            match news {
                Ok(None) => return None,
                Ok(Some(News::Missed)) => return Some(CHANGED),
                Ok(Some(News::Entry(entry))) => {
                    if self.family.is_concerned(&entry) {
                        self.gather().await;
                        return Some(CHANGED);
                    }
                }
                Err(_) => return Some(": still here\n\n"),
            }
        }
        None
    }

    /// What follows at once is told together: an order that is paid is also confirmed.
    async fn gather(&mut self) {
        let until = Instant::now() + GATHERED_FOR;
        while let Ok(Some(news)) = tokio::time::timeout_at(until, self.listener.next()).await {
            if let News::Entry(entry) = news {
                self.family.is_concerned(&entry);
            }
        }
    }
}

/// The order, its payments and its refunds: whose entries in the journal concern its page.
#[derive(Debug)]
struct Family {
    order: OrderId,
    /// The order's id as it stands in the entry that begins a payment or a refund.
    named: String,
    members: BTreeSet<i64>,
}

impl Family {
    fn new(order: OrderId, members: impl Iterator<Item = i64>) -> Self {
        Self { order, named: format!("\"{order}\""), members: members.collect() }
    }

    /// Whether this is about the order. A payment or refund that begins is one of the family from
    /// then on, so that nothing has to be looked up for the many entries of other orders.
    fn is_concerned(&mut self, entry: &Entry) -> bool {
        match entry.aggregate.as_str() {
            "order" | "reservation" | "deadline" => entry.aggregate_id == self.order.raw(),
            "payment" | "refund" => {
                let begins = entry.body.contains(&self.named);
                if begins {
                    self.members.insert(entry.aggregate_id);
                }
                begins || self.members.contains(&entry.aggregate_id)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Timestamp;
    use ordermill_domain::actor::Actor;
    use ordermill_domain::ids::EventId;
    use ordermill_storage::journal::Cursor;

    use super::*;

    fn entry(aggregate: &str, id: i64, body: String) -> Entry {
        Entry {
            cursor: Cursor { xid: 0, position: EventId::from_raw(1) },
            aggregate: aggregate.to_owned(),
            aggregate_id: id,
            sequence: 1,
            kind: String::new(),
            at: Timestamp::from_micros(0),
            actor: Actor::system("test"),
            reason: None,
            request_id: None,
            body,
        }
    }

    #[test]
    fn a_page_hears_of_its_order_its_payments_and_its_refunds_and_of_no_others() {
        let (mine, other) = (OrderId::from_raw(10), OrderId::from_raw(11));
        let mut family = Family::new(mine, [20].into_iter());
        let mut hears =
            |aggregate, id, body: String| family.is_concerned(&entry(aggregate, id, body));
        let begins = |order: OrderId| format!(r#"{{"kind":"payment.created","order":"{order}"}}"#);
        assert!(hears("order", 10, String::new()) && !hears("order", 11, String::new()));
        assert!(hears("payment", 20, String::new()) && !hears("payment", 21, String::new()));
        assert!(!hears("payment", 22, begins(other)) && !hears("payment", 22, String::new()));
        assert!(hears("payment", 23, begins(mine)), "it is paid again");
        assert!(hears("payment", 23, String::new()), "and that payment is heard of from now on");
        assert!(
            !hears("reveal", 10, begins(mine)),
            "what staff look at is not the buyer's concern"
        );
    }
}
