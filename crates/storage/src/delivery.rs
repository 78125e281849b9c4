//! Outgoing webhooks on their way: one row for each event and endpoint.
//!
//! Each endpoint has its own queue, so that a slow one keeps nobody waiting, and within it each lane
//! (an order with its payments and refunds) is delivered in order: what is behind an earlier delivery
//! of its lane that still waits is not claimed.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{DeliveryId, EndpointId, EventId};
use ordermill_domain::webhook::DeliveryState;

use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, params};

/// A delivery, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its key.
    pub id: DeliveryId,
    /// To whom.
    pub endpoint: EndpointId,
    /// Of what; the receiver knows the message by it.
    pub event: EventId,
    /// The event's kind.
    pub kind: String,
    /// What the event is about: the kind of thing.
    pub aggregate: String,
    /// Which one, as a raw id.
    pub aggregate_id: i64,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, while it waits.
    pub next_at: Timestamp,
    /// What the endpoint said last: `200`, `timed out`; empty before the first try.
    pub answer: String,
    /// When the event happened.
    pub happened_at: Timestamp,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// Since when it is over.
    pub closed_at: Option<Timestamp>,
}

/// A delivery to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDelivery<'a> {
    /// To whom.
    pub endpoint: EndpointId,
    /// Of what.
    pub event: EventId,
    /// The event's kind.
    pub kind: &'a str,
    /// What the event is about.
    pub aggregate: &'a str,
    /// Which one.
    pub aggregate_id: i64,
    /// Deliveries of one lane arrive one after the other.
    pub lane: i64,
    /// When the event happened.
    pub happened_at: Timestamp,
}

/// A delivery that this node is to make now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    /// Its key.
    pub id: DeliveryId,
    /// To whom.
    pub endpoint: EndpointId,
    /// Of what.
    pub event: EventId,
    /// How often it was tried before.
    pub attempts: i64,
    token: i64,
}

/// What a try has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Taken.
    Delivered,
    /// Not taken; it is tried again then.
    PutOff(Timestamp),
    /// Not taken, and the plan is at its end.
    Failed,
}

static INSERT: Insert = insert!("webhook_deliveries" {
    id: Int, endpoint_id: Int, event_id: Int, kind: Text, aggregate: Text, aggregate_id: Int, lane: Int,
    state: Text, next_at: Int, happened_at: Int,
} "ON CONFLICT (endpoint_id, event_id) DO NOTHING");

/// Stores a delivery that is due at once, unless this event is on its way to this endpoint already.
pub fn insert(tx: &mut Tx<'_>, new: NewDelivery<'_>, now: Timestamp) -> Result<(), Error> {
    let id: DeliveryId = tx.next_id(now);
    tx.append(
        &INSERT,
        params![
            id.raw(),
            new.endpoint.raw(),
            new.event.raw(),
            new.kind,
            new.aggregate,
            new.aggregate_id,
            new.lane,
            DeliveryState::Waiting.code(),
            now,
            new.happened_at,
        ],
    )
}

/// Makes a delivery that is over due again from the start of its plan. Gives whether it was over.
pub fn again(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    event: EventId,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = $3,
            closed_at = NULL, claim_token = claim_token + 1
          WHERE endpoint_id = $1 AND event_id = $2 AND state <> 'waiting'",
        params![endpoint.raw(), event.raw(), now],
    )?;
    Ok(changed > 0)
}

/// Makes a waiting delivery due at once, keeping its place in the plan.
pub fn hasten(tx: &mut Tx<'_>, id: DeliveryId, now: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE webhook_deliveries SET next_at = $2
          WHERE id = $1 AND state = 'waiting' AND next_at > $2",
        params![id.raw(), now],
    )
}

/// The active endpoints for which something is due, at most `limit`.
pub fn endpoints_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<EndpointId>, Error> {
    tx.query(
        "SELECT e.id FROM webhook_endpoints e WHERE e.state = 'active' AND EXISTS (
            SELECT 1 FROM webhook_deliveries d
             WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_at <= $1)
          ORDER BY e.id LIMIT $2",
        params![now, limit],
        |row| row.id(),
    )
}

