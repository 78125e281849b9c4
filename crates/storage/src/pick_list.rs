//! Pick lists with their stops; the scans that were taken ([`answers`]); how far the floor is ([`by_zone`]).

mod answers;
mod share;

use std::collections::{BTreeMap, BTreeSet};

use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{FulfillmentId, LocationId, PickListId, SkuId, StaffId, WaveId};
use ordermill_domain::pick_list::{Event, Facts, Line, PickList, State};

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

pub use answers::{Answered, answers, keep_answers, prune_answers};
pub use share::{Share, by_person, by_zone};

static INSERT: Insert = insert!("pick_lists" {
    id: Int, location_id: Int, wave_id: Int, state: Text, picker_id: Int, totes: Int, walk_mm: Int,
    is_shortest: Int, released_at: Int, done_at: Int, version: Int,
});

static INSERT_LINE: Insert = insert!("pick_lines" {
    pick_list_id: Int, no: Int, position: Int, fulfillment_id: Int, line_no: Int,
    sku_id: Int, bin_id: Int, lot: Text, expires_on: Text, tote: Int, quantity: Int, picked: Int,
    short: Int, dropped: Int, returned: Int, step: Text, is_lot_seen: Int,
});

/// Stores a new list and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, list: &PickList, event: &Event) -> Result<(), Error> {
    let facts = list.facts();
    tx.append(
        &INSERT,
        params![
            facts.id.raw(),
            facts.location.raw(),
            facts.wave.raw(),
            facts.state.code(),
            facts.picker.map(Id::raw),
            facts.totes,
            facts.walk_mm,
            facts.is_shortest,
            facts.released_at,
            facts.done_at,
            facts.version,
        ],
    )?;
    insert_lines(tx, facts)?;
    record(tx, act, facts.id, facts.version, event)
}

fn insert_lines(tx: &mut Tx<'_>, facts: &Facts) -> Result<(), Error> {
    for (line, position) in facts.lines.iter().zip(1_i64..) {
        let day = line.expires_on.map(|day| day.to_string());
        tx.append(
            &INSERT_LINE,
            params![
                facts.id.raw(),
                line.no,
                position,
                line.fulfillment.raw(),
                i64::from(line.line_no),
                line.sku.raw(),
                line.bin.map(Id::raw),
                &line.lot,
                day.as_deref(),
                line.tote,
                line.quantity,
                line.picked,
                line.short,
                line.dropped,
                line.returned,
                line.step.code(),
                line.is_lot_seen,
            ],
        )?;
    }
    Ok(())
}

fn record(
    tx: &mut Tx<'_>,
    act: &Act,
    id: PickListId,
    version: i64,
    event: &Event,
) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "pick_list",
        aggregate_id: id.raw(),
        sequence: version,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry).map(drop)
}

/// Stores what happened to a list last, and journals it.
///
/// # Errors
/// [`Error::Stale`] if the list is not as it was before the event.
pub fn update(tx: &mut Tx<'_>, act: &Act, list: &PickList, event: &Event) -> Result<(), Error> {
    update_each(tx, act, list, std::slice::from_ref(event))
}

/// As [`update`], for everything that happened since the list was read, in its order.
pub fn update_each(
    tx: &mut Tx<'_>,
    act: &Act,
    list: &PickList,
    events: &[Event],
) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let facts = list.facts();
    let version_before = facts.version - events.len() as i64;
    let changed = tx.execute(
        "UPDATE pick_lists SET state = $3, picker_id = $4, done_at = $5, version = $6
          WHERE id = $1 AND version = $2",
        params![
            facts.id.raw(),
            version_before,
            facts.state.code(),
            facts.picker.map(Id::raw),
            facts.done_at,
            facts.version,
        ],
    )?;
    if changed != 1 {
        return Err(Error::Stale("a pick list"));
    }
    let mut touched = BTreeSet::new();
    let mut is_rearranged = false;
    for event in events {
        match event {
            Event::Released(_) | Event::Taken { .. } | Event::HandedBack => {}
            // Stops behind it move on.
            Event::StopAdded(_) | Event::Dropped { .. } => is_rearranged = true,
            Event::BinFound { line }
            | Event::ItemSeen { line }
            | Event::Picked { line, .. }
            | Event::PutBack { line, .. }
            | Event::Short { line, .. }
            | Event::Returned { line, .. } => {
                touched.insert(*line);
            }
        }
    }
    if is_rearranged {
        tx.execute("DELETE FROM pick_lines WHERE pick_list_id = $1", params![facts.id.raw()])?;
        insert_lines(tx, facts)?;
    } else {
        update_lines(tx, facts.id, touched.iter().filter_map(|no| list.line(*no)))?;
    }
    for (event, version) in events.iter().zip(version_before + 1..) {
        record(tx, act, facts.id, version, event)?;
    }
    Ok(())
}

