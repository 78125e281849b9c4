//! A page of the list of orders, with what stands in each row.

use std::collections::HashMap;

use ordermill_base::Timestamp;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_domain::order::{DisplayStatus, OrderNumber};
use ordermill_domain::payment::PaymentStatus;
use ordermill_storage::order::{self, Filter};
use ordermill_storage::{Error, Tx, deadline, reservation};

/// One order in a list.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// The head and what is stored beside it.
    pub stored: order::Stored,
    /// Pieces of all lines.
    pub pieces: i64,
    /// Its nearest deadline and when that is breached.
    pub deadline: Option<(DeadlineKind, Timestamp)>,
    /// Where its stock is, each place once.
    pub locations: Vec<LocationId>,
}

impl OrderRow {
    /// What people read out on the phone.
    pub fn number(&self) -> OrderNumber {
        OrderNumber::from(self.stored.order.id())
    }

    /// The state that is shown.
    pub fn display_status(&self) -> DisplayStatus {
        self.stored.order.display_status(self.stored.progress)
    }

    /// Where its money stands.
    pub fn payment_status(&self) -> PaymentStatus {
        self.stored.order.payment_status()
    }
}

/// Orders that match, newest first: at most `limit` of those before the order `before`, and whether
/// there are more.
pub fn page(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Option<OrderId>,
    limit: i64,
) -> Result<(Vec<OrderRow>, bool), Error> {
    let mut found = order::list(tx, filter, before, limit + 1)?;
    let has_more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
    if has_more {
        found.pop();
    }
    let ids: Vec<OrderId> = found.iter().map(|stored| stored.order.id()).collect();
    let mut pieces: HashMap<OrderId, i64> = HashMap::new();
    let lines = order::lines_of_each(tx, &ids)?.into_iter();
    // What is sent in place of something was not ordered besides it.
    for (order, line) in lines.filter(|(_, line)| line.terms.stands_for.is_none()) {
        *pieces.entry(order).or_default() += line.terms.quantity.get();
    }
    let due = deadline::nearest_of_each(tx, &ids)?;
    let due: HashMap<OrderId, _> =
        due.into_iter().map(|(order, kind, due_at)| (order, (kind, due_at))).collect();
    let mut places: HashMap<OrderId, Vec<LocationId>> = HashMap::new();
    for stored in reservation::of_each(tx, &ids)? {
        let facts = stored.reservation.facts();
        let of_order = places.entry(facts.order).or_default();
        if !of_order.contains(&facts.location) {
            of_order.push(facts.location);
        }
    }
    let row = |stored: order::Stored| {
        let id = stored.order.id();
        OrderRow {
            pieces: pieces.get(&id).copied().unwrap_or_default(),
            deadline: due.get(&id).copied(),
            locations: places.remove(&id).unwrap_or_default(),
            stored,
        }
    };
    Ok((found.into_iter().map(row).collect(), has_more))
}
