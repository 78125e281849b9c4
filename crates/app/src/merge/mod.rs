//! Merging (合单): work on several orders of one buyer to one address leaves in one parcel.
//!
//! What is merged is fulfillments of one location, not orders: each order keeps its number, its money and
//! its pages, and may be canceled or refunded by itself. The fulfillments of a merge are released with one
//! wave, picked into the same totes, rechecked and packed as one ([`crate::pack`]) and leave with one label.
//!
//! Start at [`candidates`], which looks for what may travel together; a person decides by [`by_hand`], and
//! a shop that wants it lets a [`reader`] do it. What keeps work apart is a rule of
//! [`ordermill_domain::merge`].

mod auto;
pub mod by_hand;

use std::collections::{HashMap, HashSet};

use ordermill_base::{Id, Span, id::first_at};
use ordermill_domain::fulfillment::{Facts, Fulfillment, State};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::merge::{Limits, Obstacle, Side, obstacles};
use ordermill_domain::order::Order;
use ordermill_domain::risk::Marks;
use ordermill_storage::{Error, Tx, channel, fulfillment, order, risk};

use crate::catalog::Catalog;
use crate::privacy::Vault;
use crate::risk::marks_now;
use crate::sourcing::settings::MergeRule;

pub use auto::{READER, merge_planned, reader};

/// Orders to one address that are looked at, at most: the newest.
const ORDERS_MAX: i64 = 50;
/// A person is told of orders that were placed so long before or after.
const SUGGESTED_WITHIN: Span = Span::days(14);

/// Work that may travel with other work, or why it may not without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which work.
    pub work: Fulfillment,
    /// Why a person must decide about it; empty: the rules allow it by themselves.
    pub obstacles: Vec<Obstacle>,
}

/// Planned work of other orders of the same buyer to the same address that may travel with this one, the
/// newest order first: what nobody may decide otherwise about is left out, and so is what travels with it
/// already.
///
/// # Errors
/// If the database does not answer.
pub fn candidates(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    vault: &Vault,
    work: &Fulfillment,
) -> Result<Vec<Candidate>, Error> {
    if work.state() != State::Planned {
        return Ok(Vec::new());
    }
    let own = work.facts().order;
    let Some(stored) = order::fetch(tx, own)? else { return Ok(Vec::new()) };
    let marks = marks_now(tx, vault, own)?;
    let Some(address) = marks.and_then(|marks| marks.address) else { return Ok(Vec::new()) };
    let placed_at = stored.order.facts().milestones.placed_at;
    let since = OrderId::from_raw(first_at(placed_at - SUGGESTED_WITHIN));
    let mut others = risk::orders_to(tx, address, since, ORDERS_MAX)?;
    others.retain(|other| *other != own);
    let mut theirs = fulfillment::of_each(tx, &others)?;
    theirs.retain(|it| it.state() == State::Planned && !is_same_merge(it, work));
    theirs.sort_by_key(|it| std::cmp::Reverse((it.facts().order, it.id())));
    let mut known = Known::load(tx, theirs.iter().map(Fulfillment::facts))?;
    known.orders.insert(own, stored.order);
    known.marks.extend(marks.map(|marks| (own, marks)));
    let Some(side) = known.side(catalog, work) else { return Ok(Vec::new()) };
    let rule = &catalog.sourcing.merge;
    let mut found = Vec::new();
    for it in theirs {
        let Some(other) = known.side(catalog, &it) else { continue };
        let between = obstacles(&side, &other, rule.limits(), &catalog.sourcing.apart);
        if between.iter().all(|obstacle| obstacle.is_for_a_person()) {
            found.push(Candidate { work: it, obstacles: between });
        }
    }
    Ok(found)
}

