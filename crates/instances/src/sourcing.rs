//! Sourcing: waves of real baskets over drawn places and stock.
//!
//! Their cost model, in integers: a parcel costs 500 + ⌊2 · distance / 5⌋, a unit ⌊grams · (20 +
//! ⌊distance / 20⌋) / 1,000⌋, a unit left unfilled 3,000; the distance is ⌊√(dx² + dy²)⌋. A parcel's cost
//! is that of a [`Location`] with these [`WEIGHTS`].

use std::collections::{BTreeMap, BTreeSet};

use ordermill_optimize::sourcing::wave::{self, Effort, Order, Route, Wave};
use ordermill_optimize::sourcing::{CostParts, Freight, Line, Location, Supply, Weights};
use serde::Deserialize;

use crate::format::{decimal, number, rows};
use crate::{InstanceError, Read, open};

/// The cost model's weights.
pub const WEIGHTS: Weights = Weights { split: 0, per_100_km: 40, full_load: 0, late_hour: 0 };
const PARCEL_COST: u32 = 500;
const UNFILLED_COST: u32 = 3_000;

/// Open orders with what they share, and how little they can cost.
#[derive(Debug)]
pub struct WaveCase {
    /// The instance's name.
    pub name: String,
    /// The orders.
    pub orders: Vec<Order>,
    /// Units by location and SKU.
    pub stock: Vec<Vec<u32>>,
    /// Parcels by location: as many as wanted.
    pub parcels_left: Vec<u32>,
    /// The least cost that is known.
    pub known: u64,
    /// What no assignment can cost less than, if that is proven.
    pub proven: Option<u64>,
    unit_grams: Vec<u32>,
    distances_km: Vec<Vec<u32>>,
}

impl WaveCase {
    /// The wave as it is assigned.
    pub fn wave(&self, effort: Effort) -> Wave<'_> {
        Wave { orders: &self.orders, stock: &self.stock, parcels_left: &self.parcels_left, effort }
    }

    /// One of the orders alone, with its first lines and all stock of the wave.
    pub fn single(&self, order: usize, lines: usize) -> (Vec<Line>, Vec<Location>) {
        let wanted: Vec<wave::Line> =
            self.orders[order].lines.iter().take(lines).copied().collect();
        let grams = |line: &wave::Line| self.unit_grams[line.sku];
        let locations = self.stock.iter().zip(&self.distances_km[order]).map(|(stock, &km)| {
            let supply = |line: &wave::Line| Supply {
                available: stock[line.sku],
                is_allowed: true,
                unit_cost: unit_cost(grams(line), km),
            };
            Location { supplies: wanted.iter().map(supply).collect(), ..location(km) }
        });
        let line = |line: &wave::Line| Line { quantity: line.quantity, unit_grams: grams(line) };
        (wanted.iter().map(line).collect(), locations.collect())
    }
}

#[derive(Deserialize)]
struct File {
    nodes: Vec<Place>,
    sku_weight_g: BTreeMap<String, u32>,
    stock: Vec<(usize, u64, u32)>,
    orders: Vec<Basket>,
}

#[derive(Deserialize)]
struct Place {
    x: i64,
    y: i64,
}

#[derive(Deserialize)]
struct Basket {
    x: i64,
    y: i64,
    lines: Vec<(u64, u32)>,
}

/// The waves, with the best costs and bounds found by others.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn waves(read: Read<'_>) -> Result<Vec<WaveCase>, InstanceError> {
    let known = open(read, "sourcing/waves_best_known.csv", |text| {
        let row = |row: Vec<&str>| {
            let name = row.first().map(|name| (*name).to_owned()).unwrap_or_default();
            let tenths = decimal(row.get(2).copied(), 1)?;
            let proven = (tenths > 0).then(|| tenths.div_ceil(10));
            Ok((name, number(row.get(1).copied())?, proven))
        };
        rows(text).map(row).collect::<Result<Vec<(String, u64, Option<u64>)>, String>>()
    })?;
    let case = |(name, known, proven): (String, u64, Option<u64>)| {
        open(read, &format!("sourcing/waves/{name}"), |text| parse(text, &name, known, proven))
    };
    known.into_iter().map(case).collect()
}

fn parse(text: &str, name: &str, known: u64, proven: Option<u64>) -> Result<WaveCase, String> {
    let file: File = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let skus: BTreeSet<u64> =
        file.orders.iter().flat_map(|order| order.lines.iter().map(|line| line.0)).collect();
    let skus: Vec<u64> = skus.into_iter().collect();
    let mut stock = vec![vec![0; skus.len()]; file.nodes.len()];
    for (node, sku, quantity) in file.stock {
        if let Ok(at) = skus.binary_search(&sku) {
            *stock
                .get_mut(node)
                .ok_or("stock of an unknown node")?
                .get_mut(at)
                .ok_or("no SKU")? += quantity;
        }
    }
    let grams = |sku: &u64| {
        let grams = file.sku_weight_g.get(&sku.to_string()).copied();
        grams.ok_or_else(|| format!("SKU {sku} has no weight"))
    };
    let unit_grams = skus.iter().map(grams).collect::<Result<Vec<u32>, String>>()?;
    let distances = |order: &Basket| {
        let distance = |node: &Place| {
            let square = (node.x - order.x).pow(2) + (node.y - order.y).pow(2);
            u32::try_from(square.isqrt()).unwrap_or(u32::MAX)
        };
        file.nodes.iter().map(distance).collect()
    };
    let distances_km: Vec<Vec<u32>> = file.orders.iter().map(distances).collect();
    let order = |(order, distances): (&Basket, &Vec<u32>)| {
        let line = |&(sku, quantity): &(u64, u32)| {
            let sku = skus.binary_search(&sku).unwrap_or_default();
            wave::Line { sku, quantity, unfilled_cost: UNFILLED_COST }
        };
        let lines: Vec<wave::Line> = order.lines.iter().map(line).collect();
        let route = |(at, &km): (usize, &u32)| {
            let parcel = CostParts::of(&[], &location(km), &[], &WEIGHTS).total();
            let cost = |line: &wave::Line| Some(unit_cost(unit_grams[line.sku], km));
            Route {
                location: at,
                parcel_cost: u32::try_from(parcel).unwrap_or(u32::MAX),
                unit_costs: lines.iter().map(cost).collect(),
            }
        };
        let routes = distances.iter().enumerate().map(route).collect();
        Order { lines, routes, split_cost: 0, max_parcels: u32::MAX }
    };
    Ok(WaveCase {
        name: name.to_owned(),
        orders: file.orders.iter().zip(&distances_km).map(order).collect(),
        parcels_left: vec![u32::MAX; stock.len()],
        stock,
        known,
        proven,
        unit_grams,
        distances_km,
    })
}

const fn unit_cost(unit_grams: u32, distance_km: u32) -> u32 {
    unit_grams * (20 + distance_km / 20) / 1_000
}

/// A location at this distance, with nothing to ship.
fn location(distance_km: u32) -> Location {
    Location {
        supplies: Vec::new(),
        is_in_coverage: true,
        lateness_hours: 0,
        distance_km,
        load_permille: 0,
        parcels_left: u32::MAX,
        parcel_cost: PARCEL_COST,
        freight: Freight::default(),
    }
}
