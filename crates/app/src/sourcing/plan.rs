//! Choosing locations for many orders at once.
//!
//! Each order is decided alone first, exactly and explained. Where together they want more of a piece than
//! a location has, or more parcels than it can take, all of them are planned again as one wave, so that
//! what is scarce goes where it saves the most.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ordermill_base::{Quantity, Timestamp};
use ordermill_domain::apart::{Goods, Pair, groups, parted_by};
use ordermill_domain::fulfillment::PlannedLine;
use ordermill_domain::ids::{LocationId, RuleTableId, SkuId};
use ordermill_domain::sourcing::Ruling;
use ordermill_optimize::sourcing::{self as optimize, Aim, Decision, NoPlan, Supply, decide, wave};

use super::place::{Candidate, Places};
use super::settings::SourcingSettings;
use super::turns::claimed_by;
use crate::rule_table::Ruled;
use crate::rule_table::tried::Side;

/// What is to be shipped of an order.
#[derive(Debug, Clone)]
pub(super) struct Want {
    /// Country and province.
    pub(super) region: String,
    /// When work on it may begin.
    pub(super) ready_at: Timestamp,
    /// Pieces by line.
    pub(super) lines: Vec<(u16, SkuId, i64)>,
    /// Where how many of its pieces are claimed now.
    pub(super) claimed: BTreeMap<(LocationId, SkuId), i64>,
    /// Locations that have given it back and are not asked again.
    pub(super) excluded: BTreeSet<LocationId>,
    /// Locations that did not have the pieces and have got some since.
    pub(super) restocked: BTreeSet<LocationId>,
    /// Chosen by a person; the rules are not asked.
    pub(super) only: Option<LocationId>,
    /// Goes before others, to the nearest location that has it.
    pub(super) is_urgent: bool,
    /// What the rules say, unless a person has chosen.
    pub(super) ruling: Ruling,
    /// Those that said it.
    pub(super) ruled: Option<Ruled>,
}

impl Want {
    /// What the rules say about it, and which of them.
    pub(super) fn ruled_by(&mut self, (ruling, ruled): (Ruling, Option<Ruled>)) {
        self.is_urgent |= ruling.is_urgent;
        (self.ruling, self.ruled) = (ruling, ruled);
    }
}

/// One location's share of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) location: LocationId,
    pub(super) lines: Vec<PlannedLine>,
    pub(super) ship_by: Option<Timestamp>,
}

/// Who ships an order, and why.
pub(super) struct Chosen {
    /// What each location ships: more than one share where goods are kept apart.
    pub(super) shares: Vec<Share>,
    /// Which kinds of goods are kept apart in it.
    pub(super) apart: BTreeSet<Pair>,
    /// It goes before others.
    pub(super) is_urgent: bool,
    pub(super) reason: Reason,
    /// What the rules in force and a version on trial say of it, if one is.
    pub(super) tried: Option<(RuleTableId, (Side, Side))>,
}

/// How the choice came about.
pub(super) struct Reason {
    /// The locations that were looked at.
    pub(super) candidates: Vec<LocationId>,
    /// Those of them that had not had the pieces before.
    pub(super) asked_again: Vec<LocationId>,
    /// What was found for the order alone.
    pub(super) alone: Result<Decision, NoPlan>,
    /// The limits of work on a day had to be left out to find any.
    pub(super) is_over_capacity: bool,
    /// How the wave came out that it was planned in, if it was.
    pub(super) wave: Option<Wave>,
    /// The rules that had a say.
    pub(super) ruled: Option<Ruled>,
    /// Without them some location could ship it.
    pub(super) is_by_rules: bool,
}

/// A wave of orders that were planned together.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct Wave {
    /// How many orders.
    pub orders: usize,
    /// What all of them cost, minor units.
    pub cost_minor: u64,
    /// What they would cost if each took what is best for it, one after another.
    pub one_by_one_minor: u64,
    /// No plan can cost less.
    pub bound_minor: u64,
}

