//! What a single sourcing decision promises, beside all plans that there are.

use ordermill_optimize::sourcing::{
    Aim, CostParts, Freight, Impossible, Line, Location, Plan, Refusal, Rule, Split, Supply,
    Weights, decide,
};
use proptest::collection::vec;
use proptest::prelude::*;

const RULE: Rule = Rule {
    split: Split::Units,
    max_parcels: 3,
    max_lateness_hours: 24,
    aim: Aim::Cheapest,
    weights: Weights { split: 300, per_100_km: 10, full_load: 200, late_hour: 15 },
};

fn line(quantity: u32) -> Line {
    Line { quantity, unit_grams: 400 }
}

/// A location with so many units by line, so far away.
fn location(distance_km: u32, available: &[u32]) -> Location {
    let supply = |&available: &u32| Supply { available, is_allowed: true, unit_cost: 5 };
    Location {
        supplies: available.iter().map(supply).collect(),
        is_in_coverage: true,
        lateness_hours: 0,
        distance_km,
        load_permille: 500,
        parcels_left: 10,
        parcel_cost: 100,
        freight: Freight { first_grams: 1_000, first_cost: 600, step_grams: 500, step_cost: 90 },
    }
}

fn locations_of(plan: &Plan) -> Vec<usize> {
    let mut locations: Vec<usize> = plan.shares.iter().map(|share| share.location).collect();
    locations.sort_unstable();
    locations
}

#[test]
fn one_location_ships_all_if_any_can() {
    let near = |available| location(10, available);
    let locations = [near(&[3, 0]), near(&[0, 3]), location(900, &[3, 3]), location(800, &[3, 3])];
    let decision = decide(&[line(3), line(3)], &locations, &RULE).unwrap();
    assert_eq!(locations_of(&decision.chosen), [3]);
    assert_eq!(locations_of(&decision.second.unwrap()), [2]);
    assert!(decision.is_proven);
}

#[test]
fn each_part_of_the_cost_is_told() {
    let far = Location { lateness_hours: 3, ..location(150, &[2]) };
    let decision = decide(&[line(2)], &[far], &RULE).unwrap();
    let cost =
        CostParts { units: 10, parcel: 100, freight: 600, distance: 15, load: 100, lateness: 45 };
    assert_eq!(decision.verdicts[0].cost, cost);
    assert_eq!(decision.chosen.total(), cost.total());
}

#[test]
fn each_refusal_has_its_reason() {
    let mut locations = vec![location(10, &[2, 2]); 6];
    locations[0].is_in_coverage = false;
    locations[1].lateness_hours = 25;
    locations[2].parcels_left = 0;
    locations[3].supplies[1].is_allowed = false;
    locations[4].supplies[0].available = 1;
    let decision = decide(&[line(2), line(2)], &locations, &RULE).unwrap();
    let refusals: Vec<&[Refusal]> =
        decision.verdicts.iter().map(|verdict| &verdict.refusals[..]).collect();
    assert_eq!(
        refusals,
        [
            &[Refusal::OutOfCoverage][..],
            &[Refusal::TooLate { hours: 25 }],
            &[Refusal::NoCapacity],
            &[Refusal::CategoryNotAllowed { line: 1 }],
            &[Refusal::TooFew { line: 0, available: 1 }],
            &[],
        ]
    );
    assert_eq!(locations_of(&decision.chosen), [5]);
    assert_eq!(locations_of(&decision.second.unwrap()), [3, 4], "the next best is a split");
}

#[test]
fn an_urgent_order_comes_from_the_nearest_with_stock() {
    let mut locations = [location(30, &[1]), location(20, &[1]), location(10, &[0])];
    locations[1].parcel_cost = 9_000;
    let rule = Rule { aim: Aim::Nearest, ..RULE };
    assert_eq!(locations_of(&decide(&[line(1)], &locations, &rule).unwrap().chosen), [1]);
    assert_eq!(locations_of(&decide(&[line(1)], &locations, &RULE).unwrap().chosen), [0]);
}

