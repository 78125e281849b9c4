//! An order made ready for packing: checked, with everything computed once that the search asks often.

use super::cost::share;
use super::error::{Error, MAX_CLASSES, MAX_EDGE_MM, MAX_UNITS};
use super::{Cost, Filler, Item, MixClass, Order, Size};

/// One item: what the search knows about each of its units.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// The different ways it may lie.
    pub turns: Vec<[u32; 3]>,
    pub volume: u64,
    pub grams: u64,
    pub is_fragile: bool,
    /// The bit of its class; zero if it goes with everything.
    pub class: u64,
    /// Bits of the classes that it is kept apart from.
    pub apart: u64,
}

/// One kind of carton.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub inner: [u32; 3],
    pub volume: u64,
    /// Grams for contents and filler.
    pub grams: u64,
}

/// How many units of each kind.
pub(super) type Counts = Vec<u32>;

/// Sums over units that are to go into one carton.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub volume: u64,
    pub grams: u64,
    class: u64,
    apart: u64,
    /// Two units of a class that is kept apart from itself.
    clash: bool,
}

impl Sum {
    /// With one more unit.
    pub(super) fn with(mut self, kind: &Kind) -> Self {
        self.clash |= self.apart & kind.class != 0;
        self.volume += kind.volume;
        self.grams += kind.grams;
        self.class |= kind.class;
        self.apart |= kind.apart;
        self
    }

    /// With all units of another sum.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.clash |= other.clash || self.apart & other.class != 0;
        self.volume += other.volume;
        self.grams += other.grams;
        self.class |= other.class;
        self.apart |= other.apart;
        self
    }

    /// Whether no two classes of it are kept apart.
    pub(super) const fn may_mix(&self) -> bool {
        !self.clash
    }
}

/// An order made ready.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub order: &'a Order<'a>,
    pub kinds: Vec<Kind>,
    pub cases: Vec<Case>,
    pub counts: Counts,
    pub has_fragile: bool,
    pub min_support_percent: u64,
    /// The shortest edge of any unit.
    pub min_edge: u32,
}

impl<'a> Task<'a> {
    pub(super) fn new(order: &'a Order<'a>) -> Result<Self, Error> {
        if order.min_support_percent > 100 {
            return Err(Error::SupportShare(order.min_support_percent));
        }
        let units: u64 = order.items.iter().map(|item| u64::from(item.quantity)).sum();
        if units > MAX_UNITS {
            return Err(Error::TooManyUnits { units });
        }
        let cases = cases(order)?;
        let classes = classes(order)?;
        let kinds: Vec<Kind> = order
            .items
            .iter()
            .enumerate()
            .map(|(index, item)| kind(order, &classes, index, item))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            order,
            has_fragile: kinds.iter().any(|kind| kind.is_fragile),
            min_support_percent: order.min_support_percent.into(),
            min_edge: kinds.iter().flat_map(|kind| kind.turns.concat()).min().unwrap_or(1),
            counts: order.items.iter().map(|item| item.quantity).collect(),
            kinds,
            cases,
        })
    }

    /// The first item of which a unit fits no carton.
    pub(super) fn stray(&self) -> Option<usize> {
        (0..self.kinds.len()).find(|&kind| {
            self.counts[kind] > 0 && !(0..self.cases.len()).any(|case| self.fits_alone(case, kind))
        })
    }

    /// Whether one unit fits the carton when nothing else is in it.
    pub(super) fn fits_alone(&self, case: usize, kind: usize) -> bool {
        let (inner, kind) = (self.cases[case].inner, &self.kinds[kind]);
        self.carries(case, kind.grams, kind.volume)
            && kind.turns.iter().any(|turn| fits(*turn, inner))
    }

    /// The sums over these units.
    pub(super) fn sum(&self, counts: &[u32]) -> Sum {
        let mut sum = Sum::default();
        for (kind, &count) in self.kinds.iter().zip(counts) {
            for _ in 0..count {
                sum = sum.with(kind);
            }
        }
        sum
    }

    /// Whether nothing but geometry can keep these units from lying in one such carton.
    pub(super) fn may_hold(&self, case: usize, counts: &[u32], sum: &Sum) -> bool {
        sum.volume <= self.cases[case].volume
            && sum.may_mix()
            && self.carries(case, sum.grams, sum.volume)
            && (0..counts.len()).all(|kind| counts[kind] == 0 || self.fits_alone(case, kind))
    }

    /// Whether contents of this weight and volume, with the filler for the rest, are within the limit.
    pub(super) fn carries(&self, case: usize, grams: u64, volume: u64) -> bool {
        grams + self.filling_grams(case, volume) <= self.cases[case].grams
    }

    /// The cheapest filler for what contents of this volume leave empty.
    pub(super) fn filler(&self, case: usize, volume: u64) -> Option<usize> {
        let fillers = self.order.fillers;
        (0..fillers.len())
            .min_by_key(|&filler| self.cost_with(case, Some(&fillers[filler]), volume).rank())
    }

    /// What that filler weighs.
    pub(super) fn filling_grams(&self, case: usize, volume: u64) -> u64 {
        self.filler(case, volume).map_or(0, |filler| {
            share(self.order.fillers[filler].grams_per_liter, self.void(case, volume))
        })
    }

    /// The cost of such a carton with contents of this volume.
    pub(super) fn cost(&self, case: usize, volume: u64) -> Cost {
        let filler = self.filler(case, volume).map(|filler| &self.order.fillers[filler]);
        self.cost_with(case, filler, volume)
    }

    fn cost_with(&self, case: usize, filler: Option<&Filler>, volume: u64) -> Cost {
        let (order, void) = (self.order, self.void(case, volume));
        Cost::of(order.objective, &order.cartons[case], filler, void)
    }

    fn void(&self, case: usize, volume: u64) -> u64 {
        self.cases[case].volume.saturating_sub(volume)
    }
}

