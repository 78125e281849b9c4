//! Reviews of orders: what holds them, how the rules decided, and what is known of the buyer.

use std::collections::HashSet;

use ordermill_base::{Id, Span, Timestamp, id::first_at};
use ordermill_domain::ids::{CustomerId, OrderId};
use ordermill_domain::order::Status;
use ordermill_domain::order::review::Hold;

use crate::columns::insert;
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

static INSERT_HOLD: Insert = insert!("order_holds" {
    order_id: Int, sequence: Int, is_interception: Int, reason: Text, placed_at: Int, lifted_at: Int,
});

/// Stores a hold that was just placed.
pub fn insert_hold(tx: &mut Tx<'_>, order: OrderId, hold: &Hold) -> Result<(), Error> {
    tx.append(
        &INSERT_HOLD,
        params![
            order.raw(),
            hold.sequence,
            i64::from(hold.is_interception),
            hold.reason.code(),
            hold.placed_at,
            hold.lifted_at,
        ],
    )
}

/// Lifts all holds of an order that still stand.
pub fn lift_holds(tx: &mut Tx<'_>, order: OrderId, at: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE order_holds SET lifted_at = $2 WHERE order_id = $1 AND lifted_at IS NULL",
        params![order.raw(), at],
    )
}

pub(crate) const HOLD_COLUMNS: &str =
    "order_id, sequence, is_interception, reason, placed_at, lifted_at";

pub(crate) fn read_hold(row: &mut Row<'_>) -> Result<(OrderId, Hold), Error> {
    let order = row.id()?;
    let hold = Hold {
        sequence: row.int()?,
        is_interception: row.flag()?,
        reason: row.parsed()?,
        placed_at: row.at()?,
        lifted_at: row.opt_at()?,
    };
    Ok((order, hold))
}

/// Those among orders whose review is not passed: no work on them begins.
pub fn held_among(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<HashSet<OrderId>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT id FROM orders
            WHERE id = $1 AND review NOT IN ('auto_passed', 'approved', 'released')",
        postgres: "SELECT id FROM orders
            WHERE id = ANY($1) AND review NOT IN ('auto_passed', 'approved', 'released')",
    };
    Ok(tx.query_each(&SQL, &Columns::of_ids(orders), |row| row.id())?.into_iter().collect())
}

/// All holds that an order has or had, the oldest first.
pub fn holds_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Hold>, Error> {
    let sql = format!(
        "SELECT {HOLD_COLUMNS} FROM order_holds
          WHERE order_id = $1 ORDER BY sequence, is_interception, reason"
    );
    tx.query(&sql, params![order.raw()], |row| Ok(read_hold(row)?.1))
}

/// How a table decided about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    /// The sequence of the event that it led to.
    pub sequence: i64,
    /// The version of the table.
    pub version: i64,
    /// Every rule with what became of it, as JSON.
    pub decision: String,
    /// When.
    pub decided_at: Timestamp,
}

static INSERT_DECISION: Insert = insert!("review_decisions" {
    order_id: Int, sequence: Int, version: Int, decision: Text, decided_at: Int,
});

/// Stores how a table decided.
pub fn insert_decision(
    tx: &mut Tx<'_>,
    order: OrderId,
    decision: &StoredDecision,
) -> Result<(), Error> {
    tx.append(
        &INSERT_DECISION,
        params![
            order.raw(),
            decision.sequence,
            decision.version,
            &decision.decision,
            decision.decided_at,
        ],
    )
}

/// How tables decided about an order, the oldest decision first.
pub fn decisions_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<StoredDecision>, Error> {
    tx.query(
        "SELECT sequence, version, decision, decided_at FROM review_decisions
          WHERE order_id = $1 ORDER BY sequence",
        params![order.raw()],
        |row| {
            Ok(StoredDecision {
                sequence: row.int()?,
                version: row.int()?,
                decision: row.text()?,
                decided_at: row.at()?,
            })
        },
    )
}

/// The newest orders that rules have looked at, newest first, at most `limit`; among the newest few
/// times as many orders.
pub fn newest_reviewed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<OrderId>, Error> {
    tx.query(
        "SELECT id FROM (SELECT id, review FROM orders ORDER BY id DESC LIMIT $2) AS newest
          WHERE review <> 'pending' ORDER BY id DESC LIMIT $1",
        params![limit, limit.saturating_mul(4)],
        |row| row.id(),
    )
}

/// How many orders of a buyer are looked at, the newest ones.
pub const HISTORY_MAX: i64 = 1_000;

/// Other orders of a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// All of them.
    pub orders: i64,
    /// Those that were completed, archived ones too.
    pub completed: i64,
    /// Those that were canceled.
    pub canceled: i64,
    /// Those that a review refused.
    pub rejected: i64,
    /// Those of the hour before this order.
    pub last_hour: i64,
    /// Those of the 24 hours before this order.
    pub last_day: i64,
}

/// The buyer's orders beside this one, which was placed at `at`; of the newest [`HISTORY_MAX`].
pub fn history(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    order: OrderId,
    at: Timestamp,
) -> Result<History, Error> {
    let rows = tx.query(
        "SELECT status, COUNT(*),
                CAST(SUM(CASE WHEN id < $2 AND id >= $3 THEN 1 ELSE 0 END) AS BIGINT),
                CAST(SUM(CASE WHEN id < $2 AND id >= $4 THEN 1 ELSE 0 END) AS BIGINT)
           FROM (SELECT id, status FROM orders WHERE customer_id = $1 AND id <> $2
                  ORDER BY id DESC LIMIT $5) newest
          GROUP BY status",
        params![
            customer.raw(),
            order.raw(),
            first_at(at - Span::hours(1)),
            first_at(at - Span::hours(24)),
            HISTORY_MAX,
        ],
        |row| Ok((row.parsed::<Status>()?, row.int()?, row.int()?, row.int()?)),
    )?;
    let mut history = History::default();
    for (status, orders, last_hour, last_day) in rows {
        history.orders += orders;
        history.last_hour += last_hour;
        history.last_day += last_day;
        match status {
            Status::Completed | Status::Archived => history.completed += orders,
            Status::Canceled => history.canceled += orders,
            Status::Rejected => history.rejected += orders,
            Status::Placed | Status::Confirmed => {}
        }
    }
    Ok(history)
}
