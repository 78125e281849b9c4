//! Orders as channels sent them, and what has become of each.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::channel_order::State;
use ordermill_domain::ids::{ChannelId, ChannelOrderId, OrderId};

use crate::{Error, Row, Tx, params};

/// A channel's order, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelOrder {
    /// Our key.
    pub id: ChannelOrderId,
    /// Where it came from.
    pub channel: ChannelId,
    /// The channel's own id.
    pub external_id: String,
    /// What the channel's buyer reads out.
    pub number: String,
    /// What has become of it.
    pub state: State,
    /// The order that it became.
    pub order: Option<OrderId>,
    /// The first copy as ciphertext; never changes.
    pub original: Vec<u8>,
    /// The newest copy as ciphertext, if it is another.
    pub latest: Option<Vec<u8>>,
    /// When the channel last changed what we have.
    pub changed_at: Timestamp,
    /// What keeps it from becoming an order, as JSON without personal data.
    pub problem: Option<String>,
    /// When it came in first.
    pub received_at: Timestamp,
}

const COLUMNS: &str = "id, channel_id, external_id, number, state, order_id, original, latest,
    changed_at, problem, received_at";

pub(crate) fn read(row: &mut Row<'_>) -> Result<ChannelOrder, Error> {
    Ok(ChannelOrder {
        id: row.id()?,
        channel: row.id()?,
        external_id: row.text()?,
        number: row.text()?,
        state: row.parsed()?,
        order: row.opt_id()?,
        original: row.bytes()?,
        latest: row.opt_bytes()?,
        changed_at: row.at()?,
        problem: row.opt_text()?,
        received_at: row.at()?,
    })
}

/// Stores a first copy. If another node was faster, this fails as a unique violation.
pub fn insert(tx: &mut Tx<'_>, new: &ChannelOrder, next_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO channel_orders (id, channel_id, external_id, number, state, original,
            changed_at, next_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            new.id.raw(),
            new.channel.raw(),
            &new.external_id,
            &new.number,
            new.state.code(),
            &new.original,
            new.changed_at,
            next_at,
            new.received_at,
        ],
    )?;
    Ok(())
}

/// The copy of a channel's order, locked where writers run side by side.
pub fn find_for_update(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    external_id: &str,
) -> Result<Option<ChannelOrder>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM channel_orders WHERE channel_id = $1 AND external_id = $2 {lock}"
    );
    tx.query_opt(&sql, params![channel.raw(), external_id], read)
}

/// The copy of a channel's order.
pub fn find(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    external_id: &str,
) -> Result<Option<ChannelOrder>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM channel_orders WHERE channel_id = $1 AND external_id = $2");
    tx.query_opt(&sql, params![channel.raw(), external_id], read)
}

/// One copy, locked where writers run side by side.
pub fn fetch_for_update(
    tx: &mut Tx<'_>,
    id: ChannelOrderId,
) -> Result<Option<ChannelOrder>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM channel_orders WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// One copy.
pub fn fetch(tx: &mut Tx<'_>, id: ChannelOrderId) -> Result<Option<ChannelOrder>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channel_orders WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Keeps a newer copy beside the first one.
pub fn set_latest(
    tx: &mut Tx<'_>,
    id: ChannelOrderId,
    latest: &[u8],
    changed_at: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "UPDATE channel_orders SET latest = $2, changed_at = $3 WHERE id = $1",
        params![id.raw(), latest, changed_at],
    )
}

/// Notes what has become of it; nothing is in its way any more.
pub fn settle(
    tx: &mut Tx<'_>,
    id: ChannelOrderId,
    state: State,
    order: Option<OrderId>,
) -> Result<(), Error> {
    tx.change(
        "UPDATE channel_orders
            SET state = $2, order_id = COALESCE($3, order_id), problem = NULL, next_at = NULL
          WHERE id = $1",
        params![id.raw(), state.code(), order.map(Id::raw)],
    )
}

/// Notes what is in its way, and when it is tried again.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: ChannelOrderId,
    problem: &str,
    next_at: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "UPDATE channel_orders SET problem = $2, next_at = $3 WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), problem, next_at],
    )
}

/// Copies that wait and are due to be tried, oldest first, at most `limit`; each is due again at
/// `again_at`.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<ChannelOrder>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE channel_orders SET next_at = $2 WHERE id IN (
            SELECT id FROM channel_orders WHERE next_at <= $1 ORDER BY next_at LIMIT $3
            {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Makes one that waits due now. Gives whether it waits.
pub fn hurry(tx: &mut Tx<'_>, id: ChannelOrderId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE channel_orders SET next_at = $2 WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), now],
    )?;
    Ok(changed > 0)
}

/// Those in a state behind `after`, oldest first, at most `limit`; of one channel or of all.
pub fn list(
    tx: &mut Tx<'_>,
    state: State,
    channel: Option<ChannelId>,
    after: Option<ChannelOrderId>,
    limit: i64,
) -> Result<Vec<ChannelOrder>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM channel_orders
          WHERE state = $1 AND id > $2 AND (CAST($3 AS BIGINT) = 0 OR channel_id = $3)
          ORDER BY id LIMIT $4"
    );
    let (after, channel) = (after.map_or(0, Id::raw), channel.map_or(0, Id::raw));
    tx.query(&sql, params![state.code(), after, channel, limit], read)
}
