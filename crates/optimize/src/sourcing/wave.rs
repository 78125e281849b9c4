//! Sourcing of many open orders at once, sharing stock and capacity.
//!
//! Start at [`source`]. One order after the other takes what is best for it, and the last ones pay for
//! that; together, a scarce unit goes where it saves the most (Xu, Allgor, Graves 2009 reevaluate open
//! orders for this reason). The cost model: each order and location with a parcel between them costs the
//! route's parcel cost; each unit costs the line's unit cost on that route; each parcel of an order
//! beyond the first costs the order's split cost; each unit that nobody ships costs its unfilled cost.
//!
//! # How it works
//! 1. `local`: one order against given stock and prices is solved exactly. Which locations take part is
//!    branched on; the units then go to the cheapest of these. Adding a location saves the less the more
//!    are there already (the savings are submodular), which gives one bound (Nemhauser, Wolsey, Fisher:
//!    An analysis of approximations for maximizing submodular set functions, Mathematical Programming 14,
//!    1978); the dual of the linear program gives another, `dual`.
//! 2. Greedy: in the given sequence, each order takes what is best for it of what is left.
//! 3. `prices`: the limits of stock and capacity are relaxed into prices for scarce units and parcels
//!    (Lagrangian relaxation: Fisher: The Lagrangian relaxation method for solving integer programming
//!    problems, Management Science 27, 1981), improved by subgradient steps (Held, Wolfe, Crowder:
//!    Validation of subgradient optimization, Mathematical Programming 6, 1974). Every set of prices gives
//!    a lower bound on the cost of any assignment. Orders that pay these prices take turns again, and make
//!    good assignments.
//! 4. `improve`: some orders that want the same SKU are released and assigned anew in another sequence
//!    (large neighborhood search: Shaw: Using constraint programming and local search methods to solve
//!    vehicle routing problems, 1998); what is better is kept.
//! 5. `exact`: all combinations of the orders' plans are searched with the prices' bound, for waves of up
//!    to 12 orders with up to 3,000 plans each, as far as 300,000 steps go.
//!
//! # How good it is
//! One order alone is solved to the optimum by the greedy step, and waves that the last step gets through
//! are too. Larger waves have a gap between cost and bound, of which a part is the bound's own: prices
//! cannot tell that a parcel is not shipped by half.
//!
//! The answer is never worse than the greedy one, and [`Assignment::lower_bound`] tells how good it is.

mod check;
mod dual;
mod exact;
mod greedy;
mod improve;
mod local;
mod prices;
mod state;

pub use check::{Mistake, check};

/// What an order of a wave wants of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    /// Index of the SKU in the wave's stock; an order names a SKU once.
    pub sku: usize,
    /// How many units.
    pub quantity: u32,
    /// What each unit costs that no location ships, in minor units.
    pub unfilled_cost: u32,
}

/// How a location can ship to an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// Index of the location in the wave's stock; an order has one route from each at most, and none
    /// from a location that may not ship to it.
    pub location: usize,
    /// What a parcel costs whatever is in it: base rate, distance, load, lateness.
    pub parcel_cost: u32,
    /// What a unit costs, by line; none for a line whose goods may not be shipped from there.
    pub unit_costs: Vec<Option<u32>>,
}

/// An order of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// What it wants.
    pub lines: Vec<Line>,
    /// Where it can come from: 64 routes at most.
    pub routes: Vec<Route>,
    /// What each parcel beyond the first costs in addition.
    pub split_cost: u32,
    /// The most parcels.
    pub max_parcels: u32,
}

/// How much may be tried. Equal input with equal effort gives an equal answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effort {
    /// How often prices are improved; each time, every order is solved once.
    pub price_rounds: u32,
    /// How often a group of orders is released and assigned anew, for each order of the wave.
    pub releases_per_order: u32,
    /// Where the choice of groups starts.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { price_rounds: 16, releases_per_order: 6, seed: 1 }
    }
}

/// Open orders and what they share.
#[derive(Debug, Clone, Copy)]
pub struct Wave<'a> {
    /// The orders, in the sequence in which the greedy rule serves them.
    pub orders: &'a [Order],
    /// Units by location and by SKU; all locations have as many SKUs.
    pub stock: &'a [Vec<u32>],
    /// How many more parcels each location can ship.
    pub parcels_left: &'a [u32],
    /// How much may be tried.
    pub effort: Effort,
}

/// A location's share of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Index of the location.
    pub location: usize,
    /// Units by line of the order; at least one is not zero.
    pub quantities: Vec<u32>,
}

