//! Refunds: one row for each (payment, cause, subject).

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId, RefundId};
use ordermill_domain::refund::{Event, Facts, Key, Refund};

use crate::asked::Asked;
use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, journal, params};

static INSERT: Insert = insert!("refunds" {
    id: Int, payment_id: Int, order_id: Int, cause: Text, subject: Int, version: Int, state: Text,
    currency: Text, amount_minor: Int, granted_at: Int, ask_at: Int,
});

/// Stores a granted refund, to be sent to the gateway at `ask_at`.
pub fn insert(tx: &mut Tx<'_>, refund: &Refund, ask_at: Timestamp) -> Result<(), Error> {
    let facts = refund.facts();
    tx.append(
        &INSERT,
        params![
            facts.id.raw(),
            facts.key.payment.raw(),
            facts.order.raw(),
            facts.key.cause.code(),
            facts.key.subject,
            facts.version,
            facts.state.code(),
            facts.amount.currency.code(),
            facts.amount.minor,
            facts.granted_at,
            ask_at,
        ],
    )
}

/// Stores a refund after an event; the stored version must be the one before it.
pub fn update(
    tx: &mut Tx<'_>,
    refund: &Refund,
    version_before: i64,
    ask_at: Option<Timestamp>,
) -> Result<(), Error> {
    let facts = refund.facts();
    let changed = tx.execute(
        "UPDATE refunds SET version = $3, state = $4, succeeded_at = $5, ask_at = $6
          WHERE id = $1 AND version = $2",
        params![
            facts.id.raw(),
            version_before,
            facts.version,
            facts.state.code(),
            facts.succeeded_at,
            ask_at,
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a refund")) }
}

/// Appends an event of a refund to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, refund: &Refund, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "refund",
        aggregate_id: refund.facts().id.raw(),
        sequence: refund.facts().version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

pub(crate) const COLUMNS: &str =
    "id, order_id, payment_id, cause, subject, version, state, currency,
    amount_minor, granted_at, succeeded_at";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Refund, Error> {
    let (id, order) = (row.id()?, row.id()?);
    let key = Key { payment: row.id()?, cause: row.parsed()?, subject: row.int()? };
    let (version, state, currency) = (row.int()?, row.parsed()?, row.parsed()?);
    let amount = Money::new(row.int()?, currency);
    let (granted_at, succeeded_at) = (row.at()?, row.opt_at()?);
    Ok(Refund::from_facts(Facts {
        id,
        order,
        key,
        version,
        state,
        amount,
        granted_at,
        succeeded_at,
    }))
}

/// One refund, locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: RefundId) -> Result<Option<Refund>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// One refund.
pub fn fetch(tx: &mut Tx<'_>, id: RefundId) -> Result<Option<Refund>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The refund that this reason has caused already.
pub fn find(tx: &mut Tx<'_>, key: Key) -> Result<Option<Refund>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM refunds WHERE payment_id = $1 AND cause = $2 AND subject = $3"
    );
    tx.query_opt(&sql, params![key.payment.raw(), key.cause.code(), key.subject], read)
}

/// All refunds of an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Refund>, Error> {
    ask_of(tx, order)?.answer(tx)
}

/// As [`of`], without waiting for the answer.
pub fn ask_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Asked<Refund>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE order_id = $1 ORDER BY id");
    tx.ask(&sql, params![order.raw()], read)
}

/// What was granted of a payment so far and not withdrawn, in minor units.
pub fn granted_minor(tx: &mut Tx<'_>, payment: PaymentId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM refunds
          WHERE payment_id = $1 AND state <> 'withdrawn'",
        params![payment.raw()],
        |row| row.int(),
    )
}

/// The refunds of a payment that nothing is the end of yet, oldest first, locked until the transaction ends
/// where writers run side by side.
pub fn open_of_for_update(tx: &mut Tx<'_>, payment: PaymentId) -> Result<Vec<Refund>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM refunds
          WHERE payment_id = $1 AND state NOT IN ('succeeded', 'withdrawn') ORDER BY id {lock}"
    );
    tx.query(&sql, params![payment.raw()], read)
}

/// What of a payment is with the gateway or the buyer as refunds, in minor units, but for the refund `but`.
pub fn under_way_minor(tx: &mut Tx<'_>, payment: PaymentId, but: RefundId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM refunds
          WHERE payment_id = $1 AND id <> $2 AND state IN ('requested', 'succeeded')",
        params![payment.raw(), but.raw()],
        |row| row.int(),
    )
}

/// What refunds have sent back of a payment, in minor units.
pub fn sent_minor(tx: &mut Tx<'_>, payment: PaymentId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM refunds
          WHERE payment_id = $1 AND state = 'succeeded'",
        params![payment.raw()],
        |row| row.int(),
    )
}

/// A refund that is to be sent or asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToAsk {
    /// The refund.
    pub refund: Refund,
    /// How often it was claimed, this time included.
    pub asked: i64,
}

/// Refunds that are to be sent or asked about now, oldest first, at most `limit`; each is put off
/// to `again_at`, so that no two nodes work on the same one at once.
pub fn claim_to_ask(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<ToAsk>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE refunds SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM refunds WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}, asked"
    );
    tx.query_write(&sql, params![now, again_at, limit], |row| {
        Ok(ToAsk { refund: read(row)?, asked: row.int()? })
    })
}

/// Sets when a refund is sent or asked about next; `None` for never.
pub fn set_ask_at(tx: &mut Tx<'_>, id: RefundId, ask_at: Option<Timestamp>) -> Result<(), Error> {
    tx.change("UPDATE refunds SET ask_at = $2 WHERE id = $1", params![id.raw(), ask_at])
}

/// Sets when a refund that is not over is sent or asked about next. Gives whether it is not over:
/// news that came in meanwhile stands.
pub fn put_off(tx: &mut Tx<'_>, id: RefundId, ask_at: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE refunds SET ask_at = $2 WHERE id = $1 AND ask_at IS NOT NULL",
        params![id.raw(), ask_at],
    )?;
    Ok(changed > 0)
}

/// Keeps why a refund could not be sent, in the gateway's words, for staff.
pub fn set_failure(tx: &mut Tx<'_>, id: RefundId, failure: &str) -> Result<(), Error> {
    tx.change("UPDATE refunds SET failure = $2 WHERE id = $1", params![id.raw(), failure])
}
