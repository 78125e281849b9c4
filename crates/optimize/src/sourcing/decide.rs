//! The decision for one order, with its reasons.

use super::split::{Found, search};
use super::{Aim, CostParts, Line, Location, Rule, Split};

/// The most lines of an order; with this many, sums are exact whatever weights and costs are.
pub const MAX_LINES: usize = 1_024;
/// The most units of a line.
pub const MAX_QUANTITY: u32 = 1 << 20;

/// One location's share of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Index of the location.
    pub location: usize,
    /// Units by line of the order.
    pub quantities: Vec<u32>,
    /// What its parcel costs.
    pub cost: CostParts,
}

/// Who ships what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The shares; together they are the order.
    pub shares: Vec<Share>,
    /// What is added for being split, in minor units.
    pub split_cost: u64,
}

impl Plan {
    /// The whole cost in minor units.
    pub fn total(&self) -> u64 {
        self.split_cost + self.shares.iter().map(|share| share.cost.total()).sum::<u64>()
    }
}

/// Why a location does not ship an order alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It does not deliver there.
    OutOfCoverage,
    /// It would be later than the rule allows.
    TooLate {
        /// Hours after the promised moment.
        hours: u32,
    },
    /// It can take no more parcels.
    NoCapacity,
    /// It may not ship the goods of a line.
    CategoryNotAllowed {
        /// Index of the line.
        line: usize,
    },
    /// It has too few units of a line.
    TooFew {
        /// Index of the line.
        line: usize,
        /// How many it has.
        available: u32,
    },
}

impl Refusal {
    /// Whether the location can have no share either.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::OutOfCoverage | Self::TooLate { .. } | Self::NoCapacity)
    }
}

/// What was found out about one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The cost of the whole order, or of what the location has of it, from there.
    pub cost: CostParts,
    /// Why it does not ship the order alone; empty if it could.
    pub refusals: Vec<Refusal>,
}

impl Verdict {
    /// Whether the location could ship the whole order.
    pub fn is_whole(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Whether it may have a share of the order.
    pub fn may_share(&self) -> bool {
        !self.refusals.iter().any(Refusal::is_final)
    }
}

/// An order's plan and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The best plan.
    pub chosen: Plan,
    /// The next best plan that uses other locations, if there is one.
    pub second: Option<Plan>,
    /// By location.
    pub verdicts: Vec<Verdict>,
    /// Whether no plan within the rule is better; false if the search for a split was cut short.
    pub is_proven: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// A location has not one supply for each line.
    #[error("location {location} has supplies for {supplies} lines of {lines}")]
    Supplies {
        /// Index of the location.
        location: usize,
        /// How many it has.
        supplies: usize,
        /// How many lines there are.
        lines: usize,
    },
    /// The order has no line, or a line no unit.
    #[error("there is nothing to ship")]
    Nothing,
    /// More than [`MAX_LINES`] lines, or a line of more than [`MAX_QUANTITY`] units.
    #[error("the order is too large to be sourced at once")]
    TooLarge,
    /// All locations that may ship a line together have too few.
    #[error("{available} units of line {line} are available in all")]
    TooFew {
        /// Index of the line.
        line: usize,
        /// How many.
        available: u64,
    },
    /// Only a split would do, and the rule does not allow one, or not in so many parcels.
    #[error("only a split would do that the rule does not allow")]
    SplitNotAllowed,
    /// No split was found before the search was cut short, and there may be one.
    #[error("no split was found within the limit of the search")]
    NotFound,
}

/// No plan: why, and what was found out about each location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the order cannot be sourced")]
pub struct NoPlan {
    /// Why.
    #[source]
    pub reason: Impossible,
    /// By location; empty if the input does not fit together.
    pub verdicts: Vec<Verdict>,
}

