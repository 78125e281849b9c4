//! Tracking: who pushes it, and everything that carriers have said.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{ShipmentId, TrackerId, TrackingEventId};
use ordermill_domain::shipment::{Outcome, TrackingStatus};

use crate::asked::Asked;
use crate::columns::insert;
use crate::{Error, Insert, Row, Tx, params};

/// Somebody who pushes tracking to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracker {
    /// Its key, in the address it pushes to.
    pub id: TrackerId,
    /// Which kind of partner: `kuaidi100`.
    pub partner: String,
    /// What people call it.
    pub name: String,
    /// What its pushes are signed with, as ciphertext.
    pub secret: Vec<u8>,
    /// Whether its pushes are taken.
    pub is_active: bool,
}

/// One word of a carrier, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingEvent {
    /// Its key.
    pub id: TrackingEventId,
    /// About which parcel.
    pub shipment: ShipmentId,
    /// When, by the carrier's clock.
    pub at: Timestamp,
    /// What it means.
    pub status: TrackingStatus,
    /// Whether the way ends with it.
    pub outcome: Option<Outcome>,
    /// Where.
    pub place: String,
    /// In the carrier's words, as ciphertext.
    pub text: Vec<u8>,
    /// Who told us.
    pub source: String,
    /// When we heard it.
    pub received_at: Timestamp,
}

static INSERT: Insert = insert!("tracking_events" {
    id: Int, shipment_id: Int, at: Int, status: Text, outcome: Text, place: Text, text: Blob,
    source: Text, received_at: Int,
} "ON CONFLICT (shipment_id, at, status, place) DO NOTHING");

/// Keeps what carriers said; what is known already is left out.
pub fn insert_each<'e>(
    tx: &mut Tx<'_>,
    events: impl IntoIterator<Item = &'e TrackingEvent>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT)?;
    for event in events {
        rows.push(params![
            event.id.raw(),
            event.shipment.raw(),
            event.at,
            event.status.code(),
            event.outcome.map(|outcome| outcome.code()),
            &event.place,
            &event.text,
            &event.source,
            event.received_at,
        ])?;
    }
    Ok(())
}

/// What a carrier has said of a parcel, the newest first by its own clock, at most `limit`.
pub fn of(tx: &mut Tx<'_>, shipment: ShipmentId, limit: i64) -> Result<Vec<TrackingEvent>, Error> {
    ask_of(tx, shipment, limit)?.answer(tx)
}

/// As [`of`], without waiting for the answer.
pub fn ask_of(
    tx: &mut Tx<'_>,
    shipment: ShipmentId,
    limit: i64,
) -> Result<Asked<TrackingEvent>, Error> {
    let sql = "SELECT id, shipment_id, at, status, outcome, place, text, source, received_at
          FROM tracking_events WHERE shipment_id = $1 ORDER BY at DESC, id DESC LIMIT $2";
    tx.ask(sql, params![shipment.raw(), limit], |row| {
        Ok(TrackingEvent {
            id: row.id()?,
            shipment: row.id()?,
            at: row.at()?,
            status: row.parsed()?,
            outcome: row.opt_parsed()?,
            place: row.text()?,
            text: row.bytes()?,
            source: row.text()?,
            received_at: row.at()?,
        })
    })
}

const COLUMNS: &str = "id, partner, name, secret, CAST(is_active AS BIGINT)";

fn read(row: &mut Row<'_>) -> Result<Tracker, Error> {
    Ok(Tracker {
        id: row.id()?,
        partner: row.text()?,
        name: row.text()?,
        secret: row.bytes()?,
        is_active: row.flag()?,
    })
}

/// Stores somebody who pushes.
pub fn insert_tracker(tx: &mut Tx<'_>, tracker: &Tracker, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO trackers (id, partner, name, secret, is_active, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            tracker.id.raw(),
            &tracker.partner,
            &tracker.name,
            &tracker.secret,
            tracker.is_active,
            now,
        ],
    )?;
    Ok(())
}

/// Changes name, secret and use of somebody who pushes.
pub fn update_tracker(tx: &mut Tx<'_>, tracker: &Tracker) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE trackers SET name = $2, secret = $3, is_active = $4 WHERE id = $1",
        params![tracker.id.raw(), &tracker.name, &tracker.secret, tracker.is_active],
    )?;
    crate::record::one_row(changed, "a tracker")
}

/// Somebody who pushes.
pub fn tracker(tx: &mut Tx<'_>, id: TrackerId) -> Result<Option<Tracker>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM trackers WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Everybody who pushes; a shop has a handful.
pub fn trackers(tx: &mut Tx<'_>) -> Result<Vec<Tracker>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM trackers ORDER BY id LIMIT 1000");
    tx.query(&sql, &[], read)
}
