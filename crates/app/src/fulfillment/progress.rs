//! How far the work on an order is, rolled up from its fulfillments and kept beside it.

use std::collections::{HashMap, HashSet};

use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::{FulfillmentId, OrderId};
use ordermill_domain::order::{OrderLine, Progress, ShareOfWork};
use ordermill_storage::{Error, Tx, fulfillment, order};

/// Computes anew how far orders are, and stores it. `labeled` are the packed fulfillments of them of which
/// each package has a waybill. Call it in the transaction that moved one of their fulfillments, when
/// everything else is written.
pub fn roll_up(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
    labeled: &HashSet<FulfillmentId>,
) -> Result<(), Error> {
    let asked = fulfillment::ask_of_each(tx, orders)?;
    let mut lines: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for (order, line) in order::lines_of_each(tx, orders)? {
        lines.entry(order).or_default().push(line);
    }
    let mut works: HashMap<OrderId, Vec<Fulfillment>> = HashMap::new();
    for work in asked.answer(tx)? {
        works.entry(work.facts().order).or_default().push(work);
    }
    let progress = orders.iter().map(|order| {
        let works = works.get(order).map_or(&[][..], Vec::as_slice);
        let lines = lines.get(order).map_or(&[][..], Vec::as_slice);
        let share = |work: &Fulfillment| ShareOfWork {
            state: work.state(),
            is_labeled: labeled.contains(&work.id()),
        };
        (*order, Progress::of(works.iter().map(share), has_pieces_left(lines, works)))
    });
    order::update_progress(tx, &progress.collect::<Vec<_>>())
}

/// Whether pieces of an order wait for stock, or for a location that ships them.
pub fn has_pieces_left(lines: &[OrderLine], works: &[Fulfillment]) -> bool {
    lines.iter().any(|line| {
        let pieces = line.pieces();
        let open = works.iter().filter(|work| work.state().is_open());
        let shares = open.filter_map(|work| work.line(line.terms.line_no));
        let planned: i64 = shares.map(|share| share.quantity).sum();
        pieces.backordered > 0 || line.open() > 0 || pieces.allocated > planned
    })
}
