//! Order batching: many orders, carts of limited capacity, the shortest walking in all.

use ordermill_optimize::batching::{Capacity, Order};
use ordermill_optimize::route::Layout;

use crate::format::{decimal, rows};
use crate::picking::Blocks;
use crate::text::{DIGITS, Warehouse};
use crate::{InstanceError, Read, graph, open};

/// Orders on a floor, and how little walking they need.
#[derive(Debug)]
pub struct BatchingCase {
    /// The instance's name.
    pub name: String,
    /// The floor.
    pub layout: Layout,
    /// The orders.
    pub orders: Vec<Order>,
    /// What fits on a cart.
    pub capacity: Capacity,
    /// The proven least length of all tours.
    pub known: u64,
}

/// Bahçeci & Öncan (2022): 8 or 12 orders, one block, capacity in units; optima of Heßler & Irnich.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn bahceci_oncan(read: Read<'_>) -> Result<Vec<BatchingCase>, InstanceError> {
    let known = known(read, "batching/bahceci_oncan_optimal.csv", 2, DIGITS)?;
    let case = |(name, known): (String, u64)| {
        open(read, &format!("batching/bahceci_oncan/{name}"), |text| {
            let warehouse = Warehouse::parse(text)?;
            let order = |lines: &Vec<(u32, u32)>| {
                let cells = lines.iter().flat_map(|(article, _)| &warehouse.stock[article]);
                let picks = cells.map(|(cell, _)| warehouse.position(*cell, Blocks::One)).collect();
                Order { picks, units: lines.iter().map(|(_, quantity)| quantity).sum() }
            };
            let units = warehouse.capacity.ok_or("there is no capacity")?;
            Ok(BatchingCase {
                name: name.clone(),
                layout: warehouse.layout(Blocks::One)?,
                orders: warehouse.orders.iter().map(order).collect(),
                capacity: Capacity::Units(units),
                known,
            })
        })
    };
    known.into_iter().map(case).collect()
}

/// Valle, Beasley & da Cunha (2017), in the graph format of Briant et al. (2020): 5 to 30 orders, two
/// blocks, carts with boxes; optima as given by Wahlen (2026).
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn foodmart(read: Read<'_>) -> Result<Vec<BatchingCase>, InstanceError> {
    let known = known(read, "batching/foodmart_valle_optimal.csv", 1, graph::DIGITS)?;
    let case = |(name, known): (String, u64)| {
        open(read, &format!("batching/foodmart_valle/{name}"), |text| {
            let graph::Warehouse { layout, orders, capacity } = graph::parse(text)?;
            Ok(BatchingCase { name: name.clone(), layout, orders, capacity, known })
        })
    };
    known.into_iter().map(case).collect()
}

/// The names of instances with their known answers.
fn known(
    read: Read<'_>,
    path: &str,
    column: usize,
    digits: usize,
) -> Result<Vec<(String, u64)>, InstanceError> {
    open(read, path, |text| {
        let row = |row: Vec<&str>| {
            let name = row.first().map(|name| (*name).to_owned());
            Ok((name.unwrap_or_default(), decimal(row.get(column).copied(), digits)?))
        };
        rows(text).map(row).collect()
    })
}
