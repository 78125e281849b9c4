use ordermill_base::Id;
use proptest::prelude::*;

use super::*;
use crate::fulfillment::ShortReason;
use crate::ids::{BinId, SkuId};
use crate::scan::Scan;

const AT: Timestamp = Timestamp::from_micros(1);

fn picker() -> StaffId {
    StaffId::from_raw(7)
}

fn line(no: i64, quantity: i64, lot: &str) -> Line {
    let bin = Some(BinId::from_raw(no));
    Line {
        no,
        fulfillment: FulfillmentId::from_raw(no),
        line_no: 1,
        sku: SkuId::from_raw(no),
        bin,
        lot: lot.to_owned(),
        expires_on: None,
        tote: 1,
        quantity,
        picked: 0,
        short: 0,
        dropped: 0,
        returned: 0,
        step: Line::first_step(bin),
        is_lot_seen: false,
    }
}

fn a_list(lines: Vec<Line>) -> PickList {
    let release = Release {
        location: LocationId::from_raw(1),
        wave: WaveId::from_raw(1),
        totes: 2,
        walk_mm: 1_000,
        is_shortest: true,
        lines,
    };
    let (mut list, _) = PickList::release(PickListId::from_raw(1), release, AT);
    list.take(picker(), AT).unwrap();
    list
}

/// Line 1 is of SKU `S1` in bin `B1`, and so on.
fn scan(list: &mut PickList, text: &str) -> Result<Event, Refusal> {
    let no = list.at_hand().map_or(0, |line| line.no);
    let (bin, sku) = (format!("B{no}"), format!("S{no}"));
    let gtin = Some("12312312312319".to_owned());
    let expected = Expected { bin, sku, gtin };
    list.scan(picker(), &Scan::read(text).unwrap(), 1, &expected, AT)
}

#[test]
fn bin_then_items_count_up_and_the_next_line_comes_by_itself() {
    let mut list = a_list(vec![line(1, 2, ""), line(2, 1, "")]);
    for text in ["B1", "S1", "12312312312319", "B2", "S2"] {
        assert_ne!(list.facts().state, State::Done);
        scan(&mut list, text).unwrap();
    }
    assert_eq!((list.facts().state, list.facts().done_at), (State::Done, Some(AT)));
    assert_eq!(scan(&mut list, "S2"), Err(ListError::Done.into()));
}

#[test]
fn a_wrong_scan_changes_nothing_and_says_what_was_expected() {
    let mut list = a_list(vec![line(1, 1, "")]);
    let before = list.clone();
    assert_eq!(scan(&mut list, "B2"), Err(Refusal::WrongBin("B1".to_owned())));
    assert_eq!(scan(&mut list, "S1"), Err(Refusal::WrongBin("B1".to_owned())));
    assert_eq!(list, before);
    scan(&mut list, "b1").unwrap();
    assert_eq!(scan(&mut list, "S2"), Err(Refusal::WrongItem("S1".to_owned())));
    assert_eq!(scan(&mut list, "B1"), Err(Refusal::WrongItem("S1".to_owned())));
}

#[test]
fn a_lot_is_asked_for_once_unless_the_barcode_tells_it() {
    let mut list = a_list(vec![line(1, 3, "L7")]);
    scan(&mut list, "B1").unwrap();
    assert_eq!(scan(&mut list, "S1"), Ok(Event::ItemSeen { line: 1 }));
    assert_eq!(scan(&mut list, "L8"), Err(Refusal::WrongLot("L7".to_owned())));
    assert_eq!(scan(&mut list, "L7"), Ok(Event::Picked { line: 1, pieces: 1 }));
    assert_eq!(scan(&mut list, "S1"), Ok(Event::Picked { line: 1, pieces: 1 }));
    let other = scan(&mut list, "(01)12312312312319(10)L8");
    assert_eq!(other, Err(Refusal::WrongLot("L7".to_owned())));
    let told = scan(&mut list, "(01)12312312312319(10)L7");
    assert_eq!(told, Ok(Event::Picked { line: 1, pieces: 1 }));
}

#[test]
fn undo_puts_the_newest_piece_back_and_opens_its_line_again() {
    let mut list = a_list(vec![line(1, 2, ""), line(2, 1, "")]);
    for text in ["B1", "S1", "S1", "B2", "S2"] {
        scan(&mut list, text).unwrap();
    }
    assert_eq!(list.undo(picker(), AT), Ok(Event::PutBack { line: 2, pieces: 1 }));
    assert_eq!((list.facts().state, list.facts().done_at), (State::Picking, None));
    assert_eq!(list.undo(picker(), AT), Ok(Event::PutBack { line: 1, pieces: 1 }));
    assert_eq!(list.at_hand().map(|line| (line.no, line.step)), Some((1, Step::Item)));
    list.undo(picker(), AT).unwrap();
    assert_eq!(list.undo(picker(), AT), Err(ListError::NothingToUndo));
}

