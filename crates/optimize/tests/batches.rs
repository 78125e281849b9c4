//! Batches of orders.

mod floor;

use std::num::NonZeroU32;

use ordermill_optimize::batching::{self, Batch, BatchingError, Capacity, Effort, Order};
use ordermill_optimize::route::{self, Depot, Layout, Position};
use proptest::collection::vec;
use proptest::prelude::*;

fn orders(
    layout: &Layout,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Order>> + use<> {
    let order = (floor::picks(layout, 0..4), 0u32..6);
    vec(order.prop_map(|(picks, units)| Order { picks, units }), count)
}

fn capacity() -> impl Strategy<Value = Capacity> {
    let units_per_box = NonZeroU32::new(2).expect("not zero");
    prop_oneof![
        (5u32..20).prop_map(Capacity::Units),
        (3u32..6).prop_map(move |boxes| Capacity::Boxes { boxes, units_per_box }),
    ]
}

fn walking(batches: &[Batch]) -> u64 {
    batches.iter().map(|batch| batch.tour.length).sum()
}

/// The least walking of all ways to put the orders from this number on into batches.
fn least(
    layout: &Layout,
    orders: &[Order],
    capacity: Capacity,
    from: usize,
    batches: &mut Vec<Vec<usize>>,
) -> u64 {
    let length = |batch: &Vec<usize>| {
        let picks: Vec<Position> =
            batch.iter().flat_map(|order| orders[*order].picks.clone()).collect();
        route::shortest_length(layout, &picks).expect("a length")
    };
    if from == orders.len() {
        return batches.iter().map(length).sum();
    }
    let mut best = u64::MAX;
    for at in 0..=batches.len() {
        if at == batches.len() {
            batches.push(Vec::new());
        }
        batches[at].push(from);
        let load: u64 = batches[at].iter().map(|order| capacity.load(&orders[*order])).sum();
        if load <= capacity.limit() {
            best = best.min(least(layout, orders, capacity, from + 1, batches));
        }
        batches[at].pop();
        batches.retain(|batch| !batch.is_empty());
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_order_is_in_one_batch_and_every_batch_fits_on_a_cart(
        (layout, orders) in floor::layout(1..6, 2..4)
            .prop_flat_map(|layout| { let some = orders(&layout, 0..10); (Just(layout), some) }),
        capacity in capacity(),
        (seed, exchanges) in (any::<u64>(), any::<bool>()),
    ) {
        let effort = Effort { rounds: 20, exchanges, seed };
        let batches = batching::batch(&layout, &orders, capacity, effort).expect("batches");
        let mut batched: Vec<usize> =
            batches.iter().flat_map(|batch| batch.orders.clone()).collect();
        batched.sort_unstable();
        prop_assert_eq!(batched, (0..orders.len()).collect::<Vec<_>>());
        for batch in &batches {
            let load = batch.orders.iter().map(|order| capacity.load(&orders[*order])).sum::<u64>();
            prop_assert_eq!(batch.load, load);
            prop_assert!(load <= capacity.limit());
            let picks: Vec<Position> =
                batch.picks.iter().map(|pick| orders[pick.order].picks[pick.pick]).collect();
            let lines: usize = batch.orders.iter().map(|order| orders[*order].picks.len()).sum();
            prop_assert_eq!(picks.len(), lines);
            floor::assert_is_a_tour(&layout, &picks, &batch.tour);
        }
        let alone = batching::one_by_one(&layout, &orders, capacity).expect("batches");
        prop_assert!(walking(&batches) <= walking(&alone));
        let again = batching::batch(&layout, &orders, capacity, effort).expect("batches");
        prop_assert_eq!(again, batches);
    }

    #[test]
    fn no_grouping_of_a_few_orders_needs_less_walking_than_is_said(
        (layout, orders) in floor::layout(1..5, 2..4)
            .prop_flat_map(|layout| { let some = orders(&layout, 0..6); (Just(layout), some) }),
        capacity in capacity(),
    ) {
        let batches =
            batching::batch(&layout, &orders, capacity, Effort::default()).expect("batches");
        let least = least(&layout, &orders, capacity, 0, &mut Vec::new());
        prop_assert!(walking(&batches) >= least);
        // Good and not proven: at most a tenth more on floors of this size.
        prop_assert!(walking(&batches) * 10 <= least * 11);
    }
}

#[test]
fn an_order_that_fits_on_no_cart_is_named() {
    let depot = Depot::InAisle(Position { aisle: 0, y: 0 });
    let layout = Layout::new(vec![0], vec![0, 9], depot).expect("a floor");
    let orders = [3, 7].map(|units| Order { picks: vec![Position { aisle: 0, y: 3 }], units });
    let refused = BatchingError::OrderTooLarge { order: 1, load: 7, limit: 5 };
    let capacity = Capacity::Units(5);
    let batches = batching::batch(&layout, &orders, capacity, Effort::default());
    assert_eq!(batches, Err(refused));
}

#[test]
fn a_box_is_for_one_order() {
    let units_per_box = NonZeroU32::new(40).expect("not zero");
    let capacity = Capacity::Boxes { boxes: 8, units_per_box };
    let load = |units| capacity.load(&Order { picks: Vec::new(), units });
    assert_eq!([0, 1, 40, 41, 80].map(load), [0, 1, 1, 2, 2]);
}
