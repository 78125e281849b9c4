//! Which locations are not asked again for an order, because they have given it back.
//!
//! Where a person moved work from may have it again: nothing is wrong there. A location that did not have the
//! pieces is asked again once some of them have come in there; one that gave the work back for another reason
//! is not.

use std::collections::{BTreeSet, HashMap};

use ordermill_domain::fulfillment::{Facts, RejectReason, State};
use ordermill_domain::ids::{LocationId, OrderId};
use ordermill_storage::asked::Asked;
use ordermill_storage::{Error, Tx, fulfillment, stock};

/// The locations that have given orders back, by order.
#[derive(Debug, Default)]
pub(super) struct GivenBack(HashMap<OrderId, Locations>);

/// The locations that have given one order back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Locations {
    /// They are not asked again.
    pub(super) excluded: BTreeSet<LocationId>,
    /// They did not have the pieces, and have got some since.
    pub(super) restocked: BTreeSet<LocationId>,
}

impl GivenBack {
    /// Looks up who has given these orders back.
    pub(super) fn load(tx: &mut Tx<'_>, orders: &BTreeSet<OrderId>) -> Result<Self, Error> {
        let orders: Vec<OrderId> = orders.iter().copied().collect();
        let mut rejections = Vec::new();
        for work in fulfillment::of_each(tx, &orders)? {
            let facts = work.facts();
            let is_theirs = !facts.reject_reason.is_some_and(RejectReason::is_decision);
            if facts.state == State::Rejected && is_theirs {
                rejections.push((facts.order, facts.location, ask_arrivals(tx, facts)?));
            }
        }
        let mut given_back = Self::default();
        for (order, location, arrivals) in rejections {
            let mut has_more = false;
            for arrival in arrivals {
                has_more |= arrival.only(tx)?.is_some();
            }
            let of_order = given_back.0.entry(order).or_default();
            let kept = if has_more { &mut of_order.restocked } else { &mut of_order.excluded };
            kept.insert(location);
        }
        for Locations { excluded, restocked } in given_back.0.values_mut() {
            restocked.retain(|location| !excluded.contains(location));
        }
        Ok(given_back)
    }

    /// Who has given an order back.
    pub(super) fn of(&self, order: OrderId) -> Locations {
        self.0.get(&order).cloned().unwrap_or_default()
    }
}

/// Asks whether pieces of work have come in where it was given back for want of them, for each SKU. Which of
/// them was missing is not always known, so any of them is a reason to ask that location again.
fn ask_arrivals(tx: &mut Tx<'_>, facts: &Facts) -> Result<Vec<Asked<i64>>, Error> {
    let since = match (facts.reject_reason, facts.milestones.ended_at) {
        (Some(RejectReason::NoStock), Some(ended_at)) => ended_at,
        _ => return Ok(Vec::new()),
    };
    let skus: BTreeSet<_> = facts.lines.iter().map(|line| line.sku).collect();
    skus.into_iter().map(|sku| stock::ask_arrival(tx, sku, facts.location, since)).collect()
}
