//! What the checker of packings finds.

use ordermill_optimize::cartons::{
    Carton, Item, MixClass, Order, Orientation, Packing, Placement, Size, Violation, pack, verify,
};

const FOOD: MixClass = MixClass(1);
const CLEANER: MixClass = MixClass(2);

/// Two equal units that fill a carton, one upon the other.
fn two_units() -> ([Item; 2], [Carton; 1]) {
    let item = Item {
        size: Size::new(100, 100, 50),
        weight_grams: 500,
        quantity: 1,
        orientation: Orientation::Free,
        is_fragile: false,
        class: None,
    };
    let carton = Carton {
        inner: Size::new(100, 100, 100),
        tare_grams: 100,
        max_gross_grams: 20_000,
        cost: 100,
        is_recyclable: true,
    };
    ([item, item], [carton])
}

/// What is said about the packing of [`two_units`] once somebody has changed it.
fn refuted(
    change_items: impl Fn(&mut [Item; 2]),
    change_packing: impl Fn(&mut Packing),
) -> Violation {
    let (mut items, cartons) = two_units();
    let mut packing = pack(&Order::new(&items, &cartons)).expect("a packing");
    verify(&Order::new(&items, &cartons), &packing).expect("a packing without faults");
    change_items(&mut items);
    change_packing(&mut packing);
    let apart = [(FOOD, CLEANER)];
    let order = Order { apart: &apart, min_support_percent: 1, ..Order::new(&items, &cartons) };
    verify(&order, &packing).expect_err("a broken rule")
}

#[test]
fn the_checker_finds_each_broken_rule() {
    let unit = |packing: &mut Packing, change: &dyn Fn(&mut Placement)| {
        change(&mut packing.parcels[0].placements[1]);
    };
    let same = |_: &mut [Item; 2]| ();
    let keep = |_: &mut Packing| ();
    use Violation as V;
    assert_eq!(
        refuted(same, |packing| unit(packing, &|unit| unit.at_mm[2] = 51)),
        V::Outside { parcel: 0, unit: 1 }
    );
    assert_eq!(
        refuted(same, |packing| unit(packing, &|unit| unit.at_mm[2] = 0)),
        V::Overlap { parcel: 0, first: 0, second: 1 }
    );
    assert_eq!(
        refuted(same, |packing| unit(packing, &|unit| unit.size = Size::new(100, 100, 49))),
        V::Orientation { parcel: 0, unit: 1 }
    );
    assert_eq!(
        refuted(
            |items| *items = items.map(|item| Item { size: Size::new(100, 100, 40), ..item }),
            |packing| {
                packing.parcels[0].placements[0].size.height_mm = 40;
                packing.parcels[0].placements[1].size.height_mm = 40;
            }
        ),
        V::Unsupported { parcel: 0, unit: 1 }
    );
    assert_eq!(
        refuted(|items| *items = items.map(|item| Item { weight_grams: 10_000, ..item }), keep),
        V::Overweight { parcel: 0, gross_grams: 20_100 }
    );
    assert_eq!(
        refuted(|items| items[0].is_fragile = true, keep),
        V::UponFragile { parcel: 0, below: 0, above: 1 }
    );
    assert_eq!(
        refuted(|items| (items[0].class, items[1].class) = (Some(FOOD), Some(CLEANER)), keep),
        V::Mixed { parcel: 0, first: 0, second: 1 }
    );
    assert_eq!(
        refuted(|items| items[1].quantity = 2, keep),
        V::Quantity { item: 1, packed: 1, ordered: 2 }
    );
    assert_eq!(
        refuted(same, |packing| packing.parcels[0].placements.truncate(1)),
        V::ParcelSum { parcel: 0 }
    );
    assert_eq!(refuted(same, |packing| packing.parcels[0].carton = 7), V::Unknown { parcel: 0 });
    assert_eq!(
        refuted(same, |packing| packing.parcels[0].placements.clear()),
        V::Empty { parcel: 0 }
    );
    assert_eq!(
        refuted(same, |packing| packing.parcels[0].gross_grams += 1),
        V::ParcelSum { parcel: 0 }
    );
    assert_eq!(refuted(same, |packing| packing.cost.cartons += 1), V::Sum);
}
