//! What carriers are told to do with parcels: the intent first, then what became of it.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::carrier::instruction::{Errand, State};
use ordermill_domain::ids::{InstructionId, ShipmentId};

use crate::{Error, Row, Tx, params};

/// An instruction, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// What the carrier knows it by.
    pub id: InstructionId,
    /// About which parcel.
    pub shipment: ShipmentId,
    /// What the carrier is to do.
    pub errand: Errand,
    /// Where it stands.
    pub state: State,
    /// Where the parcel is to go instead, as ciphertext, until the carrier knows it.
    pub address: Option<Vec<u8>>,
    /// Since when.
    pub created_at: Timestamp,
    /// When the carrier took it on.
    pub done_at: Option<Timestamp>,
    /// How often the carrier was told, this time included.
    pub asked: i64,
    /// Why not, or not yet.
    pub failure: Option<String>,
}

/// Stores an instruction that the carrier is told at once.
pub fn insert(
    tx: &mut Tx<'_>,
    id: InstructionId,
    shipment: ShipmentId,
    errand: Errand,
    address: Option<&[u8]>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO carrier_instructions (id, shipment_id, kind, state, address, created_at, ask_at)
         VALUES ($1, $2, $3, 'waiting', $4, $5, $6)",
        params![id.raw(), shipment.raw(), errand.code(), address, now, now],
    )?;
    Ok(())
}

const COLUMNS: &str = "id, shipment_id, kind, state, address, created_at, done_at, asked, failure";

fn read(row: &mut Row<'_>) -> Result<Instruction, Error> {
    Ok(Instruction {
        id: row.id()?,
        shipment: row.id()?,
        errand: row.parsed()?,
        state: row.parsed()?,
        address: row.opt_bytes()?,
        created_at: row.at()?,
        done_at: row.opt_at()?,
        asked: row.int()?,
        failure: row.opt_text()?,
    })
}

/// Instructions that carriers are to be told now, oldest first, at most `limit`; each is put off to
/// `again_at`, so that no two nodes tell the same one at once.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<Instruction>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE carrier_instructions SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM carrier_instructions WHERE ask_at <= $1
             ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Notes that the carrier does it; the address is not kept longer. Gives whether it was waiting.
pub fn done(tx: &mut Tx<'_>, id: InstructionId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE carrier_instructions SET state = 'done', done_at = $2, ask_at = NULL,
            address = NULL, failure = NULL WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), now],
    )?;
    Ok(changed > 0)
}

/// Notes that the carrier does not do it. Gives whether it was waiting.
pub fn fail(tx: &mut Tx<'_>, id: InstructionId, why: &str) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE carrier_instructions SET state = 'failed', ask_at = NULL, address = NULL,
            failure = $2 WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), why],
    )?;
    Ok(changed > 0)
}

/// Gives up what a carrier was still to be told of a parcel: something else was decided.
pub fn supersede(tx: &mut Tx<'_>, shipment: ShipmentId) -> Result<(), Error> {
    tx.change(
        "UPDATE carrier_instructions SET state = 'failed', ask_at = NULL, address = NULL,
            failure = 'something else was decided' WHERE shipment_id = $1 AND state = 'waiting'",
        params![shipment.raw()],
    )
}

/// Puts an instruction off that could not be given this time.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: InstructionId,
    ask_at: Timestamp,
    why: &str,
) -> Result<(), Error> {
    tx.change(
        "UPDATE carrier_instructions SET ask_at = $2, failure = $3
          WHERE id = $1 AND state = 'waiting'",
        params![id.raw(), ask_at, why],
    )
}

/// What was ever told about a parcel, oldest first.
pub fn of(tx: &mut Tx<'_>, shipment: ShipmentId) -> Result<Vec<Instruction>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM carrier_instructions WHERE shipment_id = $1 ORDER BY id LIMIT 100"
    );
    tx.query(&sql, params![shipment.raw()], read)
}