/// Chooses the locations of one order.
///
/// # Errors
/// If no plan within the rule ships the whole order, or the input does not fit together.
pub fn decide(lines: &[Line], locations: &[Location], rule: &Rule) -> Result<Decision, NoPlan> {
    let malformed = |reason| NoPlan { reason, verdicts: Vec::new() };
    if lines.is_empty() || lines.iter().any(|line| line.quantity == 0) {
        return Err(malformed(Impossible::Nothing));
    }
    if lines.len() > MAX_LINES || lines.iter().any(|line| line.quantity > MAX_QUANTITY) {
        return Err(malformed(Impossible::TooLarge));
    }
    let misfit = locations.iter().position(|location| location.supplies.len() != lines.len());
    if let Some(location) = misfit {
        let supplies = locations[location].supplies.len();
        let reason = Impossible::Supplies { location, supplies, lines: lines.len() };
        return Err(malformed(reason));
    }

    let verdicts: Vec<Verdict> =
        locations.iter().map(|location| verdict(lines, location, rule)).collect();
    let rank = |&at: &usize| {
        let cost = verdicts[at].cost.total();
        let first = if rule.aim == Aim::Nearest { locations[at].distance_km } else { 0 };
        (first, cost, at)
    };
    let mut whole: Vec<usize> =
        (0..locations.len()).filter(|&at| verdicts[at].is_whole()).collect();
    whole.sort_by_key(rank);
    let plan = |at: usize| {
        let quantities = lines.iter().map(|line| line.quantity).collect();
        let share = Share { location: at, quantities, cost: verdicts[at].cost };
        Plan { shares: vec![share], split_cost: 0 }
    };
    match *whole {
        [best, second, ..] => {
            let (chosen, second) = (plan(best), Some(plan(second)));
            Ok(Decision { chosen, second, verdicts, is_proven: true })
        }
        [best] => {
            let chosen = plan(best);
            let others: Vec<usize> = sharing(&verdicts).filter(|at| *at != best).collect();
            let second = search_split(lines, locations, &others, rule).plans.into_iter().next();
            Ok(Decision { chosen, second, verdicts, is_proven: true })
        }
        [] => {
            let sharing: Vec<usize> = sharing(&verdicts).collect();
            let found = search_split(lines, locations, &sharing, rule);
            let mut plans = found.plans.into_iter();
            if let Some(chosen) = plans.next() {
                let (second, is_proven) = (plans.next(), found.is_complete);
                return Ok(Decision { chosen, second, verdicts, is_proven });
            }
            let reason = too_few(lines, locations, &sharing).unwrap_or(if found.is_complete {
                Impossible::SplitNotAllowed
            } else {
                Impossible::NotFound
            });
            Err(NoPlan { reason, verdicts })
        }
    }
}

fn sharing(verdicts: &[Verdict]) -> impl Iterator<Item = usize> + '_ {
    (0..verdicts.len()).filter(|&at| verdicts[at].may_share())
}

fn search_split(lines: &[Line], locations: &[Location], sharing: &[usize], rule: &Rule) -> Found {
    if rule.split == Split::Never || rule.max_parcels < 2 {
        return Found { plans: Vec::new(), is_complete: true };
    }
    search(lines, locations, sharing, rule)
}

fn verdict(lines: &[Line], location: &Location, rule: &Rule) -> Verdict {
    let mut refusals = Vec::new();
    if !location.is_in_coverage {
        refusals.push(Refusal::OutOfCoverage);
    }
    if location.lateness_hours > rule.max_lateness_hours {
        refusals.push(Refusal::TooLate { hours: location.lateness_hours });
    }
    if location.parcels_left == 0 {
        refusals.push(Refusal::NoCapacity);
    }
    for (at, (line, supply)) in lines.iter().zip(&location.supplies).enumerate() {
        if !supply.is_allowed {
            refusals.push(Refusal::CategoryNotAllowed { line: at });
        } else if supply.available < line.quantity {
            refusals.push(Refusal::TooFew { line: at, available: supply.available });
        }
    }
    let quantities: Vec<u32> =
        lines.iter().zip(&location.supplies).map(|(line, supply)| supply.for_line(line)).collect();
    Verdict { cost: CostParts::of(lines, location, &quantities, &rule.weights), refusals }
}

/// The first line of which there is too little everywhere together.
fn too_few(lines: &[Line], locations: &[Location], sharing: &[usize]) -> Option<Impossible> {
    lines.iter().enumerate().find_map(|(line, wanted)| {
        let available =
            sharing.iter().map(|&at| u64::from(locations[at].supplies[line].usable())).sum();
        (available < u64::from(wanted.quantity)).then_some(Impossible::TooFew { line, available })
    })
}
