//! Work on several orders of one buyer that leaves in one parcel, through the API.

use ordermill_api::limits::Quotas;
use ordermill_app::fulfillment::FulfillmentFile;
use ordermill_app::sourcing::by_rules;
use ordermill_base::{Id as _, Quantity};
use ordermill_domain::ids::{FulfillmentId, OrderId, WaveId};
use ordermill_domain::order::LineQuantity;
use ordermill_domain::risk::Marks;
use ordermill_storage::{Error, Tx, risk};
use serde_json::{Value, json};

use crate::fulfillments::{a_planned_order_for, work_of};
use crate::kit::{Answer, Shop, in_each_shop};

/// A planned order for bowls of a buyer who is known by these digests: the order, and its work.
async fn of_buyer(shop: &Shop, key: &str, bowls: u32, phone: i64) -> (String, Value) {
    let order = a_planned_order_for(shop, key, bowls).await;
    let id: OrderId = order.parse().unwrap();
    let mark = move |tx: &mut Tx<'_>| {
        risk::insert_marks(tx, id, &Marks { phone: Some(phone), address: Some(2), suspicions: 0 })
    };
    shop.services.database().write(mark).await.unwrap();
    let work = work_of(shop, &order).await.body["items"][0].clone();
    (order, work)
}

fn path(work: &Value, step: &str) -> String {
    format!("/api/v1/fulfillments/{}/{step}", work["id"].as_str().unwrap())
}

async fn merge(shop: &Shop, one: &Value, other: &Value) -> Answer {
    let with = json!([{ "fulfillment_id": other["id"], "version": other["version"] }]);
    let body = json!({ "with": with, "reason": "they asked for one parcel" });
    let etag = format!("\"{}\"", one["version"]);
    shop.post_if(&path(one, "merge"), &etag, &body).await
}

/// Takes all of it from its bins.
async fn pick(shop: &Shop, work: &Value) {
    let id: FulfillmentId = work["id"].as_str().unwrap().parse().unwrap();
    let (pieces, now) = (work["lines"][0]["quantity"].as_i64().unwrap(), shop.services.now());
    let pick = move |tx: &mut Tx<'_>| {
        let act = by_rules(now);
        let line = LineQuantity { line_no: 1, quantity: Quantity::new(pieces).unwrap() };
        let mut file = FulfillmentFile::load(tx, id).unwrap();
        file.step(&act, |work| work.release(WaveId::from_raw(1), now)).unwrap();
        file.step(&act, |work| work.pick(vec![line], now)).unwrap();
        file.step(&act, |work| work.finish_picking(now)).unwrap();
        file.save(tx)?;
        Ok::<_, Error>(())
    };
    shop.services.database().write(pick).await.unwrap();
}

#[test]
fn work_on_two_orders_of_a_buyer_is_found_merged_and_taken_out_again() {
    in_each_shop(Quotas::default(), async |shop| {
        let (order, one) = of_buyer(shop, "a", 1, 1).await;
        let (_, other) = of_buyer(shop, "b", 2, 1).await;
        let (_, stranger) = of_buyer(shop, "c", 1, 9).await;
        let list = format!("/api/v1/orders/{order}/merge-candidates");
        let found = shop.get(&shop.key, &list).await;
        let items = found.body["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["because"]), (1, &json!([])), "{found:?}");
        assert_eq!(items[0]["fulfillment_id"], one["id"]);
        assert_eq!(items[0]["candidate"]["id"], other["id"]);
        let refused = merge(shop, &one, &stranger).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "not_mergeable"));
        let merged = merge(shop, &one, &other).await;
        let items = merged.body["items"].as_array().unwrap_or_else(|| panic!("{merged:?}"));
        assert_eq!((items.len(), &items[0]["merge_id"]), (2, &items[1]["merge_id"]));
        assert!(items[0]["merge_id"].as_str().unwrap().starts_with("mrg_"), "{merged:?}");
        let late = merge(shop, &one, &other).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let why = json!({ "reason": "they want two" });
        let out = shop.post_if(&path(&one, "take-out"), "\"2\"", &why).await;
        assert_eq!(out.body["items"][0]["merge_id"], Value::Null, "{out:?}");
        let alone = shop.post_if(&path(&one, "take-out"), "\"3\"", &why).await;
        assert_eq!((alone.status.as_u16(), alone.code()), (409, "not_merged"));
        let none = json!({ "with": [], "reason": "why" });
        let none = shop.post_if(&path(&one, "merge"), "\"3\"", &none).await;
        assert_eq!(none.body["errors"][0]["field"], "/with", "{none:?}");
    });
}

#[test]
fn merged_work_is_rechecked_and_packed_as_one_and_each_order_has_its_share() {
    in_each_shop(Quotas::default(), async |shop| {
        let (_, one) = of_buyer(shop, "a", 1, 1).await;
        let (_, other) = of_buyer(shop, "b", 2, 1).await;
        merge(shop, &one, &other).await;
        pick(shop, &one).await;
        pick(shop, &other).await;
        let code = shop.services.catalog().sku(shop.sku).unwrap().code.clone();
        let counted = |pieces: i64| {
            let scanned = json!([{ "code": code, "quantity": pieces }]);
            json!({ "scanned": scanned, "is_intact": true, "is_reinforced": true })
        };
        let recheck = path(&one, "recheck");
        let missing = shop.post(&shop.key, &recheck, "r1", &counted(1)).await;
        assert_eq!(missing.body["errors"][0]["code"], "pieces_differ", "{missing:?}");
        let right = shop.post(&shop.key, &recheck, "r2", &counted(3)).await;
        assert_eq!(right.body["state"], "rechecked", "{right:?}");
        let proposal = shop.get(&shop.key, &path(&one, "packing")).await;
        let mut contents: Vec<Value> = Vec::new();
        for it in proposal.body["boxes"].as_array().unwrap() {
            contents.extend(it["contents"].as_array().unwrap().iter().cloned());
        }
        let of_other = contents.iter().find(|it| it["fulfillment_id"] == other["id"]);
        assert_eq!(of_other.unwrap()["line_no"], 1, "{proposal:?}");
        assert!(contents.iter().any(|it| it["fulfillment_id"] == Value::Null), "{proposal:?}");
        let boxes = json!({ "boxes": [{ "material": "BOX-XL", "contents": [
            { "line_no": 1, "quantity": 1 },
            { "fulfillment_id": other["id"], "line_no": 1, "quantity": 2 },
        ] }], "reason": "they lie well" });
        let mut foreign = boxes.clone();
        foreign["boxes"][0]["contents"][1]["fulfillment_id"] = json!("ful_0000000000009");
        let foreign = shop.post(&shop.key, &path(&one, "pack"), "p1", &foreign).await;
        let field = "/boxes/0/contents/1/fulfillment_id";
        assert_eq!(foreign.body["errors"][0]["field"], field, "{foreign:?}");
        let packed = shop.post(&shop.key, &path(&one, "pack"), "p2", &boxes).await;
        let own = &packed.body["items"][0];
        assert_eq!(
            (&own["inside_package_id"], own["contents"][0]["quantity"].as_i64()),
            (&Value::Null, Some(1)),
            "{packed:?}"
        );
        let share = shop.get(&shop.key, &path(&other, "packages")).await;
        let share = &share.body["items"][0];
        assert_eq!(share["inside_package_id"], own["id"], "{share}");
        assert_eq!(
            (&share["order_id"], share["contents"][0]["quantity"].as_i64()),
            (&other["order_id"], Some(2))
        );
    });
}
