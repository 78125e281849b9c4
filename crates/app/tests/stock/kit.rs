//! What the tests of stock share: a shop with two goods and two places.

use jiff::civil::Date;
use ordermill_app::catalog::{Catalog, Sku};
use ordermill_app::stock::{Lot, Spot, receive_stock};
use ordermill_base::{Id, Quantity, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::category::Category;
use ordermill_domain::ids::{BinId, LocationId, SkuId};
use ordermill_domain::location::Bin;
use ordermill_domain::text::Text;
use ordermill_storage::{Connection, Error, Tx, category, location as places, sku as goods, stock};
use ordermill_testkit::stock::{location, sku};
use ordermill_testkit::{TestClock, catalog as sample};

pub(crate) const NOW: Timestamp = TestClock::START;

pub(crate) fn clerk() -> Act {
    Act { reason: Some("test".to_owned()), ..Act::new(Actor::system("test"), NOW) }
}

pub(crate) fn pieces(pieces: i64) -> Quantity {
    Quantity::new(pieces).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn bin(number: i64) -> BinId {
    BinId::from_raw(number)
}

pub(crate) fn in_bin(number: i64) -> Spot {
    Spot { bin: Some(bin(number)), lot: None }
}

pub(crate) fn lot_in(number: i64, code: &str, expires_on: &str) -> Spot {
    let lot = Lot { code: code.to_owned(), expires_on: Some(day(expires_on)) };
    Spot { bin: Some(bin(number)), lot: Some(lot) }
}

/// SKUs 1 (stands for 3) to 3, locations 1 and 2, bins 11 and 12 at location 1, 21 at location 2.
pub(crate) fn a_shop(connection: &mut Connection) {
    connection
        .transact(|tx| {
            let act = clerk();
            let group = Category {
                id: sample::category(1),
                code: "CER".to_owned(),
                slug: String::new(),
                name: Text::new("陶瓷", "Ceramics"),
                about: Text::default(),
                position: 1,
                version: 1,
            };
            category::insert(tx, &act, &group)?;
            for (number, code) in [(3, "C"), (2, "B")] {
                goods::insert(tx, &act, &sample::sku(sku(number), code))?;
            }
            let first = sample::sku(sku(1), "A");
            let substitutes = vec![sku(2), sku(3)];
            goods::insert(tx, &act, &Sku { substitutes, reorder_point: 10, ..first })?;
            places::insert(tx, &act, &sample::location(location(1), "JX", 31, 121))?;
            places::insert(tx, &act, &sample::location(location(2), "FS", 23, 113))?;
            for (number, at) in [(11, 1), (12, 1), (21, 2)] {
                let (id, location) = (bin(number), location(at));
                let (zone, code) = ("A".to_owned(), format!("A-{number}"));
                places::insert_bin(
                    tx,
                    &Bin { id, location, zone, code, position: number, place: None },
                )?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
}

pub(crate) fn run<T, E: From<Error>>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    connection.transact(work)
}

pub(crate) fn receive(
    connection: &mut Connection,
    sku: SkuId,
    at: LocationId,
    count: i64,
    spot: &Spot,
) {
    run(connection, |tx| receive_stock(tx, &clerk(), sku, at, pieces(count), spot, None)).unwrap();
}

pub(crate) fn on_hand(connection: &mut Connection, sku: SkuId, at: LocationId) -> i64 {
    let levels = connection.read(|tx| stock::levels(tx, [sku])).unwrap();
    levels.iter().find(|level| level.location == at).map_or(0, |level| level.on_hand)
}

pub(crate) fn in_bins(
    connection: &mut Connection,
    sku: SkuId,
    at: LocationId,
) -> Vec<(i64, String, i64)> {
    let bins = connection.read(|tx| stock::bins(tx, sku, at)).unwrap();
    bins.into_iter().map(|bin| (bin.bin.raw(), bin.lot, bin.on_hand)).collect()
}

pub(crate) fn load(connection: &mut Connection) -> Catalog {
    connection.snapshot(Catalog::load).unwrap()
}