fn update_lines<'l>(
    tx: &mut Tx<'_>,
    list: PickListId,
    lines: impl IntoIterator<Item = &'l Line>,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite:
            "UPDATE pick_lines SET picked = $3, short = $4, dropped = $5, returned = $6, step = $7,
            is_lot_seen = $8 WHERE pick_list_id = $1 AND no = $2",
        postgres: "UPDATE pick_lines l SET picked = n.picked, short = n.short, dropped = n.dropped,
                returned = n.returned, step = n.step, is_lot_seen = n.is_lot_seen
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                $6::bigint[], $7::text[], $8::bigint[])
              AS n (list, no, picked, short, dropped, returned, step, is_lot_seen)
            WHERE l.pick_list_id = n.list AND l.no = n.no",
    };
    use Kind::{Int, Text};
    let mut rows = Columns::new(&[Int, Int, Int, Int, Int, Int, Text, Int]);
    for line in lines {
        rows.push(params![
            list.raw(),
            line.no,
            line.picked,
            line.short,
            line.dropped,
            line.returned,
            line.step.code(),
            line.is_lot_seen,
        ]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.change_every(&SQL, rows, "a line of a pick list")
}

pub(crate) const COLUMNS: &str =
    "id, location_id, wave_id, state, picker_id, totes, walk_mm, is_shortest,
    released_at, done_at, version";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Facts, Error> {
    Ok(Facts {
        id: row.id()?,
        location: row.id()?,
        wave: row.id()?,
        state: row.parsed()?,
        picker: row.opt_id()?,
        totes: row.int()?,
        walk_mm: row.int()?,
        is_shortest: row.flag()?,
        released_at: row.at()?,
        done_at: row.opt_at()?,
        version: row.int()?,
        lines: Vec::new(),
    })
}

fn line_no(number: i64) -> Result<u16, Error> {
    let unreadable = |_| Error::Unreadable { what: "line number", text: number.to_string() };
    u16::try_from(number).map_err(unreadable)
}

fn read_line(row: &mut Row<'_>) -> Result<(PickListId, Line), Error> {
    let list = row.id()?;
    let line = Line {
        no: row.int()?,
        fulfillment: row.id()?,
        line_no: line_no(row.int()?)?,
        sku: row.id()?,
        bin: row.opt_id()?,
        lot: row.text()?,
        expires_on: row.opt_parsed()?,
        tote: row.int()?,
        quantity: row.int()?,
        picked: row.int()?,
        short: row.int()?,
        dropped: row.int()?,
        returned: row.int()?,
        step: row.parsed()?,
        is_lot_seen: row.flag()?,
    };
    Ok((list, line))
}

const LINES: &str = "SELECT pick_list_id, no, fulfillment_id, line_no, sku_id, bin_id,
        lot, expires_on, tote, quantity, picked, short, dropped, returned, step, is_lot_seen
    FROM pick_lines";

pub(crate) fn with_lines(tx: &mut Tx<'_>, mut lists: Vec<Facts>) -> Result<Vec<PickList>, Error> {
    let sqlite = format!("{LINES} WHERE pick_list_id = $1 ORDER BY position");
    let postgres = format!("{LINES} WHERE pick_list_id = ANY($1) ORDER BY pick_list_id, position");
    let ids: Vec<PickListId> = lists.iter().map(|facts| facts.id).collect();
    let sql = PerRow { sqlite: &sqlite, postgres: &postgres };
    for (list, line) in tx.query_each(&sql, &Columns::of_ids(&ids), read_line)? {
        if let Some(facts) = lists.iter_mut().find(|facts| facts.id == list) {
            facts.lines.push(line);
        }
    }
    Ok(lists.into_iter().map(PickList::from_facts).collect())
}

