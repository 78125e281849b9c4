//! The text format of Heßler & Irnich: a warehouse with cells, articles in them, and orders.
//!
//! `KEY : VALUE` lines and sections of `NAME VALUE NAME VALUE …` lines. Cell 0 of an aisle is the one
//! nearest to the top cross-aisle, which has y = 0 here.

use std::collections::HashMap;

use ordermill_optimize::route::{Depot, Layout, Position};

use crate::format::{distance, number};
use crate::picking::Blocks;

/// Distances are integers of a tenth of the file's unit.
pub(crate) const DIGITS: usize = 1;

/// A file of this format.
#[derive(Debug)]
pub(crate) struct Warehouse {
    aisles: usize,
    cells: u32,
    depot_aisle: usize,
    is_depot_on_top: bool,
    aisle_to_aisle: u32,
    cell_to_cell: u32,
    top_to_cell: u32,
    bottom_to_cell: u32,
    /// What fits on a cart, for batching.
    pub(crate) capacity: Option<u32>,
    /// By article: where it lies and how many pieces.
    pub(crate) stock: HashMap<u32, Vec<(Cell, u32)>>,
    /// By order: which articles and how many pieces.
    pub(crate) orders: Vec<Vec<(u32, u32)>>,
}

/// A place by the file's count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    aisle: usize,
    cell: u32,
}

impl Warehouse {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut header = HashMap::new();
        let mut stock: HashMap<u32, Vec<(Cell, u32)>> = HashMap::new();
        let mut orders: Vec<Vec<(u32, u32)>> = Vec::new();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some((key, value)) = line.split_once(" : ") {
                match section {
                    "" => {
                        header.insert(key, value);
                    }
                    "ORDER_SECTION" if key.starts_with("NUM_ARTICLES") => orders.push(Vec::new()),
                    _ => {}
                }
            } else if line.ends_with("_SECTION") {
                section = line;
            } else if line.starts_with("ID ") {
                let words: Vec<&str> = line.split_whitespace().collect();
                let pairs: HashMap<&str, &str> =
                    words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                let value = |name: &str| pairs.get(name).copied();
                match (section, orders.last_mut()) {
                    ("SKU_SECTION", _) => {
                        let cell =
                            Cell { aisle: number(value("AISLE"))?, cell: number(value("CELL"))? };
                        let pieces = number(value("QUANTITY"))?;
                        stock.entry(number(value("ID"))?).or_default().push((cell, pieces));
                    }
                    ("ORDER_SECTION", Some(order)) => {
                        order.push((number(value("ID"))?, number(value("QUANTITY"))?));
                    }
                    _ => {}
                }
            }
        }
        let value = |name: &str| header.get(name).copied();
        let length =
            |name: &str| distance(value(name), DIGITS).map_err(|why| format!("{name}: {why}"));
        if length("DISTANCE_TOP_OR_BOTTOM_TO_DEPOT")? != 0 {
            return Err("the depot is not on a cross-aisle".to_owned());
        }
        Ok(Self {
            aisles: number(value("NUM_AISLES"))?,
            cells: number(value("NUM_CELLS"))?,
            depot_aisle: number(value("DEPOT_AISLE"))?,
            is_depot_on_top: value("DEPOT_LOCATION") == Some("top"),
            aisle_to_aisle: length("DISTANCE_AISLE_TO_AISLE")?,
            cell_to_cell: length("DISTANCE_CELL_TO_CELL")?,
            top_to_cell: length("DISTANCE_TOP_TO_CELL")?,
            bottom_to_cell: length("DISTANCE_BOTTOM_TO_CELL")?,
            capacity: value("PICKER_CAPACITY").map(|text| number(Some(text))).transpose()?,
            stock,
            orders,
        })
    }

    /// The floor, with a cross-aisle in the middle or without.
    pub(crate) fn layout(&self, blocks: Blocks) -> Result<Layout, String> {
        let aisles = (0u32..).take(self.aisles).map(|aisle| aisle * self.aisle_to_aisle).collect();
        let bottom = self.y(self.cells.saturating_sub(1), blocks) + self.bottom_to_cell;
        let cross_aisles = match blocks {
            Blocks::One => vec![0, bottom],
            Blocks::Two => {
                let middle = self.y(self.cells / 2, blocks) - self.top_to_cell;
                vec![0, middle, bottom]
            }
        };
        let y = if self.is_depot_on_top { 0 } else { bottom };
        let depot = Depot::InAisle(Position { aisle: self.depot_aisle, y });
        Layout::new(aisles, cross_aisles, depot).map_err(|why| why.to_string())
    }

    pub(crate) fn position(&self, at: Cell, blocks: Blocks) -> Position {
        Position { aisle: at.aisle, y: self.y(at.cell, blocks) }
    }

    /// How far a cell is from the top. A middle cross-aisle is as far from its cells as the outer ones.
    fn y(&self, cell: u32, blocks: Blocks) -> u32 {
        let y = self.top_to_cell + cell * self.cell_to_cell;
        if blocks == Blocks::Two && cell >= self.cells / 2 {
            y + self.top_to_cell + self.bottom_to_cell - self.cell_to_cell
        } else {
            y
        }
    }
}
