//! Receivers of outgoing webhooks. What is on its way to them is in [`crate::delivery`].

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::EndpointId;
use ordermill_domain::webhook::{DisableReason, Endpoint, Event, State};

use crate::record::one_row;
use crate::{Error, Row, Tx, journal, params};

/// How coarse the moment of the last delivery is, so that not every delivery writes it.
const DELIVERED_EVERY: Span = Span::minutes(1);

const COLUMNS: &str = "id, url, description, events, state, disabled_because, failing_since,
    delivered_at, previous_until, version, created_at";

fn read(row: &mut Row<'_>) -> Result<Endpoint, Error> {
    Ok(Endpoint {
        id: row.id()?,
        url: row.text()?,
        description: row.text()?,
        filter: row.json()?,
        state: row.parsed()?,
        disabled_because: row.opt_parsed()?,
        failing_since: row.opt_at()?,
        delivered_at: row.opt_at()?,
        previous_until: row.opt_at()?,
        version: row.int()?,
        created_at: row.at()?,
    })
}

/// The secrets of an endpoint, as ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecrets {
    /// The one that signs.
    pub current: Vec<u8>,
    /// The one before the last rotation.
    pub previous: Option<Vec<u8>>,
    /// Until when that one signs too.
    pub previous_until: Option<Timestamp>,
}

/// Appends an event to the journal.
pub fn record(tx: &mut Tx<'_>, act: &Act, id: EndpointId, event: &Event) -> Result<(), Error> {
    note(tx, act, id, event).map(drop)
}

/// As [`record`]; gives the event's id.
pub fn note(
    tx: &mut Tx<'_>,
    act: &Act,
    id: EndpointId,
    event: &Event,
) -> Result<ordermill_domain::ids::EventId, Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: Event::AGGREGATE,
        aggregate_id: id.raw(),
        sequence: journal::next_sequence(tx, Event::AGGREGATE, id.raw())?,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry)
}

/// Stores a new endpoint with its secret.
pub fn insert(tx: &mut Tx<'_>, endpoint: &Endpoint, secret: &[u8]) -> Result<(), Error> {
    let events = events_of(endpoint)?;
    tx.execute(
        "INSERT INTO webhook_endpoints (id, url, description, events, secret, state, version,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            endpoint.id.raw(),
            &endpoint.url,
            &endpoint.description,
            &events,
            secret,
            endpoint.state.code(),
            endpoint.version,
            endpoint.created_at,
        ],
    )?;
    Ok(())
}

fn events_of(endpoint: &Endpoint) -> Result<String, Error> {
    serde_json::to_string(&endpoint.filter).map_err(Error::defect)
}

/// One endpoint; deleted ones are gone.
pub fn fetch(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<Endpoint>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM webhook_endpoints WHERE id = $1 AND state <> 'deleted'");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// As [`fetch`], locked where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<Endpoint>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_endpoints WHERE id = $1 AND state <> 'deleted' {lock}"
    );
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Endpoints before `before`, newest first, at most `limit`, without deleted ones.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<EndpointId>,
    limit: i64,
) -> Result<Vec<Endpoint>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_endpoints WHERE id < $1 AND state <> 'deleted'
          ORDER BY id DESC LIMIT $2"
    );
    tx.query(&sql, params![before.map_or(i64::MAX, Id::raw), limit], read)
}

/// How many endpoints there are.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM webhook_endpoints WHERE state <> 'deleted'";
    tx.query_one(sql, &[], |row| row.int())
}

/// Whether anybody is to be told of what happens.
pub fn is_anyone_listening(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let sql = "SELECT CASE WHEN EXISTS (
        SELECT 1 FROM webhook_endpoints WHERE state IN ('active', 'paused')) THEN 1 ELSE 0 END";
    tx.query_one(&format!("SELECT CAST(({sql}) AS BIGINT)"), &[], |row| row.flag())
}

/// Stores what people have changed: address, words, filter, how it stands. Its version before must
/// still be the one that `endpoint` was made from.
pub fn update(tx: &mut Tx<'_>, endpoint: &Endpoint, version_before: i64) -> Result<(), Error> {
    let events = events_of(endpoint)?;
    let changed = tx.execute(
        "UPDATE webhook_endpoints SET url = $3, description = $4, events = $5, state = $6,
            disabled_because = $7, failing_since = $8, version = $9
          WHERE id = $1 AND version = $2",
        params![
            endpoint.id.raw(),
            version_before,
            &endpoint.url,
            &endpoint.description,
            &events,
            endpoint.state.code(),
            endpoint.disabled_because.map(DisableReason::code),
            endpoint.failing_since,
            endpoint.version,
        ],
    )?;
    one_row(changed, "an endpoint")
}

/// Takes an endpoint away with its secrets. Its row stays as the owner of its deliveries.
pub fn delete(tx: &mut Tx<'_>, id: EndpointId, version_before: i64) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE webhook_endpoints SET state = 'deleted', secret = NULL, previous_secret = NULL,
            previous_until = NULL, disabled_because = NULL, version = version + 1
          WHERE id = $1 AND version = $2",
        params![id.raw(), version_before],
    )?;
    one_row(changed, "an endpoint")
}

/// The secrets of an endpoint.
pub fn secrets(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<SealedSecrets>, Error> {
    let sql = "SELECT secret, previous_secret, previous_until FROM webhook_endpoints
        WHERE id = $1 AND secret IS NOT NULL";
    tx.query_opt(sql, params![id.raw()], |row| {
        Ok(SealedSecrets {
            current: row.bytes()?,
            previous: row.opt_bytes()?,
            previous_until: row.opt_at()?,
        })
    })
}

/// Gives an endpoint another secret; the one before stays beside it.
pub fn replace_secrets(
    tx: &mut Tx<'_>,
    id: EndpointId,
    version_before: i64,
    secrets: &SealedSecrets,
) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE webhook_endpoints SET secret = $3, previous_secret = $4, previous_until = $5,
            version = version + 1
          WHERE id = $1 AND version = $2 AND secret IS NOT NULL",
        params![
            id.raw(),
            version_before,
            &secrets.current,
            secrets.previous.as_ref(),
            secrets.previous_until,
        ],
    )?;
    one_row(changed, "an endpoint")
}

/// Forgets secrets whose time is over; gives how many.
pub fn forget_previous_secrets(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, Error> {
    tx.execute(
        "UPDATE webhook_endpoints SET previous_secret = NULL, previous_until = NULL
          WHERE previous_until < $1",
        params![now],
    )
}

/// Notes that an endpoint took a delivery.
pub fn succeeded(tx: &mut Tx<'_>, id: EndpointId, now: Timestamp) -> Result<(), Error> {
    tx.change(
        "UPDATE webhook_endpoints SET failing_since = NULL, delivered_at = $2
          WHERE id = $1
            AND (failing_since IS NOT NULL OR delivered_at IS NULL OR delivered_at < $3)",
        params![id.raw(), now, now - DELIVERED_EVERY],
    )
}

/// Notes that an endpoint did not take a delivery. Gives since when it has failed, or nothing if it
/// is not told any more.
pub fn failed(tx: &mut Tx<'_>, id: EndpointId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql = "UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, $2)
        WHERE id = $1 AND state IN ('active', 'paused') RETURNING failing_since";
    let since = tx.query_write(sql, params![id.raw(), now], |row| row.at())?;
    Ok(since.into_iter().next())
}

/// Whether an endpoint still stands so, for callers that only look.
pub fn state(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<State>, Error> {
    let sql = "SELECT state FROM webhook_endpoints WHERE id = $1";
    tx.query_opt(sql, params![id.raw()], |row| row.parsed())
}
