//! Stock levels, bins, and what moves them.
//!
//! Levels are read for many SKUs at once, changed in memory by the domain, and written back as
//! differences. On PostgreSQL they are locked in the one global order (SKU, location), so that two
//! writers never wait for each other in a circle; the schema's `CHECK`s say the same rules again.

mod movement;

use std::collections::BTreeMap;

use jiff::civil::Date;
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::record::{self, Kind as RecordKind};
use ordermill_domain::stock::{BackorderPolicy, StockLevel};

pub use movement::{Movement, Place, ask_arrival, movements, record, record_shipped};

use crate::columns::Kind;
use crate::tx::PerRow;
use crate::{Columns, Error, Row, Tx, journal, params};

/// Levels by (SKU, location): sorted, as the domain wants them.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    levels: Vec<StockLevel>,
    before: Vec<StockLevel>,
    is_locked: bool,
}

const READ: PerRow<'_> = PerRow {
    sqlite: "SELECT sku_id, location_id, on_hand, reserved, allocated, incoming, safety_stock,
            quarantine, backorder
        FROM stock_levels WHERE sku_id = $1 ORDER BY location_id",
    postgres: "SELECT sku_id, location_id, on_hand, reserved, allocated, incoming, safety_stock,
            quarantine, backorder
        FROM stock_levels WHERE sku_id = ANY($1) ORDER BY sku_id, location_id",
};

const LOCK: PerRow<'_> = PerRow {
    sqlite: READ.sqlite,
    postgres: "SELECT sku_id, location_id, on_hand, reserved, allocated, incoming, safety_stock,
            quarantine, backorder
        FROM stock_levels WHERE sku_id = ANY($1) ORDER BY sku_id, location_id FOR UPDATE",
};

pub(crate) fn read(row: &mut Row<'_>) -> Result<StockLevel, Error> {
    Ok(StockLevel {
        sku: row.id()?,
        location: row.id()?,
        on_hand: row.int()?,
        reserved: row.int()?,
        allocated: row.int()?,
        incoming: row.int()?,
        safety_stock: row.int()?,
        quarantine: row.int()?,
        backorder: row.parsed()?,
    })
}

fn sorted(skus: impl IntoIterator<Item = SkuId>) -> Vec<SkuId> {
    let mut skus: Vec<SkuId> = skus.into_iter().collect();
    skus.sort_unstable();
    skus.dedup();
    skus
}

/// On SQLite, a statement for each SKU is cheaper up to so many.
const ONE_BY_ONE_MAX: usize = 16;

/// The levels of sorted SKUs, sorted. A batch of orders asks for hundreds at once.
fn read_sorted(
    tx: &mut Tx<'_>,
    sql: &PerRow<'_>,
    skus: &[SkuId],
) -> Result<Vec<StockLevel>, Error> {
    if tx.is_postgres() || skus.len() <= ONE_BY_ONE_MAX {
        return tx.query_each(sql, &Columns::of_ids(skus), read);
    }
    let raw: Vec<i64> = skus.iter().map(|sku| sku.raw()).collect();
    let list = serde_json::to_string(&raw).map_err(Error::defect)?;
    tx.query(
        "SELECT sku_id, location_id, on_hand, reserved, allocated, incoming, safety_stock,
                quarantine, backorder
           FROM stock_levels WHERE sku_id IN (SELECT value FROM json_each($1))
          ORDER BY sku_id, location_id",
        params![&list],
        read,
    )
}

/// The levels of these SKUs at every location, as they are now.
pub fn levels(
    tx: &mut Tx<'_>,
    skus: impl IntoIterator<Item = SkuId>,
) -> Result<Vec<StockLevel>, Error> {
    read_sorted(tx, &READ, &sorted(skus))
}

/// The levels of these SKUs at every location, to be changed in this transaction.
pub fn lock(tx: &mut Tx<'_>, skus: impl IntoIterator<Item = SkuId>) -> Result<Levels, Error> {
    let levels = read_sorted(tx, &LOCK, &sorted(skus))?;
    Ok(Levels { before: levels.clone(), levels, is_locked: true })
}

/// As [`lock`], to claim pieces and never to give any back. Where writers run side by side and
/// nothing is lost by running again, it reads without locks, so that one writer need not wait for
/// another's disk: [`Levels::save_claims`] then takes only what is still there.
pub fn lock_late(tx: &mut Tx<'_>, skus: impl IntoIterator<Item = SkuId>) -> Result<Levels, Error> {
    if !tx.may_lose_races() {
        return lock(tx, skus);
    }
    let levels = read_sorted(tx, &READ, &sorted(skus))?;
    Ok(Levels { before: levels.clone(), levels, is_locked: false })
}

impl Levels {
    /// All of them, sorted by SKU and location.
    pub fn all(&self) -> &[StockLevel] {
        &self.levels
    }

    /// The levels of one SKU, sorted by location.
    pub fn of(&self, sku: SkuId) -> &[StockLevel] {
        let start = self.levels.partition_point(|level| level.sku < sku);
        let count = self.levels[start..].partition_point(|level| level.sku == sku);
        &self.levels[start..start + count]
    }

    /// One level.
    pub fn find(&self, sku: SkuId, location: LocationId) -> Option<&StockLevel> {
        let of_sku = self.of(sku);
        let at = of_sku.binary_search_by_key(&location, |level| level.location).ok()?;
        of_sku.get(at)
    }

    /// One level, to be changed by the domain's rules.
    pub fn at(&mut self, sku: SkuId, location: LocationId) -> Result<&mut StockLevel, Error> {
        self.levels
            .binary_search_by_key(&(sku, location), |level| (level.sku, level.location))
            .map(|index| &mut self.levels[index])
            .map_err(|_| Error::Stale("a stock level"))
    }

