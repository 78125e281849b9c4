//! Shelves: what lies in bins, what of it is claimed by pick lists, and what is carried to and fro.
//!
//! A claim is made and given back under the lock of the stock level ([`crate::stock::lock`]); a pick takes
//! one piece and its claim together in one statement and needs no other lock.

use jiff::civil::Date;
use ordermill_base::Id;
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::layout::Place;

use crate::columns::Kind;
use crate::tx::PerRow;
use crate::{Columns, Error, Row, Tx, location, params};

/// Pieces of one SKU and lot in one bin, and where the bin is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// What.
    pub sku: SkuId,
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
    /// The label of the bin.
    pub code: String,
    /// The code of its zone.
    pub zone: String,
    /// What belongs in its zone; empty if nobody has said.
    pub kind: String,
    /// Its place on the walk.
    pub position: i64,
    /// Where on the floor it stands.
    pub place: Option<Place>,
}

fn read(row: &mut Row<'_>) -> Result<Shelf, Error> {
    Ok(Shelf {
        sku: row.id()?,
        bin: row.id()?,
        lot: row.text()?,
        expires_on: row.opt_parsed()?,
        on_hand: row.int()?,
        claimed: row.int()?,
        code: row.text()?,
        zone: row.text()?,
        kind: row.text()?,
        position: row.int()?,
        place: location::read_place(row)?,
    })
}

const SELECT: &str = "SELECT s.sku_id, s.bin_id, s.lot, s.expires_on, s.on_hand, s.claimed, b.code,
        b.zone, COALESCE(z.kind, ''), b.position, b.aisle, b.y_mm, b.side, b.level, b.height_mm
    FROM stock_bins s JOIN bins b ON b.id = s.bin_id
    LEFT JOIN zones z ON z.location_id = b.location_id AND z.code = b.zone";

/// What lies where of these SKUs at a location, empty bins left out.
pub fn of_skus(tx: &mut Tx<'_>, location: LocationId, skus: &[SkuId]) -> Result<Vec<Shelf>, Error> {
    let order = "ORDER BY s.sku_id, s.bin_id, s.lot";
    let sqlite =
        format!("{SELECT} WHERE s.sku_id = $1 AND s.location_id = $2 AND s.on_hand > 0 {order}");
    let postgres = format!(
        "{SELECT} JOIN unnest($1::bigint[], $2::bigint[]) AS n (sku_id, location_id)
            ON n.sku_id = s.sku_id AND n.location_id = s.location_id WHERE s.on_hand > 0 {order}"
    );
    let mut keys = Columns::new(&[Kind::Int; 2]);
    skus.iter().for_each(|sku| keys.push(params![sku.raw(), location.raw()]));
    tx.query_each(&PerRow { sqlite: &sqlite, postgres: &postgres }, &keys, read)
}

/// What lies in one bin, by SKU and lot.
pub fn in_bin(tx: &mut Tx<'_>, location: LocationId, bin: BinId) -> Result<Vec<Shelf>, Error> {
    let sql = format!(
        "{SELECT} WHERE s.location_id = $1 AND s.bin_id = $2 AND s.on_hand > 0
          ORDER BY s.sku_id, s.lot LIMIT 1000"
    );
    tx.query(&sql, params![location.raw(), bin.raw()], read)
}

/// Whether a SKU is kept in bins at a location, or ever was: then what is on hand and in no bin lies in totes,
/// or somewhere without a label.
pub fn is_kept_in_bins(tx: &mut Tx<'_>, sku: SkuId, location: LocationId) -> Result<bool, Error> {
    let sql = "SELECT bin_id FROM stock_bins WHERE sku_id = $1 AND location_id = $2 LIMIT 1";
    let found = tx.query_opt(sql, params![sku.raw(), location.raw()], |row| row.int())?;
    Ok(found.is_some())
}

/// The place of pieces: what, where, in which bin, of which lot.
pub type Spot<'s> = (SkuId, LocationId, BinId, &'s str);

/// Claims pieces, or gives claims back where `pieces` is negative; the levels are locked.
///
/// # Errors
/// [`Error::Stale`] if a bin has fewer free pieces, or fewer claimed ones, than asked.
pub fn claim_each<'s>(
    tx: &mut Tx<'_>,
    claims: impl IntoIterator<Item = (Spot<'s>, i64)>,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE stock_bins SET claimed = claimed + $5
            WHERE sku_id = $1 AND location_id = $2 AND bin_id = $3 AND lot = $4
              AND claimed + $5 BETWEEN 0 AND on_hand",
        postgres: "UPDATE stock_bins s SET claimed = s.claimed + n.pieces
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
              AS n (sku_id, location_id, bin_id, lot, pieces)
            WHERE s.sku_id = n.sku_id AND s.location_id = n.location_id AND s.bin_id = n.bin_id
              AND s.lot = n.lot AND s.claimed + n.pieces BETWEEN 0 AND s.on_hand",
    };
    // A spot that comes twice would be changed once: PostgreSQL updates each row once a statement.
    let mut sums = std::collections::BTreeMap::new();
    for (spot, pieces) in claims {
        *sums.entry(spot).or_insert(0) += pieces;
    }
    use Kind::{Int, Text};
    let mut rows = Columns::new(&[Int, Int, Int, Text, Int]);
    for ((sku, location, bin, lot), pieces) in sums.into_iter().filter(|(_, pieces)| *pieces != 0) {
        rows.push(params![sku.raw(), location.raw(), bin.raw(), lot, pieces]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.change_every(&SQL, rows, "the stock of a bin")
}

/// Takes claimed pieces out of their bins; they then lie at the location without one. Each spot comes once.
///
/// # Errors
/// [`Error::Stale`] if fewer are claimed.
pub fn pick_each<'s>(
    tx: &mut Tx<'_>,
    picks: impl IntoIterator<Item = (Spot<'s>, i64)>,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE stock_bins SET on_hand = on_hand - $5, claimed = claimed - $5
            WHERE sku_id = $1 AND location_id = $2 AND bin_id = $3 AND lot = $4 AND claimed >= $5",
        postgres: "UPDATE stock_bins s
              SET on_hand = s.on_hand - n.pieces, claimed = s.claimed - n.pieces
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
              AS n (sku_id, location_id, bin_id, lot, pieces)
            WHERE s.sku_id = n.sku_id AND s.location_id = n.location_id AND s.bin_id = n.bin_id
              AND s.lot = n.lot AND s.claimed >= n.pieces",
    };
    use Kind::{Int, Text};
    let mut rows = Columns::new(&[Int, Int, Int, Text, Int]);
    for ((sku, location, bin, lot), pieces) in picks {
        rows.push(params![sku.raw(), location.raw(), bin.raw(), lot, pieces]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    tx.change_every(&SQL, rows, "the stock of a bin")
}

/// Puts pieces that lay at the location without a bin into one; `claimed` of them are for a pick list.
pub fn put(
    tx: &mut Tx<'_>,
    (sku, location, bin, lot): Spot<'_>,
    expires_on: Option<Date>,
    pieces: i64,
    claimed: i64,
) -> Result<(), Error> {
    let day = expires_on.map(|day| day.to_string());
    tx.execute(
        "INSERT INTO stock_bins (sku_id, location_id, bin_id, lot, expires_on, on_hand, claimed)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (sku_id, location_id, bin_id, lot)
         DO UPDATE SET on_hand = stock_bins.on_hand + excluded.on_hand,
            claimed = stock_bins.claimed + excluded.claimed",
        params![sku.raw(), location.raw(), bin.raw(), lot, day.as_deref(), pieces, claimed],
    )?;
    Ok(())
}
