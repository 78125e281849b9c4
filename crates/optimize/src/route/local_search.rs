//! Good tours on floors with too many blocks for the exact sweep.
//!
//! A tour is an order of stops; between two of them the picker takes the shortest way. 2-opt turns a
//! stretch around, Or-opt moves up to three stops elsewhere, both looking only at the nearest stops of
//! one end (Johnson & McGeoch 1997). A local optimum is shaken by exchanging two neighboring short
//! stretches, a double bridge, and repaired where it was shaken; the better tour stays. How long it goes
//! on is a count of shakes and not a time, so that the same picks always have the same tour.

use ordermill_base::Random;

/// How often a tour is shaken, for each of its stops.
const SHAKES_PER_STOP: usize = 100;
/// Over how many stops a shake reaches at most.
const REACH: usize = 30;
/// How many neighbors of a stop are looked at.
const NEIGHBORS: usize = 10;

/// How far it is between any two stops; number 0 is the depot.
#[derive(Debug)]
pub(super) struct Distances {
    count: usize,
    lengths: Vec<u64>,
}

impl Distances {
    pub(super) fn new(count: usize, between: impl Fn(usize, usize) -> u64) -> Self {
        let pairs = (0..count).flat_map(|a| (0..count).map(move |b| (a, b)));
        Self { count, lengths: pairs.map(|(a, b)| between(a, b)).collect() }
    }

    fn between(&self, a: usize, b: usize) -> u64 {
        self.lengths[a * self.count + b]
    }

    /// The length of the closed tour in this order.
    pub(super) fn length(&self, order: &[usize]) -> u64 {
        let next = order.iter().cycle().skip(1);
        order.iter().zip(next).map(|(a, b)| self.between(*a, *b)).sum()
    }

    fn nearest(&self, stop: usize) -> Vec<usize> {
        let mut others: Vec<usize> = (0..self.count).filter(|other| *other != stop).collect();
        others.sort_by_key(|other| (self.between(stop, *other), *other));
        others.truncate(NEIGHBORS);
        others
    }

    /// Always on to the nearest stop that is left.
    pub(super) fn nearest_neighbor(&self) -> Vec<usize> {
        let mut order = vec![0];
        let mut left: Vec<usize> = (1..self.count).collect();
        let mut here = 0;
        while let Some((at, next)) =
            left.iter().copied().enumerate().min_by_key(|(_, next)| self.between(here, *next))
        {
            left.swap_remove(at);
            order.push(next);
            here = next;
        }
        order
    }
}

/// An order that is no longer than the shortest of these, and locally optimal.
pub(super) fn improve(distances: &Distances, starts: Vec<Vec<usize>>) -> Vec<usize> {
    let Some(start) = starts.into_iter().min_by_key(|order| distances.length(order)) else {
        return (0..distances.count).collect();
    };
    let mut search = Search::new(distances, start);
    search.settle((0..distances.count).collect());
    if distances.count < 8 {
        return search.order;
    }
    let mut random = Random::from_seed(0);
    let mut length = distances.length(&search.order);
    let mut best = search.order.clone();
    for _ in 0..SHAKES_PER_STOP * distances.count {
        let shaken = search.shake(&mut random);
        search.settle(shaken);
        let found = distances.length(&search.order);
        if found <= length {
            length = found;
            best.clone_from(&search.order);
        } else {
            search.restore(&best);
        }
    }
    best
}

