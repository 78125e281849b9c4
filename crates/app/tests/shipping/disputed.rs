//! Parcels of an order whose money a buyer's bank wants back: they stay until somebody decides.

use ordermill_app::shipment::hand_over::{Refused, ScannedOut, scan_out};
use ordermill_domain::ids::OrderId;
use ordermill_domain::shipment::{Facts, State};
use ordermill_domain::task::TaskKind;
use ordermill_storage::{Error, Tx, task};
use ordermill_testkit::stock::location as place;

use crate::kit::{Shop, logistics, on_each_database};

/// The goods of an order stay where they are: the open task is what keeps them.
async fn stop(shop: &Shop, order: OrderId) {
    let at = shop.act().at;
    let open =
        move |tx: &mut Tx<'_>| task::open(tx, TaskKind::DisputedOrder, order, "{}", None, at);
    shop.database.write::<_, Error, _>(open).await.unwrap();
}

/// Somebody lets them leave all the same.
async fn let_go(shop: &Shop, order: OrderId) {
    let at = shop.act().at;
    let close =
        move |tx: &mut Tx<'_>| task::close(tx, TaskKind::DisputedOrder, order, "ship it", at);
    shop.database.write::<_, Error, _>(close).await.unwrap();
}

async fn scan(shop: &Shop, parcel: &Facts) -> Result<ScannedOut, Refused> {
    let (act, waybill) = (shop.act(), parcel.terms.waybill.clone());
    let write = move |tx: &mut Tx<'_>| {
        scan_out(tx, &logistics(), &act, place(1), &[&waybill]).map_err(Error::defect)
    };
    shop.database.write(write).await.unwrap().remove(0)
}

#[test]
fn a_parcel_whose_money_is_wanted_back_is_not_taken_at_the_dock_until_somebody_decides() {
    on_each_database(async |shop| {
        let parcel = shop.labeled(1).await.shipment.facts().clone();
        stop(shop, parcel.terms.order).await;
        assert_eq!(scan(shop, &parcel).await, Err(Refused::Disputed));
        let_go(shop, parcel.terms.order).await;
        assert!(scan(shop, &parcel).await.is_ok());
    });
}

#[test]
fn a_parcel_that_was_scanned_before_its_money_was_wanted_back_is_left_out_when_the_list_is_closed()
{
    on_each_database(async |shop| {
        let stopped = shop.labeled(1).await.shipment.facts().clone();
        let other = shop.labeled(2).await.shipment.facts().clone();
        let manifest = scan(shop, &stopped).await.unwrap().manifest;
        assert_eq!(scan(shop, &other).await.unwrap().manifest, manifest);
        stop(shop, stopped.terms.order).await;
        let handed_over = shop.close(manifest).await;
        let ids: Vec<_> = handed_over.iter().map(|stored| stored.shipment.facts().id).collect();
        assert_eq!(ids, [other.id]);
        let stays = shop.shipment(stopped.id).await.unwrap();
        assert_eq!(stays.shipment.state(), State::LabelCreated);
    });
}
