use ordermill_base::Id;
use ordermill_domain::ids::LocationId;
use ordermill_domain::layout::{Numbering, Place, Plan as FloorPlan, ZonePlan};
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_000);

fn floor() -> (Walk, Vec<Place>) {
    let plan = FloorPlan {
        zones: vec![ZonePlan { zone: "A".to_owned(), aisles: 4, bays: 10, levels: 1 }],
        blocks: 1,
        bay_width_mm: 1_000,
        aisle_pitch_mm: 3_000,
        cross_aisle_width_mm: 2_000,
        level_height_mm: 500,
        numbering: Numbering::Street,
        start_aisle: 1,
        end_aisle: 1,
    };
    let drawing = plan.draw(LocationId::from_raw(1)).unwrap();
    let places = drawing.bins.iter().map(|(_, _, place)| *place).collect();
    (Walk::new(drawing.layout).unwrap(), places)
}

/// SKU and bin have one number; the bin is the one of that number on the walk.
fn shelf(number: i64, on_hand: i64, places: &[Place]) -> Shelf {
    Shelf {
        sku: SkuId::from_raw(number),
        bin: BinId::from_raw(number),
        lot: String::new(),
        expires_on: None,
        on_hand,
        claimed: 0,
        code: format!("B{number}"),
        zone: "A".to_owned(),
        kind: "shelf".to_owned(),
        position: number,
        place: places.get(number as usize).copied(),
    }
}

fn work(number: i64, lines: &[(i64, i64)]) -> Work {
    let wanted = |(&(sku, pieces), line_no): (&(i64, i64), u16)| Wanted {
        fulfillment: FulfillmentId::from_raw(number),
        line_no,
        sku: SkuId::from_raw(sku),
        pieces,
    };
    Work { lines: lines.iter().zip(1..).map(wanted).collect() }
}

fn cart(totes: u32, pieces: u32) -> Cart {
    Cart { totes, pieces_per_tote: NonZeroU32::new(pieces).unwrap() }
}

fn planned(walk: Option<&Walk>, work: &[Work], shelves: &[Shelf], cart: Cart) -> Plan {
    plan(walk, work, shelves, (cart, Care::Thorough), |_| NOW, NOW)
}

#[test]
fn neighbors_are_picked_on_one_walk_and_each_has_its_tote() {
    let (walk, places) = floor();
    let shelves: Vec<Shelf> = (0..40).map(|number| shelf(number, 9, &places)).collect();
    let far = [work(1, &[(38, 1)]), work(2, &[(2, 1)]), work(3, &[(39, 2)]), work(4, &[(3, 1)])];
    let plan = planned(Some(&walk), &far, &shelves, cart(2, 5));
    let together: Vec<Vec<i64>> = plan
        .lists
        .iter()
        .map(|list| list.lines.iter().map(|line| line.fulfillment.raw()).collect())
        .collect();
    let mut sorted: Vec<Vec<i64>> = together.clone();
    sorted.iter_mut().for_each(|list| list.sort_unstable());
    sorted.sort();
    assert_eq!(sorted, [[1, 3], [2, 4]]);
    assert!(plan.lists.iter().all(|list| list.totes == 2 && list.is_shortest));
    let walked: i64 = plan.lists.iter().map(|list| list.walk_mm).sum();
    assert!(walked < plan.walk_alone_mm, "{walked} of {}", plan.walk_alone_mm);
}

#[test]
fn a_quick_plan_picks_the_same_pieces_and_walks_less_than_one_by_one() {
    let (walk, places) = floor();
    let shelves: Vec<Shelf> = (0..40).map(|number| shelf(number, 100, &places)).collect();
    let work: Vec<Work> =
        (0..90).map(|at| work(at, &[(at * 7 % 40, 1), (at * 11 % 40, 2)])).collect();
    let with = |care| plan(Some(&walk), &work, &shelves, (cart(10, 20), care), |_| NOW, NOW);
    let (quick, thorough) = (with(Care::Quick), with(Care::Thorough));
    let pieces = |plan: &Plan| -> i64 {
        plan.lists.iter().flat_map(|list| &list.lines).map(|line| line.quantity).sum()
    };
    let walk_mm = |plan: &Plan| plan.lists.iter().map(|list| list.walk_mm).sum::<i64>();
    assert_eq!((pieces(&quick), pieces(&thorough)), (270, 270));
    assert!(walk_mm(&thorough) <= walk_mm(&quick));
    assert!(walk_mm(&quick) < quick.walk_alone_mm / 2, "{}", walk_mm(&quick));
}