#[test]
fn the_fewest_parcels_may_cost_more() {
    // Three near locations have a line each; two far ones have all together.
    let locations = [
        location(1, &[1, 0, 0]),
        location(1, &[0, 1, 0]),
        location(1, &[0, 0, 1]),
        location(40_000, &[1, 1, 0]),
        location(40_000, &[0, 1, 1]),
    ];
    let lines = [line(1), line(1), line(1)];
    let parcels =
        |aim| decide(&lines, &locations, &Rule { aim, ..RULE }).unwrap().chosen.shares.len();
    assert_eq!((parcels(Aim::Cheapest), parcels(Aim::FewestParcels)), (3, 2));
}

#[test]
fn a_rule_against_splits_is_kept_and_named() {
    let locations = [location(10, &[2, 0]), location(20, &[1, 2])];
    let lines = [line(3), line(2)];
    let reason = |rule: Rule| decide(&lines, &locations, &rule).map_err(|none| none.reason);
    assert_eq!(reason(RULE).unwrap().chosen.shares.len(), 2);
    let lines_only = Rule { split: Split::Lines, ..RULE };
    assert_eq!(reason(lines_only), Err(Impossible::SplitNotAllowed));
    assert_eq!(reason(Rule { split: Split::Never, ..RULE }), Err(Impossible::SplitNotAllowed));
    assert_eq!(reason(Rule { max_parcels: 1, ..RULE }), Err(Impossible::SplitNotAllowed));
}

#[test]
fn what_is_missing_everywhere_is_named() {
    let locations = [location(10, &[5, 2]), location(20, &[5, 2])];
    let none = decide(&[line(3), line(5)], &locations, &RULE).unwrap_err();
    assert_eq!(none.reason, Impossible::TooFew { line: 1, available: 4 });
    assert_eq!(none.verdicts.len(), 2);
    assert_eq!(decide(&[], &locations, &RULE).unwrap_err().reason, Impossible::Nothing);
    let misfit = Impossible::Supplies { location: 0, supplies: 2, lines: 1 };
    assert_eq!(decide(&[line(1)], &locations, &RULE).unwrap_err().reason, misfit);
}

fn any_location(lines: usize) -> impl Strategy<Value = Location> {
    let supply = (0..4_u32, prop::bool::weighted(0.9), 0..60_u32)
        .prop_map(|(available, is_allowed, unit_cost)| Supply { available, is_allowed, unit_cost });
    (
        vec(supply, lines),
        prop::bool::weighted(0.9),
        (0..30_u32, 0..2_000_u32, 0..1_000_u32),
        prop::bool::weighted(0.9),
        (0..500_u32, 0..900_u32, 0..200_u32),
    )
        .prop_map(
            |(supplies, is_in_coverage, (late, km, load), has_capacity, (parcel, first, step))| {
                Location {
                    supplies,
                    is_in_coverage,
                    lateness_hours: late,
                    distance_km: km,
                    load_permille: load,
                    parcels_left: u32::from(has_capacity),
                    parcel_cost: parcel,
                    freight: Freight {
                        first_grams: 500,
                        first_cost: first,
                        step_grams: 300,
                        step_cost: step,
                    },
                }
            },
        )
}

fn any_order() -> impl Strategy<Value = (Vec<Line>, Vec<Location>)> {
    (1..4_usize, 1..5_usize).prop_flat_map(|(lines, locations)| {
        let line = (1..4_u32, 50..900_u32)
            .prop_map(|(quantity, unit_grams)| Line { quantity, unit_grams });
        (vec(line, lines), vec(any_location(lines), locations))
    })
}