/// Other orders of the same buyer to the same address that have not left yet, the newest first: they might
/// leave in one parcel, once their reviews are passed.
///
/// # Errors
/// If the database does not answer.
pub fn others(
    tx: &mut Tx<'_>,
    order: &Order,
    marks: Option<&Marks>,
) -> Result<Vec<OrderId>, Error> {
    let Some(address) = marks.and_then(|marks| marks.address) else { return Ok(Vec::new()) };
    let of_it = order.facts();
    let since = OrderId::from_raw(first_at(of_it.milestones.placed_at - SUGGESTED_WITHIN));
    let found = risk::orders_to(tx, address, since, ORDERS_MAX)?;
    let theirs = risk::marks_of_each(tx, &found)?;
    let mut others = Vec::new();
    for id in found.into_iter().filter(|id| *id != of_it.id) {
        let Some(stored) = order::fetch(tx, id)? else { continue };
        let facts = stored.order.facts();
        let phone = theirs.get(&id).and_then(|marks| marks.phone);
        let is_same_phone = phone.is_some() && phone == marks.and_then(|marks| marks.phone);
        let is_same_account = facts.customer.is_some() && facts.customer == of_it.customer;
        let is_waiting = facts.status.is_open() && facts.milestones.shipped_at.is_none();
        if is_waiting && (is_same_phone || is_same_account) {
            others.push(id);
        }
    }
    Ok(others)
}

fn is_same_merge(a: &Fulfillment, b: &Fulfillment) -> bool {
    a.facts().merge.is_some() && a.facts().merge == b.facts().merge
}

/// What is known of the orders behind some work.
struct Known {
    orders: HashMap<OrderId, Order>,
    marks: HashMap<OrderId, Marks>,
    /// Channels that are told of each parcel.
    told: HashSet<ChannelId>,
}

impl Known {
    fn load<'f>(tx: &mut Tx<'_>, works: impl Iterator<Item = &'f Facts>) -> Result<Self, Error> {
        let mut ids: Vec<OrderId> = works.map(|facts| facts.order).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut orders = HashMap::new();
        for id in &ids {
            orders.extend(order::fetch(tx, *id)?.map(|stored| (*id, stored.order)));
        }
        let told = channel::told_of_parcels(tx)?.into_iter().collect();
        Ok(Self { orders, marks: risk::marks_of_each(tx, &ids)?, told })
    }

    fn side<'c>(&self, catalog: &'c Catalog, work: &Fulfillment) -> Option<Side<'c>> {
        let facts = work.facts();
        let order = self.orders.get(&facts.order)?;
        let is_told = self.told.contains(&order.facts().channel);
        Some(side(catalog, (order, is_told), self.marks.get(&facts.order).copied(), facts))
    }
}

/// Work as the rule of merging sees it.
fn side<'c>(
    catalog: &'c Catalog,
    (order, is_told): (&Order, bool),
    marks: Option<Marks>,
    work: &Facts,
) -> Side<'c> {
    let of_order = order.facts();
    let grams = work.lines.iter().map(|line| {
        let one = catalog.sku(line.sku).map_or(0, |sku| sku.weight_grams);
        u64::from(one) * line.quantity.unsigned_abs()
    });
    Side {
        order: work.order,
        channel: of_order.channel,
        is_told,
        customer: of_order.customer,
        terms: of_order.terms,
        currency: of_order.amounts.currency,
        service_wish: of_order.service_wish,
        placed_at: of_order.milestones.placed_at,
        marks,
        is_promotion: of_order.promotion,
        is_backordered: of_order.backordered,
        is_passed: of_order.review.is_passed(),
        is_planned: work.state == State::Planned,
        is_urgent: work.is_urgent,
        not_before: work.not_before,
        location: work.location,
        grams: grams.sum(),
        goods: work.lines.iter().map(|line| catalog.goods(line.sku)).collect(),
    }
}

impl MergeRule {
    /// What the shop allows by itself.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            window: Span::minutes(self.window_minutes.into()),
            max_grams: self.max_grams.into(),
        }
    }
}
