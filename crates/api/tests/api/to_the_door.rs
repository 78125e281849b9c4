//! From the floor to the door through the API: scans of a walk, the dock, and what buyers say.

use std::collections::BTreeSet;

use ordermill_api::limits::Quotas;
use ordermill_app::permission::Principal;
use ordermill_app::shipment::scan::{Heard, take_in};
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_app::staff::{self, NewStaff};
use ordermill_base::{Currency, Id as _};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::carrier::instruction::Errand;
use ordermill_domain::ids::{CarrierId, OrderId, PackageId, ShipmentId, StaffId};
use ordermill_domain::role::Role;
use ordermill_domain::shipment::{Scan, Shipment, Terms, TrackingStatus};
use ordermill_storage::shipment::Stored;
use ordermill_storage::{Error, Tx, instruction, shipment};
use serde_json::{Value, json};

use crate::kit::{Shop, in_each_shop};

/// Somebody who picks.
async fn a_picker(shop: &Shop) -> StaffId {
    let (at, act) = (shop.location, Principal::system("test").act(shop.services.now()));
    let new = NewStaff {
        login: "picker".parse().unwrap(),
        name: "Picker".to_owned(),
        roles: vec![Role::Warehouse],
        location: Some(at),
        password: "-".to_owned(),
    };
    let make = move |tx: &mut Tx<'_>| staff::create(tx, &Principal::system("test"), &act, &new);
    shop.services.database().write(make).await.unwrap()
}

/// An order for so many bowls that is sourced.
async fn a_sourced_order(shop: &Shop, bowls: i64) -> OrderId {
    let mut order = shop.an_order();
    order["terms"] = json!("cash_on_delivery");
    order["lines"][0]["quantity"] = json!(bowls);
    let placed = shop.post(&shop.key, "/api/v1/orders", "a", &order).await;
    let id: OrderId = placed.body["id"].as_str().unwrap().parse().unwrap();
    let (catalog, act) = (shop.services.catalog(), by_rules(shop.services.now()));
    let source = move |tx: &mut Tx<'_>| {
        source_each(tx, &catalog, &act, &BTreeSet::from([id]), &Wish::default())
    };
    shop.services.database().write(source).await.unwrap();
    id
}

/// Its only pick list, taken by somebody.
async fn a_list_in_hand(shop: &Shop, picker: StaffId) -> String {
    let at = format!("/api/v1/locations/{}", shop.location);
    let wave = json!({ "fulfillments_max": 10, "totes": 10, "pieces_per_tote": 20 });
    let released = shop.post(&shop.key, &format!("{at}/waves"), "w", &wave).await;
    assert_eq!(released.status, 201, "{released:?}");
    let lists = shop.get(&shop.key, &format!("{at}/pick-lists?state=open")).await;
    let list = format!("/api/v1/pick-lists/{}", lists.body["items"][0]["id"].as_str().unwrap());
    let by = json!({ "picker_id": picker.to_string() });
    let taken = shop.post(&shop.key, &format!("{list}/take"), "", &by).await;
    assert_eq!((taken.status.as_u16(), &taken.body["state"]), (200, &json!("picking")));
    list
}

fn scan(key: &str, text: &str) -> Value {
    json!({ "key": key, "do": "scan", "scan": text })
}

fn outcomes(answers: &Value) -> Vec<&str> {
    let answers = answers["answers"].as_array().unwrap();
    answers.iter().map(|answer| answer["outcome"].as_str().unwrap()).collect()
}

#[test]
fn scans_that_are_sent_together_are_followed_in_their_order_each_once() {
    in_each_shop(Quotas::default(), async |shop| {
        let picker = a_picker(shop).await;
        let order = a_sourced_order(shop, 3).await;
        let list = a_list_in_hand(shop, picker).await;
        let send = async |scans: Value| {
            let body = json!({ "picker_id": picker.to_string(), "scans": scans });
            shop.post(&shop.key, &format!("{list}/scans"), "", &body).await
        };
        let undo = json!({ "key": "4", "do": "undo" });
        let first = json!([
            scan("1", "BOWL"),
            scan("2", "PLATE"),
            scan("3", "BOWL"),
            undo,
            scan("1", "BOWL"),
        ]);
        let told = send(first.clone()).await;
        let expected = ["picked", "wrong_item", "picked", "put_back", "picked"];
        assert_eq!(outcomes(&told.body), expected, "{told:?}");
        let again = send(first).await;
        assert_eq!(outcomes(&again.body), expected, "what is sent again is answered again");
        let rest = send(json!([scan("5", "BOWL"), scan("6", "BOWL"), scan("7", "BOWL")])).await;
        assert_eq!(outcomes(&rest.body), ["picked", "picked", "done"]);
        let work = shop.get(&shop.key, &format!("/api/v1/orders/{order}/fulfillments")).await;
        assert_eq!(work.body["items"][0]["state"], "picked");
        assert_eq!(work.body["items"][0]["lines"][0]["picked"], 3);
    });
}

