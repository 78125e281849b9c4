//! What sourcing a wave promises, beside all assignments that there are and on public waves.

use ordermill_instances::sourcing::waves;
use ordermill_optimize::sourcing::wave::{
    Assignment, Effort, Error, Line, Mistake, Order, Route, Share, Wave, check, source,
};
use ordermill_testkit::fixture::data;
use proptest::collection::vec;
use proptest::prelude::*;

fn order(lines: &[(usize, u32)], parcel_costs: &[u32]) -> Order {
    let line = |&(sku, quantity)| Line { sku, quantity, unfilled_cost: 1_000 };
    let route = |(location, &parcel_cost)| Route {
        location,
        parcel_cost,
        unit_costs: vec![Some(1); lines.len()],
    };
    Order {
        lines: lines.iter().map(line).collect(),
        routes: parcel_costs.iter().enumerate().map(route).collect(),
        split_cost: 50,
        max_parcels: 9,
    }
}

fn wave<'a>(orders: &'a [Order], stock: &'a [Vec<u32>], parcels_left: &'a [u32]) -> Wave<'a> {
    Wave { orders, stock, parcels_left, effort: Effort::default() }
}

#[test]
fn a_scarce_unit_goes_where_it_saves_the_most() {
    // The first order is nearly as well served from the second location; the second order is not.
    let orders = [order(&[(0, 1)], &[10, 12]), order(&[(0, 1)], &[10, 900])];
    let stock = [vec![1], vec![1]];
    let found = source(&wave(&orders, &stock, &[9, 9])).unwrap();
    assert_eq!((found.greedy_cost, found.cost), (912, 24));
    assert!(found.is_optimal());
    assert_eq!(found.shares[1], [Share { location: 0, quantities: vec![1] }]);
}

#[test]
fn what_nobody_has_stays_unfilled() {
    let orders = [order(&[(0, 3), (1, 1)], &[10])];
    let stock = [vec![2, 0]];
    let found = source(&wave(&orders, &stock, &[9])).unwrap();
    assert_eq!(found.shares[0], [Share { location: 0, quantities: vec![2, 0] }]);
    assert_eq!(found.cost, 10 + 2 + 2 * 1_000);
}

#[test]
fn a_location_without_capacity_ships_nothing_more() {
    let orders = [order(&[(0, 1)], &[10, 400]), order(&[(0, 1)], &[10, 300])];
    let stock = [vec![5], vec![5]];
    let found = source(&wave(&orders, &stock, &[1, 1])).unwrap();
    assert_eq!(found.cost, 10 + 1 + 300 + 1);
}

#[test]
fn a_wave_that_does_not_fit_together_is_refused() {
    let orders = [order(&[(0, 1), (0, 1)], &[10])];
    let stock = [vec![1], vec![1]];
    let refused = |orders: &[Order], stock: &[Vec<u32>], parcels: &[u32]| {
        source(&wave(orders, stock, parcels)).unwrap_err()
    };
    assert_eq!(refused(&orders, &stock, &[1, 1]), Error::Line { order: 0, line: 1 });
    assert_eq!(
        refused(&[order(&[(7, 1)], &[10])], &stock, &[1, 1]),
        Error::Line { order: 0, line: 0 }
    );
    let route = Error::Route { order: 0, route: 2 };
    assert_eq!(refused(&[order(&[(0, 1)], &[10, 10, 10])], &stock, &[1, 1]), route);
    assert_eq!(refused(&[], &[vec![1], vec![]], &[1, 1]), Error::Stock { location: 1 });
    assert_eq!(refused(&[], &stock, &[1]), Error::Stock { location: 1 });
    let huge = order(&[(0, u32::MAX)], &[10]);
    assert_eq!(refused(&[huge], &stock, &[1, 1]), Error::TooLarge { order: 0 });
}

