//! Cartonization: which cartons an order is packed in, and where each item lies.
//!
//! Start at [`pack`]. It answers with the cheapest set of cartons it finds within its [`Effort`], and
//! with the place of every unit; [`verify`] has looked at the answer before it is given. [`load`] is
//! the related question of one container: as much volume as possible, what stays behind is told.
//!
//! # How it works
//! The problem is three-dimensional bin packing with several bin sizes (Martello, Pisinger, Vigo: The
//! three-dimensional bin packing problem, Operations Research 48, 2000) and with the side conditions
//! of Bortfeldt and Wäscher (Constraints in container loading: a state-of-the-art review, European
//! Journal of Operational Research 229, 2013): weight, orientation, stacking, stability, separation.
//!
//! 1. `space`: the free room of a carton is kept as its maximal empty cuboids (Lai, Chan: Developing
//!    a simulated annealing algorithm for the cutting stock problem, Computers & Industrial
//!    Engineering 32, 1997).
//! 2. `fill`: units are placed one after another, each in the corner of an empty cuboid that scores
//!    best: deepest, snuggest or with the lowest top. Several sequences times several scores (Gonçalves,
//!    Resende: A biased random key genetic algorithm for 2D and 3D bin packing problems, 2013, use the
//!    same placement), then shuffled sequences.
//! 3. `blocks` and `beam`: many equal units are rather stacked to blocks (Fanslau, Bortfeldt: A tree
//!    search algorithm for solving the container loading problem, INFORMS Journal on Computing 22, 2010),
//!    and the sequence of blocks is searched with a beam (Araya, Riff: A beam search approach to the
//!    container loading problem, Computers & Operations Research 43, 2014).
//! 4. `choose`: one carton for all, the cheapest first; else cartons filled greedily; then `improve`
//!    opens one, two or three cartons again and packs their contents anew, and goes through the sets of
//!    cartons that are cheaper and large enough.
//!
//! # Rules that always hold
//! - A unit lies inside its carton and overlaps no other; its edges are parallel to the carton's.
//! - A carton with its contents and filler weighs no more than its gross limit.
//! - Above a fragile unit, at any height, lie only fragile units that are not heavier than it.
//! - Units of two classes that are kept apart are never in one carton.
//! - With a support rule, at least that share of a unit's base lies on the floor or on tops of units.

mod beam;
mod blocks;
mod bound;
mod choose;
mod cost;
mod error;
mod fill;
mod improve;
mod load;
mod reach;
mod space;
mod task;
mod verify;

pub use cost::{Cost, Objective};
pub use error::{Error, MAX_EDGE_MM, MAX_UNITS};
pub use load::{Loading, load};
pub use verify::{Violation, verify};

/// Three edges in mm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// The first horizontal edge.
    pub length_mm: u32,
    /// The second horizontal edge.
    pub width_mm: u32,
    /// The vertical edge.
    pub height_mm: u32,
}

impl Size {
    /// Length, width and height in mm.
    pub const fn new(length_mm: u32, width_mm: u32, height_mm: u32) -> Self {
        Self { length_mm, width_mm, height_mm }
    }

    /// Length, width and height, in this order.
    pub const fn edges(self) -> [u32; 3] {
        [self.length_mm, self.width_mm, self.height_mm]
    }

    /// The volume in mm³.
    pub const fn volume_mm3(self) -> u64 {
        // Edges of any usable size are far from saturating.
        let base = self.length_mm as u64 * self.width_mm as u64;
        base.saturating_mul(self.height_mm as u64)
    }
}

impl From<[u32; 3]> for Size {
    fn from([length_mm, width_mm, height_mm]: [u32; 3]) -> Self {
        Self { length_mm, width_mm, height_mm }
    }
}

/// How a unit may be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Orientation {
    /// Any edge may stand upright.
    #[default]
    Free,
    /// The height stays upright; the unit may be turned around it.
    ThisSideUp,
    /// The shortest edge stands upright, so that the unit lies on its largest face.
    Flat,
    /// The edges that may stand upright: length, width, height.
    Upright([bool; 3]),
}

impl Orientation {
    /// Which of length, width and height of this size may stand upright.
    pub fn upright(self, size: Size) -> [bool; 3] {
        match self {
            Self::Free => [true; 3],
            Self::ThisSideUp => [false, false, true],
            Self::Flat => {
                let shortest = size.length_mm.min(size.width_mm).min(size.height_mm);
                size.edges().map(|edge| edge == shortest)
            }
            Self::Upright(edges) => edges,
        }
    }
}

