//! Finding boxes (装箱): the cheapest that everything fits into, with the place of each piece.

use std::collections::BTreeMap;

use ordermill_base::Quantity;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::package::{Content, Material};
use ordermill_optimize::cartons::{
    self, Carton, Cost, Effort, Item, MixClass, Objective, Order, Orientation, Size,
};

use super::Materials;
use crate::catalog::{Catalog, Sku};

/// A millimeter on each side for goods whose size nobody has measured.
const UNMEASURED_MM: u32 = 1;
/// Pieces of one fulfillment that boxes are found for, at most; more are packed by hand.
const PIECES_MAX: i64 = 2_000;

/// How a fulfillment can be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The boxes, in the sequence of packing.
    pub boxes: Vec<ProposedBox>,
    /// What they cost, minor units of the shop's currency.
    pub cost_minor: u64,
    /// No other boxes can cost less than this.
    pub bound_minor: u64,
}

/// One box of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedBox {
    /// The code of its material.
    pub material: String,
    /// What lies in it.
    pub contents: Vec<Content>,
    /// Where each piece lies, in the sequence of packing.
    pub pieces: Vec<Placed>,
    /// Box and contents, in grams.
    pub gross_grams: u32,
}

/// A piece in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which line of the order.
    pub line_no: u16,
    /// Its corner nearest to the box's origin, millimeters along length, width and height.
    pub at_mm: [u32; 3],
    /// Its size as it lies, in millimeters.
    pub size_mm: [u32; 3],
}

