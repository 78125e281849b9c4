//! Fulfillments and sourcing through the API.

use std::collections::BTreeSet;

use ordermill_api::limits::Quotas;
use ordermill_app::sourcing::{Wish, by_rules, source_each};
use ordermill_app::stock::{Spot, receive_stock};
use ordermill_base::Quantity;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::OrderId;
use ordermill_storage::{Error, Tx};
use serde_json::{Value, json};

use crate::kit::{Answer, Shop, in_each_shop, request};

/// An order for one bowl that is paid at the door, planned by the rules. Gives its id.
async fn a_planned_order(shop: &Shop, key: &str) -> String {
    a_planned_order_for(shop, key, 1).await
}

/// An order for some bowls that is paid at the door, planned by the rules. Gives its id.
pub(crate) async fn a_planned_order_for(shop: &Shop, key: &str, bowls: u32) -> String {
    let mut order = shop.an_order();
    order["lines"][0]["quantity"] = json!(bowls);
    order["terms"] = json!("cash_on_delivery");
    let placed = shop.post(&shop.key, "/api/v1/orders", key, &order).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let id = placed.body["id"].as_str().unwrap().to_owned();
    let (order, catalog) = (id.parse::<OrderId>().unwrap(), shop.services.catalog());
    let now = shop.services.now();
    let source = move |tx: &mut Tx<'_>| {
        source_each(tx, &catalog, &by_rules(now), &BTreeSet::from([order]), &Wish::default())
    };
    shop.services.database().write(source).await.unwrap();
    id
}

/// Bowls at the other location.
async fn bowls_elsewhere(shop: &Shop) {
    let (sku, there, now) = (shop.sku, shop.other_location, shop.services.now());
    let receive = move |tx: &mut Tx<'_>| {
        let many = Quantity::new(10).unwrap();
        receive_stock(tx, &by_rules(now), sku, there, many, &Spot::default(), None).unwrap();
        Ok::<_, Error>(())
    };
    shop.services.database().write(receive).await.unwrap();
}

pub(crate) async fn work_of(shop: &Shop, order: &str) -> Answer {
    shop.get(&shop.key, &format!("/api/v1/orders/{order}/fulfillments")).await
}

