//! What happened to an order and to all that hangs on it, from the journal.

use ordermill_base::Id;
use ordermill_domain::ids::OrderId;
use ordermill_storage::journal::{self, Entry};
use ordermill_storage::{Error, Tx, reveal};

use super::detail::OrderDetail;

/// Entries of one history at most: more are a matter of the audit log.
const ENTRIES_MAX: i64 = 200;
/// Looks at the recipient that are told.
const LOOKS_MAX: i64 = 50;

/// What happened to the order itself, oldest first; the rest of a long history is a page of the audit log.
pub fn of_order(tx: &mut Tx<'_>, id: OrderId) -> Result<Vec<Entry>, Error> {
    journal::of(tx, "order", id, 1, ENTRIES_MAX)
}

/// Every entry about the order, its payments, refunds and disputes, its stock, the work on it, its deadlines,
/// and the looks at its recipient; oldest first.
pub fn entries(tx: &mut Tx<'_>, detail: &OrderDetail) -> Result<Vec<Entry>, Error> {
    let id = detail.stored.order.id();
    let mut entries = of_order(tx, id)?;
    for payment in &detail.payments {
        entries.extend(journal::of(tx, "payment", payment.facts().id, 1, ENTRIES_MAX)?);
    }
    for refund in &detail.refunds {
        entries.extend(journal::of(tx, "refund", refund.facts().id, 1, ENTRIES_MAX)?);
    }
    for dispute in &detail.disputes {
        entries.extend(journal::of(tx, "dispute", dispute.facts().id, 1, ENTRIES_MAX)?);
    }
    for work in &detail.fulfillments {
        entries.extend(journal::of(tx, "fulfillment", work.id(), 1, ENTRIES_MAX)?);
    }
    for aggregate in ["reservation", "deadline"] {
        entries.extend(journal::of(tx, aggregate, id, 1, ENTRIES_MAX)?);
    }
    for look in reveal::of(tx, id, LOOKS_MAX)? {
        entries.extend(journal::of(tx, "reveal", look.id, 1, 1)?);
    }
    entries.sort_by_key(|entry| entry.cursor.position.raw());
    Ok(entries)
}
