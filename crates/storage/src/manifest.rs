//! Hand-over lists: which parcels a carrier takes from a location together.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{CarrierId, LocationId, ManifestId, OrderId, ShipmentId};

use crate::asked::Asked;
use crate::columns::insert;
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

/// A hand-over list, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its key.
    pub id: ManifestId,
    /// Who takes the parcels.
    pub carrier: CarrierId,
    /// From where.
    pub location: LocationId,
    /// When its first parcel was scanned.
    pub opened_at: Timestamp,
    /// When the carrier took it over; `None` while parcels may be added.
    pub closed_at: Option<Timestamp>,
    /// The carrier's number of the driver.
    pub confirmation: Option<String>,
    /// From when on the driver comes.
    pub pickup_from: Option<Timestamp>,
    /// Until when the driver comes.
    pub pickup_until: Option<Timestamp>,
    /// Why no driver was called yet, in the carrier's words.
    pub failure: Option<String>,
    /// How often the carrier was asked for a driver.
    pub asked: i64,
}

static INSERT_PARCEL: Insert = insert!("manifest_parcels" {
    shipment_id: Int, manifest_id: Int, scanned_at: Int,
});

const COLUMNS: &str =
    "id, carrier_id, location_id, opened_at, closed_at, confirmation, pickup_from,
    pickup_until, failure, asked";

fn read(row: &mut Row<'_>) -> Result<Manifest, Error> {
    Ok(Manifest {
        id: row.id()?,
        carrier: row.id()?,
        location: row.id()?,
        opened_at: row.at()?,
        closed_at: row.opt_at()?,
        confirmation: row.opt_text()?,
        pickup_from: row.opt_at()?,
        pickup_until: row.opt_at()?,
        failure: row.opt_text()?,
        asked: row.int()?,
    })
}

/// The open list of a carrier at a location, made if there is none.
pub fn ensure_open(
    tx: &mut Tx<'_>,
    carrier: CarrierId,
    location: LocationId,
    now: Timestamp,
) -> Result<ManifestId, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT id FROM manifests
          WHERE carrier_id = $1 AND location_id = $2 AND state = 'open' {lock}"
    );
    loop {
        let found = tx.query_opt(&sql, params![carrier.raw(), location.raw()], |row| row.id())?;
        if let Some(id) = found {
            return Ok(id);
        }
        let id: ManifestId = tx.next_id(now);
        let opened = tx.execute(
            "INSERT INTO manifests (id, carrier_id, location_id, state, opened_at)
             VALUES ($1, $2, $3, 'open', $4)
                 ON CONFLICT (carrier_id, location_id) WHERE state = 'open' DO NOTHING",
            params![id.raw(), carrier.raw(), location.raw(), now],
        )?;
        if opened > 0 {
            return Ok(id);
        }
        // Somebody has opened it in between: it is there now, or closed again.
    }
}

/// One list, locked where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: ManifestId) -> Result<Option<Manifest>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM manifests WHERE id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// One list.
pub fn fetch(tx: &mut Tx<'_>, id: ManifestId) -> Result<Option<Manifest>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM manifests WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Lists, newest first: at most `limit` before `before`.
pub fn list(
    tx: &mut Tx<'_>,
    before: Option<ManifestId>,
    limit: i64,
) -> Result<Vec<(Manifest, i64)>, Error> {
    let sql = format!(
        "SELECT {COLUMNS}, (SELECT COUNT(*) FROM manifest_parcels p WHERE p.manifest_id = manifests.id)
           FROM manifests WHERE id < $1 ORDER BY id DESC LIMIT $2"
    );
    tx.query(&sql, params![before.map_or(i64::MAX, Id::raw), limit], |row| {
        Ok((read(row)?, row.int()?))
    })
}

/// Puts a parcel on a list.
pub fn add(
    tx: &mut Tx<'_>,
    manifest: ManifestId,
    shipment: ShipmentId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.append(&INSERT_PARCEL, params![shipment.raw(), manifest.raw(), now])
}

/// Takes a parcel off its list. Gives whether it was on one.
pub fn remove(tx: &mut Tx<'_>, shipment: ShipmentId) -> Result<bool, Error> {
    let removed = tx.execute(
        "DELETE FROM manifest_parcels WHERE shipment_id = $1 AND manifest_id IN
            (SELECT id FROM manifests WHERE state = 'open')",
        params![shipment.raw()],
    )?;
    Ok(removed > 0)
}

/// Takes a parcel off one list.
pub fn remove_from(tx: &mut Tx<'_>, id: ManifestId, shipment: ShipmentId) -> Result<(), Error> {
    let sql = "DELETE FROM manifest_parcels WHERE shipment_id = $1 AND manifest_id = $2";
    tx.execute(sql, params![shipment.raw(), id.raw()]).map(drop)
}

/// The lists that these parcels are on: (parcel, list).
pub fn of_each(
    tx: &mut Tx<'_>,
    shipments: &[ShipmentId],
) -> Result<Vec<(ShipmentId, ManifestId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT shipment_id, manifest_id FROM manifest_parcels WHERE shipment_id = $1",
        postgres: "SELECT shipment_id, manifest_id FROM manifest_parcels WHERE shipment_id = ANY($1)",
    };
    tx.query_each(&SQL, &Columns::of_ids(shipments), |row| Ok((row.id()?, row.id()?)))
}