#[test]
fn a_scan_that_cannot_be_read_is_named_and_none_is_followed() {
    in_each_shop(Quotas::default(), async |shop| {
        let picker = a_picker(shop).await;
        a_sourced_order(shop, 1).await;
        let list = a_list_in_hand(shop, picker).await;
        let wrong = json!({ "key": "2", "do": "short", "reason": "eaten" });
        let body = json!({ "picker_id": picker.to_string(), "scans": [scan("1", "BOWL"), wrong] });
        let refused = shop.post(&shop.key, &format!("{list}/scans"), "", &body).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.body["errors"][0]["field"], "/scans/1/reason");
        let list = shop.get(&shop.key, &list).await;
        assert_eq!(list.body["lines"][0]["picked"], 0);
    });
}

/// A parcel of an order, as if its carrier had just made the label.
async fn a_labeled_parcel(shop: &Shop, order: OrderId, number: i64) -> ShipmentId {
    let now = shop.services.now();
    let terms = Terms {
        order,
        package: PackageId::from_raw(number),
        carrier: CarrierId::from_raw(1),
        service: ServiceKind::Standard,
        waybill: format!("SW{number:09}"),
        cost_minor: 1_200,
        insured_minor: 0,
        currency: Currency::Cny,
        expected_by: now + ordermill_base::Span::days(3),
        weight_grams: 700,
    };
    let (shipment, event) = Shipment::create(ShipmentId::from_raw(number), terms, now);
    let (location, act) = (shop.location, Principal::system("test").act(now));
    let store = move |tx: &mut Tx<'_>| {
        let stored = Stored {
            shipment: shipment.clone(),
            location,
            routing: "HZ".to_owned(),
            heard_at: None,
            had_exception: false,
            was_damaged: false,
            look_at: None,
        };
        shipment::insert(tx, &stored)?;
        let id = stored.shipment.facts().id;
        shipment::record_each(tx, &act, [(id, 1, &event)])?;
        Ok::<_, Error>(id)
    };
    shop.services.database().write(store).await.unwrap()
}

#[test]
fn parcels_are_scanned_out_taken_off_and_handed_over_together() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_sourced_order(shop, 1).await;
        let first = a_labeled_parcel(shop, order, 71).await;
        let second = a_labeled_parcel(shop, order, 72).await;
        let dock = format!("/api/v1/locations/{}/hand-over", shop.location);
        let waiting = async || {
            let list = shop.get(&shop.key, &dock).await;
            let items = list.body["items"].as_array().unwrap().clone();
            items.iter().map(|it| it["waybill"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(waiting().await, ["SW000000071", "SW000000072"]);
        let scans =
            json!({ "waybills": ["SW000000072", "SW000000099", "SW000000071", "SW000000072"] });
        let scanned = shop.post(&shop.key, &dock, "", &scans).await;
        let parcels = scanned.body["parcels"].as_array().unwrap();
        let list = parcels[0]["manifest_id"].as_str().unwrap();
        assert_eq!(parcels[1]["refused"], "unknown");
        assert_eq!(parcels[2]["manifest_id"], list, "one list for one carrier");
        assert_eq!(
            (&parcels[0]["was_on_it"], &parcels[3]["was_on_it"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(waiting().await, Vec::<String>::new());

        let path = format!("/api/v1/manifests/{list}");
        let off = crate::kit::request(
            "DELETE",
            &format!("{path}/parcels/{second}"),
            &shop.key,
            &[],
            None,
        );
        assert_eq!(shop.send(off).await.status, 204);
        assert_eq!(waiting().await, ["SW000000072"]);
        let closed = shop.post(&shop.key, &format!("{path}/close"), "", &json!({})).await;
        assert_eq!((closed.status.as_u16(), &closed.body["handed_over"]), (200, &json!(1)));
        let again = shop.post(&shop.key, &format!("{path}/close"), "", &json!({})).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "manifest_closed"));
        let off =
            crate::kit::request("DELETE", &format!("{path}/parcels/{first}"), &shop.key, &[], None);
        assert_eq!(shop.send(off).await.status, 409, "the carrier has it");
        let gone = shop.get(&shop.key, &format!("/api/v1/shipments?manifest_id={list}")).await;
        assert_eq!(gone.body["items"][0]["state"], "handed_over", "{gone:?}");
        assert_eq!(gone.body["items"][0]["id"], first.to_string());
        let late = json!({ "waybills": ["SW000000071"] });
        let late = shop.post(&shop.key, &dock, "", &late).await;
        assert_eq!(late.body["parcels"][0]["was_on_it"], true, "it is on the list that has left");
    });
}

#[test]
fn a_parcel_in_trouble_is_decided_about_as_it_was_read() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_sourced_order(shop, 1).await;
        let id = a_labeled_parcel(shop, order, 81).await;
        let path = format!("/api/v1/shipments/{id}");
        let seen = shop.get(&shop.key, &path).await;
        let plan = json!({ "plan": "wait", "reason": "the road is closed until noon" });
        hear(shop, id, TrackingStatus::InTransit).await;
        let stale = shop.post_if(&format!("{path}/plan"), seen.header("etag"), &plan).await;
        assert_eq!((stale.status.as_u16(), stale.code()), (412, "version_changed"));
        let seen = shop.get(&shop.key, &path).await;
        assert_eq!(seen.body["events"][0]["status"], "in_transit");
        let planned = shop.post_if(&format!("{path}/plan"), seen.header("etag"), &plan).await;
        assert_eq!((planned.status.as_u16(), &planned.body["plan"]), (200, &json!("wait")));
        let lost = json!({ "ending": "lost", "reason": "the carrier has searched" });
        let lost_now = shop.post_if(&format!("{path}/end"), planned.header("etag"), &lost).await;
        assert_eq!((lost_now.status.as_u16(), &lost_now.body["state"]), (200, &json!("lost")));
        let twice = shop.post_if(&format!("{path}/end"), lost_now.header("etag"), &lost).await;
        assert_eq!((twice.status.as_u16(), twice.code()), (409, "step_not_allowed"));
        let nonsense = json!({ "plan": "pray", "reason": "it may help" });
        let nonsense =
            shop.post_if(&format!("{path}/plan"), lost_now.header("etag"), &nonsense).await;
        assert_eq!(nonsense.body["errors"][0]["field"], "/plan");
    });
}

