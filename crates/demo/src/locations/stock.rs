//! What lies in the bins on day one, and what is on its way.

use std::collections::HashMap;
use std::vec;

use jiff::ToSpan as _;
use jiff::civil::Date;
use ordermill_base::Random;

use super::{Location, ZoneKind};
use crate::catalog::{Catalog, Product};

/// The stock at the start of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// What is on hand.
    pub lines: Vec<StockLine>,
    /// What has been ordered from suppliers.
    pub incoming: Vec<Incoming>,
}

/// Pieces of one SKU (and lot) in one bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLine {
    /// Which SKU.
    pub sku: String,
    /// Code of the location.
    pub location: String,
    /// Code of the bin.
    pub bin: String,
    /// How many pieces.
    pub quantity: i64,
    /// The batch, for what expires.
    pub lot: Option<Lot>,
}

/// A batch of goods that expire together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// As printed on the packing.
    pub code: String,
    /// Last day of sale.
    pub expires_on: Date,
}

/// One line of a purchase order that has not arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Number of the purchase order; its lines share supplier, location and date.
    pub purchase_order: String,
    /// Which SKU.
    pub sku: String,
    /// Code of the location it goes to.
    pub location: String,
    /// How many pieces.
    pub quantity: i64,
    /// The day it is announced for.
    pub expected_on: Date,
}

impl Stock {
    /// A stock in which most things are well covered, some run low and a few are out.
    pub fn from_seed(seed: u64, catalog: &Catalog, locations: &[Location], today: Date) -> Self {
        let mut random = Random::from_seed(seed);
        let mut stock = Self { lines: Vec::new(), incoming: Vec::new() };
        for location in locations {
            stock.fill(location, catalog, today, &mut random.split());
        }
        stock
    }

    /// Pieces of a SKU over all locations.
    pub fn on_hand(&self, sku: &str) -> i64 {
        self.lines.iter().filter(|line| line.sku == sku).map(|line| line.quantity).sum()
    }

    fn fill(&mut self, location: &Location, catalog: &Catalog, today: Date, random: &mut Random) {
        let mut shelves = Shelves::of(location);
        // What sells best lies nearest to the start of the walk.
        let mut products: Vec<&Product> = catalog.products.iter().collect();
        products.sort_by_key(|product| (std::cmp::Reverse(product.popularity), &product.sku));
        for product in products {
            let kind = ZoneKind::of(product.handling);
            if !shelves.has(kind) {
                continue;
            }
            let target = (product.reorder_point * 4 * location.stock_percent / 52).max(3);
            let quantity = match random.below(100) {
                0..3 => 0,
                3..11 => random.between(1, product.safety_stock.max(1)),
                _ => target + random.between(0, target),
            };
            if quantity <= product.reorder_point * location.stock_percent / 52 {
                self.order(location, product, target * 2, today, random);
            }
            self.put_away(&mut shelves, location, product, quantity, today, random);
        }
    }

    fn put_away(
        &mut self,
        shelves: &mut Shelves,
        location: &Location,
        product: &Product,
        quantity: i64,
        today: Date,
        random: &mut Random,
    ) {
        // Two lots of what expires: the older is nearly sold.
        let parts = match product.shelf_life_days {
            Some(days) if quantity >= 8 => {
                let older = quantity / 5;
                vec![
                    (older, Some(lot(product, days, random.between(45, 70), today))),
                    (quantity - older, Some(lot(product, days, random.between(4, 30), today))),
                ]
            }
            Some(days) => vec![(quantity, Some(lot(product, days, random.between(10, 50), today)))],
            None => vec![(quantity, None)],
        };
        let kind = ZoneKind::of(product.handling);
        for (quantity, lot) in parts.into_iter().filter(|(quantity, _)| *quantity > 0) {
            // A shelf holds some sixty pieces; what is beyond waits on a pallet. Hazardous goods and
            // valuables stay together behind their door.
            let may_overflow = matches!(kind, ZoneKind::Shelf | ZoneKind::Food);
            let on_shelf = if may_overflow { quantity.min(60) } else { quantity };
            for (quantity, kind) in [(on_shelf, kind), (quantity - on_shelf, ZoneKind::Reserve)] {
                if quantity > 0 {
                    self.lines.push(StockLine {
                        sku: product.sku.clone(),
                        location: location.code.clone(),
                        bin: shelves.next(kind),
                        quantity,
                        lot: lot.clone(),
                    });
                }
            }
        }
    }