/// Claims what is due for an endpoint until `until`, at most `limit`, in order. What stands behind
/// an earlier delivery of its lane waits for that.
pub fn claim(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Claimed>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE webhook_deliveries SET next_at = $3, claim_token = claim_token + 1
          WHERE id IN (
            SELECT d.id FROM webhook_deliveries d
             WHERE d.endpoint_id = $1 AND d.state = 'waiting' AND d.next_at <= $2
               AND NOT EXISTS (
                   SELECT 1 FROM webhook_deliveries b
                    WHERE b.endpoint_id = $1 AND b.state = 'waiting' AND b.lane = d.lane
                      AND b.id < d.id)
             ORDER BY d.next_at, d.id LIMIT $4 {skip_locked})
      RETURNING id, endpoint_id, event_id, attempts, claim_token"
    );
    let params = params![endpoint.raw(), now, until, limit];
    let mut claimed = tx.query_write(&sql, params, |row| {
        Ok(Claimed {
            id: row.id()?,
            endpoint: row.id()?,
            event: row.id()?,
            attempts: row.int()?,
            token: row.int()?,
        })
    })?;
    claimed.sort_unstable_by_key(|claimed| claimed.id);
    Ok(claimed)
}

/// Ends a claim with what the try has come to. Gives false if the claim was outlived: then nothing
/// changes.
pub fn finish(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    outcome: Outcome,
    answer: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let (state, next_at, closed_at) = match outcome {
        Outcome::Delivered => (DeliveryState::Delivered, now, Some(now)),
        Outcome::PutOff(next_at) => (DeliveryState::Waiting, next_at, None),
        Outcome::Failed => (DeliveryState::Failed, now, Some(now)),
    };
    let changed = tx.execute(
        "UPDATE webhook_deliveries SET state = $3, attempts = attempts + 1, next_at = $4,
            answer = $5, tried_at = $6, closed_at = $7, claim_token = claim_token + 1
          WHERE id = $1 AND claim_token = $2 AND state = 'waiting'",
        params![claimed.id.raw(), claimed.token, state.code(), next_at, answer, now, closed_at],
    )?;
    Ok(changed > 0)
}

/// Gives claims back untried, to be due at `next_at`.
pub fn release(tx: &mut Tx<'_>, claimed: &Claimed, next_at: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE webhook_deliveries SET next_at = $3, claim_token = claim_token + 1
          WHERE id = $1 AND claim_token = $2 AND state = 'waiting'",
        params![claimed.id.raw(), claimed.token, next_at],
    )
}

/// Drops everything that waits for an endpoint that is gone.
pub fn drop_waiting(tx: &mut Tx<'_>, endpoint: EndpointId, now: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE webhook_deliveries SET state = 'dropped', closed_at = $2
          WHERE endpoint_id = $1 AND state = 'waiting'",
        params![endpoint.raw(), now],
    )
}

const COLUMNS: &str = "id, endpoint_id, event_id, kind, aggregate, aggregate_id, state, attempts,
    next_at, answer, happened_at, tried_at, closed_at";

fn read(row: &mut Row<'_>) -> Result<Delivery, Error> {
    Ok(Delivery {
        id: row.id()?,
        endpoint: row.id()?,
        event: row.id()?,
        kind: row.text()?,
        aggregate: row.text()?,
        aggregate_id: row.int()?,
        state: row.parsed()?,
        attempts: row.int()?,
        next_at: row.at()?,
        answer: row.text()?,
        happened_at: row.at()?,
        tried_at: row.opt_at()?,
        closed_at: row.opt_at()?,
    })
}

/// One delivery.
pub fn fetch(tx: &mut Tx<'_>, id: DeliveryId) -> Result<Option<Delivery>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_deliveries WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The deliveries to an endpoint before `before`, newest first, at most `limit`; all or those that
/// stand so.
pub fn list(
    tx: &mut Tx<'_>,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries
          WHERE endpoint_id = $1 AND id < $2 AND ($3 = '' OR state = $3)
          ORDER BY id DESC LIMIT $4"
    );
    let state = state.map_or("", DeliveryState::code);
    let params = params![endpoint.raw(), before.map_or(i64::MAX, Id::raw), state, limit];
    tx.query(&sql, params, read)
}

/// How many deliveries wait for an endpoint.
pub fn count_waiting(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT COUNT(*) FROM webhook_deliveries WHERE endpoint_id = $1 AND state = 'waiting'",
        params![endpoint.raw()],
        |row| row.int(),
    )
}

/// Forgets deliveries that were over before `before`, at most `limit`; gives how many. One that is
/// replayed while it is chosen stays.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM webhook_deliveries WHERE id IN (
            SELECT id FROM webhook_deliveries WHERE closed_at < $1 ORDER BY closed_at LIMIT $2)
            AND closed_at < $1",
        params![before, limit],
    )
}
