//! Locations, their zones and their bins.

use jiff::tz::TimeZone;
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId};
use ordermill_domain::layout::Place;
use ordermill_domain::location::{Bin, Location, Zone};
use ordermill_domain::record::{Event, Kind};
use ordermill_domain::text::Text;
use serde::Serialize;

use crate::columns::insert;
use crate::record::{note, one_row};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

const COLUMNS: &str = "id, code, name_zh, name_en, country, region, address, latitude, longitude,
    time_zone, cut_off, daily_capacity, is_active, priority, version";

fn read(row: &mut Row<'_>) -> Result<Location, Error> {
    Ok(Location {
        id: row.id()?,
        code: row.text()?,
        name: Text { zh: row.text()?, en: row.text()? },
        country: row.parsed()?,
        region: row.text()?,
        address: row.text()?,
        latitude_micro: micro(row.real()?),
        longitude_micro: micro(row.real()?),
        time_zone: time_zone(row.text()?)?,
        cut_off: row.parsed()?,
        daily_capacity: row.int()?,
        is_active: row.flag()?,
        priority: row.int()?,
        version: row.int()?,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "degrees are within the globe")]
fn micro(degrees: f64) -> i64 {
    (degrees * 1e6).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "180 million fits the 53 bits of a double")]
fn degrees(micro: i64) -> f64 {
    micro as f64 / 1e6
}

fn time_zone(text: String) -> Result<TimeZone, Error> {
    TimeZone::get(&text).map_err(|_| Error::Unreadable { what: "time zone", text })
}

/// The location of this id.
pub fn fetch(tx: &mut Tx<'_>, id: LocationId) -> Result<Option<Location>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM locations WHERE id = $1");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// The location of this code.
pub fn find_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Location>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM locations WHERE code = $1");
    tx.query_opt(&sql, params![code], read)
}

/// Locations behind `after` in the order of their ids, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    after: Option<LocationId>,
    limit: i64,
) -> Result<Vec<Location>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM locations WHERE id > $1 ORDER BY id LIMIT $2");
    tx.query(&sql, params![after.map_or(0, Id::raw), limit], read)
}

/// Stores a new location and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, location: &Location) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO locations (id, code, name_zh, name_en, country, region, address, latitude,
            longitude, time_zone, cut_off, daily_capacity, is_active, priority, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)",
        params![
            location.id.raw(),
            &location.code,
            &location.name.zh,
            &location.name.en,
            &location.country.to_string(),
            &location.region,
            &location.address,
            degrees(location.latitude_micro),
            degrees(location.longitude_micro),
            location.time_zone.iana_name().unwrap_or("UTC"),
            &location.cut_off.to_string(),
            location.daily_capacity,
            location.is_active,
            location.priority,
        ],
    )?;
    note(tx, act, location.id, 1, &Event::created(Kind::LocationCreated, location))
}

/// Stores what is different from `before`, whose version must still stand, and journals it. Gives
/// the new version, or the old one if nothing is different.
pub fn update(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &Location,
    after: &Location,
) -> Result<i64, Error> {
    let Some(event) = Event::edited(Kind::LocationEdited, before, after) else {
        return Ok(before.version);
    };
    let changed = tx.execute(
        "UPDATE locations SET code = $3, name_zh = $4, name_en = $5, country = $6, region = $7,
            address = $8, latitude = $9, longitude = $10, time_zone = $11, cut_off = $12,
            daily_capacity = $13, is_active = $14, priority = $15, version = version + 1
          WHERE id = $1 AND version = $2",
        params![
            before.id.raw(),
            before.version,
            &after.code,
            &after.name.zh,
            &after.name.en,
            &after.country.to_string(),
            &after.region,
            &after.address,
            degrees(after.latitude_micro),
            degrees(after.longitude_micro),
            after.time_zone.iana_name().unwrap_or("UTC"),
            &after.cut_off.to_string(),
            after.daily_capacity,
            after.is_active,
            after.priority,
        ],
    )?;
    one_row(changed, "a location")?;
    note(tx, act, before.id, before.version + 1, &event)?;
    Ok(before.version + 1)
}

/// What the history of a location says of a zone.
#[derive(Serialize)]
struct ZoneRecord<'z> {
    zone: Option<&'z Zone>,
    new_bins: Vec<&'z str>,
}

