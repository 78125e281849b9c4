//! Disputes: one row for each (gateway, the gateway's id of it).

mod answer;
mod cursor;
mod list;

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::dispute::{Dispute, Event, Facts, Terms};
use ordermill_domain::ids::{DisputeId, OrderId, PaymentId};

pub use answer::{ToAsk, claim_to_ask, evidence, failure, keep_evidence, put_off, set_failure};
pub use cursor::{Cursor, claim_cursor, move_cursor};
pub use list::{Filter, count_waiting, list};

use crate::asked::Asked;
use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, journal, params};

static INSERT: Insert = insert!("disputes" {
    id: Int, order_id: Int, payment_id: Int, gateway: Text, gateway_ref: Text, version: Int, state: Text,
    reason: Text, currency: Text, amount_minor: Int, fee_minor: Int, opened_at: Int, respond_by: Int,
});

/// Stores a dispute that was just opened.
pub fn insert(tx: &mut Tx<'_>, dispute: &Dispute) -> Result<(), Error> {
    let facts = dispute.facts();
    let terms = &facts.terms;
    tx.append(
        &INSERT,
        params![
            facts.id.raw(),
            terms.order.raw(),
            terms.payment.raw(),
            &terms.gateway,
            &terms.gateway_ref,
            facts.version,
            facts.state.code(),
            terms.reason.code(),
            terms.amount.currency.code(),
            terms.amount.minor,
            terms.fee_minor,
            terms.opened_at,
            terms.respond_by,
        ],
    )
}

/// Stores a dispute after an event; the stored version must be the one before it. A dispute without an
/// answer on its way is not asked about.
pub fn update(tx: &mut Tx<'_>, dispute: &Dispute, version_before: i64) -> Result<(), Error> {
    let facts = dispute.facts();
    let changed = tx.execute(
        "UPDATE disputes SET version = $3, state = $4, answer = $5, closed_at = $6,
                ask_at = CASE WHEN $7 = 1 THEN ask_at ELSE NULL END
          WHERE id = $1 AND version = $2",
        params![
            facts.id.raw(),
            version_before,
            facts.version,
            facts.state.code(),
            facts.answer.map(|answer| answer.code()),
            facts.closed_at,
            facts.answer.is_some(),
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a dispute")) }
}

/// Appends an event of a dispute to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, dispute: &Dispute, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "dispute",
        aggregate_id: dispute.facts().id.raw(),
        sequence: dispute.facts().version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

pub(crate) const COLUMNS: &str =
    "id, order_id, payment_id, gateway, gateway_ref, version, state, reason, currency, amount_minor,
    fee_minor, opened_at, respond_by, answer, closed_at";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Dispute, Error> {
    let (id, order, payment) = (row.id()?, row.id()?, row.id()?);
    let (gateway, gateway_ref) = (row.text()?, row.text()?);
    let (version, state, reason, currency) =
        (row.int()?, row.parsed()?, row.parsed()?, row.parsed()?);
    let (amount, fee_minor) = (Money::new(row.int()?, currency), row.int()?);
    let (opened_at, respond_by) = (row.at()?, row.at()?);
    let terms = Terms {
        order,
        payment,
        gateway,
        gateway_ref,
        reason,
        amount,
        fee_minor,
        opened_at,
        respond_by,
    };
    let (answer, closed_at) = (row.opt_parsed()?, row.opt_at()?);
    Ok(Dispute::from_facts(Facts { id, version, state, terms, answer, closed_at }))
}

/// One dispute, locked until the transaction ends where writers run side by side. Its order is locked
/// before.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<Dispute>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// One dispute.
pub fn fetch(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<Dispute>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The dispute that a gateway knows by this id of its own.
pub fn find(tx: &mut Tx<'_>, gateway: &str, reference: &str) -> Result<Option<Dispute>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE gateway = $1 AND gateway_ref = $2");
    tx.query_opt(&sql, params![gateway, reference], read)
}

/// All disputes about the payments of an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Dispute>, Error> {
    ask_of(tx, order)?.answer(tx)
}

/// As [`of`], without waiting for the answer.
pub fn ask_of(tx: &mut Tx<'_>, order: OrderId) -> Result<Asked<Dispute>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM disputes WHERE order_id = $1 ORDER BY id");
    tx.ask(&sql, params![order.raw()], read)
}

/// What disputes take of a payment, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// What open ones are about.
    pub disputed_minor: i64,
    /// What lost and accepted ones took for good.
    pub charged_back_minor: i64,
}

/// What disputes take of a payment.
pub fn sums_of(tx: &mut Tx<'_>, payment: PaymentId) -> Result<Sums, Error> {
    tx.query_one(
        "SELECT
            CAST(COALESCE(SUM(CASE WHEN closed_at IS NULL THEN amount_minor ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN state IN ('lost', 'accepted') THEN amount_minor ELSE 0 END), 0)
                AS BIGINT)
           FROM disputes WHERE payment_id = $1",
        params![payment.raw()],
        |row| Ok(Sums { disputed_minor: row.int()?, charged_back_minor: row.int()? }),
    )
}
