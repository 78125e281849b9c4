//! Sourcing (寻源): which location ships what of a confirmed order.
//!
//! A reader of the journal takes orders as they are confirmed, many at once, so that a scarce piece goes
//! where it saves the most ([`ordermill_optimize::sourcing`]). [`place::Places`] says what each location
//! can do for an order, [`plan`] chooses, [`explain`] keeps why, and [`carry_out`] moves the claims on
//! stock and plans the fulfillments, all under the locks of one transaction. What no location can ship
//! becomes a task for operations, and is tried again when a location changes, pieces come in ([`arrivals`]) or
//! somebody asks.
//!
//! How locations are chosen is set in [`settings`], and changed by [`edit`]; for single orders it is said by
//! [`rules`].
//!
//! By hand: [`by_hand`] (another location, urgent work, work that its location gives back, and a whole
//! location that is out of work); [`split`] divides planned work and puts it together again.

pub mod arrivals;
pub mod by_hand;
mod carry_out;
pub mod dry_run;
pub mod edit;
pub mod explain;
mod gifts;
mod given_back;
mod place;
mod plan;
pub mod regions;
mod rules;
pub mod settings;
pub mod split;
mod turns;

use std::collections::BTreeSet;
use std::sync::Arc;

use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::event::Event;
use ordermill_domain::fulfillment;
use ordermill_domain::ids::OrderId;
use ordermill_domain::task::TaskKind;
use ordermill_storage::journal::Entry;
use ordermill_storage::{Error, Tx, task};

use crate::catalog::CatalogHolder;
use crate::reader::{ReadError, Reader};

pub use carry_out::{Wish, source_each};
pub use settings::SourcingSettings;

/// The name of the cursor.
pub const READER: &str = "sourcing";
/// After these, an order has pieces that no fulfillment ships, or a location may ship what it could not.
const KINDS: &[&str] = &[
    "order.confirmed",
    "order.backorder_filled",
    "order.given_up",
    "order.substituted",
    "order.resent",
    "fulfillment.rejected",
    "fulfillment.shorted",
    "location.edited",
    "location.created",
    "rule_table.edited",
];
/// Orders without a location that are tried again when one has changed, at most.
const TRIED_AGAIN_MAX: i64 = 500;

/// Sources orders as they are confirmed, and what their locations give back.
pub fn reader(catalog: Arc<CatalogHolder>) -> Reader {
    let reader = Reader::new(READER, move |tx, entries, now| {
        let (orders, has_changed) = orders_of(tx, entries)?;
        // What has just been edited decides already.
        let catalog = if has_changed { catalog.seen_by(tx)? } else { catalog.current() };
        Ok(source_each(tx, &catalog, &by_rules(now), &orders, &Wish::default())?)
    });
    Reader { kinds: Some(KINDS), is_command: true, ..reader }
}

/// The act of the sourcing rules.
pub fn by_rules(now: Timestamp) -> Act {
    Act::new(Actor::system(READER), now)
}

/// What is to be sourced, and whether locations or rules have changed.
fn orders_of(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(BTreeSet<OrderId>, bool), ReadError> {
    let mut orders = BTreeSet::new();
    let mut given_back = Vec::new();
    let mut has_changed = false;
    for entry in entries {
        let unreadable =
            |error: ordermill_domain::event::ReadEventError| ReadError::Entry(error.to_string());
        match Event::from_json(&entry.kind, &entry.body).map_err(unreadable)? {
            Event::Order(_) => {
                orders.insert(OrderId::from_raw(entry.aggregate_id));
            }
            Event::Fulfillment(
                fulfillment::Event::Rejected { .. } | fulfillment::Event::Shorted { .. },
            ) => {
                given_back.push(ordermill_domain::ids::FulfillmentId::from_raw(entry.aggregate_id));
            }
            _ => has_changed = true,
        }
    }
    for id in given_back {
        let order = ordermill_storage::fulfillment::fetch(tx, id)?.map(|work| work.facts().order);
        orders.extend(order);
    }
    if has_changed {
        orders.extend(waiting(tx)?);
    }
    Ok((orders, has_changed))
}

/// Orders that no location could ship when they were tried last.
fn waiting(tx: &mut Tx<'_>) -> Result<Vec<OrderId>, Error> {
    let subjects = task::subjects_open(tx, TaskKind::Sourcing, TRIED_AGAIN_MAX)?;
    Ok(subjects.map(OrderId::from_raw).collect())
}
