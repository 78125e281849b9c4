//! The exact search for a split: depth first over lines and locations, with bounds.

use super::decide::{Plan, Share};
use super::{Aim, CostParts, Line, Location, Rule, Split};

/// Steps after which the search is cut short: a millisecond or so.
const STEPS: u32 = 20_000;
/// Locations that take part at most; of more, the cheapest ones do and nothing is proven.
const LOCATIONS: usize = 64;

/// The best plans, at most two, of different locations, the best first.
pub(super) struct Found {
    pub plans: Vec<Plan>,
    pub is_complete: bool,
}

/// What is made small: what the aim counts, then the cost.
type Key = (u64, u64);

/// Searches the best ways to share an order out over these locations.
pub(super) fn search(
    lines: &[Line],
    locations: &[Location],
    sharing: &[usize],
    rule: &Rule,
) -> Found {
    let mut parties: Vec<Party<'_>> = sharing
        .iter()
        .map(|&at| Party::new(lines, &locations[at], at, rule))
        .filter(|party| party.supplies.iter().any(|supply| *supply > 0))
        .collect();
    parties.sort_by_key(|party| (party.opening, party.index));
    let is_complete = parties.len() <= LOCATIONS;
    parties.truncate(LOCATIONS);

    // The line that the fewest locations have comes first: it decides the most.
    let mut sequence: Vec<usize> = (0..lines.len()).collect();
    sequence.sort_by_key(|&line| parties.iter().filter(|party| party.supplies[line] > 0).count());
    let mut search = Search {
        lines,
        rule,
        quantities: vec![vec![0; lines.len()]; parties.len()],
        grams: vec![0; parties.len()],
        cheapest: sequence.iter().map(|&line| cheapest(lines, &parties, line)).collect(),
        parties,
        sequence,
        used: 0,
        best: Vec::new(),
        steps: 0,
    };
    search.place(0, 0, (0, 0));
    Found {
        is_complete: is_complete && search.steps < STEPS,
        plans: search.best.iter().map(|best| search.plan(best)).collect(),
    }
}

/// A location in the search.
struct Party<'a> {
    index: usize,
    location: &'a Location,
    /// Units by line.
    supplies: Vec<u32>,
    /// What using it at all adds.
    opening: Key,
}

impl<'a> Party<'a> {
    fn new(lines: &[Line], location: &'a Location, index: usize, rule: &Rule) -> Self {
        let counted = match rule.aim {
            Aim::Cheapest => 0,
            Aim::FewestParcels => 1,
            Aim::Nearest => location.distance_km.into(),
        };
        let parcel = CostParts::of_any_parcel(location, &rule.weights).total();
        let supplies = lines
            .iter()
            .zip(&location.supplies)
            .map(|(line, supply)| supply.for_line(line))
            // With whole lines only, a part of one is of no use.
            .zip(lines)
            .map(|(units, line)| match rule.split {
                Split::Units => units,
                Split::Lines | Split::Never if units == line.quantity => units,
                Split::Lines | Split::Never => 0,
            })
            .collect();
        let opening = (counted, parcel + location.freight.cost(0) + u64::from(rule.weights.split));
        Self { index, location, supplies, opening }
    }
}

/// The least that a line can add: the price of its units, and the opening of a location that has some.
#[derive(Clone, Copy)]
struct Least {
    units: u64,
    opening: Key,
}

fn cheapest(lines: &[Line], parties: &[Party<'_>], line: usize) -> Least {
    let having = || parties.iter().filter(|party| party.supplies[line] > 0);
    let unit = having().map(|party| party.location.supplies[line].unit_cost).min().unwrap_or(0);
    Least {
        units: u64::from(unit) * u64::from(lines[line].quantity),
        opening: (
            having().map(|party| party.opening.0).min().unwrap_or(0),
            having().map(|party| party.opening.1).min().unwrap_or(0),
        ),
    }
}

struct Best {
    key: Key,
    used: u64,
    quantities: Vec<Vec<u32>>,
}

struct Search<'a> {
    lines: &'a [Line],
    rule: &'a Rule,
    parties: Vec<Party<'a>>,
    /// Lines in the sequence of the search.
    sequence: Vec<usize>,
    /// By position in the sequence.
    cheapest: Vec<Least>,
    /// By party and line.
    quantities: Vec<Vec<u32>>,
    grams: Vec<u64>,
    /// The parties with a share, as bits.
    used: u64,
    /// At most two, of different parties, the better first.
    best: Vec<Best>,
    steps: u32,
}

