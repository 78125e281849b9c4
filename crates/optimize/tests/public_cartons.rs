//! Cartons on public data; skipped aloud where the data is not beside the checkout.

use ordermill_instances::cartons;
use ordermill_optimize::cartons::{Effort, Objective, Order, load, pack};
use ordermill_testkit::fixture::data;

/// Above the dearest carton: the fewest cartons first.
const FEWEST: Objective = Objective { parcel_cost: 100_000, not_recyclable_cost: 0 };

#[test]
fn real_orders_need_no_more_cartons_than_the_reference_and_cost_less() {
    let Some(folder) = data() else { return };
    let read = |path: &str| std::fs::read_to_string(folder.join(path));
    let orders = cartons::boxpacker(&read).unwrap();
    let (mut cost, mut reference_cost) = (0, 0);
    for cartons::OrderCase { name, items, reference } in &orders.cases {
        let effort = Effort { places: 20_000, seed: 1 };
        let order = Order { objective: FEWEST, effort, ..Order::new(items, &orders.cartons) };
        let packing = pack(&order).unwrap();
        let reference = reference.unwrap();
        assert!(packing.parcels.len() <= reference.cartons, "order {name}");
        cost += packing.cost.cartons;
        reference_cost += reference.least_cost(items, &orders.cartons).unwrap();
    }
    assert!(cost < reference_cost, "{cost} is not less than {reference_cost}");
}

#[test]
fn containers_are_nine_tenths_full() {
    let Some(folder) = data() else { return };
    let read = |path: &str| std::fs::read_to_string(folder.join(path));
    let cases = cartons::bischoff_ratcliff(&read).unwrap();
    for case in cases.iter().filter(|case| case.name.ends_with("_001.json")) {
        let effort = Effort { places: 400_000, seed: 1 };
        let order = Order { effort, ..Order::new(&case.items, &[]) };
        let loading = load(&order, &case.container).unwrap();
        assert!(loading.volume_mm3 * 10 > case.known_mm3 * 9, "{}", case.name);
    }
}
