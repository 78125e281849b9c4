//! How far the work on an order is, rolled up from its fulfillments and kept beside it.

use std::collections::{HashMap, HashSet};

use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_domain::order::{Progress, ShareOfWork};
use ordermill_storage::{Error, Tx, fulfillment, order};

/// Computes anew how far orders are, and stores it. `labeled` are the packed fulfillments of them of which
/// each package has a waybill. Call it in the transaction that moved one of their fulfillments, when
/// everything else is written.
pub fn roll_up(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    labeled: &HashSet<FulfillmentId>,
) -> Result<(), Error> {
    let mut shares: HashMap<OrderId, Vec<ShareOfWork>> = HashMap::new();
    for work in fulfillment::of_each(tx, orders)? {
        let is_labeled = labeled.contains(&work.id());
        let share = ShareOfWork { state: work.state(), is_labeled };
        shares.entry(work.facts().order).or_default().push(share);
    }
    let mut left: HashSet<OrderId> = HashSet::new();
    for (order, line) in order::lines_of_each(tx, orders)? {
        let pieces = line.pieces();
        if pieces.backordered > 0 || line.open() > 0 {
            left.insert(order);
        }
    }
    let progress = orders.iter().map(|order| {
        let shares = shares.remove(order).unwrap_or_default();
        (*order, Progress::of(shares, left.contains(order)))
    });
    order::update_progress(tx, &progress.collect::<Vec<_>>())
}