/// An order in the optimizer's terms: its SKUs, each once.
struct Task<'w> {
    want: &'w Want,
    skus: Vec<(SkuId, i64)>,
    lines: Vec<optimize::Line>,
    candidates: Vec<Candidate>,
    rule: optimize::Rule,
    alone: Result<Decision, NoPlan>,
    is_over_capacity: bool,
    is_by_rules: bool,
}

/// Chooses for each order; one that nobody can ship comes back without shares. `available` says what may
/// be sold of a SKU at a location beside what is claimed.
pub(super) fn choose_together(
    places: &Places<'_>,
    settings: &SourcingSettings,
    wants: &[Want],
    available: &dyn Fn(LocationId, SkuId) -> i64,
) -> Vec<Chosen> {
    let claimed = claimed_by(wants);
    // Two orders may change places: what one of them claims is there for all of them.
    let shared = |place: Place| {
        available(place.0, place.1) + claimed.get(&place).copied().unwrap_or_default()
    };
    let decide = |want| Task::decide(places, settings, want, &shared);
    let tasks: Vec<Task<'_>> = wants.iter().map(decide).collect();
    if !are_in_each_others_way(&tasks, &shared) {
        let alone = tasks.iter().map(Task::alone).collect();
        return hand_out(places, tasks, alone, None);
    }
    if let Some((units, wave)) = plan_together(settings, &tasks, &shared) {
        return hand_out(places, tasks, units, Some(wave));
    }
    let tasks = one_by_one(places, settings, wants, available);
    let alone = tasks.iter().map(Task::alone).collect();
    hand_out(places, tasks, alone, None)
}

/// Where an order goes if nobody is in its way, without being sent there; nowhere if no location can ship
/// it. `there_is` says what may be taken of a SKU at a location, with what it claims itself.
pub(super) fn alone(
    places: &Places<'_>,
    settings: &SourcingSettings,
    want: &Want,
    there_is: &dyn Fn((LocationId, SkuId)) -> i64,
) -> BTreeSet<LocationId> {
    let task = Task::decide(places, settings, want, there_is);
    task.alone().into_iter().map(|(at, _)| task.candidates[at].location).collect()
}

/// A SKU at a location.
type Place = (LocationId, SkuId);

/// Decides one order after another, each from what it claims itself and what the ones before it left.
fn one_by_one<'w>(
    places: &Places<'_>,
    settings: &SourcingSettings,
    wants: &'w [Want],
    available: &dyn Fn(LocationId, SkuId) -> i64,
) -> Vec<Task<'w>> {
    let mut taken: HashMap<Place, i64> = HashMap::new();
    let mut tasks = Vec::with_capacity(wants.len());
    for want in wants {
        let claim = |place: &Place| want.claimed.get(place).copied().unwrap_or_default();
        let left = |place: Place| {
            let taken = taken.get(&place).copied().unwrap_or_default();
            available(place.0, place.1) - taken + claim(&place)
        };
        let task = Task::decide(places, settings, want, &left);
        for (place, pieces) in task.pieces() {
            *taken.entry(place).or_default() += (pieces - claim(&place)).max(0);
        }
        tasks.push(task);
    }
    tasks
}

fn hand_out(
    places: &Places<'_>,
    tasks: Vec<Task<'_>>,
    units: Units,
    wave: Option<Wave>,
) -> Vec<Chosen> {
    let chosen = tasks.into_iter().zip(units).map(|(task, units)| {
        let (shares, apart) = keep_apart(places, task.shares(places, &units));
        let candidates: Vec<LocationId> = task.candidates.iter().map(|it| it.location).collect();
        let mut asked_again = candidates.clone();
        asked_again.retain(|location| task.want.restocked.contains(location));
        let (alone, is_over_capacity) = (task.alone, task.is_over_capacity);
        let (is_urgent, ruled) = (task.want.is_urgent, task.want.ruled.clone());
        let is_by_rules = task.is_by_rules;
        let reason =
            Reason { candidates, asked_again, alone, is_over_capacity, wave, ruled, is_by_rules };
        Chosen { shares, apart, is_urgent, reason, tried: None }
    });
    chosen.collect()
}