struct Search<'a> {
    distances: &'a Distances,
    near: Vec<Vec<usize>>,
    order: Vec<usize>,
    /// Where in the order each stop is.
    at: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(distances: &'a Distances, order: Vec<usize>) -> Self {
        let near = (0..distances.count).map(|stop| distances.nearest(stop)).collect();
        let mut search = Self { distances, near, at: vec![0; order.len()], order };
        search.number(0, search.order.len());
        search
    }

    fn restore(&mut self, order: &[usize]) {
        self.order.copy_from_slice(order);
        self.number(0, order.len());
    }

    /// Notes where the stops of a stretch are.
    fn number(&mut self, from: usize, to: usize) {
        for at in from..to {
            self.at[self.order[at]] = at;
        }
    }

    fn next(&self, stop: usize) -> usize {
        let at = self.at[stop] + 1;
        self.order[if at == self.order.len() { 0 } else { at }]
    }

    fn previous(&self, stop: usize) -> usize {
        let at = self.at[stop];
        self.order[if at == 0 { self.order.len() - 1 } else { at - 1 }]
    }

    /// Improves around these stops until nothing there can be improved.
    fn settle(&mut self, mut waiting: Vec<usize>) {
        let mut is_waiting = vec![false; self.order.len()];
        waiting.iter().for_each(|stop| is_waiting[*stop] = true);
        while let Some(stop) = waiting.pop() {
            is_waiting[stop] = false;
            while let Some(touched) = self.turn_around(stop).or_else(|| self.move_away(stop)) {
                for other in touched {
                    if !std::mem::replace(&mut is_waiting[other], true) {
                        waiting.push(other);
                    }
                }
            }
        }
    }

    /// 2-opt: joins the stop to a near one and turns around what is between.
    fn turn_around(&mut self, stop: usize) -> Option<[usize; 4]> {
        let far = self.distances;
        for is_forward in [true, false] {
            let step = |of| if is_forward { self.next(of) } else { self.previous(of) };
            let after = step(stop);
            let left = far.between(stop, after);
            for near in &self.near[stop] {
                let gained = far.between(stop, *near);
                if gained >= left {
                    break;
                }
                let near_after = step(*near);
                let before_cost = left + far.between(*near, near_after);
                if gained + far.between(after, near_after) < before_cost {
                    let touched = [stop, after, *near, near_after];
                    let (low, high) = {
                        let (a, b) = (self.at[stop], self.at[*near]);
                        (a.min(b), a.max(b))
                    };
                    let (low, high) = if is_forward { (low + 1, high) } else { (low, high - 1) };
                    self.order[low..=high].reverse();
                    self.number(low, high + 1);
                    return Some(touched);
                }
            }
        }
        None
    }

    /// Or-opt: moves a stretch of up to three stops that ends here next to a near stop.
    fn move_away(&mut self, stop: usize) -> Option<[usize; 4]> {
        let far = self.distances;
        let count = self.order.len();
        for is_forward in [true, false] {
            let mut other_end = stop;
            for length in 1..=3.min(count.saturating_sub(3)) {
                if length > 1 {
                    other_end =
                        if is_forward { self.next(other_end) } else { self.previous(other_end) };
                }
                let (first, last) = if is_forward { (stop, other_end) } else { (other_end, stop) };
                let (before, behind) = (self.previous(first), self.next(last));
                let removed = far.between(before, first) + far.between(last, behind);
                let Some(gain) = removed.checked_sub(far.between(before, behind)) else { continue };
                for near in &self.near[stop] {
                    let near = *near;
                    if far.between(stop, near) >= gain {
                        break;
                    }
                    let from_first = (self.at[near] + count - self.at[first]) % count;
                    if from_first < length {
                        continue;
                    }
                    for neighbor in [self.next(near), self.previous(near)] {
                        let is_in_stretch =
                            (self.at[neighbor] + count - self.at[first]) % count < length;
                        if is_in_stretch {
                            continue;
                        }
                        let cost = far.between(stop, near) + far.between(other_end, neighbor);
                        if cost < gain + far.between(near, neighbor) {
                            self.carry(first, length, near, neighbor, stop);
                            return Some([before, behind, near, neighbor]);
                        }
                    }
                }
            }
        }
        None
    }

    /// Moves the stretch from `first` between two neighbors, so that `stop`, one of its ends, comes next
    /// to `near`.
    fn carry(&mut self, first: usize, length: usize, near: usize, neighbor: usize, stop: usize) {
        let count = self.order.len();
        self.order.rotate_left(self.at[first]);
        let mut stretch: Vec<usize> = self.order.drain(..length).collect();
        self.number(0, count - length);
        let (a, b) = (self.at[near], self.at[neighbor]);
        let near_is_before = (a + 1) % (count - length) == b;
        let behind = if near_is_before { a + 1 } else { b + 1 };
        if near_is_before == (stretch.first() != Some(&stop)) {
            stretch.reverse();
        }
        self.order.splice(behind..behind, stretch);
        self.number(0, count);
    }

    /// Exchanges two neighboring stretches, and tells which stops have new neighbors.
    fn shake(&mut self, random: &mut Random) -> Vec<usize> {
        let count = self.order.len();
        let reach = REACH.min(count - 1) as u64;
        let from = random.below(count as u64 - reach) as usize;
        let mut cuts = [0; 3].map(|_| from + 1 + random.below(reach) as usize);
        cuts.sort_unstable();
        let [low, middle, high] = cuts;
        self.order[low..high].rotate_left(middle - low);
        self.number(low, high);
        let ends = [low - 1, low, low + (high - middle), high];
        let mut touched: Vec<usize> = ends.iter().map(|at| self.order[at % count]).collect();
        touched.push(self.order[(low + high - middle).saturating_sub(1)]);
        touched.push(self.order[high - 1]);
        touched
    }
}