/// A class of goods that matters for what may lie together: food, chemicals, batteries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MixClass(pub u16);

/// One line of an order: equal units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Item {
    /// Outer size of one unit.
    pub size: Size,
    /// Weight of one unit in grams.
    pub weight_grams: u32,
    /// How many units; zero is a line with nothing to pack.
    pub quantity: u32,
    /// How a unit may be turned.
    pub orientation: Orientation,
    /// Above it lie only fragile units that are not heavier.
    pub is_fragile: bool,
    /// What it must not be mixed with, see [`Order::apart`].
    pub class: Option<MixClass>,
}

/// A kind of carton, of which there is always another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Carton {
    /// What the contents must fit into.
    pub inner: Size,
    /// Weight of the empty carton in grams.
    pub tare_grams: u32,
    /// The most that the carton with its contents and filler may weigh, in grams.
    pub max_gross_grams: u32,
    /// Material and handling in minor units of money.
    pub cost: u32,
    /// Whether the material is recycled.
    pub is_recyclable: bool,
}

/// A material that fills what the contents leave empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Filler {
    /// Minor units of money for a liter; each carton's share is rounded up.
    pub cost_per_liter: u32,
    /// Grams of a liter; each carton's share is rounded up.
    pub grams_per_liter: u32,
    /// Whether the material is recycled.
    pub is_recyclable: bool,
}

/// How much may be tried. Equal input with equal effort gives an equal answer, on any machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effort {
    /// How many places for a unit may be looked at, altogether. The first answer is always finished.
    pub places: u64,
    /// Where shuffled sequences start.
    pub seed: u64,
}

impl Default for Effort {
    /// Enough for a good answer to an order of a few dozen units in some milliseconds at most.
    fn default() -> Self {
        Self { places: 200_000, seed: 1 }
    }
}

/// What is to be packed, in what, and under which rules.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The lines.
    pub items: &'a [Item],
    /// The kinds of carton to choose from.
    pub cartons: &'a [Carton],
    /// The fillers to choose from; without one, nothing is filled.
    pub fillers: &'a [Filler],
    /// Pairs of classes that never share a carton. A class paired with itself is packed one unit a
    /// carton.
    pub apart: &'a [(MixClass, MixClass)],
    /// At least this share of a unit's base is supported; 0 asks for no support.
    pub min_support_percent: u8,
    /// What is cheap.
    pub objective: Objective,
    /// How much may be tried.
    pub effort: Effort,
}

impl<'a> Order<'a> {
    /// These items in these cartons with the usual rules: no filler, nothing kept apart, no support
    /// asked for.
    pub fn new(items: &'a [Item], cartons: &'a [Carton]) -> Self {
        Self {
            items,
            cartons,
            fillers: &[],
            apart: &[],
            min_support_percent: 0,
            objective: Objective::default(),
            effort: Effort::default(),
        }
    }
}

/// One unit in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Index of its line in [`Order::items`].
    pub item: usize,
    /// Its corner nearest to the carton's origin, in mm along length, width and height.
    pub at_mm: [u32; 3],
    /// Its size as it lies.
    pub size: Size,
}

/// One packed carton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Index of its kind in [`Order::cartons`].
    pub carton: usize,
    /// Index of its filler in [`Order::fillers`].
    pub filler: Option<usize>,
    /// What lies in it, in the sequence of packing: never beneath something packed before.
    pub placements: Vec<Placement>,
    /// Carton, contents and filler, in grams.
    pub gross_grams: u64,
    /// What it costs.
    pub cost: Cost,
}

/// An order in cartons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// The cartons; none for an order without units.
    pub parcels: Vec<Parcel>,
    /// The sum over the cartons.
    pub cost: Cost,
    /// No packing can cost less, by the objective's measure ([`Cost::total`]).
    pub lower_bound: u64,
}

/// Packs an order in the cheapest cartons found.
///
/// # Errors
/// If an item fits no carton, a size, a limit or a number is out of range, or classes are too many. The
/// error names the item or carton.
pub fn pack(order: &Order<'_>) -> Result<Packing, Error> {
    let task = task::Task::new(order)?;
    if let Some(item) = task.stray() {
        return Err(Error::FitsNoCarton { item });
    }
    let packing = choose::choose(&task);
    verify(order, &packing).map_err(Error::Refuted)?;
    Ok(packing)
}
