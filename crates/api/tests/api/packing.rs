//! The pack bench through the API.

use std::collections::BTreeSet;

use ordermill_api::limits::Quotas;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_base::{Id as _, Quantity};
use ordermill_domain::ids::{OrderId, WaveId};
use ordermill_domain::order::LineQuantity;
use ordermill_storage::{Error, Tx, fulfillment};
use serde_json::{Value, json};

use crate::kit::{Shop, in_each_shop};

/// An order for one bowl, all of it in a tote. Gives the address of its fulfillment.
async fn a_picked_order(shop: &Shop) -> String {
    let mut order = shop.an_order();
    order["terms"] = json!("cash_on_delivery");
    let placed = shop.post(&shop.key, "/api/v1/orders", "a", &order).await;
    let id: OrderId = placed.body["id"].as_str().unwrap().parse().unwrap();
    let (catalog, now) = (shop.services.catalog(), shop.services.now());
    let pick = move |tx: &mut Tx<'_>| {
        let act = by_rules(now);
        source_each(tx, &catalog, &act, &BTreeSet::from([id]), &Wish::default())?;
        let id = fulfillment::of(tx, id)?[0].id();
        let one = LineQuantity { line_no: 1, quantity: Quantity::ONE };
        let mut file = FulfillmentFile::load(tx, id).unwrap();
        file.step(&act, |work| work.release(WaveId::from_raw(1), now)).unwrap();
        file.step(&act, |work| work.pick(vec![one], now)).unwrap();
        file.step(&act, |work| work.finish_picking(now)).unwrap();
        file.save(tx)?;
        Ok::<_, Error>(id)
    };
    let id = shop.services.database().write(pick).await.unwrap();
    format!("/api/v1/fulfillments/{id}")
}

fn code_of(shop: &Shop) -> String {
    shop.services.catalog().sku(shop.sku).unwrap().code.clone()
}

#[test]
fn what_was_picked_is_rechecked_packed_and_opened_again() {
    in_each_shop(Quotas::default(), async |shop| {
        let work = a_picked_order(shop).await;
        let early = shop
            .post(
                &shop.key,
                &format!("{work}/pack"),
                "p",
                &json!({ "boxes": [
            { "material": "BOX-S", "contents": [{ "line_no": 1, "quantity": 1 }] }
        ] }),
            )
            .await;
        assert_eq!((early.status.as_u16(), early.code()), (409, "step_not_allowed"), "{early:?}");
        let right = json!({
            "scanned": [{ "code": code_of(shop), "quantity": 1 }],
            "is_intact": true, "is_reinforced": true,
        });
        let done = shop.post(&shop.key, &format!("{work}/recheck"), "r", &right).await;
        assert_eq!((done.status.as_u16(), &done.body["state"]), (200, &json!("rechecked")));
        let proposal = shop.get(&shop.key, &format!("{work}/packing")).await;
        let proposed = &proposal.body["boxes"][0];
        assert_eq!(proposed["contents"], json!([{ "line_no": 1, "quantity": 1 }]), "{proposal:?}");
        let boxes = json!({ "boxes": [{
            "material": proposed["material"], "contents": proposed["contents"],
            "gross_grams": proposed["gross_grams"],
        }] });
        let packed = shop.post(&shop.key, &format!("{work}/pack"), "p2", &boxes).await;
        assert_eq!(packed.body["items"][0]["is_weighed"], true, "{packed:?}");
        let listed = shop.get(&shop.key, &format!("{work}/packages")).await;
        assert_eq!(listed.body["items"], packed.body["items"]);
        let reason = json!({ "reason": "the box is torn" });
        let opened = shop.post(&shop.key, &format!("{work}/unpack"), "u", &reason).await;
        assert_eq!(opened.body["state"], "rechecked", "{opened:?}");
        let none = shop.get(&shop.key, &format!("{work}/packages")).await;
        assert_eq!(none.body["items"], json!([]));
    });
}

#[test]
fn a_label_that_no_carrier_made_is_asked_for_again_when_one_takes_it() {
    in_each_shop(Quotas::default(), async |shop| {
        let work = a_picked_order(shop).await;
        let right = json!({
            "scanned": [{ "code": code_of(shop), "quantity": 1 }],
            "is_intact": true, "is_reinforced": true,
        });
        shop.post(&shop.key, &format!("{work}/recheck"), "r", &right).await;
        let contents = json!([{ "line_no": 1, "quantity": 1 }]);
        let boxes = json!({ "boxes": [{ "material": "BOX-S", "contents": contents }] });
        let packed = shop.post(&shop.key, &format!("{work}/pack"), "p", &boxes).await;
        let package =
            packed.body["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{packed:?}"));
        let label = format!("/api/v1/packages/{package}/label");
        let nobody = shop.post(&shop.key, &label, "", &json!({})).await;
        assert_eq!((nobody.status.as_u16(), nobody.code()), (409, "no_carrier"), "{nobody:?}");
        let carrier = crate::carriers::a_carrier();
        assert_eq!(shop.post(&shop.key, "/api/v1/carriers", "c", &carrier).await.status, 201);
        let asked = shop.post(&shop.key, &label, "", &json!({})).await;
        assert_eq!((asked.status.as_u16(), &asked.body["was_asked"]), (200, &json!(false)));
        let again = shop.post(&shop.key, &label, "", &json!({})).await;
        assert_eq!(again.body["shipment_id"], asked.body["shipment_id"], "{again:?}");
        assert_eq!(again.body["was_asked"], true);
    });
}

#[test]
fn each_difference_at_the_bench_is_an_error_at_its_field() {
    in_each_shop(Quotas::default(), async |shop| {
        let work = a_picked_order(shop).await;
        let wrong = json!({
            "scanned": [{ "code": code_of(shop), "quantity": 2 }, { "code": "NO-SUCH", "quantity": 1 }],
            "weight_grams": 9_999, "is_intact": false,
        });
        let refused = shop.post(&shop.key, &format!("{work}/recheck"), "r", &wrong).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        let errors = refused.body["errors"].as_array().unwrap();
        let mut codes: Vec<&str> =
            errors.iter().map(|error| error["code"].as_str().unwrap()).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in ["not_intact", "pieces_differ", "unknown_code", "weight_differs"] {
            assert!(codes.contains(&code), "{code}: {refused:?}");
        }
        let unchanged = shop.get(&shop.key, &work).await;
        assert_eq!(unchanged.body["state"], "picked");
    });
}

#[test]
fn boxes_are_checked_field_by_field_before_anything_changes() {
    in_each_shop(Quotas::default(), async |shop| {
        let work = a_picked_order(shop).await;
        let wrong = json!({ "boxes": [{
            "material": "BOX-S", "gross_grams": 20_000_000,
            "contents": [{ "line_no": 7, "quantity": 1 }, { "line_no": 1, "quantity": 0 }],
        }] });
        let refused = shop.post(&shop.key, &format!("{work}/pack"), "p", &wrong).await;
        let errors = refused.body["errors"].as_array().unwrap();
        let fields: Vec<&Value> = errors.iter().map(|error| &error["field"]).collect();
        for field in
            ["/boxes/0/gross_grams", "/boxes/0/contents/0/line_no", "/boxes/0/contents/1/quantity"]
        {
            assert!(fields.contains(&&json!(field)), "{field}: {refused:?}");
        }
    });
}