fn cases(order: &Order<'_>) -> Result<Vec<Case>, Error> {
    let case = |(index, carton): (usize, &super::Carton)| {
        if !is_usable(carton.inner) {
            return Err(Error::CartonSize { carton: index });
        }
        Ok(Case {
            inner: carton.inner.edges(),
            volume: carton.inner.volume_mm3(),
            grams: carton.max_gross_grams.saturating_sub(carton.tare_grams).into(),
        })
    };
    order.cartons.iter().enumerate().map(case).collect()
}

/// The classes that are kept apart from any; the position is the bit.
fn classes(order: &Order<'_>) -> Result<Vec<MixClass>, Error> {
    let mut classes = Vec::new();
    for class in order.apart.iter().flat_map(|&(a, b)| [a, b]) {
        if !classes.contains(&class) {
            if classes.len() == MAX_CLASSES {
                return Err(Error::TooManyClasses { class });
            }
            classes.push(class);
        }
    }
    Ok(classes)
}

fn kind(order: &Order<'_>, classes: &[MixClass], index: usize, item: &Item) -> Result<Kind, Error> {
    let turns = turns(item);
    if !is_usable(item.size) || turns.is_empty() {
        return Err(Error::ItemSize { item: index });
    }
    let bit = |class: MixClass| {
        classes.iter().position(|known| *known == class).map_or(0, |position| 1_u64 << position)
    };
    let apart = order.apart.iter().fold(0, |bits, &(a, b)| {
        let against = |this, other| if item.class == Some(this) { bit(other) } else { 0 };
        bits | against(a, b) | against(b, a)
    });
    Ok(Kind {
        turns,
        volume: item.size.volume_mm3(),
        grams: item.weight_grams.into(),
        is_fragile: item.is_fragile,
        class: item.class.map_or(0, bit),
        apart,
    })
}

/// The different ways an item may lie: for each edge that may stand upright, the two others both ways.
fn turns(item: &Item) -> Vec<[u32; 3]> {
    let edges = item.size.edges();
    let mut turns = Vec::with_capacity(6);
    for (axis, is_allowed) in item.orientation.upright(item.size).into_iter().enumerate() {
        if is_allowed {
            let (a, b, height) = (edges[(axis + 1) % 3], edges[(axis + 2) % 3], edges[axis]);
            for turn in [[a, b, height], [b, a, height]] {
                if !turns.contains(&turn) {
                    turns.push(turn);
                }
            }
        }
    }
    turns
}

/// Whether a cuboid lies within another, turned as it is.
pub(super) fn fits(size: [u32; 3], within: [u32; 3]) -> bool {
    (0..3).all(|axis| size[axis] <= within[axis])
}

fn is_usable(size: Size) -> bool {
    size.edges().into_iter().all(|edge| (1..=MAX_EDGE_MM).contains(&edge))
}
