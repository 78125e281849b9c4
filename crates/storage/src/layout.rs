//! Layouts: the floors of locations, and what lies on them.

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId};
use ordermill_domain::layout::{Aisle, Layout, Plan};
use ordermill_domain::location::{Bin, Location};
use ordermill_domain::record::{Event, Kind as RecordKind};
use serde::Serialize;

use crate::columns::Kind;
use crate::record::{note, one_row};
use crate::tx::PerRow;
use crate::{Columns, Error, Tx, location, params};

/// The floor of a location, if it has been drawn.
pub fn fetch(tx: &mut Tx<'_>, location: LocationId) -> Result<Option<Layout>, Error> {
    let found = tx.query_opt(
        "SELECT start_x_mm, end_x_mm, plan FROM layouts WHERE location_id = $1",
        params![location.raw()],
        |row| Ok((row.int()?, row.int()?, row.text()?)),
    )?;
    let Some((start_x_mm, end_x_mm, plan)) = found else { return Ok(None) };
    let aisles = tx.query(
        "SELECT number, zone, x_mm FROM layout_aisles WHERE location_id = $1 ORDER BY number",
        params![location.raw()],
        |row| Ok(Aisle { number: row.int()?, zone: row.text()?, x_mm: row.int()? }),
    )?;
    let cross_aisles_mm = tx.query(
        "SELECT y_mm FROM layout_cross_aisles WHERE location_id = $1 ORDER BY number",
        params![location.raw()],
        |row| row.int(),
    )?;
    let plan: Plan = serde_json::from_str(&plan)
        .map_err(|_| Error::Unreadable { what: "plan of a floor", text: plan })?;
    Ok(Some(Layout { location, aisles, cross_aisles_mm, start_x_mm, end_x_mm, plan }))
}

/// What the history of a location says of its floor.
#[derive(Serialize)]
struct Record<'l> {
    layout: Option<&'l Plan>,
    new_bins: usize,
}

/// Stores the floor of a location whose version still stands, in place of the one that it had, and
/// journals it in the history of the location. `placed` are bins that exist and stand elsewhere now
/// (or nowhere), `new` those that are new.
pub fn put(
    tx: &mut Tx<'_>,
    act: &Act,
    at: &Location,
    layout: &Layout,
    placed: &[Bin],
    new: &[Bin],
) -> Result<(), Error> {
    let known = fetch(tx, at.id)?;
    let before = Record { layout: known.as_ref().map(|known| &known.plan), new_bins: 0 };
    let after = Record { layout: Some(&layout.plan), new_bins: new.len() };
    if let Some(event) = Event::edited(RecordKind::LocationEdited, &before, &after) {
        let changed = tx.execute(
            "UPDATE locations SET version = version + 1 WHERE id = $1 AND version = $2",
            params![at.id.raw(), at.version],
        )?;
        one_row(changed, "a location")?;
        note(tx, act, at.id, at.version + 1, &event)?;
    }
    put_floor(tx, layout)?;
    put_places(tx, placed)?;
    new.iter().try_for_each(|bin| location::insert_bin(tx, bin))
}

fn put_floor(tx: &mut Tx<'_>, layout: &Layout) -> Result<(), Error> {
    let id = layout.location.raw();
    let plan = serde_json::to_string(&layout.plan).map_err(Error::defect)?;
    tx.execute(
        "INSERT INTO layouts (location_id, start_x_mm, end_x_mm, plan) VALUES ($1, $2, $3, $4)
         ON CONFLICT (location_id) DO UPDATE SET start_x_mm = excluded.start_x_mm,
            end_x_mm = excluded.end_x_mm, plan = excluded.plan",
        params![id, layout.start_x_mm, layout.end_x_mm, &plan],
    )?;
    tx.execute("DELETE FROM layout_aisles WHERE location_id = $1", params![id])?;
    tx.execute("DELETE FROM layout_cross_aisles WHERE location_id = $1", params![id])?;
    for aisle in &layout.aisles {
        tx.execute(
            "INSERT INTO layout_aisles (location_id, number, zone, x_mm) VALUES ($1, $2, $3, $4)",
            params![id, aisle.number, &aisle.zone, aisle.x_mm],
        )?;
    }
    for (y_mm, number) in layout.cross_aisles_mm.iter().zip(1_i64..) {
        tx.execute(
            "INSERT INTO layout_cross_aisles (location_id, number, y_mm) VALUES ($1, $2, $3)",
            params![id, number, *y_mm],
        )?;
    }
    Ok(())
}

/// Says where bins stand that exist already: zone, position and place.
fn put_places(tx: &mut Tx<'_>, bins: &[Bin]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE bins SET zone = $2, position = $3, aisle = $4, y_mm = $5, side = $6,
                level = $7, height_mm = $8 WHERE id = $1",
        postgres: "UPDATE bins b SET zone = n.zone, position = n.position, aisle = n.aisle,
                y_mm = n.y_mm, side = n.side, level = n.level, height_mm = n.height_mm
            FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[],
                $6::text[], $7::bigint[], $8::bigint[])
              AS n (id, zone, position, aisle, y_mm, side, level, height_mm)
            WHERE b.id = n.id",
    };
    use Kind::{Int, Text};
    let mut rows = Columns::new(&[Int, Text, Int, Int, Int, Text, Int, Int]);
    for bin in bins {
        let place = bin.place;
        rows.push(params![
            bin.id.raw(),
            &bin.zone,
            bin.position,
            place.map(|it| it.aisle),
            place.map(|it| it.y_mm),
            place.map(|it| it.side.code()),
            place.map(|it| it.level),
            place.map(|it| it.height_mm),
        ]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.execute_each(&SQL, &rows).map(drop)
}

/// What lies in a bin, all SKUs and lots together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Which bin.
    pub bin: BinId,
    /// How many different SKUs.
    pub skus: i64,
    /// How many pieces.
    pub pieces: i64,
}

/// The bins of a location in which something lies, by bin.
pub fn contents(tx: &mut Tx<'_>, location: LocationId) -> Result<Vec<Content>, Error> {
    tx.query(
        "SELECT bin_id, COUNT(DISTINCT sku_id), CAST(SUM(on_hand) AS BIGINT) FROM stock_bins
          WHERE location_id = $1 AND on_hand > 0 GROUP BY bin_id ORDER BY bin_id",
        params![location.raw()],
        |row| Ok(Content { bin: row.id()?, skus: row.int()?, pieces: row.int()? }),
    )
}
