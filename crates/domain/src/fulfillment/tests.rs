use ordermill_base::{Id, Quantity, Span};
use proptest::prelude::*;

use super::*;
use crate::code::life_cycle;
use crate::ids::SkuId;

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn wave() -> WaveId {
    WaveId::from_raw(3)
}

fn pieces(line_no: u16, pieces: i64) -> LineQuantity {
    LineQuantity { line_no, quantity: Quantity::new(pieces).unwrap() }
}

fn planned(lines: &[(u16, i64)]) -> Planned {
    let line = |&(line_no, quantity)| PlannedLine {
        line_no,
        sku: SkuId::from_raw(line_no.into()),
        quantity: Quantity::new(quantity).unwrap(),
    };
    Planned {
        order: OrderId::from_raw(7),
        location: LocationId::from_raw(1),
        is_urgent: false,
        ship_by: None,
        not_before: None,
        lines: lines.iter().map(line).collect(),
    }
}

/// Two pieces of line 1 and one of line 3.
fn plan() -> Fulfillment {
    let planned = planned(&[(1, 2), (3, 1)]);
    Fulfillment::plan(FulfillmentId::from_raw(9), planned, AT).unwrap().0
}

#[test]
fn the_life_cycle() {
    insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
    Planned --Merge--> Planned
    Planned --TakeOut--> Planned
    Planned --Release--> Released
    Planned --Reject--> Rejected
    Planned --Cancel--> Canceled
    Released --Withdraw--> Planned
    Released --Pick--> Picking
    Released --Short--> Released
    Released --Reject--> Rejected
    Released --Cancel--> Canceled
    Picking --Pick--> Picking
    Picking --PutBack--> Picking
    Picking --Short--> Picking
    Picking --FinishPicking--> Picked
    Picking --Reject--> Rejected
    Picking --Cancel--> Canceled
    Picked --PutBack--> Picking
    Picked --Recheck--> Rechecked
    Picked --SendBack--> Picking
    Picked --Cancel--> Canceled
    Rechecked --Pack--> Packed
    Rechecked --Cancel--> Canceled
    Packed --Unpack--> Rechecked
    Packed --HandOver--> HandedOver
    Packed --Cancel--> Canceled
    HandedOver --Close--> Closed
    ");
}

#[test]
fn a_fulfillment_goes_from_its_plan_to_the_carrier() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    work.pick(vec![pieces(1, 2)], AT).unwrap();
    let unfinished = work.finish_picking(AT);
    assert_eq!(unfinished, Err(FulfillmentError::NotPicked { line_no: 3, missing: 1 }));
    work.pick(vec![pieces(3, 1)], AT).unwrap();
    work.finish_picking(AT).unwrap();
    work.recheck(AT).unwrap();
    work.pack(vec![PackageId::from_raw(1)], AT).unwrap();
    work.hand_over(AT + Span::hours(1)).unwrap();
    work.close(AT).unwrap();
    assert_eq!((work.state(), work.version()), (State::Closed, 9));
    assert_eq!(work.facts().milestones.handed_over_at, Some(AT + Span::hours(1)));
}

#[test]
fn work_is_merged_and_taken_out_only_before_it_is_on_the_floor() {
    let mut work = plan();
    work.merge(MergeId::from_raw(5), AT).unwrap();
    assert_eq!(work.facts().merge, Some(MergeId::from_raw(5)));
    work.take_out(AT).unwrap();
    assert_eq!((work.facts().merge, work.version()), (None, 3));
    work.merge(MergeId::from_raw(6), AT).unwrap();
    work.release(wave(), AT).unwrap();
    assert!(work.clone().take_out(AT).is_err());
    assert!(work.merge(MergeId::from_raw(7), AT).is_err());
}

#[test]
fn no_more_is_picked_than_is_to_be_shipped() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    let too_many = work.pick(vec![pieces(1, 1), pieces(1, 2)], AT);
    assert_eq!(too_many, Err(FulfillmentError::Pieces { line_no: 1, available: 2, asked: 3 }));
    let unknown = work.pick(vec![pieces(2, 1)], AT);
    assert_eq!(unknown, Err(FulfillmentError::Pieces { line_no: 2, available: 0, asked: 1 }));
}

