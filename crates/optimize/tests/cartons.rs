//! What a packing promises, on orders of all kinds.

use ordermill_optimize::cartons::{
    Carton, Cost, Effort, Error, Filler, Item, MixClass, Objective, Order, Orientation, Packing,
    Size, load, pack, verify,
};
use proptest::collection::vec;
use proptest::prelude::*;

const FOOD: MixClass = MixClass(1);
const CLEANER: MixClass = MixClass(2);

fn item(length_mm: u32, width_mm: u32, height_mm: u32) -> Item {
    Item {
        size: Size::new(length_mm, width_mm, height_mm),
        weight_grams: 500,
        quantity: 1,
        orientation: Orientation::Free,
        is_fragile: false,
        class: None,
    }
}

fn carton(length_mm: u32, width_mm: u32, height_mm: u32, cost: u32) -> Carton {
    Carton {
        inner: Size::new(length_mm, width_mm, height_mm),
        tare_grams: 100,
        max_gross_grams: 20_000,
        cost,
        is_recyclable: true,
    }
}

fn tops(packing: &Packing, item: usize) -> Vec<u32> {
    let units = packing.parcels.iter().flat_map(|parcel| &parcel.placements);
    units.filter(|unit| unit.item == item).map(|unit| unit.at_mm[2] + unit.size.height_mm).collect()
}

#[test]
fn the_cheapest_carton_that_takes_all_is_chosen() {
    let items = [Item { quantity: 4, ..item(100, 100, 100) }];
    let cartons =
        [carton(400, 400, 400, 900), carton(200, 200, 100, 300), carton(100, 100, 100, 200)];
    let packing = pack(&Order::new(&items, &cartons)).unwrap();
    assert_eq!(packing.parcels.len(), 1);
    assert_eq!((packing.parcels[0].carton, packing.cost.cartons), (1, 300));
    assert_eq!(packing.lower_bound, 300, "the answer is known to be the best");
}

#[test]
fn two_small_cartons_are_taken_if_they_cost_less_than_a_large_one() {
    let items = [Item { quantity: 2, ..item(100, 100, 100) }];
    let cartons = [carton(400, 400, 400, 900), carton(100, 100, 100, 200)];
    let order = Order::new(&items, &cartons);
    assert_eq!(pack(&order).unwrap().parcels.len(), 2);
    // A label for each parcel turns it around.
    let objective = Objective { parcel_cost: 1_000, ..Objective::default() };
    let packing = pack(&Order { objective, ..order }).unwrap();
    assert_eq!((packing.parcels.len(), packing.cost.total()), (1, 1_900));
}

#[test]
fn a_carton_each_is_taken_if_all_of_them_cost_less_than_one_for_all() {
    let items = [Item { weight_grams: 2_475, quantity: 3, ..item(10, 10, 10) }];
    let dear = Carton { max_gross_grams: 7_525, ..carton(200, 200, 200, 157) };
    let cheap = Carton { max_gross_grams: 4_200, ..carton(200, 200, 200, 1) };
    let packing = pack(&Order::new(&items, &[dear, cheap])).unwrap();
    assert_eq!((packing.parcels.len(), packing.cost.total()), (3, 3));
}

#[test]
fn an_order_without_units_needs_no_carton() {
    let items = [Item { quantity: 0, ..item(100, 100, 100) }];
    let packing = pack(&Order::new(&items, &[])).unwrap();
    assert_eq!((packing.parcels.len(), packing.cost), (0, Cost::default()));
}

#[test]
fn an_item_that_fits_no_carton_is_named() {
    let cartons = [carton(300, 300, 300, 100)];
    let small = item(10, 10, 10);
    let error = |item: Item| pack(&Order::new(&[small, item], &cartons)).unwrap_err();
    assert_eq!(error(item(301, 10, 10)), Error::FitsNoCarton { item: 1 });
    let upright =
        Item { orientation: Orientation::Upright([true, false, false]), ..item(10, 10, 10) };
    assert_eq!(
        error(Item { size: Size::new(310, 10, 10), ..upright }),
        Error::FitsNoCarton { item: 1 }
    );
    let heavy = Item { weight_grams: 19_901, ..item(10, 10, 10) };
    assert_eq!(error(heavy), Error::FitsNoCarton { item: 1 });
    assert_eq!(error(item(0, 10, 10)), Error::ItemSize { item: 1 });
    assert_eq!(pack(&Order::new(&[small], &[])), Err(Error::FitsNoCarton { item: 0 }));
}

#[test]
fn weight_splits_an_order_that_room_would_not() {
    let items = [Item { weight_grams: 8_000, quantity: 3, ..item(50, 50, 50) }];
    let packing = pack(&Order::new(&items, &[carton(300, 300, 300, 100)])).unwrap();
    let mut gross: Vec<u64> = packing.parcels.iter().map(|parcel| parcel.gross_grams).collect();
    gross.sort_unstable();
    assert_eq!(gross, [8_100, 16_100]);
}