/// Who ships what for all orders of a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The shares by order; what is in none of them stays unfilled.
    pub shares: Vec<Vec<Share>>,
    /// What it costs.
    pub cost: u64,
    /// What the greedy rule costs.
    pub greedy_cost: u64,
    /// No assignment can cost less.
    pub lower_bound: u64,
}

impl Assignment {
    /// Whether no assignment is better.
    pub const fn is_optimal(&self) -> bool {
        self.cost == self.lower_bound
    }
}

/// What does not fit together in a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Stock or capacity does not have the same locations and SKUs throughout.
    #[error("the stock or capacity of location {location} is missing or has another length")]
    Stock {
        /// Index of the location.
        location: usize,
    },
    /// A line names a SKU that the stock does not have, or that another line of the order names.
    #[error("line {line} of order {order} names an unknown or repeated SKU")]
    Line {
        /// Index of the order.
        order: usize,
        /// Index of the line.
        line: usize,
    },
    /// A route names a location that there is none of or that another route of the order names, has not
    /// one cost for each line, or is one too many.
    #[error("route {route} of order {order} does not fit the order")]
    Route {
        /// Index of the order.
        order: usize,
        /// Index of the route.
        route: usize,
    },
    /// Quantities or costs are so large that their sums would not be exact.
    #[error("the numbers of order {order} are too large")]
    TooLarge {
        /// Index of the order.
        order: usize,
    },
    /// The assignment found breaks a rule: a mistake in the search, caught before anybody acts on it.
    #[error("the assignment found breaks a rule")]
    Refuted(#[source] Mistake),
}

/// Assigns all orders of a wave.
///
/// # Errors
/// If the wave does not fit together; the error names the order or location.
pub fn source(wave: &Wave<'_>) -> Result<Assignment, Error> {
    validate(wave)?;
    let mut greedy = state::State::new(wave);
    greedy::fill(&mut greedy);
    let greedy_cost = greedy.cost();

    let mut best = greedy;
    let priced = prices::relax(&mut best, wave.effort.price_rounds);
    let mut lower_bound = priced.bound;
    if best.cost() > lower_bound {
        improve::improve(&mut best, &priced, wave.effort);
    }
    if best.cost() > lower_bound && exact::search(&mut best, &priced) {
        lower_bound = best.cost();
    }
    let assignment =
        Assignment { shares: best.shares(), cost: best.cost(), greedy_cost, lower_bound };
    check(wave, &assignment).map_err(Error::Refuted)?;
    Ok(assignment)
}

/// Routes of an order are the bits of a word.
const MAX_ROUTES: usize = 64;
/// Sums of one order's costs stay below this, so that sums over a wave and its prices are exact.
const MAX_ORDER_COST: u64 = 1 << 32;

fn validate(wave: &Wave<'_>) -> Result<(), Error> {
    let skus = wave.stock.first().map_or(0, Vec::len);
    let uneven = wave.stock.iter().position(|stock| stock.len() != skus);
    if let Some(location) = uneven {
        return Err(Error::Stock { location });
    }
    if wave.parcels_left.len() != wave.stock.len() {
        return Err(Error::Stock { location: wave.parcels_left.len().min(wave.stock.len()) });
    }
    for (order, wanted) in wave.orders.iter().enumerate() {
        for (line, Line { sku, .. }) in wanted.lines.iter().enumerate() {
            let is_repeated = wanted.lines[..line].iter().any(|other| other.sku == *sku);
            if *sku >= skus || is_repeated {
                return Err(Error::Line { order, line });
            }
        }
        for (route, Route { location, unit_costs, .. }) in wanted.routes.iter().enumerate() {
            let is_repeated =
                wanted.routes[..route].iter().any(|other| other.location == *location);
            let fits = *location < wave.stock.len() && unit_costs.len() == wanted.lines.len();
            if !fits || is_repeated || route >= MAX_ROUTES {
                return Err(Error::Route { order, route });
            }
        }
        if most(wanted) >= u128::from(MAX_ORDER_COST) {
            return Err(Error::TooLarge { order });
        }
    }
    Ok(())
}

/// More than an order can cost in any way.
fn most(order: &Order) -> u128 {
    let unit = |at: usize, line: &Line| {
        let costs = order.routes.iter().filter_map(|route| route.unit_costs[at]);
        u128::from(line.quantity) * u128::from(costs.fold(line.unfilled_cost, u32::max))
    };
    let units: u128 = order.lines.iter().enumerate().map(|(at, line)| unit(at, line)).sum();
    let parcel = |route: &Route| u128::from(route.parcel_cost) + u128::from(order.split_cost);
    units + order.routes.iter().map(parcel).sum::<u128>()
}