/// `location state`, one for each fulfillment of an answer.
fn written(shop: &Shop, answer: &Answer) -> Vec<String> {
    let items = answer.body["items"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let written = items.iter().map(|item| {
        let here = item["location_id"] == json!(shop.location.to_string());
        let place = if here { "here" } else { "there" };
        format!("{place} {}", item["state"].as_str().unwrap())
    });
    written.collect()
}

#[test]
fn planned_work_is_listed_by_location_and_state_and_read_with_its_version() {
    in_each_shop(Quotas::default(), async |shop| {
        let first = a_planned_order(shop, "a").await;
        a_planned_order(shop, "b").await;
        let list = format!("/api/v1/fulfillments?location={}&state=planned&limit=1", shop.location);
        let page = shop.get(&shop.key, &list).await;
        let work = &page.body["items"][0];
        assert_eq!(
            (&work["order_id"], &work["lines"][0]["quantity"], &work["is_urgent"]),
            (&json!(first), &json!(1), &json!(false)),
            "{page:?}"
        );
        assert!(work["ship_by"].is_string(), "{work}");
        let next = format!("{list}&cursor={}", page.body["next"].as_str().unwrap());
        let rest = shop.get(&shop.key, &next).await;
        assert_eq!(
            (rest.body["items"].as_array().unwrap().len(), &rest.body["next"]),
            (1, &Value::Null)
        );
        let path = format!("/api/v1/fulfillments/{}", work["id"].as_str().unwrap());
        let one = shop.get(&shop.key, &path).await;
        assert_eq!((one.header("etag"), &one.body["state"]), ("\"1\"", &json!("planned")));
        let elsewhere = format!("/api/v1/fulfillments?location={}", shop.other_location);
        assert_eq!(shop.get(&shop.key, &elsewhere).await.body["items"], json!([]));
        let wrong = shop.get(&shop.key, "/api/v1/fulfillments?state=closed&location=x").await;
        let fields: Vec<&Value> =
            wrong.body["errors"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
        assert_eq!(
            (wrong.status.as_u16(), fields),
            (422, vec![&json!("location"), &json!("state")])
        );
    });
}

#[test]
fn why_a_location_was_chosen_is_told_with_what_was_second_best_and_what_was_refused() {
    in_each_shop(Quotas::default(), async |shop| {
        let alone = a_planned_order(shop, "a").await;
        let path = format!("/api/v1/orders/{alone}/sourcing");
        let why = shop.get(&shop.key, &path).await.body["items"][0].clone();
        assert_eq!(why["sent_to"], json!([shop.location.to_string()]), "{why}");
        let other = why["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["location_id"] == json!(shop.other_location.to_string()));
        assert_eq!(other.unwrap()["refused_because"], json!(["too_few"]), "{why}");
        assert_eq!(why["second"], Value::Null);
        bowls_elsewhere(shop).await;
        let both = a_planned_order(shop, "b").await;
        let path = format!("/api/v1/orders/{both}/sourcing");
        let why = shop.get(&shop.key, &path).await.body["items"][0].clone();
        let mut known = [&why["sent_to"][0], &why["second"]["parcels"][0]["location_id"]]
            .map(|location| location.as_str().unwrap().to_owned());
        known.sort();
        let both = [shop.location, shop.other_location].map(|location| location.to_string());
        assert_eq!(known, both, "{why}");
        assert_eq!(why["best"]["cost"]["currency"], "CNY");
    });
}

#[test]
fn work_is_sent_to_another_location_by_whoever_has_seen_it_last() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_planned_order(shop, "a").await;
        let work = work_of(shop, &order).await.body["items"][0]["id"].clone();
        let path = format!("/api/v1/fulfillments/{}/send-to", work.as_str().unwrap());
        let to = |location: String| json!({ "location_id": location, "reason": "they asked" });
        let there = to(shop.other_location.to_string());
        let nothing = shop.post_if(&path, "\"1\"", &there).await;
        assert_eq!((nothing.status.as_u16(), nothing.code()), (409, "location_cannot_ship"));
        assert_eq!(written(shop, &work_of(shop, &order).await), ["here planned"]);
        bowls_elsewhere(shop).await;
        let nowhere = shop.post_if(&path, "\"1\"", &to("loc_0000000000009".to_owned())).await;
        assert_eq!(nowhere.body["errors"][0]["field"], "/location_id", "{nowhere:?}");
        let sent = shop.post_if(&path, "\"1\"", &there).await;
        assert_eq!(written(shop, &sent), ["here rejected", "there planned"]);
        assert_eq!(sent.body["items"][0]["reject_reason"], "by_hand");
        let late = shop.post_if(&path, "\"1\"", &there).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let without = shop.post_if(&path, "", &there).await;
        assert_eq!(without.code(), "if_match_required");
        let no_reason = json!({ "location_id": shop.location.to_string(), "reason": " " });
        let no_reason = shop.post_if(&path, "\"2\"", &no_reason).await;
        assert_eq!(no_reason.body["errors"][0]["field"], "/reason", "{no_reason:?}");
    });
}

#[test]
fn work_that_a_location_gives_back_goes_where_the_pieces_are() {
    in_each_shop(Quotas::default(), async |shop| {
        bowls_elsewhere(shop).await;
        let order = a_planned_order(shop, "a").await;
        let work = work_of(shop, &order).await.body["items"][0].clone();
        let path = format!("/api/v1/fulfillments/{}/give-back", work["id"].as_str().unwrap());
        let why = json!({ "reason_code": "damaged", "reason": "the shelf fell" });
        let given = shop.post_if(&path, "\"1\"", &why).await;
        assert_eq!(given.body["items"].as_array().unwrap().len(), 2, "{given:?}");
        assert_ne!(given.body["items"][1]["location_id"], work["location_id"]);
        let again = shop.post_if(&path, "\"2\"", &why).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "step_not_allowed"));
        let unknown = json!({ "reason_code": "by_hand", "reason": "no" });
        let unknown = shop.post_if(&path, "\"2\"", &unknown).await;
        assert_eq!(unknown.body["errors"][0]["field"], "/reason_code", "{unknown:?}");
    });
}

