//! Movements: every piece that came or went, in its level, its bin, its row and the journal.

use std::collections::BTreeMap;

use ordermill_base::id::first_at;
use ordermill_base::{Id, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId, MovementId, SkuId};
use ordermill_domain::stock::{Event, StockLevel};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Tx, journal, params};

/// Where exactly goods moved, and what caused it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The shelf position.
    pub bin: Option<BinId>,
    /// The lot and the day until which it keeps.
    pub lot: Option<(&'a str, Option<&'a str>)>,
    /// The raw id of what caused the movement: a fulfillment, a transfer, an import.
    pub reference_id: Option<i64>,
}

static INSERT_MOVEMENT: Insert = insert!("stock_movements" {
    id: Int, sku_id: Int, location_id: Int, bin_id: Int, lot: Text, kind: Text, quantity: Int,
    reference_id: Int, reason: Text, actor: Text, at: Int,
});

/// Stores a movement: the level's on-hand, the movement's row, and its journal entry. `level` is
/// the level after it; a movement of no pieces (a count that found what is there) leaves only the
/// journal entry.
pub fn record(
    tx: &mut Tx<'_>,
    act: &Act,
    level: &StockLevel,
    event: Event,
    place: Place<'_>,
) -> Result<MovementId, Error> {
    let Event::Moved { sku, location, movement, delta, .. } = event;
    let id: MovementId = tx.next_id(act.at);
    if delta != 0 {
        tx.append(
            &INSERT_MOVEMENT,
            params![
                id.raw(),
                sku.raw(),
                location.raw(),
                place.bin.map(Id::raw),
                place.lot.map(|(lot, _)| lot),
                movement.code(),
                delta,
                place.reference_id,
                act.reason.as_deref(),
                &act.actor.to_string(),
                act.at,
            ],
        )?;
    }
    let changed = tx.execute(
        "UPDATE stock_levels SET on_hand = on_hand + $3, allocated = $4, version = version + 1
          WHERE sku_id = $1 AND location_id = $2",
        params![sku.raw(), location.raw(), delta, level.allocated],
    )?;
    if changed != 1 {
        return Err(Error::Stale("a stock level"));
    }
    if let Some(bin) = place.bin {
        move_in_bin(tx, (sku, location, bin), place.lot.unwrap_or(("", None)), delta)?;
    }
    let body = serde_json::to_string(&with_id(event, id)).map_err(Error::defect)?;
    let entry = journal::NewEntry {
        aggregate: "stock",
        aggregate_id: id.raw(),
        sequence: 1,
        kind: event.kind(),
        body: &body,
    };
    journal::append(tx, act, entry)?;
    Ok(id)
}

/// Stores shipped pieces: what is on hand, the movements' rows, and their journal entries. Each comes with
/// the raw id of the fulfillment that it left with. The claims on them are ended by
/// [`super::Levels::save_claims`], before this.
pub fn record_shipped(tx: &mut Tx<'_>, act: &Act, shipped: &[(Event, i64)]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE stock_levels SET on_hand = on_hand + $3, version = version + $4
            WHERE sku_id = $1 AND location_id = $2",
        postgres: "UPDATE stock_levels s
            SET on_hand = s.on_hand + n.delta, version = s.version + n.changes
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
              AS n (sku_id, location_id, delta, changes)
            WHERE s.sku_id = n.sku_id AND s.location_id = n.location_id",
    };
    let mut levels: BTreeMap<(SkuId, LocationId), (i64, i64)> = BTreeMap::new();
    let mut events = Vec::with_capacity(shipped.len());
    let actor = act.actor.to_string();
    let ids = tx.ids();
    let mut rows = tx.appender(&INSERT_MOVEMENT)?;
    for &(event, reference_id) in shipped {
        let Event::Moved { sku, location, movement, delta, .. } = event;
        let id: MovementId = ids.next(act.at);
        let sums = levels.entry((sku, location)).or_default();
        *sums = (sums.0 + delta, sums.1 + 1);
        events.push((id, with_id(event, id)));
        rows.push(params![
            id.raw(),
            sku.raw(),
            location.raw(),
            None::<i64>,
            None::<&str>,
            movement.code(),
            delta,
            reference_id,
            act.reason.as_deref(),
            &actor,
            act.at,
        ])?;
    }
    drop(rows);
    let mut rows = Columns::new(&[Kind::Int; 4]);
    for ((sku, location), (delta, changes)) in levels {
        rows.push(params![sku.raw(), location.raw(), delta, changes]);
    }
    tx.change_every(&SQL, rows, "a stock level")?;
    let mut entries = journal::appender(tx)?;
    for (id, event) in events {
        let body = serde_json::to_string(&event).map_err(Error::defect)?;
        entries.push(
            act,
            journal::NewEntry {
                aggregate: "stock",
                aggregate_id: id.raw(),
                sequence: 1,
                kind: event.kind(),
                body: &body,
            },
        )?;
    }
    Ok(())
}