impl Search<'_> {
    /// Goes on with the line at `position`, of which the parties before `from` have got their share.
    fn place(&mut self, position: usize, from: usize, key: Key) {
        let Some(&line) = self.sequence.get(position) else {
            self.keep(key);
            return;
        };
        let placed: u32 = self.quantities.iter().map(|party| party[line]).sum();
        let rest = self.lines[line].quantity - placed;
        if rest == 0 {
            self.place(position + 1, 0, key);
            return;
        }
        self.steps += 1;
        if self.steps >= STEPS || self.is_hopeless(position, from, rest, key) {
            return;
        }
        let mut moves: Vec<(Key, usize, u32)> = Vec::new();
        for at in from..self.parties.len() {
            let most = self.parties[at].supplies[line].min(rest);
            let least = if self.rule.split == Split::Units { 1 } else { rest };
            for units in least.max(1)..=most {
                if let Some(added) = self.added(at, line, units) {
                    moves.push((added, at, units));
                }
            }
        }
        // Much for little first: whole rests before parts, then by cost.
        moves.sort_by_key(|&(added, at, units)| (rest - units, added, at));
        for (added, at, units) in moves {
            let (used, grams) = (self.used, self.grams[at]);
            self.quantities[at][line] = units;
            self.grams[at] += u64::from(units) * u64::from(self.lines[line].unit_grams);
            self.used |= 1 << at;
            self.place(position, at + 1, (key.0 + added.0, key.1 + added.1));
            self.quantities[at][line] = 0;
            self.grams[at] = grams;
            self.used = used;
        }
    }

    /// What so many units from a party add; `None` if that were a parcel too many.
    fn added(&self, at: usize, line: usize, units: u32) -> Option<Key> {
        let party = &self.parties[at];
        let grams = u64::from(units) * u64::from(self.lines[line].unit_grams);
        let freight = &party.location.freight;
        let by_weight = freight.cost(self.grams[at] + grams) - freight.cost(self.grams[at]);
        let by_unit = u64::from(party.location.supplies[line].unit_cost) * u64::from(units);
        let is_new = self.used & 1 << at == 0;
        if is_new && self.used.count_ones() >= self.rule.max_parcels {
            return None;
        }
        let opening = if is_new { party.opening } else { (0, 0) };
        Some((opening.0, opening.1 + by_weight + by_unit))
    }

    /// Whether nothing better than the second best can come of this.
    fn is_hopeless(&self, position: usize, from: usize, rest: u32, key: Key) -> bool {
        let mut bound = key;
        let mut opening: Key = (0, 0);
        let mut needs_another = false;
        for (at, &line) in self.sequence.iter().enumerate().skip(position) {
            let least = &self.cheapest[at];
            let (open, wanted) =
                if at == position { (from, rest) } else { (0, self.lines[line].quantity) };
            let quantity = u64::from(self.lines[line].quantity);
            bound.1 += least.units * u64::from(wanted) / quantity;
            if self.at_hand(line, open) < wanted {
                needs_another = true;
                opening = (opening.0.max(least.opening.0), opening.1.max(least.opening.1));
            }
        }
        if needs_another && self.used.count_ones() >= self.rule.max_parcels {
            return true;
        }
        bound = (bound.0 + opening.0, bound.1 + opening.1);
        self.best.get(1).is_some_and(|second| bound >= second.key)
    }

    /// Units of a line that parties with a share have, from this one on.
    fn at_hand(&self, line: usize, from: usize) -> u32 {
        let mut used = self.used >> from << from;
        let mut units = 0_u32;
        while used != 0 {
            let at = used.trailing_zeros() as usize;
            units = units.saturating_add(self.parties[at].supplies[line]);
            used &= used - 1;
        }
        units
    }

    /// Keeps a finished plan if it is the best or second best.
    fn keep(&mut self, key: Key) {
        let used = self.used;
        if let Some(same) = self.best.iter().position(|best| best.used == used) {
            if self.best[same].key <= key {
                return;
            }
            self.best.remove(same);
        }
        let position = self.best.partition_point(|best| best.key <= key);
        self.best.insert(position, Best { key, used, quantities: self.quantities.clone() });
        self.best.truncate(2);
    }

    fn plan(&self, best: &Best) -> Plan {
        let shares: Vec<Share> = self
            .parties
            .iter()
            .zip(&best.quantities)
            .filter(|(_, quantities)| quantities.iter().any(|units| *units > 0))
            .map(|(party, quantities)| Share {
                location: party.index,
                quantities: quantities.clone(),
                cost: CostParts::of(self.lines, party.location, quantities, &self.rule.weights),
            })
            .collect();
        let further = shares.len().saturating_sub(1) as u64;
        Plan { split_cost: further * u64::from(self.rule.weights.split), shares }
    }
}