    /// Writes what has changed in the buckets of claims. On hand is written by [`record`].
    pub fn save_claims(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        const SQL: PerRow<'_> = PerRow {
            sqlite: "UPDATE stock_levels SET reserved = reserved + $3, allocated = allocated + $4
                WHERE sku_id = $1 AND location_id = $2",
            postgres: "UPDATE stock_levels s
                SET reserved = s.reserved + n.reserved, allocated = s.allocated + n.allocated
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
                  AS n (sku_id, location_id, reserved, allocated)
                WHERE s.sku_id = n.sku_id AND s.location_id = n.location_id",
        };
        const WHAT_IS_LEFT: PerRow<'_> = PerRow {
            sqlite: SQL.sqlite,
            postgres: "UPDATE stock_levels s
                SET reserved = s.reserved + n.reserved, allocated = s.allocated + n.allocated
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
                  AS n (sku_id, location_id, reserved, allocated)
                WHERE s.sku_id = n.sku_id AND s.location_id = n.location_id
                  AND s.on_hand - s.reserved - s.allocated - s.quarantine - s.safety_stock
                      >= n.reserved + n.allocated",
        };
        let mut rows = Columns::new(&[Kind::Int; 4]);
        for (now, before) in self.levels.iter().zip(&self.before) {
            let reserved = now.reserved - before.reserved;
            let allocated = now.allocated - before.allocated;
            if (reserved, allocated) != (0, 0) {
                rows.push(params![now.sku.raw(), now.location.raw(), reserved, allocated]);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        if self.is_locked {
            return tx.change_every(&SQL, rows, "a stock level");
        }
        match tx.execute_each(&WHAT_IS_LEFT, &rows)? {
            changed if changed == rows.len() as u64 => Ok(()),
            _ => Err(tx.lost_race()),
        }
    }
}

/// Pieces of one SKU and lot in one bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinStock {
    /// Where.
    pub bin: BinId,
    /// Which lot; empty for goods without lots.
    pub lot: String,
    /// The last day on which the lot may be sold.
    pub expires_on: Option<Date>,
    /// How many pieces.
    pub on_hand: i64,
    /// How many of them pick lists will take.
    pub claimed: i64,
}

/// Where the pieces of a SKU lie at a location, what expires first first, what does not expire
/// last. Pieces that were booked without a bin are in none of them.
pub fn bins(tx: &mut Tx<'_>, sku: SkuId, location: LocationId) -> Result<Vec<BinStock>, Error> {
    tx.query(
        "SELECT bin_id, lot, expires_on, on_hand, claimed FROM stock_bins
          WHERE sku_id = $1 AND location_id = $2 AND on_hand > 0
          ORDER BY CASE WHEN expires_on IS NULL THEN 1 ELSE 0 END, expires_on, bin_id, lot
          LIMIT 10000",
        params![sku.raw(), location.raw()],
        |row| {
            Ok(BinStock {
                bin: row.id()?,
                lot: row.text()?,
                expires_on: row.opt_parsed()?,
                on_hand: row.int()?,
                claimed: row.int()?,
            })
        },
    )
}

/// Makes sure that a level exists, and sets what is not moved: safety stock and backorder policy.
pub fn set_policy(tx: &mut Tx<'_>, level: &StockLevel) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO stock_levels (sku_id, location_id, safety_stock, backorder)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (sku_id, location_id)
         DO UPDATE SET safety_stock = excluded.safety_stock, backorder = excluded.backorder",
        params![level.sku.raw(), level.location.raw(), level.safety_stock, level.backorder.code()],
    )?;
    Ok(())
}

/// Makes sure that a SKU has a level at a location; a new one is empty and sells nothing on
/// backorder.
pub fn ensure(tx: &mut Tx<'_>, sku: SkuId, location: LocationId) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO stock_levels (sku_id, location_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![sku.raw(), location.raw()],
    )?;
    Ok(())
}

/// As [`set_policy`], with an entry in the journal that tells what changed; without one if nothing
/// did. The levels of the SKU are locked by the caller.
pub fn edit_policy(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &StockLevel,
    after: &StockLevel,
) -> Result<(), Error> {
    #[derive(serde::Serialize)]
    struct Policy {
        location: LocationId,
        safety_stock: i64,
        backorder: BackorderPolicy,
    }
    let policy = |level: &StockLevel| Policy {
        location: before.location,
        safety_stock: level.safety_stock,
        backorder: level.backorder,
    };
    let (kind, location) = (RecordKind::StockPolicyEdited, policy(before));
    let Some(mut event) = record::Event::edited(kind, &location, &policy(after)) else {
        return Ok(());
    };
    let location = serde_json::Value::String(before.location.to_string());
    let place = record::Change { before: location.clone(), after: location };
    event.fields.insert("location".to_owned(), place);
    set_policy(tx, after)?;
    let sequence = journal::next_sequence(tx, kind.aggregate().code(), before.sku.raw())?;
    crate::record::note(tx, act, before.sku, sequence, &event)
}

/// Sums by SKU over all locations, for lists: SKU → (on hand, available).
pub fn totals(
    tx: &mut Tx<'_>,
    skus: impl IntoIterator<Item = SkuId>,
) -> Result<BTreeMap<SkuId, (i64, i64)>, Error> {
    let mut totals = BTreeMap::new();
    for level in levels(tx, skus)? {
        let (on_hand, available) = totals.entry(level.sku).or_insert((0, 0));
        *on_hand += level.on_hand;
        *available += level.available();
    }
    Ok(totals)
}