/// Divides shares in which goods lie that may not travel together, whoever chose the location. What a
/// further parcel costs is the same everywhere, so it does not matter for the choice.
fn keep_apart(places: &Places<'_>, shares: Vec<Share>) -> (Vec<Share>, BTreeSet<Pair>) {
    let (mut divided, mut apart) = (Vec::with_capacity(shares.len()), BTreeSet::new());
    for share in shares {
        let goods: Vec<Goods<'_>> = share.lines.iter().map(|line| places.goods(line.sku)).collect();
        let groups = groups(&goods, places.apart());
        if groups.len() < 2 {
            divided.push(share);
            continue;
        }
        let pairs = goods.iter().flat_map(|a| goods.iter().map(move |b| (*a, *b)));
        apart.extend(pairs.filter_map(|(a, b)| parted_by(places.apart(), a, b)).cloned());
        for group in groups {
            let lines = group.into_iter().map(|at| share.lines[at]).collect();
            divided.push(Share { lines, ..share });
        }
    }
    (divided, apart)
}

impl<'w> Task<'w> {
    fn decide(
        places: &Places<'_>,
        settings: &SourcingSettings,
        want: &'w Want,
        there_is: &dyn Fn(Place) -> i64,
    ) -> Self {
        let mut skus: BTreeMap<SkuId, i64> = BTreeMap::new();
        want.lines.iter().for_each(|(_, sku, pieces)| *skus.entry(*sku).or_default() += pieces);
        let skus: Vec<(SkuId, i64)> = skus.into_iter().collect();
        let line = |&(sku, pieces): &(SkuId, i64)| optimize::Line {
            quantity: u32::try_from(pieces).unwrap_or(u32::MAX),
            unit_grams: places.unit_grams(sku),
        };
        let lines: Vec<optimize::Line> = skus.iter().map(line).collect();
        let mut candidates = places.candidates(want);
        for candidate in &mut candidates {
            let dearer = want.ruling.dearer.get(&candidate.location).copied().unwrap_or_default();
            candidate.terms.parcel_cost = candidate.terms.parcel_cost.saturating_add(dearer);
            let supply = |&(sku, _): &(SkuId, i64)| {
                let there = there_is((candidate.location, sku));
                Supply {
                    available: u32::try_from(there).unwrap_or_default(),
                    is_allowed: want.only.is_some() || places.may_ship(candidate, sku),
                    unit_cost: 0,
                }
            };
            candidate.terms.supplies = skus.iter().map(supply).collect();
            if want.only.is_some() {
                candidate.terms.is_in_coverage = true;
                candidate.terms.parcels_left = u32::MAX;
            }
        }
        let is_whole = want.ruling.is_whole;
        let rule = optimize::Rule {
            split: if is_whole { optimize::Split::Never } else { settings.split() },
            max_parcels: if is_whole { 1 } else { settings.parcels_max },
            max_lateness_hours: u32::MAX,
            aim: if want.is_urgent { Aim::Nearest } else { Aim::Cheapest },
            weights: settings.weights(&want.ruling.weights),
        };
        let mut is_over_capacity = false;
        let terms = |candidates: &[Candidate]| -> Vec<optimize::Location> {
            candidates.iter().map(|it| it.terms.clone()).collect()
        };
        let mut alone = decide(&lines, &terms(&candidates), &rule);
        let is_full = candidates.iter().any(|it| it.terms.parcels_left == 0);
        if alone.is_err() && is_full {
            // Late is better than never: the location has more work than it can do soon.
            candidates.iter_mut().for_each(|it| it.terms.parcels_left = u32::MAX);
            alone = decide(&lines, &terms(&candidates), &rule);
            is_over_capacity = alone.is_ok();
        }
        let is_by_rules = alone.is_err() && want.ruled.is_some() && {
            let unruled = Want { ruling: Ruling::default(), ruled: None, ..want.clone() };
            Task::decide(places, settings, &unruled, there_is).alone.is_ok()
        };
        Self { want, skus, lines, candidates, rule, alone, is_over_capacity, is_by_rules }
    }

