//! Vehicles of carriers: where they were last, and which parcels are on board.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{CarrierId, ShipmentId};
use ordermill_domain::shipment::Position;

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

/// Positions that come sooner after the last one of their vehicle change nothing, in microseconds.
const PAUSE_MICROS: i64 = 5_000_000;

/// Where a vehicle was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whose it is.
    pub carrier: CarrierId,
    /// What the carrier calls it.
    pub vehicle: String,
    /// When, by its own clock.
    pub at: Timestamp,
    /// Where.
    pub position: Position,
}

/// A parcel on board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnBoard {
    /// Which one.
    pub shipment: ShipmentId,
    /// Where it is handed out, as ciphertext.
    pub stop: Vec<u8>,
    /// When the carrier expects to be there, if it says so.
    pub arrives_at: Option<Timestamp>,
    /// Where the vehicle was last.
    pub position: Position,
    /// When it was there.
    pub at: Timestamp,
    /// When we heard of it.
    pub received_at: Timestamp,
}

/// Keeps where a vehicle is. Gives whether that was news: later than what is known, and not too soon after.
pub fn move_to(tx: &mut Tx<'_>, report: &Report, now: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "INSERT INTO vehicles (carrier_id, vehicle, at, latitude_micro, longitude_micro, received_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (carrier_id, vehicle) DO UPDATE
            SET at = excluded.at, latitude_micro = excluded.latitude_micro,
                longitude_micro = excluded.longitude_micro, received_at = excluded.received_at
          WHERE vehicles.at + $7 <= excluded.at",
        params![
            report.carrier.raw(),
            &report.vehicle,
            report.at,
            report.position.latitude_micro,
            report.position.longitude_micro,
            now,
            PAUSE_MICROS,
        ],
    )?;
    Ok(changed > 0)
}

/// A parcel that is put on a vehicle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Which one.
    pub shipment: ShipmentId,
    /// Whose the vehicle is.
    pub carrier: CarrierId,
    /// Which vehicle.
    pub vehicle: String,
    /// Where it is handed out, as ciphertext.
    pub stop: Vec<u8>,
    /// When the carrier expects to be there, if it says so.
    pub arrives_at: Option<Timestamp>,
}

static LOAD: Insert = insert!("vehicle_parcels" {
    id: Int, carrier_id: Int, vehicle: Text, stop: Blob, arrives_at: Int, received_at: Int,
} "ON CONFLICT (id) DO UPDATE
      SET carrier_id = excluded.carrier_id, vehicle = excluded.vehicle, stop = excluded.stop,
          arrives_at = excluded.arrives_at, received_at = excluded.received_at");

/// Takes everything off vehicles, and puts these parcels on them, off any others. Each parcel comes once, and
/// the vehicles were moved ([`move_to`]) in this transaction, so that nobody else loads them. Parcels are
/// locked by their ids: two batches whose vehicles have changed parcels never wait for each other in a circle.
pub fn load_anew(
    tx: &mut Tx<'_>,
    vehicles: &[(CarrierId, &str)],
    loads: &[Load],
    now: Timestamp,
) -> Result<(), Error> {
    let mut of_vehicles = Columns::new(&[Kind::Int, Kind::Text]);
    vehicles.iter().for_each(|(carrier, name)| of_vehicles.push(params![carrier.raw(), *name]));
    let mut loads: Vec<&Load> = loads.iter().collect();
    loads.sort_unstable_by_key(|load| load.shipment);
    if tx.is_postgres() {
        let mut ids: Vec<ShipmentId> = tx.query_each(&ON_BOARD, &of_vehicles, |row| row.id())?;
        ids.extend(loads.iter().map(|load| load.shipment));
        ids.sort_unstable();
        ids.dedup();
        tx.query_each(&LOCK, &Columns::of_ids(&ids), |row| row.int())?;
    }
    tx.execute_each(&UNLOAD, &of_vehicles)?;
    let mut rows = tx.appender(&LOAD)?;
    for Load { shipment, carrier, vehicle, stop, arrives_at } in loads {
        let (id, carrier) = (shipment.raw(), carrier.raw());
        rows.push(params![id, carrier, vehicle, stop, *arrives_at, now])?;
    }
    Ok(())
}

const ON_BOARD: PerRow<'_> = PerRow {
    sqlite: "SELECT id FROM vehicle_parcels WHERE carrier_id = $1 AND vehicle = $2",
    postgres: "SELECT p.id FROM unnest($1::bigint[], $2::text[]) AS v (carrier_id, vehicle)
        JOIN vehicle_parcels p ON p.carrier_id = v.carrier_id AND p.vehicle = v.vehicle",
};

const LOCK: PerRow<'_> = PerRow {
    sqlite: "SELECT id FROM vehicle_parcels WHERE id = $1",
    postgres: "SELECT id FROM vehicle_parcels WHERE id = ANY($1) ORDER BY id FOR UPDATE",
};

const UNLOAD: PerRow<'_> = PerRow {
    sqlite: "DELETE FROM vehicle_parcels WHERE carrier_id = $1 AND vehicle = $2",
    postgres: "DELETE FROM vehicle_parcels p
         USING unnest($1::bigint[], $2::text[]) AS v (carrier_id, vehicle)
         WHERE p.carrier_id = v.carrier_id AND p.vehicle = v.vehicle",
};

/// Where a parcel is, if it is on a vehicle of which we know where it is.
pub fn ask_of(tx: &mut Tx<'_>, shipment: ShipmentId) -> Result<Asked<OnBoard>, Error> {
    tx.ask(
        "SELECT p.id, p.stop, p.arrives_at, v.latitude_micro, v.longitude_micro, v.at, v.received_at
           FROM vehicle_parcels p
           JOIN vehicles v ON v.carrier_id = p.carrier_id AND v.vehicle = p.vehicle
          WHERE p.id = $1",
        params![shipment.raw()],
        read,
    )
}

fn read(row: &mut Row<'_>) -> Result<OnBoard, Error> {
    Ok(OnBoard {
        shipment: row.id()?,
        stop: row.bytes()?,
        arrives_at: row.opt_at()?,
        position: Position { latitude_micro: row.int()?, longitude_micro: row.int()? },
        at: row.at()?,
        received_at: row.at()?,
    })
}

/// Forgets vehicles that were last heard of before a moment, at most so many; gives how many.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM vehicles WHERE (carrier_id, vehicle) IN (
            SELECT carrier_id, vehicle FROM vehicles WHERE received_at < $1
             ORDER BY received_at LIMIT $2)",
        params![before, limit],
    )
}

/// Forgets loads from before a moment, at most so many; gives how many.
pub fn prune_loads(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM vehicle_parcels WHERE id IN (
            SELECT id FROM vehicle_parcels WHERE received_at < $1 ORDER BY received_at LIMIT $2)",
        params![before, limit],
    )
}