#[test]
fn a_parcel_is_forwarded_to_an_address_that_only_its_carrier_reads() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_sourced_order(shop, 1).await;
        let id = a_labeled_parcel(shop, order, 82).await;
        let path = format!("/api/v1/shipments/{id}");
        hear(shop, id, TrackingStatus::InTransit).await;
        let seen = shop.get(&shop.key, &path).await;
        let address = "浙江省杭州市西湖区文三路 90 号";
        let decide = async |plan: &str, address: &str| {
            let plan = json!({ "plan": plan, "address": address, "reason": "the buyer has moved" });
            shop.post_if(&format!("{path}/plan"), seen.header("etag"), &plan).await
        };
        for (plan, address) in
            [("wait", address), ("forward", "  "), ("forward", &"路".repeat(301))]
        {
            let refused = decide(plan, address).await;
            assert_eq!(refused.body["errors"][0]["field"], "/address", "{refused:?}");
        }
        let planned = decide("forward", address).await;
        assert_eq!((planned.status.as_u16(), &planned.body["plan"]), (200, &json!("forward")));
        let told = move |tx: &mut Tx<'_>| instruction::of(tx, id);
        let told = shop.services.database().read(told).await.unwrap();
        assert_eq!(told.iter().map(|it| it.errand).collect::<Vec<_>>(), [Errand::Forward]);
        let sealed = told[0].address.as_deref().unwrap();
        assert!(!String::from_utf8_lossy(sealed).contains("文三路"), "it is sealed");
        let shown = shop.get(&shop.key, &path).await.body.to_string();
        assert!(!shown.contains("文三路"), "{shown}");
    });
}

/// A word of the carrier.
async fn hear(shop: &Shop, id: ShipmentId, status: TrackingStatus) {
    let act = Principal::system("test").act(shop.services.now());
    let scan = Scan::new(status, act.at);
    let (vault, ids) = (shop.services.vault(), shop.services.database().ids());
    let heard = Heard::new(vault, ids, id, "test", vec![scan], act.at);
    let take = move |tx: &mut Tx<'_>| take_in(tx, &act, std::slice::from_ref(&heard));
    shop.services.database().write(take).await.unwrap();
}

#[test]
fn a_buyer_confirms_only_what_has_come_and_says_what_has_not() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_sourced_order(shop, 1).await;
        let id = a_labeled_parcel(shop, order, 91).await;
        let path = format!("/api/v1/orders/{order}");
        let early = shop.post(&shop.key, &format!("{path}/receipt"), "", &json!({})).await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "not_all_received"));
        let early = shop.post(&shop.key, &format!("{path}/not-received"), "", &json!({})).await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "nothing_delivered"));
        hear(shop, id, TrackingStatus::Delivered).await;
        let missing = shop.post(&shop.key, &format!("{path}/not-received"), "", &json!({})).await;
        assert_eq!(missing.status, 204);
        let parcels = shop.get(&shop.key, &format!("{path}/shipments")).await;
        assert_eq!(parcels.body["items"][0]["waybill"], "SW000000091");
        assert!(parcels.body["tracking_url"].as_str().unwrap().contains("/t/"), "{parcels:?}");
    });
}
