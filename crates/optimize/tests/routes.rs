//! Pick routes on small floors, against all orders of the picks.

#[path = "floor/all_orders.rs"]
mod all_orders;
mod floor;

use ordermill_optimize::route::{
    self, Crossing, Depot, Door, Layout, LayoutError, Position, Waypoint,
};
use proptest::prelude::*;

fn floor_with_picks(
    aisles: std::ops::Range<usize>,
    cross_aisles: std::ops::Range<usize>,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = (Layout, Vec<Position>)> {
    floor::layout(aisles, cross_aisles)
        .prop_flat_map(move |layout| (Just(layout.clone()), floor::picks(&layout, count.clone())))
}

fn in_front_of_the_first_aisle() -> Depot {
    Depot::InAisle(Position { aisle: 0, y: 0 })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn on_one_block_no_order_of_the_picks_is_shorter(
        (layout, picks) in floor_with_picks(1..7, 2..3, 0..8),
    ) {
        let tour = route::shortest(&layout, &picks).expect("a tour");
        floor::assert_is_a_tour(&layout, &picks, &tour);
        prop_assert!(tour.is_optimal);
        prop_assert_eq!(tour.length, all_orders::shortest(&layout, &picks));
    }

    #[test]
    fn on_two_blocks_no_order_of_the_picks_is_shorter(
        (layout, picks) in floor_with_picks(1..7, 3..4, 0..8),
    ) {
        let tour = route::shortest(&layout, &picks).expect("a tour");
        floor::assert_is_a_tour(&layout, &picks, &tour);
        prop_assert!(tour.is_optimal);
        prop_assert_eq!(tour.length, all_orders::shortest(&layout, &picks));
    }

    /// Floors with more cross-aisles than aisles are swept in the other direction.
    #[test]
    fn on_several_blocks_no_order_of_the_picks_is_shorter(
        (layout, picks) in floor_with_picks(1..5, 4..7, 0..7),
    ) {
        let tour = route::shortest(&layout, &picks).expect("a tour");
        floor::assert_is_a_tour(&layout, &picks, &tour);
        prop_assert!(tour.is_optimal);
        prop_assert_eq!(tour.length, all_orders::shortest(&layout, &picks));
    }

    #[test]
    fn the_length_alone_is_that_of_the_tour(
        (layout, picks) in floor_with_picks(1..6, 2..5, 0..12),
    ) {
        let tour = route::shortest(&layout, &picks).expect("a tour");
        prop_assert_eq!(route::shortest_length(&layout, &picks), Ok(tour.length));
    }

    #[test]
    fn the_rules_are_tours_and_never_shorter(
        (layout, picks) in floor_with_picks(1..8, 2..6, 0..20),
    ) {
        let tour = route::shortest(&layout, &picks).expect("a tour");
        for rule in [route::s_shape, route::largest_gap] {
            let ruled = rule(&layout, &picks).expect("a tour");
            floor::assert_is_a_tour(&layout, &picks, &ruled);
            prop_assert!(tour.length <= ruled.length);
        }
    }

    #[test]
    fn more_picks_are_never_less_walking(
        (layout, picks) in floor_with_picks(1..6, 2..5, 1..12),
    ) {
        let all = route::shortest_length(&layout, &picks).expect("a length");
        let fewer = route::shortest_length(&layout, &picks[1..]).expect("a length");
        prop_assert!(fewer <= all);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Too many aisles and cross-aisles for the sweep.
    #[test]
    fn on_large_floors_a_tour_is_no_longer_than_those_of_the_rules(
        (layout, picks) in floor_with_picks(9..12, 9..12, 0..40),
    ) {
        let tour = route::shortest(&layout, &picks).expect("a tour");
        floor::assert_is_a_tour(&layout, &picks, &tour);
        prop_assert_eq!(&route::shortest(&layout, &picks).expect("a tour"), &tour);
        for rule in [route::s_shape, route::largest_gap] {
            let ruled = rule(&layout, &picks).expect("a tour");
            floor::assert_is_a_tour(&layout, &picks, &ruled);
            prop_assert!(tour.length <= ruled.length);
        }
    }
}

#[test]
fn without_picks_the_picker_stays() {
    let layout = Layout::new(vec![0, 5], vec![0, 10], in_front_of_the_first_aisle());
    let tour = route::shortest(&layout.expect("a floor"), &[]).expect("a tour");
    assert_eq!((tour.path.as_slice(), tour.length), ([Waypoint::Depot].as_slice(), 0));
}

#[test]
fn picks_at_one_place_are_one_way() {
    let layout = Layout::new(vec![0], vec![0, 10], in_front_of_the_first_aisle());
    let layout = layout.expect("a floor");
    let picks = [Position { aisle: 0, y: 4 }; 3];
    let tour = route::shortest(&layout, &picks).expect("a tour");
    floor::assert_is_a_tour(&layout, &picks, &tour);
    assert_eq!(tour.length, 8);
}

#[test]
fn a_depot_inside_of_an_aisle_is_left_to_both_sides() {
    let depot = Depot::InAisle(Position { aisle: 0, y: 5 });
    let layout = Layout::new(vec![0, 3], vec![0, 10], depot).expect("a floor");
    let picks = [Position { aisle: 0, y: 2 }, Position { aisle: 0, y: 9 }];
    let tour = route::shortest(&layout, &picks).expect("a tour");
    floor::assert_is_a_tour(&layout, &picks, &tour);
    assert_eq!(tour.length, 14);
}

#[test]
fn a_pick_that_is_not_on_the_floor_is_named() {
    let layout = Layout::new(vec![0], vec![0, 10], in_front_of_the_first_aisle());
    let layout = layout.expect("a floor");
    for elsewhere in [Position { aisle: 1, y: 0 }, Position { aisle: 0, y: 11 }] {
        let refused = Err(LayoutError::PositionElsewhere(elsewhere));
        assert_eq!(route::shortest(&layout, &[elsewhere]), refused);
        assert_eq!(route::s_shape(&layout, &[elsewhere]), refused);
    }
}

#[test]
fn floors_that_make_no_sense_are_refused() {
    let depot = in_front_of_the_first_aisle;
    let refused = |xs: &[u32], ys: &[u32], depot| Layout::new(xs.into(), ys.into(), depot).err();
    let too_small = |aisles, cross_aisles| Some(LayoutError::TooSmall { aisles, cross_aisles });
    assert_eq!(refused(&[], &[0, 1], depot()), too_small(0, 2));
    assert_eq!(refused(&[0], &[0], depot()), too_small(1, 1));
    assert_eq!(refused(&[0, 0], &[0, 1], depot()), Some(LayoutError::NotAscending));
    assert_eq!(refused(&[0], &[1, 0], depot()), Some(LayoutError::NotAscending));
    let elsewhere = [
        Depot::InAisle(Position { aisle: 0, y: 2 }),
        Depot::OnCrossAisle { cross_aisle: 2, x: 0 },
        Depot::OnCrossAisle { cross_aisle: 0, x: 1 },
        Depot::Apart(vec![]),
        Depot::Apart(vec![Door { crossing: Crossing { aisle: 1, cross_aisle: 0 }, distance: 1 }]),
    ];
    for depot in elsewhere {
        assert_eq!(refused(&[0], &[0, 1], depot), Some(LayoutError::DepotElsewhere));
    }
}
