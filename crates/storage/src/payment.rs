//! Payments, as asked of gateways.

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::payment::{Event, Facts, Payment};

use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, journal, params};

static INSERT: Insert = insert!("payments" {
    id: Int, order_id: Int, version: Int, state: Text, gateway: Text, merchant: Text,
    currency: Text, amount_minor: Int, gateway_ref: Text, created_at: Int, captured_at: Int,
    ask_at: Int,
});

/// Stores a new payment. `ask_at` is when the poller first asks the gateway about it.
pub fn insert(tx: &mut Tx<'_>, payment: &Payment, ask_at: Option<Timestamp>) -> Result<(), Error> {
    let facts = payment.facts();
    tx.append(
        &INSERT,
        params![
            facts.id.raw(),
            facts.order.raw(),
            facts.version,
            facts.state.code(),
            &facts.gateway,
            &facts.merchant,
            facts.amount.currency.code(),
            facts.amount.minor,
            facts.gateway_ref.as_deref(),
            facts.created_at,
            facts.captured_at,
            ask_at,
        ],
    )
}

/// Stores a payment after an event; the stored version must be the one before it. A payment that
/// is no longer open is not asked about.
pub fn update(tx: &mut Tx<'_>, payment: &Payment, version_before: i64) -> Result<(), Error> {
    let facts = payment.facts();
    let changed = tx.execute(
        "UPDATE payments SET version = $3, state = $4, gateway_ref = $5, captured_at = $6,
                ask_at = CASE WHEN $7 = 1 THEN ask_at ELSE NULL END
          WHERE id = $1 AND version = $2",
        params![
            facts.id.raw(),
            version_before,
            facts.version,
            facts.state.code(),
            facts.gateway_ref.as_deref(),
            facts.captured_at,
            facts.state.is_open(),
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a payment")) }
}

/// Appends an event of a payment to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, payment: &Payment, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(|error| Error::Engine(error.into()))?;
    let entry = journal::NewEntry {
        aggregate: "payment",
        aggregate_id: payment.facts().id.raw(),
        sequence: payment.facts().version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

const COLUMNS: &str = "id, order_id, version, state, gateway, merchant, currency, amount_minor,
    gateway_ref, created_at, captured_at";

fn read(row: &mut Row<'_>) -> Result<Payment, Error> {
    let (id, order, version, state) = (row.id()?, row.id()?, row.int()?, row.parsed()?);
    let (gateway, merchant, currency) = (row.text()?, row.text()?, row.parsed()?);
    let amount = Money::new(row.int()?, currency);
    Ok(Payment::from_facts(Facts {
        id,
        order,
        version,
        state,
        gateway,
        merchant,
        amount,
        gateway_ref: row.opt_text()?,
        created_at: row.at()?,
        captured_at: row.opt_at()?,
    }))
}

/// One payment, locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: PaymentId) -> Result<Option<Payment>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// One payment.
pub fn fetch(tx: &mut Tx<'_>, id: PaymentId) -> Result<Option<Payment>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// All payments of an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Payment>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE order_id = $1 ORDER BY id");
    tx.query(&sql, params![order.raw()], read)
}

/// Where the buyer pays, as the gateway told; `None` while it has not answered.
pub fn redirect_url(tx: &mut Tx<'_>, id: PaymentId) -> Result<Option<String>, Error> {
    let found = tx.query_opt(
        "SELECT redirect_url FROM payments WHERE id = $1",
        params![id.raw()],
        |row| row.opt_text(),
    )?;
    Ok(found.flatten())
}

/// Keeps where the buyer pays.
pub fn set_redirect_url(tx: &mut Tx<'_>, id: PaymentId, url: &str) -> Result<(), Error> {
    tx.execute("UPDATE payments SET redirect_url = $2 WHERE id = $1", params![id.raw(), url])?;
    Ok(())
}

/// Payments whose gateway is to be asked now, oldest first, at most `limit`; each is put off to
/// `again_at`, so that no two nodes ask for the same one at once.
pub fn claim_to_ask(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<Payment>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE payments SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM payments WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Sets when the gateway is asked next; `None` for never.
pub fn set_ask_at(tx: &mut Tx<'_>, id: PaymentId, ask_at: Option<Timestamp>) -> Result<(), Error> {
    tx.execute("UPDATE payments SET ask_at = $2 WHERE id = $1", params![id.raw(), ask_at])?;
    Ok(())
}
