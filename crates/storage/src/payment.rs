//! Payments, as asked of gateways.

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::payment::{Event, Facts, Payment};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

static INSERT: Insert = insert!("payments" {
    id: Int, order_id: Int, version: Int, state: Text, gateway: Text, merchant: Text,
    currency: Text, amount_minor: Int, gateway_ref: Text, created_at: Int, captured_at: Int,
    return_url: Text, notify_url: Text, expires_at: Int, ask_at: Int,
});

/// What a gateway is told when a payment is opened. It stays the same for every repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Where the buyer's browser goes afterwards.
    pub return_url: String,
    /// Where the gateway's notices go.
    pub notify_url: String,
    /// After this moment the buyer can no longer pay.
    pub expires_at: Timestamp,
}

/// Stores a new payment, with its opening unless its gateway is not to be asked for one. `ask_at`
/// is when the poller first asks the gateway about it.
pub fn insert(
    tx: &mut Tx<'_>,
    payment: &Payment,
    opening: Option<&Opening>,
    ask_at: Option<Timestamp>,
) -> Result<(), Error> {
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
            opening.map(|opening| opening.return_url.as_str()),
            opening.map(|opening| opening.notify_url.as_str()),
            opening.map(|opening| opening.expires_at),
            ask_at,
        ],
    )
}

/// Stores a payment after an event; the stored version must be the one before it. A payment that
/// is no longer open is not asked about.
pub fn update(tx: &mut Tx<'_>, payment: &Payment, version_before: i64) -> Result<(), Error> {
    update_each(tx, &[(payment, version_before)])
}

/// As [`update`] for many payments at once: (payment, version before).
pub fn update_each(tx: &mut Tx<'_>, payments: &[(&Payment, i64)]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE payments SET version = $3, state = $4, gateway_ref = $5, captured_at = $6,
                ask_at = CASE WHEN $7 = 1 THEN ask_at ELSE NULL END
            WHERE id = $1 AND version = $2",
        postgres: "UPDATE payments p SET version = n.version, state = n.state,
                gateway_ref = n.gateway_ref, captured_at = n.captured_at,
                ask_at = CASE WHEN n.is_open = 1 THEN p.ask_at ELSE NULL END
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[],
                $6::bigint[], $7::bigint[])
              AS n (id, version_before, version, state, gateway_ref, captured_at, is_open)
            WHERE p.id = n.id AND p.version = n.version_before",
    };
    let mut rows = Columns::new(&[
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Text,
        Kind::Text,
        Kind::Int,
        Kind::Int,
    ]);
    for (payment, version_before) in payments {
        let facts = payment.facts();
        rows.push(params![
            facts.id.raw(),
            *version_before,
            facts.version,
            facts.state.code(),
            facts.gateway_ref.as_deref(),
            facts.captured_at,
            facts.state.is_open(),
        ]);
    }
    tx.change_every(&SQL, rows, "a payment")
}

/// A payment that a gateway has taken on, as its event has left it.
#[derive(Debug, Clone)]
pub struct Submitted<'a> {
    /// The payment, one version after what is stored.
    pub payment: Payment,
    /// Where the buyer pays.
    pub redirect_url: &'a str,
    /// When the gateway is asked about it, unless news that came in meanwhile have ended the asking.
    pub ask_at: Timestamp,
}

/// Stores that gateways have taken payments on, and where their buyers pay.
pub fn submit_each(tx: &mut Tx<'_>, submitted: &[Submitted<'_>]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE payments SET version = $3, state = $4, gateway_ref = $5, redirect_url = $6,
                ask_at = CASE WHEN ask_at IS NULL THEN NULL ELSE $7 END
            WHERE id = $1 AND version = $2",
        postgres: "UPDATE payments p SET version = n.version, state = n.state,
                gateway_ref = n.gateway_ref, redirect_url = n.redirect_url,
                ask_at = CASE WHEN p.ask_at IS NULL THEN NULL ELSE n.ask_at END
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                $7::bigint[])
              AS n (id, version_before, version, state, gateway_ref, redirect_url, ask_at)
            WHERE p.id = n.id AND p.version = n.version_before",
    };
    let mut rows = Columns::new(&[
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Int,
    ]);
    for Submitted { payment, redirect_url, ask_at } in submitted {
        let facts = payment.facts();
        rows.push(params![
            facts.id.raw(),
            facts.version - 1,
            facts.version,
            facts.state.code(),
            facts.gateway_ref.as_deref(),
            *redirect_url,
            *ask_at,
        ]);
    }
    tx.change_every(&SQL, rows, "a payment")
}

/// Appends an event of a payment to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, payment: &Payment, event: &Event) -> Result<(), Error> {
    record_at(tx, act, payment.facts().id, payment.facts().version, event)
}

