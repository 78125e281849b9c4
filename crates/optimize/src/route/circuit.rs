//! From used edges to a walk: an Euler circuit with the turns into edges put in.

use super::class::Use;
use super::edge::{End, in_order};
use super::grid::{Grid, Part};
use super::layout::{Crossing, Door};
use super::sweep::Plan;
use super::{Tour, Waypoint};

/// A walk from one crossing to another: a copy of an edge that is used from end to end.
struct Passage {
    ends: [usize; 2],
    what: What,
    is_walked: bool,
}

enum What {
    /// Along an edge of the grid, picking on the way or not.
    Edge { edge: Part, picks: bool },
    /// Between the depot and a crossing.
    Door(Door),
}

/// The walk that uses the grid as planned.
pub(super) fn tour(grid: &Grid<'_>, plan: &Plan) -> Tour {
    let vertices = grid.lines * grid.width;
    let mut passages = Vec::new();
    for (edge, how) in &plan.edges {
        let copies = if *how == Use::Twice { 2 } else { usize::from(*how == Use::Once) };
        for copy in 0..copies {
            let what = What::Edge { edge: *edge, picks: copy == 0 };
            passages.push(Passage { ends: ends(grid, *edge), what, is_walked: false });
        }
    }
    for (vertex, how) in &plan.doors {
        let Some((_, door)) = grid.door(*vertex) else { continue };
        for _ in 0..if *how == Use::Twice { 2 } else { 1 } {
            let (ends, what) = ([vertices, *vertex], What::Door(door));
            passages.push(Passage { ends, what, is_walked: false });
        }
    }
    let start = passages.first().map(|passage| passage.ends[0]);
    let start = start.unwrap_or_else(|| only_crossing(grid, plan));
    let circuit = circuit(vertices + 1, start, &mut passages);
    let mut walk = Walk {
        grid,
        tour: Tour { path: Vec::new(), length: plan.length, is_optimal: true },
        is_visited: vec![false; vertices],
        uses: vec![Use::Skip; grid.parts()],
    };
    plan.edges.iter().for_each(|(edge, how)| walk.uses[grid.number(*edge)] = *how);
    for (vertex, passage) in circuit {
        walk.visit(vertex);
        if let Some(passage) = passage {
            walk.go(&passages[passage], vertex);
        }
    }
    walk.begun_at_the_depot()
}

/// Where everything is if no passage is used: on one crossing, or in turns from it.
fn only_crossing(grid: &Grid<'_>, plan: &Plan) -> usize {
    if grid.has_doors() {
        return grid.lines * grid.width;
    }
    let turned = plan.edges.first().map(|(edge, how)| {
        let [low, high] = ends(grid, *edge);
        if *how == Use::FromHigh { high } else { low }
    });
    let is_depot = |vertex: &usize| {
        let mut stops = grid.stops(part(grid, *vertex)).iter();
        stops.any(|stop| stop.waypoint == Waypoint::Depot)
    };
    turned.or_else(|| (0..grid.lines * grid.width).find(is_depot)).unwrap_or(0)
}

fn part(grid: &Grid<'_>, vertex: usize) -> Part {
    Part::Vertex { line: vertex / grid.width, slot: vertex % grid.width }
}

fn ends(grid: &Grid<'_>, edge: Part) -> [usize; 2] {
    match edge {
        Part::Vertex { line, slot } => [line * grid.width + slot; 2],
        Part::Across { line, slot } => [line * grid.width + slot, line * grid.width + slot + 1],
        Part::Along { line, slot } => [line * grid.width + slot, (line + 1) * grid.width + slot],
    }
}

/// The crossings in an order that walks every passage once, each with the passage by which it is left
/// (Hierholzer's algorithm).
fn circuit(vertices: usize, start: usize, passages: &mut [Passage]) -> Vec<(usize, Option<usize>)> {
    let mut at = vec![Vec::new(); vertices];
    for (number, passage) in passages.iter().enumerate() {
        passage.ends.iter().for_each(|end| at[*end].push(number));
    }
    let mut stack = vec![(start, None)];
    let mut circuit = Vec::with_capacity(passages.len() + 1);
    while let Some((vertex, came_by)) = stack.last().copied() {
        match at[vertex].pop() {
            Some(number) if passages[number].is_walked => {}
            Some(number) => {
                passages[number].is_walked = true;
                let [a, b] = passages[number].ends;
                stack.push((if a == vertex { b } else { a }, Some(number)));
            }
            None => {
                // Backwards, the passage by which a crossing was reached is the one to leave it by.
                circuit.push((vertex, came_by));
                stack.pop();
            }
        }
    }
    circuit
}

/// A closed walk in the making.
struct Walk<'a> {
    grid: &'a Grid<'a>,
    tour: Tour,
    is_visited: Vec<bool>,
    uses: Vec<Use>,
}

impl Walk<'_> {
    /// Comes by a crossing or the depot; the first time, turns into the edges that end there.
    fn visit(&mut self, vertex: usize) {
        let Some(is_visited) = self.is_visited.get_mut(vertex) else {
            return self.tour.pass(Waypoint::Depot);
        };
        let crossing = Waypoint::Crossing(self.grid.crossing(vertex));
        self.tour.pass(crossing);
        if std::mem::replace(is_visited, true) {
            return;
        }
        for stop in self.grid.stops(part(self.grid, vertex)) {
            self.tour.pass(stop.waypoint);
        }
        for (edge, end) in self.grid.edges_at(vertex) {
            let turn = self.grid.turn(edge, self.uses[self.grid.number(edge)], end);
            if !turn.is_empty() {
                turn.into_iter().for_each(|waypoint| self.tour.pass(waypoint));
                self.tour.pass(crossing);
            }
        }
    }

    /// Takes a passage from this end to the other.
    fn go(&mut self, passage: &Passage, from: usize) {
        match &passage.what {
            What::Edge { picks: false, .. } => {}
            What::Edge { edge, picks: true } => {
                let end = if passage.ends[0] == from { End::Low } else { End::High };
                for waypoint in in_order(self.grid.stops(*edge), end) {
                    self.tour.pass(waypoint);
                }
            }
            What::Door(door) => {
                // The door may be outside of the grid: walk to its border and along it.
                let inside = self.grid.crossing(passage.ends[1]);
                let corner = Crossing { aisle: inside.aisle, ..door.crossing };
                let mut corners = [door.crossing, corner];
                if from == passage.ends[1] {
                    corners.reverse();
                }
                corners.into_iter().for_each(|corner| self.tour.pass(Waypoint::Crossing(corner)));
            }
        }
    }

    /// The same closed walk, begun at the depot.
    fn begun_at_the_depot(self) -> Tour {
        let mut tour = self.tour;
        let depot = tour.path.iter().position(|waypoint| *waypoint == Waypoint::Depot);
        // The circuit ends where it began.
        if tour.path.len() > 1 && tour.path.first() == tour.path.last() {
            tour.path.pop();
        }
        tour.path.rotate_left(depot.unwrap_or(0));
        tour.path.push(Waypoint::Depot);
        tour
    }
}
