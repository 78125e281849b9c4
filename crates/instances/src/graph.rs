//! The graph format of Briant et al.: values and tables, each announced by a `//` line.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;

use ordermill_optimize::batching::{Capacity, Order};
use ordermill_optimize::route::{Crossing, Depot, Door, Layout, Position};

use crate::format::{distance, number};

/// Distances are integers of a hundredth of the file's unit.
pub(crate) const DIGITS: usize = 2;

/// What a file says.
pub(crate) struct Warehouse {
    pub(crate) layout: Layout,
    pub(crate) orders: Vec<Order>,
    pub(crate) capacity: Capacity,
}

/// The lines under each announcement.
struct Sections<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Sections<'a> {
    fn new(text: &'a str) -> Self {
        let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match (line.strip_prefix("//"), sections.last_mut()) {
                (Some(title), _) => sections.push((title, Vec::new())),
                (None, Some((_, lines))) => lines.push(line),
                (None, None) => {}
            }
        }
        Self(sections)
    }

    fn lines(&self, title: &str) -> Result<&[&'a str], String> {
        let found = self.0.iter().find(|(name, _)| name.starts_with(title));
        found.map(|(_, lines)| lines.as_slice()).ok_or(format!("there is no {title:?}"))
    }

    fn number(&self, title: &str) -> Result<u32, String> {
        number(self.lines(title)?.first().copied())
    }
}

/// Reads a file.
pub(crate) fn parse(text: &str) -> Result<Warehouse, String> {
    let sections = Sections::new(text);
    let locations = sections.number("NbLocations")?;
    let depot = sections.number("DepartingDepot")?;
    let mut places = HashMap::new();
    let (mut aisles, mut cross_aisles) = (BTreeSet::new(), BTreeSet::new());
    for line in sections.lines("Vertices coordinates")? {
        let mut words = line.split_whitespace();
        let vertex: u32 = number(words.next())?;
        if line.contains("depot") {
            continue; // Before the floor, so with a negative coordinate; its arcs tell all.
        }
        let (x, y) = (distance(words.next(), DIGITS)?, distance(words.next(), DIGITS)?);
        places.insert(vertex, (x, y));
        if line.contains("intersection") {
            aisles.insert(x);
            cross_aisles.insert(y);
        }
    }
    let axis = |marks: &BTreeSet<u32>| marks.iter().copied().collect::<Vec<u32>>();
    let (aisles, cross_aisles) = (axis(&aisles), axis(&cross_aisles));
    let position = |vertex: u32| {
        let (x, y) = places.get(&vertex).ok_or(format!("vertex {vertex} is nowhere"))?;
        let aisle =
            aisles.binary_search(x).map_err(|_| format!("vertex {vertex} is in no aisle"))?;
        Ok::<_, String>(Position { aisle, y: *y })
    };
    let mut doors = Vec::new();
    for line in sections.lines("Start End Distance")? {
        let mut words = line.split_whitespace();
        let (from, to): (u32, u32) = (number(words.next())?, number(words.next())?);
        if from != depot {
            continue;
        }
        let Position { aisle, y } = position(to)?;
        let cross_aisle = cross_aisles
            .binary_search(&y)
            .map_err(|_| format!("the depot leads to {to}, which is no crossing"))?;
        let crossing = Crossing { aisle, cross_aisle };
        doors.push(Door { crossing, distance: distance(words.next(), DIGITS)? });
    }
    let mut products = HashMap::new();
    for line in sections.lines("Idx Location Volume")? {
        let mut words = line.split_whitespace();
        let product: u32 = number(words.next())?;
        let location: u32 = number(words.next())?;
        if location > locations {
            return Err(format!("product {product} is at {location} of {locations} locations"));
        }
        products.insert(product, position(location)?);
    }
    let mut orders = Vec::new();
    for line in sections.lines("Idx M NbProdInOrder")? {
        let words: Vec<&str> = line.split_whitespace().skip(3).collect();
        let mut order = Order { picks: Vec::new(), units: 0 };
        for pair in words.chunks_exact(2) {
            let product: u32 = number(pair.first().copied())?;
            let at = products.get(&product).ok_or(format!("there is no product {product}"))?;
            order.picks.push(*at);
            order.units += number::<u32>(pair.get(1).copied())?;
        }
        orders.push(order);
    }
    let units_per_box =
        NonZeroU32::new(sections.number("B: CapaBox")?).ok_or("boxes hold nothing")?;
    let capacity = Capacity::Boxes { boxes: sections.number("K: NbBoxesTrolley")?, units_per_box };
    let layout = Layout::new(aisles.clone(), cross_aisles.clone(), Depot::Apart(doors))
        .map_err(|why| why.to_string())?;
    Ok(Warehouse { layout, orders, capacity })
}
