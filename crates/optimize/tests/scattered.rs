//! Articles in several positions.

mod floor;

use std::collections::HashMap;

use ordermill_optimize::route::{self, Demand, Layout, Position, ScatteredError, Stock};
use proptest::collection::vec;
use proptest::prelude::*;

fn demands(layout: &Layout) -> impl Strategy<Value = Vec<Demand>> + use<> {
    let stock = (floor::picks(layout, 1..2), 0u32..4);
    let demand = (vec(stock, 1..4), 0u32..100).prop_map(|(stock, wanted)| {
        let stock: Vec<Stock> =
            stock.into_iter().map(|(at, quantity)| Stock { position: at[0], quantity }).collect();
        let available: u32 = stock.iter().map(|stock| stock.quantity).sum();
        Demand { quantity: wanted % (available + 1), stock }
    });
    vec(demand, 0..4)
}

/// The shortest tour of all choices of positions that hold enough.
fn shortest_of_all_choices(layout: &Layout, demands: &[Demand]) -> u64 {
    let mut choices: Vec<Vec<Position>> = vec![Vec::new()];
    for demand in demands {
        let sets = 0..1usize << demand.stock.len();
        let chosen = |set: usize| {
            demand.stock.iter().enumerate().filter(move |(at, _)| set & (1 << at) != 0)
        };
        let enough: Vec<usize> = sets
            .filter(|set| {
                chosen(*set).map(|(_, stock)| stock.quantity).sum::<u32>() >= demand.quantity
            })
            .collect();
        choices = choices
            .into_iter()
            .flat_map(|before| {
                enough
                    .iter()
                    .map(move |set| {
                        let more = chosen(*set).map(|(_, stock)| stock.position);
                        before.iter().copied().chain(more).collect()
                    })
                    .collect::<Vec<Vec<Position>>>()
            })
            .collect();
    }
    let length = |picks: &Vec<Position>| route::shortest_length(layout, picks).expect("a length");
    choices.iter().map(length).min().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_wanted_is_taken_on_a_tour_that_is_hardly_longer_than_any_other(
        (layout, demands) in floor::layout(1..5, 2..4)
            .prop_flat_map(|layout| { let wanted = demands(&layout); (Just(layout), wanted) }),
    ) {
        let found = route::shortest_scattered(&layout, &demands).expect("a tour");
        let position = |take: &route::Take| demands[take.demand].stock[take.stock].position;
        let picks: Vec<Position> = found.takes.iter().map(position).collect();
        floor::assert_is_a_tour(&layout, &picks, &found.tour);
        let mut taken = HashMap::new();
        for take in &found.takes {
            let stock = demands[take.demand].stock[take.stock];
            prop_assert!(0 < take.quantity && take.quantity <= stock.quantity);
            prop_assert!(taken.insert((take.demand, take.stock), take.quantity).is_none());
        }
        for (number, demand) in demands.iter().enumerate() {
            let of = taken.iter().filter(|((demand, _), _)| *demand == number);
            prop_assert_eq!(of.map(|(_, quantity)| quantity).sum::<u32>(), demand.quantity);
        }
        let least = shortest_of_all_choices(&layout, &demands);
        prop_assert!(found.tour.length >= least);
        prop_assert!(!found.tour.is_optimal || found.tour.length == least);
    }
}

#[test]
fn a_demand_for_more_than_there_is_says_how_much_there_is() {
    let depot = route::Depot::InAisle(Position { aisle: 0, y: 0 });
    let layout = Layout::new(vec![0], vec![0, 9], depot).expect("a floor");
    let stock = Stock { position: Position { aisle: 0, y: 3 }, quantity: 2 };
    let demand = Demand { quantity: 5, stock: vec![stock, stock] };
    let refused = ScatteredError::TooLittle { demand: 0, available: 4, wanted: 5 };
    assert_eq!(route::shortest_scattered(&layout, &[demand]), Err(refused));
}
