//! Pick routes: one tour, the picks or the demands of one order.

use ordermill_optimize::route::{Demand, Depot, Layout, Position, Stock};
use serde::Deserialize;

use crate::format::{decimal, rows};
use crate::text::{DIGITS, Warehouse};
use crate::{InstanceError, Read, open};

/// How a warehouse of Heßler & Irnich is read: as it is, or with a cross-aisle in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    /// As it is.
    One,
    /// With a middle cross-aisle.
    Two,
}

/// A floor, what to pick, and how short the tour can be.
#[derive(Debug)]
pub struct RouteCase {
    /// The instance's name.
    pub name: String,
    /// The floor.
    pub layout: Layout,
    /// The positions to visit.
    pub picks: Vec<Position>,
    /// The shortest tour that is known.
    pub known: u64,
}

/// A floor, what is wanted and where it lies, and how short the tour can be.
#[derive(Debug)]
pub struct ScatteredCase {
    /// The instance's name.
    pub name: String,
    /// The floor.
    pub layout: Layout,
    /// What is wanted.
    pub demands: Vec<Demand>,
    /// The length of the shortest tour.
    pub known: u64,
}

/// The instances in which every article lies in one position (`F1`), with proven optima.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn single_position(read: Read<'_>, blocks: Blocks) -> Result<Vec<RouteCase>, InstanceError> {
    let cases = sprp(read, blocks, |name| name.contains("_F1_"))?;
    let plain = |case: ScatteredCase| {
        let picks = case.demands.iter().flat_map(|demand| &demand.stock);
        let picks = picks.map(|stock| stock.position).collect();
        RouteCase { name: case.name, layout: case.layout, picks, known: case.known }
    };
    Ok(cases.into_iter().map(plain).collect())
}

/// The instances in which articles lie in several positions, with proven optima.
///
/// With two blocks only those with one piece a position (`unit`): of the others, eleven of the published
/// lengths are less than a lower bound that was computed here for the floor as it is described. Which of
/// the two is wrong is not known.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn scattered(read: Read<'_>, blocks: Blocks) -> Result<Vec<ScatteredCase>, InstanceError> {
    match blocks {
        Blocks::One => sprp(read, blocks, |name| !name.contains("_F1_")),
        Blocks::Two => {
            sprp(read, blocks, |name| name.starts_with("unit") && !name.contains("_F1_"))
        }
    }
}

fn sprp(
    read: Read<'_>,
    blocks: Blocks,
    is_wanted: fn(&str) -> bool,
) -> Result<Vec<ScatteredCase>, InstanceError> {
    let known = open(read, "picking/sprp_optimal.csv", |text| {
        let row = |row: Vec<&str>| {
            let column = if blocks == Blocks::One { 1 } else { 2 };
            let name = row.first().map(|name| (*name).to_owned());
            Ok((name.unwrap_or_default(), decimal(row.get(column).copied(), DIGITS)?))
        };
        rows(text).map(row).collect::<Result<Vec<(String, u64)>, String>>()
    })?;
    let wanted = known.into_iter().filter(|(name, _)| is_wanted(name));
    wanted
        .map(|(name, known)| {
            open(read, &format!("picking/sprp/{name}"), |text| {
                let warehouse = Warehouse::parse(text)?;
                let layout = warehouse.layout(blocks)?;
                let order = warehouse.orders.first().ok_or("there is no order")?;
                let demand = |(article, quantity): &(u32, u32)| {
                    let stock = warehouse.stock.get(article).into_iter().flatten();
                    let stock = stock.map(|(cell, quantity)| Stock {
                        position: warehouse.position(*cell, blocks),
                        quantity: *quantity,
                    });
                    Demand { quantity: *quantity, stock: stock.collect() }
                };
                let demands = order.iter().map(demand).collect();
                Ok(ScatteredCase { name: name.clone(), layout, demands, known })
            })
        })
        .collect()
}

/// The instances with three blocks and more. The known lengths are the best that were found.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn several_blocks(read: Read<'_>) -> Result<Vec<RouteCase>, InstanceError> {
    #[derive(Deserialize)]
    struct File {
        aisles: u32,
        aisle_pitch: u32,
        cross_aisles_y: Vec<u32>,
        depot: Place,
        picks: Vec<Place>,
    }
    #[derive(Deserialize)]
    struct Place {
        aisle: usize,
        y: u32,
    }
    let known = open(read, "picking/multiblock_best_known.csv", |text| {
        let row = |row: Vec<&str>| {
            let name = row.first().map(|name| (*name).to_owned());
            Ok((name.unwrap_or_default(), decimal(row.get(4).copied(), 0)?))
        };
        rows(text).map(row).collect::<Result<Vec<(String, u64)>, String>>()
    })?;
    known
        .into_iter()
        .map(|(name, known)| {
            open(read, &format!("picking/multiblock/{name}"), |text| {
                let file: File = serde_json::from_str(text).map_err(|why| why.to_string())?;
                let position = |place: &Place| Position { aisle: place.aisle, y: place.y };
                let aisles = (0..file.aisles).map(|aisle| aisle * file.aisle_pitch).collect();
                let depot = Depot::InAisle(position(&file.depot));
                let layout = Layout::new(aisles, file.cross_aisles_y, depot)
                    .map_err(|why| why.to_string())?;
                let picks = file.picks.iter().map(position).collect();
                Ok(RouteCase { name: name.clone(), layout, picks, known })
            })
        })
        .collect()
}
