//! What buyers and others were told beside what they had to be told.

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::Id;
use ordermill_domain::ids::EventId;
use ordermill_domain::message::State;
use ordermill_storage::check;
use ordermill_storage::journal;

use super::{ALL, same};
use crate::ground;
use crate::model::{Wrong, is_about_a_parcel};

use crate::shop::Shop;

const PAGE: i64 = 1_000;

impl Shop {
    /// Once nobody fails any more: each thing was told once, to its buyer, and nothing else.
    pub(crate) fn compare_messages(&mut self) -> Result<(), Wrong> {
        let stored = self.world.look(|tx| check::messages(tx, ALL));
        let mut told = BTreeSet::new();
        let mut carried = 0;
        for message in &stored {
            let telling = (message.order.raw(), message.cause.code(), message.subject);
            if !self.model.tellings.due.contains(&telling) || !told.insert(telling) {
                return Err(format!("{telling:?} is told, and should not be or not again"));
            }
            let order = &self.model.orders[&telling.0];
            let to = self.world.mailbox.kept().carried.get(&message.id.to_string()).cloned();
            carried += usize::from(to.is_some());
            if to.is_some() && to != order.phone {
                return Err(format!("{telling:?} went to {to:?}, not to {:?}", order.phone));
            }
            let is_pointless = matches!(telling.1, "payment_failed" | "payment_due");
            let is_fine = match message.state {
                State::Sent => to.is_some(),
                // After the last try, or because there is nothing to pay any more.
                State::Dead => true,
                State::Moot if is_about_a_parcel(telling.1) => true,
                // The buyer has answered already.
                State::Moot if telling.1 == "missing_pieces" => true,
                State::Moot => is_pointless && !order.is_payable(self.world.now().as_micros()),
                State::Waiting => false,
            };
            if !is_fine {
                return Err(format!("{telling:?} is {} and went to {to:?}", message.state));
            }
        }
        if let Some(forgotten) = self.model.tellings.due.difference(&told).next() {
            return Err(format!("{forgotten:?} was never told"));
        }
        let all = self.world.mailbox.kept().carried.len();
        same("messages", "that were carried", &all, &carried)
    }

    /// Once nobody fails any more: every endpoint has every event that it wants, and no other. That
    /// they came in order is seen when they come.
    pub(crate) fn compare_deliveries(&mut self) -> Result<(), Wrong> {
        let mut should: BTreeMap<&str, BTreeMap<i64, String>> = BTreeMap::new();
        let mut behind = EventId::from_raw(0);
        loop {
            let upto = EventId::from_raw(i64::MAX);
            let page = self.world.look(|tx| journal::between(tx, behind, upto, PAGE));
            let Some(last) = page.last() else { break };
            behind = last.cursor.position;
            for entry in &page {
                for (url, wanted) in ground::ENDPOINTS {
                    if wanted.iter().any(|pattern| wants(pattern, &entry.kind)) {
                        let event = format!("{} {}", entry.kind, entry.at);
                        should.entry(url).or_default().insert(entry.cursor.position.raw(), event);
                    }
                }
            }
        }
        for (url, _) in ground::ENDPOINTS {
            let is = self.world.receivers.got().arrived(url);
            let should = should.remove(url).unwrap_or_default();
            if let Some((_, event)) = should.iter().find(|(id, _)| !is.contains_key(*id)) {
                return Err(format!("{event} never arrived at {url}"));
            }
            if let Some((id, _)) = is.iter().find(|(id, _)| !should.contains_key(*id)) {
                return Err(format!("event {id} is none of the business of {url}"));
            }
        }
        Ok(())
    }
}

fn wants(pattern: &str, kind: &str) -> bool {
    // What carriers charge is told to those alone who name it.
    if pattern == "*" {
        return !kind.starts_with("carrier.");
    }
    match pattern.strip_suffix(".*") {
        Some(of) => kind.split_once('.').is_some_and(|(aggregate, _)| aggregate == of),
        None => pattern == kind,
    }
}