/// Why there is no proposal.
#[derive(Debug, thiserror::Error)]
pub enum NoProposal {
    /// It is packed by hand.
    #[error("more than {PIECES_MAX} pieces are packed by hand")]
    TooMany,
    /// A line fits into no box.
    #[error("line {line_no} fits into no box")]
    FitsNowhere {
        /// Which line of the order.
        line_no: u16,
    },
    /// The sizes of goods or materials make no sense.
    #[error("sizes of goods or materials are out of range")]
    OutOfRange(#[source] cartons::Error),
}

/// Finds the cheapest boxes for what is to be shipped.
///
/// # Errors
/// If something fits nowhere, or there is too much of it.
pub fn propose(
    catalog: &Catalog,
    materials: &Materials,
    work: &Fulfillment,
) -> Result<Proposal, NoProposal> {
    let lines: Vec<(u16, ordermill_domain::ids::SkuId, i64)> = work
        .facts()
        .lines
        .iter()
        .filter(|line| line.quantity > 0)
        .map(|line| (line.line_no, line.sku, line.quantity))
        .collect();
    if lines.iter().map(|(.., pieces)| pieces).sum::<i64>() > PIECES_MAX {
        return Err(NoProposal::TooMany);
    }
    let (classes, apart) = classes(materials);
    let item = |(_, sku, pieces): &(u16, ordermill_domain::ids::SkuId, i64)| {
        item(catalog.sku(*sku), *pieces, &classes, catalog)
    };
    let items: Vec<Item> = lines.iter().map(item).collect();
    let cartons: Vec<Carton> = materials.materials.iter().map(carton).collect();
    let order = Order {
        items: &items,
        cartons: &cartons,
        fillers: &[],
        apart: &apart,
        min_support_percent: 0,
        objective: Objective {
            parcel_cost: materials.parcel_minor,
            not_recyclable_cost: materials.not_recyclable_minor,
        },
        effort: Effort::default(),
    };
    let packing = cartons::pack(&order).map_err(|error| match error {
        cartons::Error::FitsNoCarton { item } => {
            NoProposal::FitsNowhere { line_no: lines.get(item).map_or(0, |line| line.0) }
        }
        error => NoProposal::OutOfRange(error),
    })?;
    let boxes = packing.parcels.iter().map(|parcel| {
        let mut contents: BTreeMap<u16, Content> = BTreeMap::new();
        let mut pieces = Vec::with_capacity(parcel.placements.len());
        for placement in &parcel.placements {
            let (line_no, sku, _) = lines[placement.item];
            let one =
                Content { line_no, sku, quantity: Quantity::ONE, lot: None, serials: Vec::new() };
            contents
                .entry(line_no)
                .and_modify(|content| {
                    let more = Quantity::new(content.quantity.get() + 1);
                    content.quantity = more.unwrap_or(content.quantity);
                })
                .or_insert(one);
            let size_mm = placement.size.edges();
            pieces.push(Placed { line_no, at_mm: placement.at_mm, size_mm });
        }
        ProposedBox {
            material: materials.materials[parcel.carton].code.clone(),
            contents: contents.into_values().collect(),
            pieces,
            gross_grams: u32::try_from(parcel.gross_grams).unwrap_or(u32::MAX),
        }
    });
    let money = |cost: Cost| cost.cartons + cost.fillers + cost.parcels;
    Ok(Proposal {
        boxes: boxes.collect(),
        cost_minor: money(packing.cost),
        bound_minor: packing.lower_bound,
    })
}

/// Whether these pieces fit into one box of this material, as far as the books know their sizes.
///
/// # Errors
/// The line that does not fit, or any of them.
pub fn fits(
    catalog: &Catalog,
    materials: &Materials,
    material: &Material,
    contents: &[Content],
) -> Result<(), NoProposal> {
    let (classes, apart) = classes(materials);
    let items: Vec<Item> = contents
        .iter()
        .map(|content| item(catalog.sku(content.sku), content.quantity.get(), &classes, catalog))
        .collect();
    let cartons = [carton(material)];
    let order = Order { apart: &apart, ..Order::new(&items, &cartons) };
    let line_no = |at: usize| contents.get(at).map_or(0, |content| content.line_no);
    match cartons::pack(&order) {
        Ok(packing) if packing.parcels.len() <= 1 => Ok(()),
        Ok(_) => Err(NoProposal::FitsNowhere { line_no: line_no(0) }),
        Err(cartons::Error::FitsNoCarton { item }) => {
            Err(NoProposal::FitsNowhere { line_no: line_no(item) })
        }
        Err(error) => Err(NoProposal::OutOfRange(error)),
    }
}

/// Classes of goods that are kept apart, by the code of their category.
type Classes<'m> = BTreeMap<&'m str, MixClass>;

fn classes(materials: &Materials) -> (Classes<'_>, Vec<(MixClass, MixClass)>) {
    let mut classes = Classes::new();
    for code in materials.apart.iter().flat_map(|(a, b)| [a, b]) {
        let next = MixClass(u16::try_from(classes.len()).unwrap_or(u16::MAX));
        classes.entry(code.as_str()).or_insert(next);
    }
    let pair =
        |(a, b): &(String, String)| Some((*classes.get(a.as_str())?, *classes.get(b.as_str())?));
    let apart = materials.apart.iter().filter_map(pair).collect();
    (classes, apart)
}

fn item(sku: Option<&Sku>, pieces: i64, classes: &Classes<'_>, catalog: &Catalog) -> Item {
    let category = sku.and_then(|sku| catalog.category(sku.category));
    let edges = sku.map_or([0; 3], |sku| sku.dimensions_mm).map(|edge| edge.max(UNMEASURED_MM));
    Item {
        size: Size::from(edges),
        weight_grams: sku.map_or(0, |sku| sku.weight_grams),
        quantity: u32::try_from(pieces).unwrap_or_default(),
        orientation: Orientation::Free,
        is_fragile: sku.is_some_and(|sku| sku.handling.is_fragile),
        class: category.and_then(|category| classes.get(category.code.as_str()).copied()),
    }
}

fn carton(material: &Material) -> Carton {
    Carton {
        inner: Size::from(material.inner_mm),
        tare_grams: material.tare_grams,
        max_gross_grams: material.max_gross_grams,
        cost: material.cost_minor,
        is_recyclable: material.is_recyclable,
    }
}
