//! What buyers are told: each thing once, and only while it is news.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::parcel::{Parcel, Where};

/// What is older is no news, in microseconds.
const FRESH: i64 = 24 * 3_600 * 1_000_000;
/// A step of a parcel is none after so long by its carrier's clock, in microseconds.
const FRESH_STEP: i64 = 12 * 3_600 * 1_000_000;

/// Something that a buyer is told: of which order, what, and about which payment, refund or parcel.
pub type Telling = (i64, &'static str, i64);

/// Something that happened and was not read yet.
#[derive(Debug, Clone, Copy)]
struct News {
    at: i64,
    /// When its carrier says that it was, if it is about a parcel.
    step_at: Option<i64>,
    telling: Telling,
}

/// Everything about messages.
#[derive(Debug, Clone, Default)]
pub struct Tellings {
    /// What happened and was not read yet, by its position in the journal.
    unread: BTreeMap<i64, News>,
    /// What there must be a message of.
    pub due: BTreeSet<Telling>,
}

impl Model {
    /// Something happened of which buyers of the own shop are told.
    pub fn is_news(&mut self, position: i64, at: i64, telling: Telling) {
        self.hear(position, News { at, step_at: None, telling });
    }

    /// A parcel has left, was delivered, or its carrier said a word that matters to buyers, at this moment by
    /// the carrier's clock.
    pub fn is_parcel_news(
        &mut self,
        (position, at): (i64, i64),
        id: i64,
        word: &str,
        step_at: i64,
    ) {
        let what = match word {
            "handed_over" => "shipped",
            "delivered" => "delivered",
            word => match asks_buyers(word) {
                Some(what) => what,
                None => return,
            },
        };
        let Some(parcel) = self.parcels.all.get(&id) else { return };
        let telling = (parcel.order, what, id);
        self.hear(position, News { at, step_at: Some(step_at), telling });
    }

    fn hear(&mut self, position: i64, news: News) {
        if self.orders.get(&news.telling.0).is_some_and(|order| order.phone.is_some()) {
            self.tellings.unread.insert(position, news);
        }
    }

    /// The journal was read up to here at this moment.
    pub fn news_are_read(&mut self, upto: i64, now: i64) {
        let unread = self.tellings.unread.split_off(&(upto + 1));
        let read = std::mem::replace(&mut self.tellings.unread, unread);
        let fresh = read.into_values().filter(|news| news.at + FRESH > now);
        let still = fresh.filter(|news| match news.step_at {
            None => true,
            Some(step_at) => {
                let (_, what, id) = news.telling;
                let is_so = |parcel: &Parcel| is_still_so(parcel, what);
                step_at + FRESH_STEP >= now && self.parcels.all.get(&id).is_some_and(is_so)
            }
        });
        let due: Vec<Telling> = still.map(|news| news.telling).collect();
        self.tellings.due.extend(due);
    }

    /// Whether something happened that nobody has read yet.
    pub fn has_unread_news(&self) -> bool {
        !self.tellings.unread.is_empty()
    }
}

/// What a buyer is told when this is the carrier's word.
fn asks_buyers(word: &str) -> Option<&'static str> {
    match word {
        "out_for_delivery" => Some("out_for_delivery"),
        "at_pickup_point" => Some("at_pickup_point"),
        "address" => Some("address_problem"),
        _ => None,
    }
}

/// Whether it is still what a buyer should know of a parcel: one that is with the courier needs no word that it
/// has left.
fn is_still_so(parcel: &Parcel, what: &str) -> bool {
    let asked = parcel.last.and_then(|(_, word)| asks_buyers(word));
    match what {
        "delivered" => parcel.at == Where::Arrived,
        "shipped" => parcel.at == Where::Carried && asked.is_none(),
        what => parcel.at == Where::Carried && asked == Some(what),
    }
}

/// Whether a message is about a parcel, and so pointless once the parcel has moved on.
pub fn is_about_a_parcel(what: &str) -> bool {
    matches!(
        what,
        "shipped" | "out_for_delivery" | "at_pickup_point" | "delivered" | "address_problem"
    )
}