/// As [`record`], for an event that was not the payment's last.
pub fn record_at(
    tx: &mut Tx<'_>,
    act: &Act,
    payment: PaymentId,
    sequence: i64,
    event: &Event,
) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "payment",
        aggregate_id: payment.raw(),
        sequence,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

pub(crate) const COLUMNS: &str =
    "id, order_id, version, state, gateway, merchant, currency, amount_minor,
    gateway_ref, created_at, captured_at";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Payment, Error> {
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

/// Which orders these payments belong to; payments that do not exist are left out.
pub fn orders_of(
    tx: &mut Tx<'_>,
    payments: &[PaymentId],
) -> Result<Vec<(PaymentId, OrderId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT id, order_id FROM payments WHERE id = $1",
        postgres: "SELECT id, order_id FROM payments WHERE id = ANY($1)",
    };
    tx.query_each(&SQL, &Columns::of_ids(payments), |row| Ok((row.id()?, row.id()?)))
}

/// Many payments, locked in the order of their ids; those that do not exist are left out.
pub fn fetch_each_for_update(tx: &mut Tx<'_>, ids: &[PaymentId]) -> Result<Vec<Payment>, Error> {
    let sqlite = format!("SELECT {COLUMNS} FROM payments WHERE id = $1");
    let postgres =
        format!("SELECT {COLUMNS} FROM payments WHERE id = ANY($1) ORDER BY id FOR UPDATE");
    tx.query_each(&PerRow { sqlite: &sqlite, postgres: &postgres }, &Columns::of_ids(ids), read)
}

/// What the gateway is told when a payment is opened; `None` if there is nothing to open.
pub fn opening(tx: &mut Tx<'_>, id: PaymentId) -> Result<Option<Opening>, Error> {
    let found = tx.query_opt(
        "SELECT return_url, notify_url, expires_at FROM payments WHERE id = $1",
        params![id.raw()],
        |row| Ok((row.opt_text()?, row.opt_text()?, row.opt_at()?)),
    )?;
    let opening = |(return_url, notify_url, expires_at): (Option<_>, Option<_>, Option<_>)| {
        Some(Opening { return_url: return_url?, notify_url: notify_url?, expires_at: expires_at? })
    };
    Ok(found.and_then(opening))
}

/// All payments of an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Payment>, Error> {
    ask_of(tx, order)?.answer(tx)
}

/// As [`of`], without waiting for the answer.
pub fn ask_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Asked<Payment>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE order_id = $1 ORDER BY id");
    tx.ask(&sql, params![order.raw()], read)
}

/// All payments of these orders, without waiting for the answer.
pub fn ask_of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Asked<Payment>, Error> {
    let sqlite = format!("SELECT {COLUMNS} FROM payments WHERE order_id = $1 ORDER BY id");
    let postgres =
        format!("SELECT {COLUMNS} FROM payments WHERE order_id = ANY($1) ORDER BY order_id, id");
    tx.ask_each(&PerRow { sqlite: &sqlite, postgres: &postgres }, Columns::of_ids(orders), read)
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

/// Keeps why a payment failed, in the gateway's words, for staff.
pub fn set_failure(tx: &mut Tx<'_>, id: PaymentId, failure: &str) -> Result<(), Error> {
    tx.change("UPDATE payments SET failure = $2 WHERE id = $1", params![id.raw(), failure])
}

/// Why a payment failed, in the gateway's words, for staff.
pub fn failure(tx: &mut Tx<'_>, id: PaymentId) -> Result<Option<String>, Error> {
    let found =
        tx.query_opt("SELECT failure FROM payments WHERE id = $1", params![id.raw()], |row| {
            row.opt_text()
        })?;
    Ok(found.flatten())
}

/// A payment whose gateway is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToAsk {
    /// The payment.
    pub payment: Payment,
    /// How often its gateway was asked about it, this time included.
    pub asked: i64,
}

/// Payments whose gateway is to be asked now, oldest first, at most `limit`; each is put off to
/// `again_at`, so that no two nodes ask for the same one at once.
pub fn claim_to_ask(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<ToAsk>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE payments SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM payments WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}, asked"
    );
    tx.query_write(&sql, params![now, again_at, limit], |row| {
        Ok(ToAsk { payment: read(row)?, asked: row.int()? })
    })
}

/// Sets when the gateway is asked next; `None` for never.
pub fn set_ask_at(tx: &mut Tx<'_>, id: PaymentId, ask_at: Option<Timestamp>) -> Result<(), Error> {
    tx.change("UPDATE payments SET ask_at = $2 WHERE id = $1", params![id.raw(), ask_at])
}

/// Sets when the gateway is asked next about a payment that is still to be asked about. Gives
/// whether it is: news that came in meanwhile and ended the asking stand.
pub fn put_off(tx: &mut Tx<'_>, id: PaymentId, ask_at: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE payments SET ask_at = $2 WHERE id = $1 AND ask_at IS NOT NULL",
        params![id.raw(), ask_at],
    )?;
    Ok(changed > 0)
}
