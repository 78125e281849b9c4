//! Sales channels: where orders come from.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::ChannelId;

use crate::{Error, Row, Tx, params};

/// A channel, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its key.
    pub id: ChannelId,
    /// A short name for addresses and files: `shop`, `shopify-eu`.
    pub code: String,
    /// What speaks through it: `shop`, `api`, `file`, `shopify`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Settings of its kind as JSON, without secrets.
    pub settings: String,
    /// Its secret as ciphertext, if its kind has one.
    pub secret: Option<Vec<u8>>,
    /// What our own calls to it prove themselves with, as ciphertext, if we make any.
    pub access_token: Option<Vec<u8>>,
    /// Whether it may place orders.
    pub is_active: bool,
}

const COLUMNS: &str = "id, code, kind, name, settings, secret, access_token,
    CAST(is_active AS BIGINT)";

fn read(row: &mut Row<'_>) -> Result<Channel, Error> {
    Ok(Channel {
        id: row.id()?,
        code: row.text()?,
        kind: row.text()?,
        name: row.text()?,
        settings: row.text()?,
        secret: row.opt_bytes()?,
        access_token: row.opt_bytes()?,
        is_active: row.flag()?,
    })
}

/// The channel of this code, made if there is none.
pub fn ensure(
    tx: &mut Tx<'_>,
    code: &str,
    kind: &str,
    name: &str,
    now: Timestamp,
) -> Result<ChannelId, Error> {
    if let Some(channel) = find(tx, code)? {
        return Ok(channel.id);
    }
    let id: ChannelId = tx.next_id(now);
    let (code, kind, name, settings) =
        (code.to_owned(), kind.to_owned(), name.to_owned(), "{}".to_owned());
    let (secret, access_token) = (None, None);
    let is_active = true;
    insert(tx, &Channel { id, code, kind, name, settings, secret, access_token, is_active })?;
    Ok(id)
}

/// Stores a new channel; its code must be free.
pub fn insert(tx: &mut Tx<'_>, channel: &Channel) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO channels (id, code, kind, name, settings, secret, access_token, is_active)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            channel.id.raw(),
            &channel.code,
            &channel.kind,
            &channel.name,
            &channel.settings,
            channel.secret.as_deref(),
            channel.access_token.as_deref(),
            channel.is_active,
        ],
    )?;
    Ok(())
}

/// Stores a channel anew that is there.
pub fn update(tx: &mut Tx<'_>, channel: &Channel) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE channels SET name = $2, settings = $3, secret = $4, access_token = $5,
            is_active = $6 WHERE id = $1",
        params![
            channel.id.raw(),
            &channel.name,
            &channel.settings,
            channel.secret.as_deref(),
            channel.access_token.as_deref(),
            channel.is_active,
        ],
    )?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale("a channel")) }
}

/// The channel of this code.
pub fn find(tx: &mut Tx<'_>, code: &str) -> Result<Option<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channels WHERE code = $1");
    tx.query_opt(&sql, params![code], read)
}

/// One channel.
pub fn fetch(tx: &mut Tx<'_>, id: ChannelId) -> Result<Option<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channels WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Channels that are told of each parcel that leaves: those that we have access to.
pub fn told_of_parcels(tx: &mut Tx<'_>) -> Result<Vec<ChannelId>, Error> {
    let sql = "SELECT id FROM channels WHERE access_token IS NOT NULL ORDER BY id LIMIT 1000";
    tx.query(sql, &[], |row| row.id())
}

/// All channels by code; a shop has a handful.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channels ORDER BY code LIMIT 1000");
    tx.query(&sql, &[], read)
}