#[test]
fn fragile_goods_lie_on_top() {
    let glass = Item { is_fragile: true, weight_grams: 900, ..item(200, 200, 50) };
    let books = Item { quantity: 3, ..item(200, 200, 50) };
    let packing = pack(&Order::new(&[glass, books], &[carton(200, 200, 200, 100)])).unwrap();
    assert_eq!(packing.parcels.len(), 1);
    assert_eq!(tops(&packing, 0), [200]);
}

#[test]
fn what_must_stay_upright_stays_upright() {
    let bottle = Item { orientation: Orientation::ThisSideUp, ..item(80, 80, 300) };
    let cartons = [carton(300, 80, 80, 100), carton(80, 80, 300, 200)];
    let packing = pack(&Order::new(&[bottle], &cartons)).unwrap();
    assert_eq!((packing.parcels[0].carton, tops(&packing, 0)), (1, vec![300]));
    let picture = Item { orientation: Orientation::Flat, ..item(20, 200, 200) };
    let packing = pack(&Order::new(&[picture], &[carton(200, 200, 200, 100)])).unwrap();
    assert_eq!(tops(&packing, 0), [20]);
}

#[test]
fn food_and_cleaner_never_share_a_carton() {
    let food = Item { class: Some(FOOD), quantity: 2, ..item(50, 50, 50) };
    let cleaner = Item { class: Some(CLEANER), ..item(50, 50, 50) };
    let cartons = [carton(300, 300, 300, 100)];
    let used = |items: &[Item], apart: &[(MixClass, MixClass)]| {
        pack(&Order { apart, ..Order::new(items, &cartons) }).unwrap().parcels.len()
    };
    assert_eq!(used(&[food, cleaner], &[]), 1);
    assert_eq!(used(&[food, cleaner], &[(CLEANER, FOOD)]), 2);
    assert_eq!(used(&[food], &[(FOOD, FOOD)]), 2, "kept apart from itself is one unit a carton");
}

#[test]
fn recycled_material_decides_between_equal_costs_and_may_be_worth_more() {
    let items = [item(100, 100, 100)];
    let plastic = |cost| Carton { is_recyclable: false, ..carton(100, 100, 100, cost) };
    let choice = |cartons: &[Carton], not_recyclable_cost| {
        let objective = Objective { parcel_cost: 0, not_recyclable_cost };
        let packing = pack(&Order { objective, ..Order::new(&items, cartons) }).unwrap();
        (packing.parcels[0].carton, packing.cost.cartons, packing.cost.not_recyclable)
    };
    assert_eq!(choice(&[plastic(100), carton(100, 100, 100, 100)], 0), (1, 100, 0));
    assert_eq!(choice(&[plastic(90), carton(100, 100, 100, 100)], 0), (0, 90, 1));
    assert_eq!(choice(&[plastic(90), carton(100, 100, 100, 100)], 20), (1, 100, 0));
}

#[test]
fn filler_is_paid_and_weighed_by_the_room_left_empty() {
    let items = [item(100, 100, 100)];
    let cartons = [carton(200, 100, 100, 100)];
    let fillers = [
        Filler { cost_per_liter: 30, grams_per_liter: 40, is_recyclable: true },
        Filler { cost_per_liter: 20, grams_per_liter: 5, is_recyclable: false },
    ];
    let packing = pack(&Order { fillers: &fillers, ..Order::new(&items, &cartons) }).unwrap();
    let parcel = &packing.parcels[0];
    assert_eq!((parcel.filler, parcel.cost.fillers, parcel.gross_grams), (Some(1), 20, 605));
    let objective = Objective { not_recyclable_cost: 11, ..Objective::default() };
    let order = Order { fillers: &fillers, objective, ..Order::new(&items, &cartons) };
    assert_eq!(pack(&order).unwrap().parcels[0].filler, Some(0));
}

#[test]
fn a_support_rule_leaves_nothing_hanging() {
    // The upper unit is wider than the lower one, and nothing else can bear it.
    let items = [item(100, 100, 100), item(200, 100, 100)];
    let keep =
        |items: [Item; 2]| items.map(|item| Item { orientation: Orientation::ThisSideUp, ..item });
    let items = keep(items);
    let cartons = [carton(200, 100, 200, 100)];
    let order = Order { min_support_percent: 100, ..Order::new(&items, &cartons) };
    let packing = pack(&order).unwrap();
    assert_eq!((tops(&packing, 1), tops(&packing, 0)), (vec![100], vec![200]));
}

#[test]
fn a_container_takes_what_fits_and_names_the_rest() {
    let items = [Item { quantity: 9, ..item(100, 100, 100) }, item(500, 10, 10)];
    let loading = load(&Order::new(&items, &[]), &carton(200, 200, 200, 0)).unwrap();
    assert_eq!((loading.volume_mm3, loading.left), (8_000_000, vec![1, 1]));
    assert_eq!(loading.placements.len(), 8);
}