#[test]
fn what_is_put_back_is_picked_again() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    work.pick(vec![pieces(1, 2), pieces(3, 1)], AT).unwrap();
    work.finish_picking(AT).unwrap();
    work.put_back(vec![pieces(1, 1)], AT).unwrap();
    assert_eq!((work.state(), work.line(1).unwrap().to_pick()), (State::Picking, 1));
    assert!(work.recheck(AT).is_err());
}

#[test]
fn pieces_that_are_not_found_are_not_shipped() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    work.pick(vec![pieces(1, 1), pieces(3, 1)], AT).unwrap();
    work.record_short(1, Quantity::ONE, ShortReason::NotFound, AT).unwrap();
    work.finish_picking(AT).unwrap();
    assert_eq!(work.line(1).unwrap().quantity, 1);
}

#[test]
fn a_fulfillment_of_which_nothing_is_found_is_rejected() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    work.pick(vec![pieces(3, 1)], AT).unwrap();
    work.put_back(vec![pieces(3, 1)], AT).unwrap();
    for (line_no, missing) in [(1, 2), (3, 1)] {
        let missing = Quantity::new(missing).unwrap();
        work.record_short(line_no, missing, ShortReason::Damaged, AT).unwrap();
    }
    assert_eq!(work.finish_picking(AT), Err(FulfillmentError::Empty));
    work.reject(RejectReason::NoStock, AT).unwrap();
    assert_eq!(work.facts().reject_reason, Some(RejectReason::NoStock));
}

#[test]
fn what_lies_in_totes_cannot_be_sourced_elsewhere() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    work.pick(vec![pieces(3, 1)], AT).unwrap();
    let refused = work.reject(RejectReason::LocationDown, AT);
    assert_eq!(refused, Err(FulfillmentError::Pieces { line_no: 3, available: 0, asked: 1 }));
}

#[test]
fn it_is_too_late_to_cancel_what_the_carrier_has() {
    let mut work = plan();
    work.release(wave(), AT).unwrap();
    work.pick(vec![pieces(1, 2), pieces(3, 1)], AT).unwrap();
    work.finish_picking(AT).unwrap();
    work.recheck(AT).unwrap();
    work.pack(vec![PackageId::from_raw(1)], AT).unwrap();
    assert!(work.clone().cancel(AT).is_ok());
    work.hand_over(AT).unwrap();
    assert!(work.cancel(AT).is_err());
}

/// A step that may be refused.
fn some_step(
    work: &mut Fulfillment,
    step: u8,
    line_no: u16,
    count: i64,
) -> Result<Event, FulfillmentError> {
    let some = vec![pieces(line_no, count)];
    match step {
        0 => work.release(wave(), AT),
        1 => work.withdraw(AT),
        2..=5 => work.pick(some, AT),
        6 => work.put_back(some, AT),
        7 => work.record_short(line_no, Quantity::ONE, ShortReason::NotFound, AT),
        8 => work.finish_picking(AT),
        9 => work.recheck(AT),
        10 => work.send_back(AT),
        11 => work.pack(vec![PackageId::from_raw(1)], AT),
        12 => work.unpack(AT),
        13 => work.hand_over(AT),
        14 => work.close(AT),
        15 => work.reject(RejectReason::ByHand, AT),
        16 => work.merge(MergeId::from_raw(5), AT),
        17 => work.take_out(AT),
        _ => work.cancel(AT),
    }
}

proptest! {
    #[test]
    fn folding_the_events_gives_what_is_stored(
        steps in prop::collection::vec((0_u8..19, 1_u16..4, 1_i64..3), 0..40),
    ) {
        let first = planned(&[(1, 2), (3, 1)]);
        let mut work = plan();
        let mut folded = Fulfillment::planned(work.id(), &first, AT);
        for (step, line_no, count) in steps {
            let before = work.clone();
            match some_step(&mut work, step, line_no, count) {
                Ok(event) => folded.apply(&event, AT),
                Err(_) => prop_assert_eq!(&work, &before),
            }
            prop_assert_eq!(&work, &folded);
            let lines = &work.facts().lines;
            prop_assert!(lines.iter().all(|line| (0..=line.quantity).contains(&line.picked)));
        }
    }
}