#[test]
fn urgent_work_goes_before_others_and_is_made_urgent_once() {
    in_each_shop(Quotas::default(), async |shop| {
        let order = a_planned_order(shop, "a").await;
        let path = format!("/api/v1/orders/{order}/hurry");
        let why = json!({ "reason": "a birthday" });
        let hurried = shop.post(&shop.key, &path, "", &why).await;
        assert_eq!(written(shop, &hurried), ["here rejected", "here planned"]);
        assert_eq!(hurried.body["items"][1]["is_urgent"], true);
        let again = shop.post(&shop.key, &path, "", &why).await;
        assert_eq!(again.body, hurried.body);
        let unpaid = shop.post(&shop.key, "/api/v1/orders", "u", &shop.an_order()).await;
        let path = format!("/api/v1/orders/{}/hurry", unpaid.body["id"].as_str().unwrap());
        let too_early = shop.post(&shop.key, &path, "", &why).await;
        assert_eq!((too_early.status.as_u16(), too_early.code()), (409, "nothing_planned"));
    });
}

#[test]
fn work_is_split_and_put_together_again() {
    in_each_shop(Quotas::default(), async |shop| {
        let pieces = 2;
        let order = a_planned_order_for(shop, "a", 2).await;
        let work = work_of(shop, &order).await.body["items"][0].clone();
        let path = format!("/api/v1/fulfillments/{}/split", work["id"].as_str().unwrap());
        let some = |pieces: i64| {
            let lines = json!([{ "line_no": 1, "quantity": pieces }]);
            json!({ "lines": lines, "not_before": "2099-01-01T00:00:00Z", "reason": "they travel" })
        };
        let all = shop.post_if(&path, "\"1\"", &some(pieces)).await;
        assert_eq!(all.body["errors"][0]["field"], "/lines", "{all:?}");
        let mut past = some(1);
        past["not_before"] = json!("1999-01-01T00:00:00Z");
        let past = shop.post_if(&path, "\"1\"", &past).await;
        assert_eq!(past.body["errors"][0]["field"], "/not_before", "{past:?}");
        let split = shop.post_if(&path, "\"1\"", &some(1)).await;
        assert_eq!(written(shop, &split), ["here rejected", "here planned", "here planned"]);
        assert_eq!(split.body["items"][0]["reject_reason"], "regrouped");
        assert_eq!(split.body["items"][2]["not_before"], "2099-01-01T00:00:00Z");
        let late = shop.post_if(&path, "\"1\"", &some(1)).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        let path = format!("/api/v1/orders/{order}/put-together");
        let why = json!({ "reason": "they are back" });
        let whole = shop.post(&shop.key, &path, "", &why).await;
        let open = written(shop, &whole).into_iter().filter(|it| it == "here planned");
        assert_eq!(open.count(), 1, "{whole:?}");
        let again = shop.post(&shop.key, &path, "", &why).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "nothing_planned"));
    });
}

#[test]
fn a_location_that_is_out_of_work_gives_all_of_it_to_others() {
    in_each_shop(Quotas::default(), async |shop| {
        let orders = [a_planned_order(shop, "a").await, a_planned_order(shop, "b").await];
        bowls_elsewhere(shop).await;
        let path = format!("/api/v1/locations/{}/pool", shop.location);
        let why = json!({ "reason": "no power" });
        let pooled = shop.post(&shop.key, &path, "", &why).await;
        assert_eq!(pooled.body, json!({ "given_back": 2, "left": 0 }), "{pooled:?}");
        for order in &orders {
            let now = work_of(shop, order).await;
            assert_eq!(written(shop, &now), ["here rejected", "there planned"]);
        }
        let again = shop.post(&shop.key, &path, "", &why).await;
        assert_eq!(again.body, json!({ "given_back": 0, "left": 0 }));
    });
}

