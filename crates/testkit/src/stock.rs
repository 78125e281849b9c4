//! Stock for tests.

use ordermill_base::{Id, Quantity, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{LocationId, SkuId};
use ordermill_domain::stock::{BackorderPolicy, Movement, StockLevel};
use ordermill_storage::stock::Place;
use ordermill_storage::{Connection, Error, Tx, stock};

/// Puts pieces of a SKU on the shelf of a location, by a real receipt.
///
/// # Panics
/// If the database refuses.
pub fn receive(
    connection: &mut Connection,
    sku: SkuId,
    location: LocationId,
    pieces: i64,
    at: Timestamp,
) {
    let act = Act::new(Actor::system("test"), at);
    connection
        .transact(|tx| receive_in(tx, &act, (sku, location), pieces))
        .expect("the receipt is stored");
}

/// As [`receive`], within a transaction.
///
/// # Errors
/// If the database refuses.
///
/// # Panics
/// If it is no number of pieces.
pub fn receive_in(
    tx: &mut Tx<'_>,
    act: &Act,
    (sku, location): (SkuId, LocationId),
    pieces: i64,
) -> Result<(), Error> {
    stock::set_policy(tx, &StockLevel::new(sku, location, BackorderPolicy::Deny))?;
    let mut levels = stock::lock(tx, [sku])?;
    let level = levels.at(sku, location)?;
    let quantity = Quantity::new(pieces).expect("a quantity");
    let event = level.book(Movement::Receive(quantity)).expect("goods come in");
    let level = *level;
    stock::record(tx, act, &level, event, Place::default()).map(drop)
}

/// A SKU id for tests.
pub fn sku(number: i64) -> SkuId {
    SkuId::from_raw(number)
}

/// A location id for tests.
pub fn location(number: i64) -> LocationId {
    LocationId::from_raw(number)
}