/// How many parcels are on a list.
pub fn length(tx: &mut Tx<'_>, id: ManifestId) -> Result<usize, Error> {
    let sql = "SELECT COUNT(*) FROM manifest_parcels WHERE manifest_id = $1";
    let count = tx.query_one(sql, params![id.raw()], |row| row.int())?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// When parcels of an order that are not given up were scanned out, and where; oldest first.
pub fn ask_scans_of(
    tx: &mut Tx<'_>,
    order: OrderId,
) -> Result<Asked<(LocationId, Timestamp)>, Error> {
    tx.ask(
        "SELECT s.location_id, p.scanned_at FROM (
            SELECT id, location_id FROM shipments WHERE order_id = $1 AND state <> 'voided'
             UNION
            SELECT b.id, b.location_id FROM packages k
              JOIN shipments b ON b.package_id = k.inside_id AND b.state <> 'voided'
             WHERE k.order_id = $1 AND k.inside_id IS NOT NULL AND k.opened_at IS NULL) AS s
           JOIN manifest_parcels p ON p.shipment_id = s.id
          ORDER BY p.scanned_at, s.id",
        params![order.raw()],
        |row| Ok((row.id()?, row.at()?)),
    )
}

/// The parcels of a list.
pub fn parcels(tx: &mut Tx<'_>, id: ManifestId) -> Result<Vec<ShipmentId>, Error> {
    let sql = "SELECT shipment_id FROM manifest_parcels WHERE manifest_id = $1 ORDER BY shipment_id
        LIMIT 2000";
    tx.query(sql, params![id.raw()], |row| row.id())
}

/// Closes an open list; the carrier is asked for a driver at `ask_at`. Gives whether it was open.
pub fn close(
    tx: &mut Tx<'_>,
    id: ManifestId,
    now: Timestamp,
    ask_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let closed = tx.execute(
        "UPDATE manifests SET state = 'closed', closed_at = $2, ask_at = $3
          WHERE id = $1 AND state = 'open'",
        params![id.raw(), now, ask_at],
    )?;
    Ok(closed > 0)
}

/// Lists for which a driver is to be called now, oldest first, at most `limit`; each is put off to
/// `again_at`.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    again_at: Timestamp,
    limit: i64,
) -> Result<Vec<Manifest>, Error> {
    let skip_locked = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE manifests SET ask_at = $2, asked = asked + 1 WHERE id IN (
            SELECT id FROM manifests WHERE ask_at <= $1 ORDER BY ask_at LIMIT $3 {skip_locked})
      RETURNING {COLUMNS}"
    );
    tx.query_write(&sql, params![now, again_at, limit], read)
}

/// Notes that a driver comes.
pub fn set_pickup(
    tx: &mut Tx<'_>,
    id: ManifestId,
    confirmation: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<(), Error> {
    tx.change(
        "UPDATE manifests SET confirmation = $2, pickup_from = $3, pickup_until = $4, failure = NULL,
                ask_at = NULL
          WHERE id = $1",
        params![id.raw(), confirmation, from, until],
    )
}

/// Notes why no driver comes, and when the carrier is asked again; never if `None`.
pub fn set_failure(
    tx: &mut Tx<'_>,
    id: ManifestId,
    failure: &str,
    ask_at: Option<Timestamp>,
) -> Result<(), Error> {
    tx.change(
        "UPDATE manifests SET failure = $2, ask_at = $3 WHERE id = $1",
        params![id.raw(), failure, ask_at],
    )
}