    /// What the order takes if nobody is in its way: (candidate, pieces by SKU).
    fn alone(&self) -> Vec<(usize, Vec<u32>)> {
        let Ok(decision) = &self.alone else { return Vec::new() };
        let shares = decision.chosen.shares.iter();
        shares.map(|share| (share.location, share.quantities.clone())).collect()
    }

    /// What it takes where, if nobody is in its way.
    fn pieces(&self) -> Vec<(Place, i64)> {
        let mut pieces = Vec::new();
        for (at, units) in self.alone() {
            let location = self.candidates[at].location;
            let of_each = self.skus.iter().zip(units);
            pieces.extend(of_each.map(|((sku, _), units)| ((location, *sku), i64::from(units))));
        }
        pieces
    }

    /// The pieces of each location, handed out to the lines of the order: of a SKU in several lines,
    /// earlier lines are served first.
    fn shares(&self, places: &Places<'_>, shares: &[(usize, Vec<u32>)]) -> Vec<Share> {
        let mut left = self.want.lines.clone();
        let of_each = shares.iter().map(|(at, units)| {
            let mut units: HashMap<SkuId, i64> = self
                .skus
                .iter()
                .map(|(sku, _)| *sku)
                .zip(units.iter().copied().map(i64::from))
                .collect();
            let mut lines = Vec::new();
            for (line_no, sku, open) in &mut left {
                let units = units.entry(*sku).or_default();
                let taken = (*open).min(*units);
                if let Ok(quantity) = Quantity::new(taken) {
                    lines.push(PlannedLine { line_no: *line_no, sku: *sku, quantity });
                    *open -= taken;
                    *units -= taken;
                }
            }
            let candidate = &self.candidates[*at];
            Share { location: candidate.location, lines, ship_by: places.ship_by(candidate) }
        });
        of_each.collect()
    }
}

