//! Many pushes at once.

use std::time::Instant;

use ordermill_base::{Clock as _, Id};
use ordermill_domain::ids::{PackageId, ShipmentId};
use ordermill_domain::shipment::{Shipment, State, TrackingStatus};
use ordermill_ports::Headers;
use ordermill_storage::label_request::{self, LabelRequest};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{Error, Tx};
use ordermill_testkit::scale;

use crate::kit::{SECRET, on_each_database};

/// How many parcels are pushed about at once; docs/testing.md tells how fast that is.
const PARCELS: i64 = 200;

#[test]
fn pushes_about_many_parcels_are_taken_in_together() {
    on_each_database(async |shop| {
        let parcels = PARCELS * i64::from(scale());
        let template = shop.labeled(1).await;
        let facts = template.shipment.facts().clone();
        let (act, base) = (shop.act(), facts.clone());
        let copy = move |tx: &mut Tx<'_>| {
            let known = label_request::fetch(tx, base.id)?.ok_or(Error::Stale("a request"))?;
            for number in 2..=parcels {
                let id = ShipmentId::from_raw(number);
                let package = PackageId::from_raw(number);
                let request = LabelRequest { id, package, ..known.clone() };
                label_request::insert(tx, &request, act.at)?;
                label_request::end(tx, id, label_request::State::Made, None)?;
                let mut terms = base.terms.clone();
                (terms.package, terms.waybill) = (package, format!("HB{number}"));
                let (shipment, event) = Shipment::create(id, terms, act.at);
                shipment::insert(tx, &Stored { shipment, ..template.clone() })?;
                shipment::record_each(tx, &act, [(id, 1, &event)])?;
            }
            Ok::<_, Error>(())
        };
        shop.database.write(copy).await.unwrap();
        let signed: Vec<(Headers, Vec<u8>)> =
            (2..=parcels).map(|number| push(number, shop.clock.now())).collect();
        let started = Instant::now();
        let mut taking = tokio::task::JoinSet::new();
        for (headers, body) in signed {
            let (carriers, tracker) = (shop.carriers.clone(), shop.tracker);
            taking.spawn(async move {
                carriers.receive_push("sandbox", tracker, &headers, &body).await.unwrap();
            });
        }
        while taking.join_next().await.is_some() {}
        let taken = started.elapsed();
        while shop.carriers.process_pushes().await.unwrap() > 0 {}
        eprintln!("{} pushes: taken in {taken:?}, in all {:?}", parcels - 1, started.elapsed());
        for number in [2, parcels] {
            let stored = shop.shipment(ShipmentId::from_raw(number)).await.unwrap();
            assert_eq!(stored.shipment.state(), State::HandedOver);
            assert_eq!(stored.shipment.facts().track.status, TrackingStatus::OutForDelivery);
        }
    });
}

fn push(number: i64, now: ordermill_base::Timestamp) -> (Headers, Vec<u8>) {
    use ordermill_vault::standard_webhooks::{WebhookSecret, sign};
    let event = |status: &str, at: ordermill_base::Timestamp| serde_json::json!({"status": status, "at": at, "place": "HB 3301", "text": "张师傅"});
    let body = serde_json::json!({
        "waybill": format!("HB{number}"),
        "events": [event("labeled", now), event("collected", now), event("with_courier", now)],
    });
    let body = body.to_string().into_bytes();
    let (id, secret) = (format!("ntc_{number}"), WebhookSecret::parse(SECRET).unwrap());
    let signature = sign(&[&secret], &id, now, &body);
    let headers = [
        ("webhook-id", id),
        ("webhook-timestamp", now.as_seconds().to_string()),
        ("webhook-signature", signature),
    ];
    (headers.into_iter().collect(), body)
}