#[test]
fn the_checker_finds_each_broken_rule() {
    let orders = [order(&[(0, 1)], &[10, 12]), order(&[(0, 1)], &[10, 12])];
    let stock = [vec![1], vec![1]];
    let wave = wave(&orders, &stock, &[1, 1]);
    let found = source(&wave).unwrap();
    let refuted = |change: &dyn Fn(&mut Assignment)| {
        let mut changed = found.clone();
        change(&mut changed);
        check(&wave, &changed).unwrap_err()
    };
    let at = found.shares[0][0].location;
    let other = found.shares[1][0].location;
    assert_eq!(refuted(&|found| found.shares.truncate(1)), Mistake::Orders);
    assert_eq!(
        refuted(&|found| found.shares[0][0].location = 2),
        Mistake::Share { order: 0, share: 0 }
    );
    assert_eq!(
        refuted(&|found| found.shares[0][0].quantities[0] = 2),
        Mistake::TooMuch { order: 0, line: 0 }
    );
    assert_eq!(
        refuted(&|found| found.shares[1][0].location = at),
        Mistake::Capacity { location: at }
    );
    assert_ne!(at, other);
    assert_eq!(refuted(&|found| found.cost += 1), Mistake::Cost { cost: found.cost });
    assert_eq!(
        refuted(&|found| found.lower_bound = found.cost + 1),
        Mistake::Cost { cost: found.cost }
    );
    let cost = found.cost + 1_000 - 12 - 1;
    assert_eq!(
        refuted(&|found| found.shares.iter_mut().for_each(|shares| {
            shares.retain(|share| share.location == 0);
        })),
        Mistake::Cost { cost }
    );
}

const SKUS: usize = 2;
const LOCATIONS: usize = 3;

fn any_wave_order() -> impl Strategy<Value = Order> {
    let lines = prop_oneof![
        (1..3_u32).prop_map(|quantity| vec![(0, quantity)]),
        (1..3_u32).prop_map(|quantity| vec![(1, quantity)]),
        (1..3_u32, 1..3_u32).prop_map(|(first, second)| vec![(1, first), (0, second)]),
    ];
    let route = (0..300_u32, vec(prop::option::weighted(0.9, 0..80_u32), SKUS));
    (lines, vec(prop::option::weighted(0.9, route), LOCATIONS), 0..60_u32, 0..3_u32, 50..400_u32)
        .prop_map(|(lines, routes, split_cost, max_parcels, unfilled_cost)| {
            let count = lines.len();
            let lines = lines
                .into_iter()
                .map(|(sku, quantity)| Line { sku, quantity, unfilled_cost })
                .collect();
            let routes = routes
                .into_iter()
                .enumerate()
                .filter_map(|(location, route)| {
                    let (parcel_cost, mut unit_costs) = route?;
                    unit_costs.truncate(count);
                    Some(Route { location, parcel_cost, unit_costs })
                })
                .collect();
            Order { lines, routes, split_cost, max_parcels }
        })
}

fn any_stock() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<u32>)> {
    (vec(vec(0..4_u32, SKUS), LOCATIONS), vec(0..4_u32, LOCATIONS))
}

/// The least cost of all assignments: every order with every quantity from every location.
fn least_cost(orders: &[Order], stock: &mut [Vec<u32>], parcels_left: &mut [u32]) -> u64 {
    let Some((order, rest)) = orders.split_first() else { return 0 };
    let mut least = u64::MAX;
    for plan in all_plans(order) {
        if let Some(cost) = take(order, &plan, stock, parcels_left) {
            least = least.min(cost + least_cost(rest, stock, parcels_left));
            give_back(order, &plan, stock, parcels_left);
        }
    }
    least
}

/// All plans of an order as units by route and line, with no more than is wanted of any line.
fn all_plans(order: &Order) -> Vec<Vec<u32>> {
    let count = order.lines.len();
    let mut plans: Vec<Vec<u32>> = vec![Vec::new()];
    for at in 0..order.routes.len() * count {
        let quantity = order.lines[at % count].quantity;
        plans = plans
            .iter()
            .flat_map(|plan| {
                let taken: u32 = plan.iter().skip(at % count).step_by(count).sum();
                (0..=quantity - taken).map(move |units| [&plan[..], &[units]].concat())
            })
            .collect();
    }
    plans
}

