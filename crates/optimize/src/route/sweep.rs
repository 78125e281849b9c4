//! The dynamic program: sweeps the grid and keeps the shortest unfinished tour of each class.
//!
//! A step decides on one part of the grid: that a crossing is visited, which way to an outside depot is
//! taken, or how an edge is used. The classes before and after and the table between them are those of
//! [`Classes`]. Lines are swept in order; of each line first the crossings, then the edges on it, then
//! those to the next line, each of which gives its slot to the crossing at its far end.

use super::class::{Classes, IMPOSSIBLE, LastSlot, Table, Use};
use super::edge::{MUST, penalty};
use super::grid::{Grid, Part};

/// How the shortest tour uses the grid.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// How long it is.
    pub(super) length: u64,
    /// Every edge that is used.
    pub(super) edges: Vec<(Part, Use)>,
    /// The crossings whose way from the depot is used.
    pub(super) doors: Vec<(usize, Use)>,
}

/// A decision about one part of the grid.
#[derive(Debug, Clone, Copy)]
struct Step<'a> {
    what: Decision,
    tables: &'a [Table],
    costs: [Option<u64>; 6],
}

#[derive(Debug, Clone, Copy)]
enum Decision {
    /// Coming by a crossing or the depot.
    Visit,
    /// Leaving the last crossing of a row; there is no choice.
    Leave,
    Door {
        vertex: usize,
    },
    Edge(Part),
}

/// The shortest tour over the grid; `None` if it has more slots than can be swept.
pub(super) fn plan(grid: &Grid<'_>) -> Option<Plan> {
    let classes = classes(grid)?;
    let mut sweep = Sweep::new(classes, Some(Vec::new()));
    let mut decided = Vec::new();
    steps(grid, classes, |step| {
        decided.push(step.what);
        sweep.take(&step);
    });
    let mut plan = Plan { length: sweep.finished()?, ..Plan::default() };
    for (what, how) in decided.iter().rev().zip(sweep.trace_back()) {
        match what {
            _ if how == Use::Skip => {}
            Decision::Visit | Decision::Leave => {}
            Decision::Door { vertex } => plan.doors.push((*vertex, how)),
            Decision::Edge(edge) => plan.edges.push((*edge, how)),
        }
    }
    Some(plan)
}

/// The length of the shortest tour alone, which is quicker; `None` as in [`plan`].
pub(super) fn length(grid: &Grid<'_>) -> Option<u64> {
    let classes = classes(grid)?;
    let mut sweep = Sweep::new(classes, None);
    steps(grid, classes, |step| sweep.take(&step));
    sweep.finished()
}

fn classes(grid: &Grid<'_>) -> Option<&'static Classes> {
    if grid.has_doors() {
        Classes::of(grid.width + 1, LastSlot::Depot)
    } else {
        Classes::of(grid.width, LastSlot::Crossing)
    }
}

/// Gives out every step in order.
fn steps<'a>(grid: &Grid<'_>, classes: &'a Classes, mut take: impl FnMut(Step<'a>)) {
    const FREE: [Option<u64>; 6] = [Some(0), None, None, None, None, None];
    let is_apart = grid.has_doors();
    if is_apart {
        let costs = [None, Some(0), None, None, None, None];
        take(Step { what: Decision::Visit, tables: &classes.visit[grid.width], costs });
    }
    for line in 0..grid.lines {
        for slot in 0..grid.width {
            let stops = grid.stops(Part::Vertex { line, slot });
            if !stops.is_empty() {
                let left_out = Some(penalty(stops)).filter(|penalty| *penalty < MUST);
                let costs = [left_out, Some(0), None, None, None, None];
                take(Step { what: Decision::Visit, tables: &classes.visit[slot], costs });
            }
            let vertex = line * grid.width + slot;
            if let Some((length, _)) = grid.door(vertex) {
                let costs = [Some(0), Some(length), Some(2 * length), None, None, None];
                let what = Decision::Door { vertex };
                take(Step { what, tables: &classes.door[slot], costs });
            }
        }
        let edge = |edge, tables: &'a [Table; 6]| {
            let costs = grid.costs(edge);
            Step { what: Decision::Edge(edge), tables, costs }
        };
        for slot in 1..grid.width {
            take(edge(Part::Across { line, slot: slot - 1 }, &classes.across[slot - 1]));
        }
        for slot in 0..grid.width {
            if line + 1 < grid.lines {
                take(edge(Part::Along { line, slot }, &classes.along[slot]));
            } else {
                // Behind the last line there is nothing.
                let tables = &classes.along[slot][..1];
                take(Step { what: Decision::Leave, tables, costs: FREE });
            }
        }
    }
    if is_apart {
        let tables = &classes.along[grid.width][..1];
        take(Step { what: Decision::Leave, tables, costs: FREE });
    }
}

/// Longer than any tour.
const NONE: u64 = u64::MAX;

/// The shortest unfinished tour of each class.
struct Sweep<'a> {
    classes: &'a Classes,
    best: Vec<u64>,
    next: Vec<u64>,
    /// By step and class: the class before and the use that led here; not kept for lengths alone.
    trace: Option<Vec<(u16, u8)>>,
}

impl<'a> Sweep<'a> {
    fn new(classes: &'a Classes, trace: Option<Vec<(u16, u8)>>) -> Self {
        let mut best = vec![NONE; classes.count];
        best[0] = 0;
        Self { classes, next: best.clone(), best, trace }
    }

    fn take(&mut self, step: &Step<'_>) {
        self.next.fill(NONE);
        let count = self.classes.count;
        let trace = self.trace.as_mut().map(|trace| {
            let start = trace.len();
            trace.resize(start + count, (0, 0));
            &mut trace[start..]
        });
        let mut nothing: [(u16, u8); 0] = [];
        let trace = trace.unwrap_or(&mut nothing);
        let choices = step.tables.iter().zip(step.costs).enumerate();
        for (how, (table, cost)) in choices {
            let Some(cost) = cost else { continue };
            for (class, (so_far, after)) in self.best.iter().zip(table).enumerate() {
                if *after == IMPOSSIBLE || *so_far == NONE {
                    continue;
                }
                let after = usize::from(*after);
                let length = so_far + cost;
                if length < self.next[after] {
                    self.next[after] = length;
                    if let Some(trace) = trace.get_mut(after) {
                        *trace = (class as u16, how as u8);
                    }
                }
            }
        }
        std::mem::swap(&mut self.best, &mut self.next);
    }

    fn finished(&self) -> Option<u64> {
        self.best.get(usize::from(self.classes.finished)).copied().filter(|length| *length != NONE)
    }

    /// What was decided for the shortest finished tour, from the last step to the first.
    fn trace_back(&self) -> impl Iterator<Item = Use> {
        let mut class = usize::from(self.classes.finished);
        let steps = self.trace.iter().flat_map(|trace| trace.rchunks_exact(self.classes.count));
        steps.map(move |step| {
            let (before, how) = step[class];
            class = before.into();
            Use::ALL[usize::from(how)]
        })
    }
}
