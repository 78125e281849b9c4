//! What carriers say, and what follows from it.

use ordermill_app::shipment::receipt::{Confirmed, Reported, confirm, report_not_received};
use ordermill_base::Span;
use ordermill_domain::shipment::{State, TrackingStatus};
use ordermill_domain::task::TaskKind;
use ordermill_sandbox::carriers::Word;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::{Error, Tx, tracking};

use crate::kit::on_each_database;

#[test]
fn a_parcel_goes_to_the_door_by_the_carriers_own_pushes() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let id = stored.shipment.facts().id;
        shop.clock.advance(Span::days(6));
        let start = std::time::Instant::now();
        while shop.shipment(id).await.unwrap().shipment.state() != State::Delivered {
            assert!(start.elapsed().as_secs() < 20, "it never arrives");
            shop.carriers.process_pushes().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(shop.deadlines(stored.shipment.facts().terms.order).await, ["confirm_receipt"]);
        let told = shop.database.read(move |tx| tracking::of(tx, id, 100)).await.unwrap();
        assert_eq!(told.len(), 7);
        assert_eq!(told[0].status, TrackingStatus::Delivered);
    });
}

#[test]
fn doubled_and_reordered_pushes_change_nothing_twice() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let id = stored.shipment.facts().id;
        shop.break_next(Call::Push, Fault::RepeatNotice { count: 3 }, 1);
        shop.reports(&stored, Word::WithCourier).await;
        let before = shop.history(id).await;
        shop.break_next(Call::Push, Fault::ShuffleEvents, 1);
        shop.reports(&stored, Word::Arrived).await;
        let track = shop.shipment(id).await.unwrap().shipment.facts().track;
        assert_eq!(track.status, TrackingStatus::OutForDelivery, "said at the same moment");
        assert_eq!(shop.history(id).await, before);
    });
}

#[test]
fn a_delivery_exception_is_somebodys_task_until_the_carrier_goes_on() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let id = stored.shipment.facts().id;
        shop.reports(&stored, Word::AddressProblem).await;
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryException]);
        assert_eq!(shop.deadlines(id).await, ["delivery_exception"]);
        shop.clock.advance(Span::hours(2));
        shop.reports(&stored, Word::WithCourier).await;
        assert_eq!(shop.open_tasks().await, []);
        assert_eq!(shop.deadlines(id).await, [] as [&str; 0]);
        assert!(shop.shipment(id).await.unwrap().had_exception);
    });
}

#[test]
fn a_parcel_that_nobody_reports_is_asked_about_and_then_a_task() {
    on_each_database(async |shop| {
        shop.break_next(Call::Carry, Fault::ForgetParcel, 1);
        let stored = shop.handed_over(1).await;
        let id = stored.shipment.facts().id;
        // No push comes: the carrier is asked.
        shop.break_next(Call::Push, Fault::LoseNotice, 100);
        shop.clock.advance(Span::hours(30));
        assert_eq!(shop.carriers.ask_about_silent().await.unwrap(), 1);
        let heard = shop.shipment(id).await.unwrap();
        assert_eq!(heard.shipment.facts().track.status, TrackingStatus::InTransit);
        assert_eq!(shop.open_tasks().await, []);
        shop.clock.advance(Span::days(9));
        while shop.carriers.ask_about_silent().await.unwrap() > 0 {}
        assert_eq!(shop.open_tasks().await, [TaskKind::DeliveryException]);
        assert_eq!(shop.deadlines(id).await, ["delivery_exception"]);
    });
}

#[test]
fn a_buyer_who_has_not_got_it_opens_one_case() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let order = stored.shipment.facts().terms.order;
        let report = async |shop: &crate::kit::Shop| {
            let act = shop.act();
            let write =
                move |tx: &mut Tx<'_>| report_not_received(tx, &act, order).map_err(Error::defect);
            shop.database.write(write).await.unwrap()
        };
        assert_eq!(report(shop).await, Reported::NothingDelivered);
        shop.reports(&stored, Word::Signed).await;
        assert_eq!(shop.deadlines(order).await, ["confirm_receipt"]);
        assert_eq!(report(shop).await, Reported::Opened);
        assert_eq!(report(shop).await, Reported::Known);
        assert_eq!(shop.open_tasks().await, [TaskKind::NotReceived]);
        assert_eq!(shop.deadlines(order).await, ["sign_off_dispute"]);
        let act = shop.act();
        let write = move |tx: &mut Tx<'_>| confirm(tx, &act, order).map_err(Error::defect);
        // It was never booked as shipped, so nothing can be completed.
        assert_eq!(shop.database.write(write).await.unwrap(), Confirmed::Nothing);
    });
}

#[test]
fn a_push_that_is_not_the_carriers_is_not_stored() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        shop.break_next(Call::Push, Fault::BadSignature, 100);
        let waybill = stored.shipment.facts().terms.waybill.clone();
        shop.sandbox().report(&waybill, Word::Signed, "").unwrap();
        shop.until("a forged push", || *shop.received.lock().unwrap() > 0).await;
        shop.carriers.process_pushes().await.unwrap();
        let id = stored.shipment.facts().id;
        assert_eq!(shop.shipment(id).await.unwrap().shipment.state(), State::HandedOver);
    });
}