fn with_id(event: Event, movement_id: MovementId) -> Event {
    let Event::Moved { sku, location, movement, delta, on_hand, .. } = event;
    Event::Moved { sku, location, movement, delta, on_hand, id: Some(movement_id) }
}

fn move_in_bin(
    tx: &mut Tx<'_>,
    (sku, location, bin): (SkuId, LocationId, BinId),
    (lot, expires_on): (&str, Option<&str>),
    delta: i64,
) -> Result<(), Error> {
    if delta < 0 {
        // Not an upsert: the schema would refuse the negative row before it finds the one it meets.
        let changed = tx.execute(
            "UPDATE stock_bins SET on_hand = on_hand + $5
              WHERE sku_id = $1 AND location_id = $2 AND bin_id = $3 AND lot = $4
                AND on_hand + $5 >= claimed",
            params![sku.raw(), location.raw(), bin.raw(), lot, delta],
        )?;
        return if changed == 1 { Ok(()) } else { Err(Error::Stale("the stock of a bin")) };
    }
    tx.execute(
        "INSERT INTO stock_bins (sku_id, location_id, bin_id, lot, expires_on, on_hand)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (sku_id, location_id, bin_id, lot)
         DO UPDATE SET on_hand = stock_bins.on_hand + excluded.on_hand",
        params![sku.raw(), location.raw(), bin.raw(), lot, expires_on, delta],
    )?;
    Ok(())
}

/// One movement, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Its key.
    pub id: MovementId,
    /// Of what.
    pub sku: SkuId,
    /// Where.
    pub location: LocationId,
    /// `receive`, `ship`, …
    pub kind: String,
    /// Pieces that came (positive) or went.
    pub quantity: i64,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// Who, in the journal's form.
    pub actor: String,
}

/// The newest movements of a SKU, newest first, at most `limit`.
pub fn movements(tx: &mut Tx<'_>, sku: SkuId, limit: i64) -> Result<Vec<Movement>, Error> {
    tx.query(
        "SELECT id, sku_id, location_id, kind, quantity, reason, actor FROM stock_movements
          WHERE sku_id = $1 ORDER BY id DESC LIMIT $2",
        params![sku.raw(), limit],
        |row| {
            Ok(Movement {
                id: row.id()?,
                sku: row.id()?,
                location: row.id()?,
                kind: row.text()?,
                quantity: row.int()?,
                reason: row.opt_text()?,
                actor: row.text()?,
            })
        },
    )
}

/// Asks whether pieces of a SKU have come in at a location since a moment, by whatever movement.
pub fn ask_arrival(
    tx: &mut Tx<'_>,
    sku: SkuId,
    at: LocationId,
    since: Timestamp,
) -> Result<Asked<i64>, Error> {
    tx.ask(
        "SELECT id FROM stock_movements
          WHERE sku_id = $1 AND id >= $2 AND location_id = $3 AND quantity > 0 AND at > $4
          ORDER BY id LIMIT 1",
        params![sku.raw(), first_at(since), at.raw(), since],
        |row| row.int(),
    )
}
