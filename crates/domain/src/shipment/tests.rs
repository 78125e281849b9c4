use ordermill_base::{Id, Span};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::code::life_cycle;

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

pub(crate) fn terms() -> Terms {
    Terms {
        order: OrderId::from_raw(7),
        package: PackageId::from_raw(8),
        carrier: CarrierId::from_raw(9),
        service: ServiceKind::Standard,
        waybill: "SF1".into(),
        cost_minor: 1_200,
        insured_minor: 0,
        currency: Currency::Cny,
        expected_by: AT + Span::days(3),
        weight_grams: 900,
    }
}

fn label() -> Shipment {
    Shipment::create(ShipmentId::from_raw(1), terms(), AT).0
}

fn scan(status: TrackingStatus, hours: i64) -> Scan {
    Scan::new(status, AT + Span::hours(hours))
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Event::kind).collect()
}

#[test]
fn the_life_cycle() {
    insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
    LabelCreated --HandOver--> HandedOver
    LabelCreated --Void--> Voided
    HandedOver --Deliver--> Delivered
    HandedOver --Return--> ReturnedToSender
    HandedOver --Lose--> Lost
    ");
}

#[test]
fn the_carriers_scan_hands_over_what_nobody_has_scanned_at_the_dock() {
    let events = label().scanned(&scan(TrackingStatus::InTransit, 1), AT);
    assert_eq!(kinds(&events), ["shipment.handed_over", "shipment.tracked"]);
}

#[test]
fn an_announcement_of_the_parcel_is_no_hand_over() {
    let mut shipment = label();
    let events = shipment.scanned(&scan(TrackingStatus::PreTransit, 1), AT);
    assert_eq!(kinds(&events), ["shipment.tracked"]);
    assert_eq!(shipment.state(), State::LabelCreated);
}

#[test]
fn a_late_older_scan_moves_nothing() {
    let mut shipment = label();
    shipment.scanned(&scan(TrackingStatus::OutForDelivery, 5), AT);
    assert!(shipment.scanned(&scan(TrackingStatus::InTransit, 4), AT).is_empty());
    assert_eq!(shipment.facts().track.status, TrackingStatus::OutForDelivery);
}

#[test]
fn a_parcel_that_comes_back_ends_as_returned() {
    let mut shipment = label();
    let back = Scan { outcome: Some(Outcome::Returned), ..scan(TrackingStatus::Refused, 9) };
    let events = shipment.scanned(&back, AT);
    let all = ["shipment.handed_over", "shipment.tracked", "shipment.returned_to_sender"];
    assert_eq!(kinds(&events), all);
}

#[test]
fn a_label_that_was_given_back_never_delivers() {
    let mut shipment = label();
    shipment.void(AT).unwrap();
    shipment.scanned(&scan(TrackingStatus::Delivered, 9), AT);
    assert_eq!(shipment.state(), State::Voided);
    assert_eq!(shipment.facts().track.status, TrackingStatus::Delivered, "it stands out");
}

#[test]
fn a_new_exception_needs_a_new_plan() {
    let mut shipment = label();
    assert!(shipment.plan(Plan::Forward, AT).is_err(), "it has not left");
    shipment.scanned(&scan(TrackingStatus::Address, 1), AT);
    shipment.plan(Plan::Forward, AT).unwrap();
    shipment.scanned(&scan(TrackingStatus::InTransit, 2), AT);
    assert_eq!(shipment.facts().plan, Some(Plan::Forward), "it is under way");
    shipment.scanned(&scan(TrackingStatus::Refused, 3), AT);
    assert_eq!(shipment.facts().plan, None);
}

#[test]
fn a_parcel_that_is_wanted_back_and_goes_back_needs_no_other_plan() {
    let mut shipment = label();
    shipment.scanned(&scan(TrackingStatus::Address, 1), AT);
    shipment.plan(Plan::ReturnToSender, AT).unwrap();
    shipment.scanned(&scan(TrackingStatus::Refused, 2), AT);
    assert_eq!(shipment.facts().plan, Some(Plan::ReturnToSender));
    shipment.scanned(&scan(TrackingStatus::Damaged, 3), AT);
    assert_eq!(shipment.facts().plan, None);
}

#[test]
fn a_buyer_disputes_a_signature_once() {
    let mut shipment = label();
    shipment.scanned(&scan(TrackingStatus::Delivered, 3), AT);
    assert!(shipment.dispute(AT).is_some());
    assert_eq!(shipment.dispute(AT), None);
    assert_eq!(shipment.state(), State::Delivered, "the carrier's word stands beside it");
}

fn scans() -> impl Strategy<Value = Vec<Scan>> {
    let one = (select(&TrackingStatus::ALL[..]), 0_i64..12);
    proptest::collection::vec(one.prop_map(|(status, hours)| scan(status, hours)), 0..12)
}

proptest! {
    /// Lost, doubled and reordered pushes end where the carrier's own order ends.
    #[test]
    fn the_order_in_which_pushes_arrive_does_not_matter(
        (sent, came) in scans().prop_flat_map(|sent| (Just(sent.clone()), Just(sent).prop_shuffle()))
    ) {
        let (mut one, mut other) = (label(), label());
        for scan in &sent {
            one.scanned(scan, AT);
        }
        for scan in came.iter().chain(&came) {
            other.scanned(scan, AT);
        }
        prop_assert_eq!(one.facts().track, other.facts().track);
        prop_assert_eq!(one.state(), other.state());
        prop_assert_eq!(one.facts().delivered_at.is_some(), other.facts().delivered_at.is_some());
    }

    #[test]
    fn folding_the_events_gives_the_stored_shipment(scans in scans(), voids: bool) {
        let (mut shipment, created) = Shipment::create(ShipmentId::from_raw(1), terms(), AT);
        let mut events = vec![created];
        if voids {
            events.extend(shipment.void(AT));
        }
        for scan in &scans {
            events.extend(shipment.scanned(scan, AT));
        }
        let mut folded = Shipment::created(ShipmentId::from_raw(1), &events[0], AT).unwrap();
        for event in &events[1..] {
            folded.apply(event, AT);
        }
        prop_assert_eq!(folded, shipment);
    }
}
