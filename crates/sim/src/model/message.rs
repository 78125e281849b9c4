//! What buyers are told: each thing once, and only while it is news.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;

/// What is older is no news, in microseconds.
const FRESH: i64 = 24 * 3_600 * 1_000_000;

/// Something that a buyer is told: of which order, what, and about which payment or refund.
pub type Telling = (i64, &'static str, i64);

/// Everything about messages.
#[derive(Debug, Clone, Default)]
pub struct Tellings {
    /// What happened and was not read yet, by its position in the journal, with its moment.
    unread: BTreeMap<i64, (i64, Telling)>,
    /// What there must be a message of.
    pub due: BTreeSet<Telling>,
}

impl Model {
    /// Something happened of which buyers of the own shop are told.
    pub fn is_news(&mut self, position: i64, at: i64, telling: Telling) {
        if self.orders.get(&telling.0).is_some_and(|order| order.phone.is_some()) {
            self.tellings.unread.insert(position, (at, telling));
        }
    }

    /// The journal was read up to here at this moment.
    pub fn news_are_read(&mut self, upto: i64, now: i64) {
        let unread = self.tellings.unread.split_off(&(upto + 1));
        let read = std::mem::replace(&mut self.tellings.unread, unread);
        let fresh = read.into_values().filter(|(at, _)| at + FRESH > now);
        self.tellings.due.extend(fresh.map(|(_, telling)| telling));
    }

    /// Whether something happened that nobody has read yet.
    pub fn has_unread_news(&self) -> bool {
        !self.tellings.unread.is_empty()
    }
}
