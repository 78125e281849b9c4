//! Pick routes: the shortest walk from the depot past every pick and back.
//!
//! ```
//! use ordermill_optimize::route::{self, Depot, Layout, Position};
//!
//! // Three aisles 3 m apart, 12 m long, in millimeters; the depot is in front of the first one.
//! let depot = Depot::InAisle(Position { aisle: 0, y: 0 });
//! let layout = Layout::new(vec![0, 3_000, 6_000], vec![0, 12_000], depot)?;
//! let picks = [Position { aisle: 0, y: 11_000 }, Position { aisle: 2, y: 2_000 }];
//! let tour = route::shortest(&layout, &picks)?;
//! // Once around is shorter than into each aisle and back.
//! assert_eq!(tour.length, 2 * 12_000 + 2 * 6_000);
//! assert!(tour.is_optimal);
//! # Ok::<(), route::LayoutError>(())
//! ```
//!
//! # How the shortest tour is found
//!
//! A tour walks edges of a grid: pieces of aisle and of cross-aisle between two crossings. It is enough
//! to know *how often* each edge is walked. If every crossing has an even number of walks at it, and all
//! is in one piece, then there is a closed walk with just these (Euler), and no shortest tour needs any
//! edge more than twice. A piece of aisle with picks is walked through, or entered from one end or both
//! up to the largest gap between two picks; a piece without is walked once, twice or not at all.
//!
//! Ratliff & Rosenthal (1983) saw that such a tour can be built aisle by aisle, and that of what is built
//! little matters for the rest: at the newest crossing of each cross-aisle, whether an odd or an even
//! number of walks has come there, and which of these crossings are connected already. That is an
//! equivalence class (`class.rs`); of each only the shortest unfinished tour is kept (`sweep.rs`). With two
//! cross-aisles there are 7 classes, so that the work grows with the number of aisles and nothing else.
//! Roodbergen & de Koster (2001) did the same with three cross-aisles and 25 classes. Here the classes are
//! derived and not listed, so that the same sweep is exact for up to seven cross-aisles, or seven
//! aisles and any number of cross-aisles, since a floor can be swept in either direction (`grid.rs`).
//!
//! On larger floors a local search over the order of the picks takes over (`local_search.rs`).
//!
//! # Sources
//!
//! * H. D. Ratliff, A. S. Rosenthal: Order-picking in a rectangular warehouse: a solvable case of the
//!   traveling salesman problem. Operations Research 31 (1983).
//! * K. J. Roodbergen, R. de Koster: Routing order pickers in a warehouse with a middle aisle. European
//!   Journal of Operational Research 133 (2001); and: Routing methods for warehouses with multiple cross
//!   aisles. International Journal of Production Research 39 (2001).
//! * L. Pansart, N. Catusse, H. Cambazard: Exact algorithms for the order picking problem. Computers &
//!   Operations Research 100 (2018).
//! * R. W. Hall: Distance approximations for routing manual pickers in a warehouse. IIE Transactions 25
//!   (1993).

mod baseline;
mod circuit;
mod class;
mod edge;
mod exact;
mod grid;
mod layout;
mod local_search;
mod scattered;
mod sweep;
mod tour;
mod walk;

pub use layout::{Crossing, Depot, Door, Layout, LayoutError, Position};
pub use scattered::{Demand, ScatteredError, ScatteredTour, Stock, Take, shortest_scattered};
pub use tour::{Tour, Waypoint};

use local_search::Distances;

/// The shortest tour past all picks. Where both more than six blocks and more than seven aisles lie
/// between the outermost picks (one less of each if the depot stands apart), it is a good tour without
/// a proof; [`Tour::is_optimal`] tells.
///
/// # Errors
/// If a pick is not on the floor.
pub fn shortest(layout: &Layout, picks: &[Position]) -> Result<Tour, LayoutError> {
    layout.check(picks)?;
    Ok(exact::tour(layout, picks).unwrap_or_else(|| searched(layout, picks)))
}

/// The length of [`shortest`], for who compares many.
///
/// # Errors
/// If a pick is not on the floor.
pub fn shortest_length(layout: &Layout, picks: &[Position]) -> Result<u64, LayoutError> {
    layout.check(picks)?;
    Ok(exact::length(layout, picks).unwrap_or_else(|| searched(layout, picks).length))
}

/// The tour by the S-shape rule: every aisle with picks is walked through, up and down in turn.
///
/// # Errors
/// If a pick is not on the floor.
pub fn s_shape(layout: &Layout, picks: &[Position]) -> Result<Tour, LayoutError> {
    layout.check(picks)?;
    Ok(baseline::s_shape(layout, picks))
}

/// The tour by the largest-gap rule: aisles are entered from both ends up to their largest gap.
///
/// # Errors
/// If a pick is not on the floor.
pub fn largest_gap(layout: &Layout, picks: &[Position]) -> Result<Tour, LayoutError> {
    layout.check(picks)?;
    Ok(baseline::largest_gap(layout, picks))
}

/// A good tour without a proof; never longer than those of the two rules.
fn searched(layout: &Layout, picks: &[Position]) -> Tour {
    let place = |stop: usize| match stop.checked_sub(1) {
        Some(pick) => layout.position(picks[pick]),
        None => layout.depot_place(),
    };
    let distances = Distances::new(picks.len() + 1, |a, b| layout.distance(place(a), place(b)));
    let order = |tour: Tour| [0].into_iter().chain(tour.picks().map(|pick| pick + 1)).collect();
    let starts = vec![
        distances.nearest_neighbor(),
        order(baseline::s_shape(layout, picks)),
        order(baseline::largest_gap(layout, picks)),
    ];
    let mut best = local_search::improve(&distances, starts);
    let depot = best.iter().position(|stop| *stop == 0);
    best.rotate_left(depot.unwrap_or(0));
    let stops: Vec<Waypoint> =
        best.iter().filter_map(|stop| stop.checked_sub(1)).map(Waypoint::Pick).collect();
    layout.walk(picks, &stops)
}