/// All plans, as units by location and line, each with what the aim counts and its cost.
fn all_plans(lines: &[Line], locations: &[Location], rule: &Rule) -> Vec<((u64, u64), Vec<usize>)> {
    let mut plans: Vec<Vec<Vec<u32>>> = vec![vec![Vec::new(); locations.len()]];
    for (at, line) in lines.iter().enumerate() {
        let mut longer = Vec::new();
        for plan in &plans {
            for shares in distributions(line.quantity, locations.len()) {
                let fits = shares.iter().zip(locations).all(|(units, location)| {
                    let supply = location.supplies[at];
                    let may_ship = location.is_in_coverage
                        && location.parcels_left > 0
                        && location.lateness_hours <= rule.max_lateness_hours
                        && supply.is_allowed;
                    *units == 0 || (may_ship && *units <= supply.available)
                });
                let is_whole = shares.contains(&line.quantity);
                if fits && (rule.split == Split::Units || is_whole) {
                    let mut plan = plan.clone();
                    plan.iter_mut().zip(shares).for_each(|(units, share)| units.push(share));
                    longer.push(plan);
                }
            }
        }
        plans = longer;
    }
    let key = |plan: &Vec<Vec<u32>>| {
        let used: Vec<usize> =
            (0..locations.len()).filter(|at| plan[*at].iter().any(|units| *units > 0)).collect();
        let cost: u64 = used
            .iter()
            .map(|at| CostParts::of(lines, &locations[*at], &plan[*at], &rule.weights).total())
            .sum();
        let counted = match rule.aim {
            Aim::Cheapest => 0,
            Aim::FewestParcels => used.len() as u64,
            Aim::Nearest => used.iter().map(|at| u64::from(locations[*at].distance_km)).sum(),
        };
        let further = used.len() as u64 - 1;
        ((counted, cost + further * u64::from(rule.weights.split)), used)
    };
    let mut plans: Vec<((u64, u64), Vec<usize>)> = plans.iter().map(key).collect();
    plans.retain(|(_, used)| used.len() <= rule.max_parcels as usize);
    plans.sort();
    plans
}

/// All ways to share out units.
fn distributions(units: u32, among: usize) -> Vec<Vec<u32>> {
    if among == 0 {
        return if units == 0 { vec![Vec::new()] } else { Vec::new() };
    }
    (0..=units)
        .flat_map(|first| {
            distributions(units - first, among - 1)
                .into_iter()
                .map(move |rest| [&[first][..], &rest].concat())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// The chosen plan is the best of all plans, whole ones first, and the second is the best of those
    /// that use other locations; where there is no plan, none is found.
    #[test]
    fn a_decision_is_the_best_of_all_plans(
        (lines, locations) in any_order(),
        split in prop_oneof![Just(Split::Never), Just(Split::Lines), Just(Split::Units)],
        aim in prop_oneof![Just(Aim::Cheapest), Just(Aim::FewestParcels), Just(Aim::Nearest)],
        max_parcels in 1..4_u32,
    ) {
        let rule = Rule { split, aim, max_parcels, ..RULE };
        let mut plans = all_plans(&lines, &locations, &rule);
        if split == Split::Never {
            plans.retain(|(_, used)| used.len() == 1);
        }
        // Whole ones first.
        plans.sort_by_key(|(key, used)| (used.len() > 1, *key));
        let key = |plan: &Plan| {
            let km = plan.shares.iter().map(|share| u64::from(locations[share.location].distance_km));
            let counted = match aim {
                Aim::Cheapest => 0,
                Aim::FewestParcels => plan.shares.len() as u64,
                Aim::Nearest => km.sum(),
            };
            (counted, plan.total())
        };
        match decide(&lines, &locations, &rule) {
            Ok(decision) => {
                prop_assert!(decision.is_proven);
                prop_assert_eq!(key(&decision.chosen), plans[0].0);
                for (at, line) in lines.iter().enumerate() {
                    let shipped: u32 =
                        decision.chosen.shares.iter().map(|share| share.quantities[at]).sum();
                    prop_assert_eq!(shipped, line.quantity);
                }
                let chosen = locations_of(&decision.chosen);
                let whole = chosen.len() == 1;
                let other = plans.iter().find(|(_, used)| {
                    // Beside a whole plan, a split that its location has a part in is no alternative.
                    if whole { !used.contains(&chosen[0]) } else { *used != chosen }
                });
                prop_assert_eq!(decision.second.as_ref().map(key), other.map(|(key, _)| *key));
            }
            Err(none) => {
                prop_assert!(plans.is_empty(), "{:?}", none.reason);
            }
        }
    }
}
