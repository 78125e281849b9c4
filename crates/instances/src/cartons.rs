//! Cartonization: real orders and what a packer in wide use makes of them, and container loading.

use std::collections::HashMap;

use ordermill_optimize::cartons::{Carton, Item, Orientation, Size};
use serde::Deserialize;

use crate::format::{decimal, number, rows};
use crate::{InstanceError, Read, open};

/// Orders with the cartons that they are packed in. Units may be turned freely.
#[derive(Debug)]
pub struct Orders {
    /// The kinds of carton.
    pub cartons: Vec<Carton>,
    /// The orders, in the sequence of the file.
    pub cases: Vec<OrderCase>,
}

/// One order.
#[derive(Debug)]
pub struct OrderCase {
    /// The order's id.
    pub name: String,
    /// Its lines.
    pub items: Vec<Item>,
    /// What the reference packer did with it, if that is known.
    pub reference: Option<Reference>,
}

/// What BoxPacker, with units turned freely, did with an order.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// How many cartons it took.
    pub cartons: usize,
    /// How much of the cartons' volume was filled, rounded to a tenth of a percent.
    pub filled_permille: u64,
}

/// A container, what is to be loaded, and how much of it can be.
#[derive(Debug)]
pub struct ContainerCase {
    /// The instance's name.
    pub name: String,
    /// The container; weights do not matter.
    pub container: Carton,
    /// What is to be loaded.
    pub items: Vec<Item>,
    /// The largest volume that is known to be loadable, in mm³.
    pub known_mm3: u64,
}

/// Real orders that come with BoxPacker as test data, with its results.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn boxpacker(read: Read<'_>) -> Result<Orders, InstanceError> {
    let mut orders = orders(read, "cartonization")?;
    let references = open(read, "cartonization/orders_reference.csv", |text| {
        let row = |row: Vec<&str>| {
            let cartons = number(row.get(2).copied())?;
            let filled_permille = decimal(row.get(3).copied(), 1)?;
            Ok((cell(&row, 0)?.to_owned(), Reference { cartons, filled_permille }))
        };
        rows(text).map(row).collect::<Result<HashMap<String, Reference>, String>>()
    })?;
    for case in &mut orders.cases {
        case.reference = references.get(&case.name).copied();
    }
    Ok(orders)
}

/// Orders made of the Foodmart data, with a catalog of twelve cartons.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn foodmart(read: Read<'_>) -> Result<Orders, InstanceError> {
    orders(read, "cartonization/foodmart")
}

fn orders(read: Read<'_>, folder: &str) -> Result<Orders, InstanceError> {
    let costs = open(read, &format!("{folder}/box_costs.csv"), |text| {
        let row = |row: Vec<&str>| Ok((cell(&row, 0)?.to_owned(), number(row.get(1).copied())?));
        rows(text).map(row).collect::<Result<HashMap<String, u32>, String>>()
    })?;
    // box, three outer edges, tare, three inner edges, gross limit
    let cartons = open(read, &format!("{folder}/boxes.csv"), |text| {
        let row = |row: Vec<&str>| {
            let column = |at: usize| number(row.get(at).copied());
            let name = cell(&row, 0)?;
            Ok(Carton {
                inner: Size::new(column(6)?, column(5)?, column(7)?),
                tare_grams: column(4)?,
                max_gross_grams: column(8)?,
                cost: *costs.get(name).ok_or_else(|| format!("carton {name} has no cost"))?,
                is_recyclable: true,
            })
        };
        rows(text).map(row).collect::<Result<Vec<Carton>, String>>()
    })?;
    // order, quantity, SKU, width, length, depth, weight
    let cases = open(read, &format!("{folder}/orders.csv"), |text| {
        let mut cases: Vec<OrderCase> = Vec::new();
        let mut known = HashMap::new();
        for row in rows(text) {
            let column = |at: usize| number(row.get(at).copied());
            let name = cell(&row, 0)?;
            let at = *known.entry(name).or_insert_with(|| {
                let name = name.to_owned();
                cases.push(OrderCase { name, items: Vec::new(), reference: None });
                cases.len() - 1
            });
            cases[at].items.push(Item {
                size: Size::new(column(4)?, column(3)?, column(5)?),
                weight_grams: column(6)?,
                quantity: column(1)?,
                orientation: Orientation::Free,
                is_fragile: false,
                class: None,
            });
        }
        Ok(cases)
    })?;
    Ok(Orders { cartons, cases })
}

impl Reference {
    /// The least that the reference's cartons can have cost. Which ones it took is not known, but how many
    /// and how full: of all sets of so many cartons that are so full, the cheapest. `None` if none is.
    pub fn least_cost(&self, items: &[Item], cartons: &[Carton]) -> Option<u64> {
        let volume: u64 =
            items.iter().map(|item| item.size.volume_mm3() * u64::from(item.quantity)).sum();
        // By volume, the least cost of a set of cartons.
        let mut sets: HashMap<u64, u64> = HashMap::from([(0, 0)]);
        for _ in 0..self.cartons {
            let mut larger = HashMap::new();
            for (volume, cost) in &sets {
                for carton in cartons {
                    let cost = cost + u64::from(carton.cost);
                    let least = larger.entry(volume + carton.inner.volume_mm3()).or_insert(cost);
                    *least = cost.min(*least);
                }
            }
            sets = larger;
        }
        let is_so_full = |set: u64| (volume * 2_000 + set) / (2 * set) == self.filled_permille;
        sets.into_iter().filter(|(set, _)| is_so_full(*set)).map(|(_, cost)| cost).min()
    }
}

/// Problems of Bischoff and Ratcliff (Issues in the development of approaches to container loading, OMEGA
/// 23, 1995): one container, no support asked for.
///
/// # Errors
/// If a file cannot be read or is not in its format.
pub fn bischoff_ratcliff(read: Read<'_>) -> Result<Vec<ContainerCase>, InstanceError> {
    #[derive(Deserialize)]
    struct Problem {
        container: [u32; 3],
        items: Vec<Boxes>,
    }
    #[derive(Deserialize)]
    struct Boxes {
        dims: [u32; 3],
        vertical_ok: [u8; 3],
        count: u32,
    }
    let known = open(read, "cartonization/br_best_known.csv", |text| {
        let row = |row: Vec<&str>| Ok((cell(&row, 0)?.to_owned(), number(row.get(2).copied())?));
        rows(text).map(row).collect::<Result<Vec<(String, u64)>, String>>()
    })?;
    let case = |(name, known_mm3): (String, u64)| {
        open(read, &format!("cartonization/br/{name}"), |text| {
            let problem: Problem = serde_json::from_str(text).map_err(|why| why.to_string())?;
            let container = Carton {
                inner: Size::from(problem.container),
                tare_grams: 0,
                max_gross_grams: 0,
                cost: 0,
                is_recyclable: true,
            };
            let item = |boxes: &Boxes| Item {
                size: Size::from(boxes.dims),
                weight_grams: 0,
                quantity: boxes.count,
                orientation: Orientation::Upright(boxes.vertical_ok.map(|ok| ok == 1)),
                is_fragile: false,
                class: None,
            };
            let items = problem.items.iter().map(item).collect();
            Ok(ContainerCase { name: name.clone(), container, items, known_mm3 })
        })
    };
    known.into_iter().map(case).collect()
}

fn cell<'a>(row: &[&'a str], at: usize) -> Result<&'a str, String> {
    row.get(at).copied().ok_or_else(|| format!("a row has no column {at}"))
}