/// The list of this id.
pub fn fetch(tx: &mut Tx<'_>, id: PickListId) -> Result<Option<PickList>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM pick_lists WHERE id = $1");
    let found = tx.query(&sql, params![id.raw()], read)?;
    Ok(with_lines(tx, found)?.pop())
}

/// As [`fetch`], locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: PickListId) -> Result<Option<PickList>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM pick_lists WHERE id = $1 {lock}");
    let found = tx.query(&sql, params![id.raw()], read)?;
    Ok(with_lines(tx, found)?.pop())
}

/// The lists with stops for a fulfillment, by id.
pub fn of_fulfillment(
    tx: &mut Tx<'_>,
    fulfillment: FulfillmentId,
) -> Result<Vec<PickListId>, Error> {
    tx.query(
        "SELECT DISTINCT pick_list_id FROM pick_lines WHERE fulfillment_id = $1
          ORDER BY pick_list_id",
        params![fulfillment.raw()],
        |row| row.id(),
    )
}

/// Pieces of a lot that were picked for a line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickedLot {
    /// Which line.
    pub line_no: u16,
    /// Which lot.
    pub lot: String,
    /// How many pieces, without those that went back to a shelf.
    pub pieces: i64,
}

/// The lots that were picked for each of these fulfillments, in the sequence of picking. Goods without lots are
/// not in it.
pub fn lots_of_each(
    tx: &mut Tx<'_>,
    works: &[FulfillmentId],
) -> Result<Vec<(FulfillmentId, PickedLot)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT fulfillment_id, line_no, lot, picked - returned FROM pick_lines
            WHERE fulfillment_id = $1 AND lot <> '' AND picked > returned
            ORDER BY pick_list_id, position",
        postgres: "SELECT fulfillment_id, line_no, lot, picked - returned FROM pick_lines
            WHERE fulfillment_id = ANY($1) AND lot <> '' AND picked > returned
            ORDER BY pick_list_id, position",
    };
    let picked = tx.query_each(&SQL, &Columns::of_ids(works), |row| {
        Ok((row.id()?, row.int()?, row.text()?, row.int()?))
    })?;
    let lots = picked.into_iter().map(|(work, number, lot, pieces)| {
        Ok((work, PickedLot { line_no: line_no(number)?, lot, pieces }))
    });
    lots.collect()
}

/// Which lists are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of a state.
    pub state: Option<State>,
    /// Only those of a wave.
    pub wave: Option<WaveId>,
}

/// Lists of a location behind `after`, oldest first, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    location: LocationId,
    filter: Filter,
    after: Option<PickListId>,
    limit: i64,
) -> Result<Vec<PickList>, Error> {
    let states = if filter.state.is_some() { "state = $3" } else { "$3 = ''" };
    let waves = if filter.wave.is_some() { "wave_id = $4" } else { "$4 = 0" };
    let sql = format!(
        "SELECT {COLUMNS} FROM pick_lists WHERE location_id = $1 AND id > $2
            AND {states} AND {waves} ORDER BY id LIMIT $5"
    );
    let (state, wave) = (filter.state.map_or("", State::code), filter.wave.map_or(0, Id::raw));
    let after = after.map_or(0, Id::raw);
    let found = tx.query(&sql, params![location.raw(), after, state, wave, limit], read)?;
    with_lines(tx, found)
}

/// The lists that someone is picking, by id.
pub fn in_hand(tx: &mut Tx<'_>, picker: StaffId) -> Result<Vec<PickListId>, Error> {
    tx.query(
        "SELECT id FROM pick_lists WHERE state = 'picking' AND picker_id = $1 ORDER BY id",
        params![picker.raw()],
        |row| row.id(),
    )
}