    fn order(
        &mut self,
        location: &Location,
        product: &Product,
        quantity: i64,
        today: Date,
        random: &mut Random,
    ) {
        // One truck a category: its lines share a number and a day.
        let number = format!("PO-{}-{}", location.code, product.category);
        let known = self.incoming.iter().find(|it| it.purchase_order == number);
        let expected_on =
            known.map_or_else(|| later(today, random.between(2, 14)), |line| line.expected_on);
        self.incoming.push(Incoming {
            purchase_order: number,
            sku: product.sku.clone(),
            location: location.code.clone(),
            quantity: (quantity + 11) / 12 * 12,
            expected_on,
        });
    }
}

/// A lot that has used up so many percent of its life.
fn lot(product: &Product, shelf_life_days: i64, used_percent: i64, today: Date) -> Lot {
    let packed_on = later(today, -(shelf_life_days * used_percent / 100));
    let code =
        format!("{}{}", product.sku.replace('-', "").split_at(6).0, packed_on.strftime("%y%m%d"));
    Lot { code, expires_on: later(packed_on, shelf_life_days) }
}

fn later(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// The bins of a location that are still empty, nearest first.
struct Shelves(HashMap<ZoneKind, vec::IntoIter<String>>);

impl Shelves {
    fn of(location: &Location) -> Self {
        Self(location.zones.iter().map(|zone| (zone.kind, zone.bins().into_iter())).collect())
    }

    fn has(&self, kind: ZoneKind) -> bool {
        self.0.contains_key(&kind)
    }

    fn next(&mut self, kind: ZoneKind) -> String {
        self.0
            .get_mut(&kind)
            .and_then(Iterator::next)
            .unwrap_or_else(|| panic!("no empty bin left in the {kind:?} zone"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::locations::locations;

    const TODAY: Date = Date::constant(2026, 11, 22);

    fn stock(seed: u64) -> (Catalog, Stock) {
        let catalog = Catalog::standard();
        let stock = Stock::from_seed(seed, &catalog, &locations(), TODAY);
        (catalog, stock)
    }

    #[test]
    fn every_bin_exists_and_holds_one_thing() {
        for seed in 0..20 {
            let (_, stock) = stock(seed);
            let mut taken = HashSet::new();
            let bins: HashSet<(String, String)> = locations()
                .iter()
                .flat_map(|it| {
                    it.zones.iter().flat_map(|zone| zone.bins()).map(|bin| (it.code.clone(), bin))
                })
                .collect();
            for line in &stock.lines {
                let place = (line.location.clone(), line.bin.clone());
                assert!(line.quantity > 0 && bins.contains(&place), "{line:?}");
                assert!(taken.insert(place), "{line:?} lies on something else");
            }
        }
    }

    #[test]
    fn what_expires_lies_in_lots_with_a_date_ahead() {
        let (catalog, stock) = stock(1);
        for line in &stock.lines {
            let product = catalog.product(&line.sku).expect("on sale");
            assert_eq!(line.lot.is_some(), product.handling.perishable, "{line:?}");
            assert!(line.lot.as_ref().is_none_or(|lot| lot.expires_on > TODAY), "{line:?}");
        }
    }

    #[test]
    fn flammables_stay_behind_the_fire_door() {
        let (catalog, stock) = stock(2);
        for line in &stock.lines {
            let product = catalog.product(&line.sku).expect("on sale");
            assert_eq!(product.handling.hazardous, line.bin.starts_with("H-"), "{line:?}");
        }
        assert!(!stock.lines.iter().any(|it| it.location == "CD" && it.bin.starts_with('H')));
    }

    #[test]
    fn most_is_in_stock_and_what_runs_low_is_on_its_way() {
        let (catalog, stock) = stock(3);
        let in_stock = catalog.products.iter().filter(|it| stock.on_hand(&it.sku) > 0).count();
        assert!(in_stock * 100 >= catalog.products.len() * 98, "{in_stock}");
        assert!(stock.incoming.len() > 20);
        assert!(stock.incoming.iter().all(|it| it.quantity > 0 && it.expected_on > TODAY));
    }
}