fn any_item() -> impl Strategy<Value = Item> {
    let orientation = prop_oneof![
        Just(Orientation::Free),
        Just(Orientation::ThisSideUp),
        Just(Orientation::Flat),
        Just(Orientation::Upright([true, false, true])),
    ];
    let size = (10..200_u32, 10..200_u32, 10..200_u32);
    (size, 10..4_000_u32, 1..5_u32, orientation, any::<bool>(), 0..4_u16).prop_map(
        |((length, width, height), weight_grams, quantity, orientation, is_fragile, class)| Item {
            weight_grams,
            quantity,
            orientation,
            is_fragile,
            class: (class > 0).then_some(MixClass(class)),
            ..item(length, width, height)
        },
    )
}

fn any_carton() -> impl Strategy<Value = Carton> {
    (200..400_u32, 200..300_u32, 200..300_u32, 4_200..15_000_u32, 1..900_u32, any::<bool>())
        .prop_map(|(length, width, height, max_gross_grams, cost, is_recyclable)| Carton {
            max_gross_grams,
            is_recyclable,
            ..carton(length, width, height, cost)
        })
}

/// Cuts a carton into pieces, each cut through one piece.
fn pieces(inner: [u32; 3], cuts: &[(usize, usize, u32)]) -> Vec<Item> {
    let mut pieces = vec![inner];
    for &(piece, axis, percent) in cuts {
        let at = piece % pieces.len();
        let first = pieces[at][axis] * percent / 100;
        if first > 0 {
            let mut rest = pieces[at];
            rest[axis] -= first;
            pieces[at][axis] = first;
            pieces.push(rest);
        }
    }
    pieces.into_iter().map(|[length, width, height]| item(length, width, height)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever the order and the rules, the checker agrees, the bound holds, and one carton for each
    /// unit would not be cheaper.
    #[test]
    fn every_packing_keeps_every_rule(
        items in vec(any_item(), 1..8),
        cartons in vec(any_carton(), 1..5),
        min_support_percent in prop_oneof![Just(0_u8), Just(60), Just(100)],
        parcel_cost in prop_oneof![Just(0_u32), Just(1_000)],
        fill in any::<bool>(),
    ) {
        let fillers = [Filler { cost_per_liter: 12, grams_per_liter: 9, is_recyclable: false }];
        let apart = [(MixClass(1), MixClass(2)), (MixClass(3), MixClass(3))];
        let order = Order {
            fillers: if fill { &fillers } else { &[] },
            apart: &apart,
            min_support_percent,
            objective: Objective { parcel_cost, not_recyclable_cost: 5 },
            effort: Effort { places: 20_000, seed: 7 },
            ..Order::new(&items, &cartons)
        };
        let packing = pack(&order).unwrap();
        prop_assert_eq!(verify(&order, &packing), Ok(()));
        prop_assert!(packing.lower_bound <= packing.cost.total());
        let apart: u64 = items
            .iter()
            .map(|item| {
                let one = [Item { quantity: 1, ..*item }];
                let alone = pack(&Order { items: &one, ..order }).unwrap();
                alone.cost.total() * u64::from(item.quantity)
            })
            .sum();
        prop_assert!(packing.cost.total() <= apart);
        prop_assert_eq!(pack(&order).unwrap(), packing, "the same input gives the same answer");
    }

    /// Pieces that a carton was cut into fit into it again: the packing that leaves nothing empty is found.
    #[test]
    fn a_carton_cut_into_pieces_is_put_together_again(
        cuts in vec((0..8_usize, 0..3_usize, 20..80_u32), 0..4),
    ) {
        let items = pieces([240, 180, 120], &cuts);
        let cartons = [carton(240, 180, 120, 100)];
        let packing = pack(&Order::new(&items, &cartons)).unwrap();
        prop_assert_eq!(packing.parcels.len(), 1);
    }

    /// A container never takes more than there is or than it holds, under the same rules.
    #[test]
    fn every_loading_keeps_every_rule(
        items in vec(any_item(), 1..8),
        min_support_percent in prop_oneof![Just(0_u8), Just(80)],
    ) {
        let effort = Effort { places: 20_000, seed: 1 };
        let order = Order { min_support_percent, effort, ..Order::new(&items, &[]) };
        let container = Carton { max_gross_grams: 9_000, ..carton(300, 250, 200, 0) };
        // The loading was verified before it was given.
        let loading = load(&order, &container).unwrap();
        let left: u32 = loading.left.iter().sum();
        let ordered: u32 = items.iter().map(|item| item.quantity).sum();
        prop_assert_eq!(loading.placements.len() as u64, u64::from(ordered - left));
        prop_assert!(!loading.placements.is_empty());
    }
}
