//! How much of the floor's work is done, by zone and by person.

use ordermill_base::{Id as _, Timestamp};
use ordermill_domain::ids::LocationId;

use crate::{Error, Row, Tx, params};

/// How much of the floor's work is done, by zone or by person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The code of the zone, or the raw id of the person; empty for what lies without a bin.
    pub of: String,
    /// Pieces picked.
    pub picked: i64,
    /// Pieces that were not there.
    pub short: i64,
    /// Pieces left on lists that are not done.
    pub left: i64,
}

fn read_share(row: &mut Row<'_>) -> Result<Share, Error> {
    Ok(Share { of: row.text()?, picked: row.int()?, short: row.int()?, left: row.int()? })
}

const SUMS: &str = "CAST(SUM(l.picked) AS BIGINT), CAST(SUM(l.short) AS BIGINT),
    CAST(SUM(l.quantity - l.picked - l.short - l.dropped) AS BIGINT)";

/// What is picked and left of lists released since `since`, by zone.
pub fn by_zone(
    tx: &mut Tx<'_>,
    location: LocationId,
    since: Timestamp,
) -> Result<Vec<Share>, Error> {
    let sql = format!(
        "SELECT COALESCE(b.zone, ''), {SUMS} FROM pick_lists p
           JOIN pick_lines l ON l.pick_list_id = p.id LEFT JOIN bins b ON b.id = l.bin_id
          WHERE p.location_id = $1 AND p.released_at >= $2
          GROUP BY COALESCE(b.zone, '') ORDER BY COALESCE(b.zone, '')"
    );
    tx.query(&sql, params![location.raw(), since], read_share)
}

/// What is picked and left of lists released since `since`, by who has or had them.
pub fn by_person(
    tx: &mut Tx<'_>,
    location: LocationId,
    since: Timestamp,
) -> Result<Vec<Share>, Error> {
    let sql = format!(
        "SELECT CAST(p.picker_id AS TEXT), {SUMS} FROM pick_lists p
           JOIN pick_lines l ON l.pick_list_id = p.id
          WHERE p.location_id = $1 AND p.released_at >= $2 AND p.picker_id IS NOT NULL
          GROUP BY p.picker_id ORDER BY p.picker_id"
    );
    tx.query(&sql, params![location.raw(), since], read_share)
}
