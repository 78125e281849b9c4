//! How far the lists of disputes of gateways were read.

use ordermill_base::Timestamp;

use crate::{Error, Tx, params};

/// A gateway's list that is to be read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Whose list.
    pub gateway: String,
    /// Behind what, in the gateway's words; none: from the beginning.
    pub place: Option<String>,
}

/// Lists of these gateways that are to be read now, the first time from their beginning; each is put off to
/// `again_at`, so that no two nodes read the same one.
pub fn claim_cursor(
    tx: &mut Tx<'_>,
    gateways: &[String],
    now: Timestamp,
    again_at: Timestamp,
) -> Result<Vec<Cursor>, Error> {
    let known: Vec<String> =
        tx.query("SELECT gateway FROM dispute_cursors", &[], |row| row.text())?;
    for gateway in gateways.iter().filter(|gateway| !known.contains(gateway)) {
        tx.execute(
            "INSERT INTO dispute_cursors (gateway, place, ask_at) VALUES ($1, NULL, $2)
             ON CONFLICT (gateway) DO NOTHING",
            params![gateway, now],
        )?;
    }
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE dispute_cursors SET ask_at = $2 WHERE gateway IN (
            SELECT gateway FROM dispute_cursors WHERE ask_at <= $1 {skip_locked})
      RETURNING gateway, place"
    );
    tx.query_write(&sql, params![now, again_at], |row| {
        Ok(Cursor { gateway: row.text()?, place: row.opt_text()? })
    })
}

/// Notes how far a list was read, if nobody else has read on meanwhile, and when it is read next.
pub fn move_cursor(
    tx: &mut Tx<'_>,
    cursor: &Cursor,
    place: Option<&str>,
    ask_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE dispute_cursors SET place = $3, ask_at = $4
          WHERE gateway = $1 AND COALESCE(place, '') = $2",
        params![&cursor.gateway, cursor.place.as_deref().unwrap_or(""), place, ask_at],
    )?;
    Ok(())
}