#[test]
fn what_is_short_completes_the_line_and_another_bin_is_the_next_stop() {
    let mut list = a_list(vec![line(1, 3, ""), line(2, 1, "")]);
    scan(&mut list, "B1").unwrap();
    scan(&mut list, "S1").unwrap();
    let too_many = list.report_short(picker(), 3, ShortReason::NotFound, AT);
    assert_eq!(too_many, Err(ListError::TooMany { has: 2, asked: 3 }));
    list.report_short(picker(), 2, ShortReason::NotFound, AT).unwrap();
    assert_eq!(list.at_hand().map(|line| line.no), Some(2));
    list.add_stop(Line { bin: Some(BinId::from_raw(9)), ..line(0, 2, "") }, AT);
    assert_eq!(list.at_hand().map(|line| (line.no, line.quantity)), Some((3, 2)));
    assert_eq!(list.undo(picker(), AT), Err(ListError::NothingToUndo), "short is not undone");
}

#[test]
fn what_is_no_longer_wanted_is_left_out_and_goes_back_to_a_shelf() {
    let mut list = a_list(vec![line(1, 2, ""), line(2, 1, "")]);
    scan(&mut list, "B1").unwrap();
    scan(&mut list, "S1").unwrap();
    let first = FulfillmentId::from_raw(1);
    list.drop_fulfillment(first, AT).unwrap();
    assert!(list.is_complete_for(first) && list.drop_fulfillment(first, AT).is_none());
    assert_eq!(list.at_hand().map(|line| line.no), Some(2));
    let too_many = list.put_away(1, 2, AT);
    assert_eq!(too_many, Err(ListError::TooMany { has: 1, asked: 2 }));
    list.put_away(1, 1, AT).unwrap();
    assert!(list.put_away(1, 1, AT).is_err());
}

#[test]
fn the_number_on_paper_names_the_list() {
    let list = a_list(vec![line(1, 1, "")]);
    assert_eq!(from_number(&list.number()), Some(list.facts().id));
    assert_eq!(from_number(&list.number().to_lowercase()), Some(list.facts().id));
    assert_eq!(from_number("A-03-12-2"), None);
}

#[test]
fn a_list_is_in_one_hand_at_a_time() {
    let mut list = a_list(vec![line(1, 1, "")]);
    let other = StaffId::from_raw(8);
    assert_eq!(list.take(other, AT), Err(ListError::Taken));
    assert_eq!(list.take(picker(), AT), Ok(None));
    assert_eq!(list.undo(other, AT), Err(ListError::Taken));
    list.hand_back(picker(), AT).unwrap();
    assert!(list.take(other, AT).unwrap().is_some());
}

proptest! {
    /// Whatever is scanned, reported and undone: nothing is picked that is not on the list, and folding
    /// the history gives the list.
    #[test]
    fn no_line_is_picked_beyond_its_quantity(
        steps in proptest::collection::vec(0..9_usize, 0..40),
    ) {
        let lines = vec![line(1, 2, ""), line(2, 3, "L"), line(3, 1, "")];
        let mut list = a_list(lines.clone());
        let mut folded = list.clone();
        for step in steps {
            let event = match step {
                0 => scan(&mut list, "B1").ok(),
                1 => scan(&mut list, "B2").ok(),
                2 => scan(&mut list, "B3").ok(),
                3 => scan(&mut list, "12312312312319").ok(),
                4 => scan(&mut list, "L").ok(),
                5 => list.undo(picker(), AT).ok(),
                6 => list.report_short(picker(), 1, ShortReason::NotFound, AT).ok(),
                7 => list.drop_fulfillment(FulfillmentId::from_raw(2), AT),
                _ => list.hand_back(picker(), AT).ok().map(|event| {
                    folded.apply(&event, AT);
                    list.take(picker(), AT).unwrap().unwrap()
                }),
            };
            if let Some(event) = event {
                folded.apply(&event, AT);
            }
            for line in &list.facts().lines {
                prop_assert!(line.left() >= 0 && line.picked >= 0, "{line:?}");
            }
            let is_done = list.facts().lines.iter().all(|line| line.left() == 0);
            prop_assert_eq!(is_done, list.facts().state == State::Done);
        }
        prop_assert_eq!(list, folded);
    }
}