/// The open list that has waited longest at a location, locked; one that another person is just taking is
/// passed over.
pub fn claim_next(tx: &mut Tx<'_>, location: LocationId) -> Result<Option<PickListId>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT id FROM pick_lists WHERE location_id = $1 AND state = 'open'
          ORDER BY id LIMIT 1 {lock}"
    );
    tx.query_opt(&sql, params![location.raw()], |row| row.id())
}

/// How many pieces of a fulfillment were picked in vain and are not back on a shelf.
pub fn to_put_away_of(tx: &mut Tx<'_>, fulfillment: FulfillmentId) -> Result<i64, Error> {
    tx.query_one(
        "SELECT CAST(COALESCE(SUM(picked - returned), 0) AS BIGINT) FROM pick_lines
          WHERE fulfillment_id = $1",
        params![fulfillment.raw()],
        |row| row.int(),
    )
}

/// Lines with pieces that were picked in vain and are not back on a shelf, of one SKU or of all: those for
/// whose fulfillment somebody is asked to put them back.
pub fn to_put_away(
    tx: &mut Tx<'_>,
    location: LocationId,
    sku: Option<SkuId>,
    limit: i64,
) -> Result<Vec<(PickListId, Line)>, Error> {
    let sql = format!(
        "{LINES} WHERE picked > returned AND fulfillment_id IN (
            SELECT subject_id FROM tasks WHERE kind = 'put_back' AND state IN ('open', 'claimed'))
            AND pick_list_id IN (SELECT id FROM pick_lists WHERE location_id = $1)
            AND ($2 = 0 OR sku_id = $2)
          ORDER BY pick_list_id, position LIMIT $3"
    );
    tx.query(&sql, params![location.raw(), sku.map_or(0, Id::raw), limit], read_line)
}

/// Pieces of a SKU that lie in totes, and pieces that lists will take from no bin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BesideBins {
    /// In totes and boxes.
    pub in_totes: i64,
    /// Those of them that are to be put away, because nobody wants them any more.
    pub to_put_away: i64,
    /// Still to be taken from wherever they lie.
    pub wanted: i64,
}

/// What of each SKU has left its bin at a location and is still there, or will be taken from no bin: by the
/// work that is open there, and by what is to be put away.
pub fn beside_bins(
    tx: &mut Tx<'_>,
    location: LocationId,
) -> Result<BTreeMap<SkuId, BesideBins>, Error> {
    Ok(beside(tx, location, None)?.into_iter().collect())
}

/// As [`beside_bins`], for one SKU.
pub fn beside_bins_of(
    tx: &mut Tx<'_>,
    location: LocationId,
    sku: SkuId,
) -> Result<BesideBins, Error> {
    let found = beside(tx, location, Some(sku))?.pop();
    Ok(found.map(|(_, beside)| beside).unwrap_or_default())
}

fn beside(
    tx: &mut Tx<'_>,
    location: LocationId,
    sku: Option<SkuId>,
) -> Result<Vec<(SkuId, BesideBins)>, Error> {
    let sql = "SELECT l.sku_id, CAST(SUM(l.picked - l.returned) AS BIGINT),
            CAST(SUM(CASE WHEN f.state = 'canceled' THEN l.picked - l.returned ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN l.bin_id IS NULL
                THEN l.quantity - l.picked - l.short - l.dropped ELSE 0 END) AS BIGINT)
       FROM pick_lines l JOIN pick_lists p ON p.id = l.pick_list_id
       JOIN fulfillments f ON f.id = l.fulfillment_id
      WHERE p.location_id = $1 AND ($2 = 0 OR l.sku_id = $2) AND l.fulfillment_id IN (
            SELECT id FROM fulfillments WHERE location_id = $1
               AND state IN ('planned', 'released', 'picking', 'picked', 'rechecked', 'packed')
            UNION SELECT subject_id FROM tasks
             WHERE kind = 'put_back' AND state IN ('open', 'claimed'))
      GROUP BY l.sku_id";
    tx.query(sql, params![location.raw(), sku.map_or(0, Id::raw)], |row| {
        let sku = row.id()?;
        let (in_totes, to_put_away, wanted) = (row.int()?, row.int()?, row.int()?);
        Ok((sku, BesideBins { in_totes, to_put_away, wanted }))
    })
}