#[test]
fn what_travels_together_is_on_one_list_and_in_one_tote() {
    let (walk, places) = floor();
    let shelves: Vec<Shelf> = (0..40).map(|number| shelf(number, 9, &places)).collect();
    let (far, near) = (work(1, &[(38, 1)]), work(2, &[(2, 1)]));
    let together = Work { lines: [far.lines, near.lines].concat() };
    for walk in [Some(&walk), None] {
        let plan = planned(walk, &[together.clone(), work(3, &[(39, 1)])], &shelves, cart(2, 5));
        let list = plan.lists.iter().find(|list| list.lines.iter().any(|it| it.sku.raw() == 38));
        let lines = list.unwrap().lines.iter().filter(|line| line.fulfillment.raw() != 3);
        let mut known: Vec<(i64, i64)> =
            lines.map(|line| (line.fulfillment.raw(), line.tote)).collect();
        known.sort_unstable();
        assert_eq!(known.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(known[0].1, known[1].1, "they lie in one tote");
    }
}

#[test]
fn what_does_not_fit_on_a_cart_has_one_for_itself() {
    let (walk, places) = floor();
    let shelves = [shelf(1, 50, &places), shelf(2, 50, &places)];
    let plan =
        planned(Some(&walk), &[work(1, &[(1, 30)]), work(2, &[(2, 1)])], &shelves, cart(2, 5));
    let mut totes: Vec<i64> = plan.lists.iter().map(|list| list.totes).collect();
    totes.sort_unstable();
    assert_eq!(totes, [1, 6]);
}

#[test]
fn pieces_without_a_bin_are_the_last_stop() {
    let (walk, places) = floor();
    let plan =
        planned(Some(&walk), &[work(1, &[(9, 2), (1, 3)])], &[shelf(1, 2, &places)], cart(1, 9));
    let stops: Vec<(Option<i64>, i64)> =
        plan.lists[0].lines.iter().map(|line| (line.bin.map(Id::raw), line.quantity)).collect();
    assert_eq!(stops, [(Some(1), 2), (None, 2), (None, 1)]);
}

#[test]
fn quarantine_is_not_picked_from() {
    let (walk, places) = floor();
    let kept = Shelf { kind: QUARANTINE.to_owned(), ..shelf(1, 9, &places) };
    let plan = planned(Some(&walk), &[work(1, &[(1, 1)])], &[kept], cart(1, 9));
    assert_eq!(plan.lists[0].lines[0].bin, None);
}

#[test]
fn a_place_without_a_floor_is_walked_by_the_positions_of_its_bins() {
    let shelves: Vec<Shelf> = (0..9).map(|number| shelf(number, 9, &[])).collect();
    let all = [work(1, &[(7, 1), (2, 1)]), work(2, &[(4, 1)]), work(3, &[(5, 1)])];
    let plan = planned(None, &all, &shelves, cart(2, 5));
    let bins: Vec<Vec<i64>> = plan
        .lists
        .iter()
        .map(|list| list.lines.iter().filter_map(|line| line.bin.map(Id::raw)).collect())
        .collect();
    assert_eq!(bins, [vec![2, 4, 7], vec![5]]);
}

proptest! {
    /// Every piece that is wanted is on exactly one line, and no bin gives more than it has.
    #[test]
    fn everything_is_picked_once_from_what_is_there(
        wants in proptest::collection::vec(
            proptest::collection::vec((0_i64..12, 1_i64..5), 1..4), 1..12),
        on_hand in proptest::collection::vec(0_i64..12, 12),
        totes in 1_u32..5,
    ) {
        let (walk, places) = floor();
        let shelves: Vec<Shelf> = on_hand
            .iter()
            .zip(0..)
            .map(|(&pieces, number)| shelf(number, pieces, &places))
            .collect();
        let all: Vec<Work> = wants.iter().zip(1..).map(|(lines, no)| work(no, lines)).collect();
        let plan = planned(Some(&walk), &all, &shelves, cart(totes, 6));
        let lines: Vec<&Line> = plan.lists.iter().flat_map(|list| &list.lines).collect();
        for it in &all {
            for wanted in &it.lines {
                let found: i64 = lines
                    .iter()
                    .filter(|line| line.fulfillment == wanted.fulfillment)
                    .filter(|line| (line.line_no, line.sku) == (wanted.line_no, wanted.sku))
                    .map(|line| line.quantity)
                    .sum();
                prop_assert_eq!(found, wanted.pieces);
            }
        }
        for shelf in &shelves {
            let taken: i64 = lines
                .iter()
                .filter(|line| line.bin == Some(shelf.bin))
                .map(|line| line.quantity)
                .sum();
            prop_assert!(taken <= shelf.on_hand);
        }
    }
}