/// Stores a zone of a location whose version still stands, or gives the one of this code another name
/// and kind; stores bins that are new; and journals in the history of the location what is different.
pub fn put_zone(
    tx: &mut Tx<'_>,
    act: &Act,
    at: &Location,
    zone: &Zone,
    new_bins: &[Bin],
) -> Result<(), Error> {
    let known = zones(tx, at.id)?.into_iter().find(|known| known.code == zone.code);
    let before = ZoneRecord { zone: known.as_ref(), new_bins: Vec::new() };
    let labels = new_bins.iter().map(|bin| bin.code.as_str()).collect();
    let after = ZoneRecord { zone: Some(zone), new_bins: labels };
    let Some(event) = Event::edited(Kind::LocationEdited, &before, &after) else { return Ok(()) };
    let changed = tx.execute(
        "UPDATE locations SET version = version + 1 WHERE id = $1 AND version = $2",
        params![at.id.raw(), at.version],
    )?;
    one_row(changed, "a location")?;
    note(tx, act, at.id, at.version + 1, &event)?;
    for bin in new_bins {
        insert_bin(tx, bin)?;
    }
    tx.execute(
        "INSERT INTO zones (location_id, code, name_zh, name_en, kind) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (location_id, code) DO UPDATE
            SET name_zh = excluded.name_zh, name_en = excluded.name_en, kind = excluded.kind",
        params![zone.location.raw(), &zone.code, &zone.name.zh, &zone.name.en, &zone.kind],
    )?;
    Ok(())
}

/// The zones of a location by code, at most 1,000.
pub fn zones(tx: &mut Tx<'_>, location: LocationId) -> Result<Vec<Zone>, Error> {
    tx.query(
        "SELECT location_id, code, name_zh, name_en, kind FROM zones WHERE location_id = $1
          ORDER BY code LIMIT 1000",
        params![location.raw()],
        |row| {
            Ok(Zone {
                location: row.id()?,
                code: row.text()?,
                name: Text { zh: row.text()?, en: row.text()? },
                kind: row.text()?,
            })
        },
    )
}

static INSERT_BIN: Insert = insert!("bins" {
    id: Int, location_id: Int, zone: Text, code: Text, position: Int, aisle: Int, y_mm: Int,
    side: Text, level: Int, height_mm: Int,
} "ON CONFLICT (location_id, code) DO NOTHING");

/// Stores a bin, unless the location has one of this code.
pub fn insert_bin(tx: &mut Tx<'_>, bin: &Bin) -> Result<(), Error> {
    let place = bin.place;
    tx.append(
        &INSERT_BIN,
        params![
            bin.id.raw(),
            bin.location.raw(),
            &bin.zone,
            &bin.code,
            bin.position,
            place.map(|it| it.aisle),
            place.map(|it| it.y_mm),
            place.map(|it| it.side.code()),
            place.map(|it| it.level),
            place.map(|it| it.height_mm),
        ],
    )
}

fn read_bin(row: &mut Row<'_>) -> Result<Bin, Error> {
    Ok(Bin {
        id: row.id()?,
        location: row.id()?,
        zone: row.text()?,
        code: row.text()?,
        position: row.int()?,
        place: read_place(row)?,
    })
}

pub(crate) fn read_place(row: &mut Row<'_>) -> Result<Option<Place>, Error> {
    let (aisle, y_mm, side) = (row.opt_int()?, row.opt_int()?, row.opt_parsed()?);
    let (level, height_mm) = (row.opt_int()?, row.opt_int()?);
    let found = aisle.zip(y_mm).zip(side).zip(level).zip(height_mm);
    Ok(found.map(|((((aisle, y_mm), side), level), height_mm)| Place {
        aisle,
        y_mm,
        side,
        level,
        height_mm,
    }))
}

macro_rules! bin {
    () => {
        "SELECT id, location_id, zone, code, position, aisle, y_mm, side, level, height_mm FROM bins"
    };
}

/// The bin of this id.
pub fn fetch_bin(tx: &mut Tx<'_>, id: BinId) -> Result<Option<Bin>, Error> {
    tx.query_opt(concat!(bin!(), " WHERE id = $1"), params![id.raw()], read_bin)
}

/// The bins of these ids that exist.
pub fn fetch_bins(
    tx: &mut Tx<'_>,
    ids: impl IntoIterator<Item = BinId>,
) -> Result<Vec<Bin>, Error> {
    const SQL: PerRow = PerRow {
        sqlite: concat!(bin!(), " WHERE id = $1"),
        postgres: concat!(bin!(), " WHERE id = ANY($1)"),
    };
    let ids: Vec<BinId> = ids.into_iter().collect();
    tx.query_each(&SQL, &Columns::of_ids(&ids), read_bin)
}

/// The bin with this label at a location.
pub fn find_bin(tx: &mut Tx<'_>, location: LocationId, code: &str) -> Result<Option<Bin>, Error> {
    let sql = concat!(bin!(), " WHERE location_id = $1 AND code = $2");
    tx.query_opt(sql, params![location.raw(), code], read_bin)
}

/// The bins of a location behind the label `after`, by label, at most `limit`.
pub fn bins(
    tx: &mut Tx<'_>,
    location: LocationId,
    after: &str,
    limit: i64,
) -> Result<Vec<Bin>, Error> {
    let sql = concat!(bin!(), " WHERE location_id = $1 AND code > $2 ORDER BY code LIMIT $3");
    tx.query(sql, params![location.raw(), after, limit], read_bin)
}
