//! The desk of delivery exceptions.

use ordermill_app::permission::Principal;
use ordermill_app::shipment::ShipmentError;
use ordermill_app::shipment::desk::{Ending, end, plan};
use ordermill_domain::shipment::{Plan, State};
use ordermill_sandbox::carriers::Word;
use ordermill_storage::{Error, Tx};

use crate::kit::{logistics, on_each_database};

#[test]
fn a_plan_meets_d4_and_a_new_exception_starts_it_again() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let id = stored.shipment.facts().id;
        shop.reports(&stored, Word::AddressProblem).await;
        let version = shop.shipment(id).await.unwrap().shipment.facts().version;
        let act = shop.act();
        let decide = move |tx: &mut Tx<'_>| {
            let stale = plan(tx, &logistics(), &act, id, version - 1, Plan::Forward);
            assert!(matches!(stale, Err(ShipmentError::Stale(_))), "{stale:?}");
            let visitor = plan(tx, &Principal::VISITOR, &act, id, version, Plan::Forward);
            assert!(matches!(visitor, Err(ShipmentError::Forbidden(_))), "{visitor:?}");
            plan(tx, &logistics(), &act, id, version, Plan::Forward).map_err(Error::defect)
        };
        shop.database.write(decide).await.unwrap();
        assert_eq!(shop.open_tasks().await, []);
        assert_eq!(shop.deadlines(id).await, [] as [&str; 0]);
        shop.clock.advance(ordermill_base::Span::hours(3));
        shop.reports(&stored, Word::Refused).await;
        assert_eq!(shop.deadlines(id).await, ["delivery_exception"]);
    });
}

#[test]
fn a_parcel_that_is_back_without_a_word_is_ended_by_hand() {
    on_each_database(async |shop| {
        let stored = shop.handed_over(1).await;
        let id = stored.shipment.facts().id;
        shop.reports(&stored, Word::Refused).await;
        let version = shop.shipment(id).await.unwrap().shipment.facts().version;
        let act = shop.act();
        let write = move |tx: &mut Tx<'_>| {
            end(tx, &logistics(), &act, id, version, Ending::Returned).map_err(Error::defect)
        };
        shop.database.write(write).await.unwrap();
        let after = shop.shipment(id).await.unwrap();
        assert_eq!(after.shipment.state(), State::ReturnedToSender);
        assert_eq!(shop.deadlines(id).await, [] as [&str; 0]);
    });
}