/// Whether the orders' best plans together want more of anything than there is.
fn are_in_each_others_way(tasks: &[Task<'_>], there_is: &dyn Fn(Place) -> i64) -> bool {
    let mut wanted: HashMap<Place, i64> = HashMap::new();
    let mut parcels: HashMap<LocationId, (u32, u32)> = HashMap::new();
    for task in tasks {
        for (at, _) in task.alone() {
            let candidate = &task.candidates[at];
            parcels.entry(candidate.location).or_insert((0, candidate.terms.parcels_left)).0 += 1;
        }
        for (place, pieces) in task.pieces() {
            *wanted.entry(place).or_default() += pieces;
        }
        // What nobody can ship stays claimed where it is.
        let stays = task.alone.is_err().then_some(&task.want.claimed);
        for (place, pieces) in stays.into_iter().flatten() {
            *wanted.entry(*place).or_default() += pieces;
        }
    }
    parcels.values().any(|(sent, left)| sent > left)
        || wanted.iter().any(|(&place, &pieces)| pieces > there_is(place))
}

/// By order: (candidate, pieces by SKU).
type Units = Vec<Vec<(usize, Vec<u32>)>>;

/// What a piece costs that nobody ships: more than any way to ship it, so that everything is shipped that
/// can be.
const UNFILLED_MINOR: u32 = 100_000_000;

/// Plans all orders as one wave; none if they do not fit together into one, or some would stay behind.
fn plan_together(
    settings: &SourcingSettings,
    tasks: &[Task<'_>],
    there_is: &dyn Fn(Place) -> i64,
) -> Option<(Units, Wave)> {
    if tasks.iter().any(|task| task.want.only.is_some() || task.want.is_urgent) {
        return None;
    }
    let locations: BTreeSet<LocationId> =
        tasks.iter().flat_map(|task| task.candidates.iter().map(|it| it.location)).collect();
    let skus: BTreeSet<SkuId> =
        tasks.iter().flat_map(|task| task.skus.iter().map(|(sku, _)| *sku)).collect();
    let (locations, skus): (Vec<_>, Vec<_>) =
        (locations.into_iter().collect(), skus.into_iter().collect());
    let stock_of = |location: &LocationId| -> Vec<u32> {
        let pieces = skus.iter().map(|sku| there_is((*location, *sku)));
        pieces.map(|pieces| u32::try_from(pieces).unwrap_or_default()).collect()
    };
    let stock: Vec<Vec<u32>> = locations.iter().map(stock_of).collect();
    let mut parcels_left = vec![u32::MAX; locations.len()];
    for candidate in tasks.iter().flat_map(|task| &task.candidates) {
        let at = locations.binary_search(&candidate.location).ok()?;
        parcels_left[at] = parcels_left[at].min(candidate.terms.parcels_left);
    }
    let orders: Vec<wave::Order> =
        tasks.iter().map(|task| task.in_wave(settings, &locations, &skus)).collect();
    let effort = wave::Effort::default();
    let wave = wave::Wave { orders: &orders, stock: &stock, parcels_left: &parcels_left, effort };
    let found = wave::source(&wave).ok()?;
    let mut units = Vec::with_capacity(tasks.len());
    for (task, shares) in tasks.iter().zip(&found.shares) {
        let mut of_task = Vec::with_capacity(shares.len());
        for share in shares {
            let location = locations[share.location];
            let at = task.candidates.iter().position(|it| it.location == location)?;
            of_task.push((at, share.quantities.clone()));
        }
        let shipped = |sku: usize| of_task.iter().map(|(_, units)| units[sku]).sum::<u32>();
        if (0..task.lines.len()).any(|sku| shipped(sku) < task.lines[sku].quantity) {
            return None;
        }
        units.push(of_task);
    }
    let wave = Wave {
        orders: tasks.len(),
        cost_minor: found.cost,
        one_by_one_minor: found.greedy_cost,
        bound_minor: found.lower_bound,
    };
    Some((units, wave))
}

impl Task<'_> {
    /// The order as part of a wave: weight costs by the piece there, in proportion to a further step.
    fn in_wave(
        &self,
        settings: &SourcingSettings,
        locations: &[LocationId],
        skus: &[SkuId],
    ) -> wave::Order {
        let (freight, weights) = (settings.freight(), self.rule.weights);
        let sku_at = |sku: &SkuId| skus.binary_search(sku).unwrap_or_default();
        let lines = self.skus.iter().zip(&self.lines).map(|((sku, _), line)| wave::Line {
            sku: sku_at(sku),
            quantity: line.quantity,
            unfilled_cost: UNFILLED_MINOR,
        });
        let by_weight = |grams: u32| match freight.step_grams {
            0 => 0,
            step => (u64::from(grams) * u64::from(freight.step_cost) / u64::from(step))
                .try_into()
                .unwrap_or(u32::MAX),
        };
        let is_candidate = |it: &&Candidate| it.terms.is_in_coverage && it.terms.parcels_left > 0;
        let routes = self.candidates.iter().filter(is_candidate).map(|candidate| {
            let terms = &candidate.terms;
            let parts =
                optimize::CostParts::of(&self.lines, terms, &vec![0; self.lines.len()], &weights);
            let unit = |(line, supply): (&optimize::Line, &Supply)| {
                supply.is_allowed.then(|| by_weight(line.unit_grams))
            };
            wave::Route {
                location: locations.binary_search(&candidate.location).unwrap_or_default(),
                parcel_cost: u32::try_from(parts.total()).unwrap_or(u32::MAX),
                unit_costs: self.lines.iter().zip(&terms.supplies).map(unit).collect(),
            }
        });
        wave::Order {
            lines: lines.collect(),
            routes: routes.collect(),
            split_cost: weights.split,
            max_parcels: self.rule.max_parcels,
        }
    }
}
