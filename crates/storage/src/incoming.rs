//! Goods on their way to a location.
//!
//! Invariant: the `incoming` of a stock level is the sum of what is still open of its
//! announcements. Both change in one transaction, the level by the difference.

use jiff::civil::Date;
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{IncomingId, LocationId, SkuId};
use ordermill_domain::record::{Event, Kind};
use serde::Serialize;

use crate::columns::Kind as Column;
use crate::record::{note, one_row};
use crate::tx::PerRow;
use crate::{Columns, Error, Row, Tx, params};

/// An announcement of pieces of one SKU to one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incoming {
    /// Its key.
    #[serde(skip)]
    pub id: IncomingId,
    /// What.
    pub sku: SkuId,
    /// Where to.
    pub location: LocationId,
    /// How many pieces are announced.
    pub quantity: i64,
    /// How many of them have arrived; more than announced if the supplier sent more.
    pub received: i64,
    /// The day of the location's calendar for which they are announced.
    pub expected_on: Date,
    /// What announces them: the number of a purchase order or a transfer.
    pub reference: String,
    /// Nothing more comes.
    pub is_closed: bool,
    /// Grows with every change.
    #[serde(skip)]
    pub version: i64,
}

impl Incoming {
    /// How many pieces are still to come.
    pub fn open(&self) -> i64 {
        if self.is_closed { 0 } else { (self.quantity - self.received).max(0) }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, sku_id, location_id, quantity, received, expected_on, reference, is_closed,
                version FROM incoming_stock ",
            $rest
        )
    };
}

fn read(row: &mut Row<'_>) -> Result<Incoming, Error> {
    Ok(Incoming {
        id: row.id()?,
        sku: row.id()?,
        location: row.id()?,
        quantity: row.int()?,
        received: row.int()?,
        expected_on: row.parsed()?,
        reference: row.text()?,
        is_closed: row.flag()?,
        version: row.int()?,
    })
}

/// The announcement of this id.
pub fn fetch(tx: &mut Tx<'_>, id: IncomingId) -> Result<Option<Incoming>, Error> {
    tx.query_opt(select!("WHERE id = $1"), params![id.raw()], read)
}

/// The announcement of a SKU to a location under this reference.
pub fn find(
    tx: &mut Tx<'_>,
    sku: SkuId,
    location: LocationId,
    reference: &str,
) -> Result<Option<Incoming>, Error> {
    tx.query_opt(
        select!("WHERE sku_id = $1 AND location_id = $2 AND reference = $3 ORDER BY id LIMIT 1"),
        params![sku.raw(), location.raw(), reference],
        read,
    )
}

/// What is still to come of these SKUs, the earliest of each first.
pub fn open_of(
    tx: &mut Tx<'_>,
    skus: impl IntoIterator<Item = SkuId>,
) -> Result<Vec<Incoming>, Error> {
    const SQL: PerRow = PerRow {
        sqlite: select!(
            "WHERE sku_id = $1 AND is_closed = 0 AND received < quantity ORDER BY expected_on, id"
        ),
        postgres: select!(
            "WHERE sku_id = ANY($1) AND is_closed = 0 AND received < quantity
              ORDER BY sku_id, expected_on, id"
        ),
    };
    let mut skus: Vec<SkuId> = skus.into_iter().collect();
    skus.sort_unstable();
    skus.dedup();
    let mut keys = Columns::new(&[Column::Int]);
    skus.iter().for_each(|sku| keys.push(params![sku.raw()]));
    tx.query_each(&SQL, &keys, read)
}

/// Announcements behind `after` in the order of their ids, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    after: Option<IncomingId>,
    limit: i64,
) -> Result<Vec<Incoming>, Error> {
    tx.query(
        select!("WHERE id > $1 ORDER BY id LIMIT $2"),
        params![after.map_or(0, Id::raw), limit],
        read,
    )
}

/// Stores a new announcement, adds it to its level, and journals it.
pub fn insert(tx: &mut Tx<'_>, act: &Act, incoming: &Incoming) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO incoming_stock (id, sku_id, location_id, quantity, received, expected_on,
            reference, is_closed, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
        params![
            incoming.id.raw(),
            incoming.sku.raw(),
            incoming.location.raw(),
            incoming.quantity,
            incoming.received,
            &incoming.expected_on.to_string(),
            &incoming.reference,
            incoming.is_closed,
        ],
    )?;
    add_to_level(tx, incoming, incoming.open())?;
    note(tx, act, incoming.id, 1, &Event::created(Kind::IncomingAnnounced, incoming))
}

/// Stores what is different from `before`, whose version must still stand, lets the level follow
/// and journals it. Gives the new version, or the old one if nothing is different. SKU and location
/// never change.
pub fn update(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &Incoming,
    after: &Incoming,
) -> Result<i64, Error> {
    let after = &Incoming { sku: before.sku, location: before.location, ..after.clone() };
    let Some(event) = Event::edited(Kind::IncomingEdited, before, after) else {
        return Ok(before.version);
    };
    let changed = tx.execute(
        "UPDATE incoming_stock SET quantity = $3, received = $4, expected_on = $5, reference = $6,
            is_closed = $7, version = version + 1 WHERE id = $1 AND version = $2",
        params![
            before.id.raw(),
            before.version,
            after.quantity,
            after.received,
            &after.expected_on.to_string(),
            &after.reference,
            after.is_closed,
        ],
    )?;
    one_row(changed, "an announcement of goods")?;
    add_to_level(tx, before, after.open() - before.open())?;
    note(tx, act, before.id, before.version + 1, &event)?;
    Ok(before.version + 1)
}

fn add_to_level(tx: &mut Tx<'_>, incoming: &Incoming, difference: i64) -> Result<(), Error> {
    let (sku, location) = (incoming.sku.raw(), incoming.location.raw());
    tx.execute(
        "INSERT INTO stock_levels (sku_id, location_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![sku, location],
    )?;
    let changed = tx.execute(
        "UPDATE stock_levels SET incoming = incoming + $3 WHERE sku_id = $1 AND location_id = $2",
        params![sku, location, difference],
    )?;
    one_row(changed, "a stock level")
}