/// Takes a plan's units and parcels if it keeps the order's rules and there are enough; its cost.
fn take(order: &Order, plan: &[u32], stock: &mut [Vec<u32>], parcels: &mut [u32]) -> Option<u64> {
    let count = order.lines.len();
    let mut cost = 0;
    let mut number = 0;
    for (line, wanted) in order.lines.iter().enumerate() {
        let shipped: u32 = (0..order.routes.len()).map(|route| plan[route * count + line]).sum();
        let missing = wanted.quantity.checked_sub(shipped)?;
        cost += u64::from(missing) * u64::from(wanted.unfilled_cost);
    }
    for (at, route) in order.routes.iter().enumerate() {
        let units = &plan[at * count..][..count];
        for (line, &units) in units.iter().enumerate().filter(|(_, units)| **units > 0) {
            cost += u64::from(units) * u64::from(route.unit_costs[line]?);
            if units > stock[route.location][order.lines[line].sku] {
                return None;
            }
        }
        if units.iter().any(|units| *units > 0) {
            number += 1;
            cost += u64::from(route.parcel_cost)
                + u64::from(if number > 1 { order.split_cost } else { 0 });
            if parcels[route.location] == 0 {
                return None;
            }
        }
    }
    if number > order.max_parcels {
        return None;
    }
    change(order, plan, stock, parcels, u32::wrapping_sub);
    Some(cost)
}

fn give_back(order: &Order, plan: &[u32], stock: &mut [Vec<u32>], parcels: &mut [u32]) {
    change(order, plan, stock, parcels, u32::wrapping_add);
}

fn change(
    order: &Order,
    plan: &[u32],
    stock: &mut [Vec<u32>],
    parcels: &mut [u32],
    by: fn(u32, u32) -> u32,
) {
    let count = order.lines.len();
    for (at, route) in order.routes.iter().enumerate() {
        let units = &plan[at * count..][..count];
        for (line, units) in order.lines.iter().zip(units) {
            let level = &mut stock[route.location][line.sku];
            *level = by(*level, *units);
        }
        let has_any = units.iter().any(|units| *units > 0);
        parcels[route.location] = by(parcels[route.location], u32::from(has_any));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Up to three orders of up to two lines of up to two units over three locations, with stock,
    /// capacity, forbidden goods, split costs and parcel limits: always the optimum, and known to be it.
    #[test]
    fn small_waves_are_solved_to_the_optimum(
        orders in vec(any_wave_order(), 1..4),
        (mut stock, mut parcels_left) in any_stock(),
    ) {
        let found = source(&wave(&orders, &stock, &parcels_left)).unwrap();
        prop_assert_eq!(found.cost, least_cost(&orders, &mut stock, &mut parcels_left));
        prop_assert!(found.is_optimal());
    }

    /// One order alone is optimal after the greedy step already.
    #[test]
    fn one_order_alone_is_solved_by_the_greedy_step(
        order in any_wave_order(),
        (mut stock, mut parcels_left) in any_stock(),
    ) {
        let orders = [order];
        let found = source(&wave(&orders, &stock, &parcels_left)).unwrap();
        prop_assert_eq!(found.greedy_cost, least_cost(&orders, &mut stock, &mut parcels_left));
    }

    /// Larger waves keep every rule and are never worse than greedy; the answer is the same each time.
    #[test]
    fn large_waves_are_never_worse_than_greedy(
        orders in vec(any_wave_order(), 13..40),
        (stock, parcels_left) in any_stock(),
    ) {
        let stock: Vec<Vec<u32>> =
            stock.iter().map(|skus| skus.iter().map(|units| units * 5).collect()).collect();
        let parcels_left: Vec<u32> = parcels_left.iter().map(|parcels| parcels * 5).collect();
        let wave = wave(&orders, &stock, &parcels_left);
        let found = source(&wave).unwrap();
        prop_assert_eq!(check(&wave, &found), Ok(()));
        prop_assert!(found.lower_bound <= found.cost && found.cost <= found.greedy_cost);
        prop_assert_eq!(source(&wave).unwrap(), found);
    }
}

#[test]
fn public_waves_come_close_to_what_is_proven() {
    let Some(folder) = data() else { return };
    let read = |path: &str| std::fs::read_to_string(folder.join(path));
    let cases = waves(&read).unwrap();
    for case in cases.iter().filter(|case| case.proven.is_some()) {
        let found = source(&case.wave(Effort::default())).unwrap();
        let proven = case.proven.unwrap();
        assert!(found.lower_bound <= proven, "{}: no assignment is so cheap", case.name);
        assert!(proven <= found.cost, "{}: an assignment is too cheap to be true", case.name);
        assert!(found.cost * 200 <= proven * 201, "{}: {} of {proven}", case.name, found.cost);
    }
}