#[test]
fn a_key_that_places_orders_decides_nothing_about_where_they_are_shipped() {
    in_each_shop(Quotas::default(), async |shop| {
        let placing = shop.key(&[Scope::WriteOrders, Scope::ReadOrders], None);
        let path = format!("/api/v1/locations/{}/pool", shop.location);
        let refused = shop.post(&placing, &path, "", &json!({ "reason": "no power" })).await;
        assert_eq!(refused.code(), "scope_missing");
        let order = a_planned_order(shop, "a").await;
        let other = shop.channel("other");
        let other = shop.key(&[Scope::ReadOrders], Some(other));
        let unseen = shop.get(&other, &format!("/api/v1/orders/{order}/fulfillments")).await;
        assert_eq!(unseen.status, 404);
    });
}

fn settings() -> Value {
    let yuan = |amount: &str| json!({ "amount": amount, "currency": "CNY" });
    json!({
        "split": "lines",
        "parcels_max": 2,
        "split_cost": yuan("9.00"),
        "per_100_km": yuan("0.30"),
        "full_load": yuan("4.00"),
        "late_day": yuan("5.00"),
        "freight": {
            "first_grams": 1000, "first_price": yuan("6.00"),
            "step_grams": 1000, "step_price": yuan("2.00"),
        },
        "backlog_days": 3,
        "apart": [{ "one": "oversized", "other": "*" }],
        "merge": { "mode": "automatic", "window_minutes": 30, "max_grams": 5000 },
        "locations": [{
            "location": "HGH",
            "regions": ["CN-31", "CN-33"],
            "excluded_categories": ["bowls"],
            "parcel_cost": yuan("1.50"),
        }],
    })
}

#[test]
fn how_locations_are_chosen_is_read_and_changed_and_counts_at_once() {
    in_each_shop(Quotas::default(), async |shop| {
        let path = "/api/v1/sourcing-settings";
        let before = shop.get(&shop.key, path).await;
        assert_eq!((before.header("etag"), &before.body["split"]), ("\"0\"", &json!("pieces")));
        let changed = shop.put_if(path, "\"0\"", &settings()).await;
        assert_eq!(
            (changed.status.as_u16(), changed.header("etag")),
            (200, "\"1\""),
            "{changed:?}"
        );
        let mut expected = settings();
        expected["version"] = json!(1);
        assert_eq!(changed.body, expected);
        let late = shop.put_if(path, "\"0\"", &settings()).await;
        assert_eq!((late.status.as_u16(), late.code()), (412, "version_changed"));
        // The only location with bowls does not ship bowls any more.
        let order = a_planned_order(shop, "a").await;
        assert_eq!(written(shop, &work_of(shop, &order).await), [""; 0]);
        let why = shop.get(&shop.key, &format!("/api/v1/orders/{order}/sourcing")).await;
        let refused = &why.body["items"][0]["candidates"];
        assert!(refused.to_string().contains("category_not_allowed"), "{refused}");
    });
}

#[test]
fn each_wrong_field_of_the_settings_is_named() {
    in_each_shop(Quotas::default(), async |shop| {
        let mut wrong = settings();
        wrong["split_cost"]["amount"] = json!("-1.00");
        wrong["late_day"]["currency"] = json!("EUR");
        wrong["locations"][0]["regions"][1] = json!("CN-上海");
        let refused = shop.put_if("/api/v1/sourcing-settings", "\"0\"", &wrong).await;
        let fields = |answer: &Answer| -> Vec<String> {
            let errors = answer.body["errors"].as_array().unwrap();
            errors.iter().map(|it| it["field"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            fields(&refused),
            ["/split_cost/amount", "/late_day/currency", "/locations/0/regions/1"]
        );
        let mut wrong = settings();
        wrong["parcels_max"] = json!(99);
        wrong["apart"][0]["one"] = json!("category:hats");
        wrong["merge"]["window_minutes"] = json!(0);
        wrong["locations"][0]["location"] = json!("NOWHERE");
        wrong["locations"][0]["excluded_categories"] = json!(["hats"]);
        let path = "/api/v1/sourcing-settings";
        let headers = [("if-match", "\"0\"")];
        let refused = shop.send(request("PUT", path, &shop.key, &headers, Some(&wrong))).await;
        assert_eq!(
            fields(&refused),
            [
                "/parcels_max",
                "/merge/window_minutes",
                "/apart",
                "/locations/0/location",
                "/locations/0/excluded_categories"
            ]
        );
    });
}
