//! Goods whose money a buyer's bank wants back: what has not left stays, until somebody decides.
//!
//! The hold is the open task itself (`disputed_order`), so that what keeps goods back is never out of step
//! with whom it waits for. Winning the dispute ends it, canceling the order does, and so does a person who
//! finishes the task: then the goods leave all the same, and their delivery is evidence.
//!
//! A review's hold would not do: it is about an order before its work, knows its way through rules, and would
//! let go of what is on the floor.

use std::collections::HashSet;

use ordermill_base::Timestamp;
use ordermill_domain::dispute::{Dispute, State};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{OrderLine, Status};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, dispute, order, task};
use serde_json::json;

/// Stops what has not left of a dispute's order.
pub(super) fn stop(tx: &mut Tx<'_>, dispute: &Dispute, now: Timestamp) -> Result<(), Error> {
    let id = dispute.facts().terms.order;
    let stored = order::fetch(tx, id)?.ok_or(Error::Stale("an order"))?;
    if !matches!(stored.order.status(), Status::Placed | Status::Confirmed) {
        return Ok(());
    }
    let is_to_leave = |line: &OrderLine| {
        let pieces = line.pieces();
        pieces.shipped + pieces.canceled < line.terms.quantity.get()
    };
    let lines = order::lines_of_each(tx, &[id])?;
    if !lines.iter().any(|(_, line)| is_to_leave(line)) {
        return Ok(());
    }
    let terms = &dispute.facts().terms;
    let about = json!({ "order": id, "dispute": dispute.facts().id, "reason": terms.reason });
    task::open(tx, TaskKind::DisputedOrder, id, &about.to_string(), None, now)
}

/// Lets an order go on, unless another dispute about it is open or was lost.
pub(super) fn lift(tx: &mut Tx<'_>, id: OrderId, now: Timestamp) -> Result<(), Error> {
    let disputes = dispute::of(tx, id)?;
    if disputes.iter().all(|it| it.state() == State::Won) {
        task::close(tx, TaskKind::DisputedOrder, id, "won", now)?;
    }
    Ok(())
}

/// Those among orders whose goods stay where they are.
pub fn stopped_among(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<HashSet<OrderId>, Error> {
    task::open_among(tx, TaskKind::DisputedOrder, orders)
}
