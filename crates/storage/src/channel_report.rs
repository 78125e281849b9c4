//! What channels are told of parcels that have left: the intent first, then what became of it.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::channel_report::State;
use ordermill_domain::ids::{ChannelId, OrderId, ShipmentId};

use crate::tx::PerRow;
use crate::{Columns, Error, Row, Tx, params};

/// A report, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelReport {
    /// About which parcel.
    pub id: ShipmentId,
    /// Whose order.
    pub order: OrderId,
    /// Who is told.
    pub channel: ChannelId,
    /// Where it stands.
    pub state: State,
    /// When the parcel left.
    pub left_at: Timestamp,
    /// When the channel had it on record.
    pub told_at: Option<Timestamp>,
    /// The channel's own id of it.
    pub reference: Option<String>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// When it is tried next, if it is not over.
    pub next_at: Option<Timestamp>,
    /// Why the channel was not told last time. Never personal data.
    pub last_error: Option<String>,
}

/// Stores that a channel is to be told of a parcel. Gives whether that is new.
pub fn insert_once(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    order: OrderId,
    channel: ChannelId,
    left_at: Timestamp,
    next_at: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx.execute(
        "INSERT INTO channel_reports (id, order_id, channel_id, state, left_at, next_at)
         VALUES ($1, $2, $3, 'waiting', $4, $5) ON CONFLICT (id) DO NOTHING",
        params![id.raw(), order.raw(), channel.raw(), left_at, next_at],
    )?;
    Ok(inserted > 0)
}

/// Which of these parcels are of orders whose channel we have access to: (shipment, order, channel).
pub fn to_be_told(
    tx: &mut Tx<'_>,
    ids: &[ShipmentId],
) -> Result<Vec<(ShipmentId, OrderId, ChannelId)>, Error> {
    macro_rules! sql {
        ($which:literal) => {
            concat!(
                "SELECT s.id, o.id, c.id FROM shipments s JOIN orders o ON o.id = s.order_id
                   JOIN channels c ON c.id = o.channel_id AND c.access_token IS NOT NULL
                  WHERE s.id ",
                $which
            )
        };
    }
    const SQL: PerRow<'_> = PerRow { sqlite: sql!("= $1"), postgres: sql!("= ANY($1)") };
    tx.query_each(&SQL, &Columns::of_ids(ids), |row| Ok((row.id()?, row.id()?, row.id()?)))
}

pub(crate) const COLUMNS: &str = "id, order_id, channel_id, state, left_at, told_at, reference,
    attempts, next_at, last_error";

pub(crate) fn read(row: &mut Row<'_>) -> Result<ChannelReport, Error> {
    Ok(ChannelReport {
        id: row.id()?,
        order: row.id()?,
        channel: row.id()?,
        state: row.parsed()?,
        left_at: row.at()?,
        told_at: row.opt_at()?,
        reference: row.opt_text()?,
        attempts: row.int()?,
        next_at: row.opt_at()?,
        last_error: row.opt_text()?,
    })
}

/// Claims reports that are due, oldest first, at most `limit`; each is due again at `again_at`, in
/// case the node that has claimed it does not come back.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<ChannelReport>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE channel_reports SET next_at = $2, attempts = attempts + 1 WHERE id IN (
            SELECT id FROM channel_reports WHERE next_at <= $1
             ORDER BY next_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Notes that the channel has a parcel on record. Gives whether that is new.
pub fn told(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    reference: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE channel_reports SET state = 'told', told_at = $2, reference = $3, next_at = NULL,
            last_error = NULL WHERE id = $1 AND state <> 'told'",
        params![id.raw(), now, reference],
    )?;
    Ok(changed > 0)
}

/// Puts a report off that could not be given this time.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    next_at: Timestamp,
    error: &str,
) -> Result<(), Error> {
    tx.change(
        "UPDATE channel_reports SET next_at = $2, last_error = $3
          WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), next_at, error],
    )
}

/// Gives a report up: a person has to look. Gives whether it was still waiting.
pub fn fail(tx: &mut Tx<'_>, id: ShipmentId, error: &str) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE channel_reports SET state = 'failed', next_at = NULL, last_error = $2
          WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), error],
    )?;
    Ok(changed > 0)
}

/// Lets a report be tried from the start, at once. One that may be claimed just now stays due when that
/// claim runs out, `claimed_for` after it was made at the latest: the channel is never told twice side by
/// side. Gives whether there was one that is not told.
pub fn retry(
    tx: &mut Tx<'_>,
    id: ShipmentId,
    now: Timestamp,
    claimed_for: Span,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE channel_reports SET state = 'waiting', attempts = 0,
                next_at = CASE WHEN next_at > $2 AND next_at <= $3 THEN next_at ELSE $2 END
          WHERE id = $1 AND state <> 'told'",
        params![id.raw(), now, now + claimed_for],
    )?;
    Ok(changed > 0)
}

/// The report about a parcel, if its channel wants one.
pub fn fetch(tx: &mut Tx<'_>, id: ShipmentId) -> Result<Option<ChannelReport>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channel_reports WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// All reports about an order, oldest first.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<ChannelReport>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM channel_reports WHERE order_id = $1 ORDER BY id LIMIT 200");
    tx.query(&sql, params![order.raw()], read)
}
