//! Carriers through the API: made, changed, paused, compared.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::{Value, json};

use crate::kit::in_each_shop;

const CARRIERS: &str = "/api/v1/carriers";

pub(crate) fn a_carrier() -> Value {
    let price = |amount: &str| json!({ "amount": amount, "currency": "CNY" });
    json!({
        "code": "swift",
        "name": { "zh": "云雀速运", "en": "Swift" },
        "services": [{ "kind": "standard", "zones": [{
            "regions": ["CN-31", "CN-33"], "cities": [], "first_grams": 1000,
            "first_price": price("12.00"), "step_grams": 1000, "step_price": price("3.00"),
            "days_min": 1, "days_max": 3,
        }]}],
        "refuses": ["hazardous"],
        "volumetric_divisor": 6000, "weight_grams_max": 30000, "side_mm_max": 1500,
        "cut_off": "18:00:00", "insurance_basis_points": 50, "currency": "CNY", "is_active": true,
        "account": { "protocol": "sandbox", "url": "https://parcels.example", "merchant": "shop",
                     "secret": "not to be shown" },
    })
}

#[test]
fn a_carrier_is_made_once_read_without_its_secret_and_changed_as_it_was_read() {
    in_each_shop(Quotas::default(), async |shop| {
        let made = shop.post(&shop.key, CARRIERS, "k", &a_carrier()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let again = shop.post(&shop.key, CARRIERS, "k", &a_carrier()).await;
        assert_eq!(again.body, made.body);
        let taken = shop.post(&shop.key, CARRIERS, "l", &a_carrier()).await;
        assert_eq!((taken.status.as_u16(), taken.code()), (409, "code_taken"));
        let href = format!("{CARRIERS}/{}", made.body["id"].as_str().unwrap());
        let read = shop.get(&shop.key, &href).await;
        assert_eq!(read.body["services"][0]["zones"][0]["regions"], json!(["CN-31", "CN-33"]));
        assert_eq!(read.body["account"]["has_secret"], true);
        assert!(!read.body.to_string().contains("not to be shown"));
        let mut paused = a_carrier();
        paused["is_active"] = false.into();
        paused["account"].as_object_mut().unwrap().remove("secret");
        let edited = shop.put_if(&href, read.header("etag"), &paused).await;
        assert_eq!(edited.status, 200, "{edited:?}");
        assert_eq!(edited.body["is_active"], false);
        assert_eq!(edited.body["account"]["has_secret"], true);
        let stale = shop.put_if(&href, read.header("etag"), &paused).await;
        assert_eq!(stale.status, 412, "{stale:?}");
        let other = shop.key(&[Scope::ReadCatalog], None);
        assert_eq!(shop.get(&other, CARRIERS).await.status, 403);
    });
}

#[test]
fn an_account_elsewhere_needs_its_secret_again_and_a_place_that_may_be_called() {
    in_each_shop(Quotas::default(), async |shop| {
        let made = shop.post(&shop.key, CARRIERS, "k", &a_carrier()).await;
        let href = format!("{CARRIERS}/{}", made.body["id"].as_str().unwrap());
        let etag = shop.get(&shop.key, &href).await.header("etag").to_owned();
        let mut moved = a_carrier();
        moved["account"] = json!({ "protocol": "sandbox", "url": "https://carrier.example" });
        let refused = shop.put_if(&href, &etag, &moved).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        assert_eq!(refused.body["errors"][0]["field"], "/account/secret", "{refused:?}");
        moved["account"]["secret"] = "for that host".into();
        for url in ["http://carrier.example", "https://u:p@carrier.example", "https://10.0.0.1"] {
            moved["account"]["url"] = url.into();
            let refused = shop.put_if(&href, &etag, &moved).await;
            assert_eq!(refused.status, 422, "{url}: {refused:?}");
            assert_eq!(refused.body["errors"][0]["field"], "/account/url", "{refused:?}");
        }
        moved["account"]["url"] = "https://carrier.example".into();
        assert_eq!(shop.put_if(&href, &etag, &moved).await.status, 200);
    });
}

#[test]
fn what_carriers_charge_is_told_to_those_alone_who_may_read_carriers() {
    in_each_shop(Quotas::default(), async |shop| {
        let reads_orders = shop.key(&[Scope::ReadOrders], None);
        let stream = "/api/v1/events?events=carrier.*";
        let refused = shop.get(&reads_orders, stream).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (403, "scope_missing"));
        assert_eq!(shop.get(&reads_orders, "/api/v1/events").await.status, 200);
        let reads_both = shop.key(&[Scope::ReadOrders, Scope::WriteRules], None);
        assert_eq!(shop.get(&reads_both, stream).await.status, 200);

        let hooks = "/api/v1/webhooks";
        let endpoint =
            |events: &str| json!({ "url": "https://erp.example.com/", "events": [events] });
        let manages = shop.key(&[Scope::ManageWebhooks], None);
        let refused = shop.post(&manages, hooks, "a", &endpoint("carrier.edited")).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert_eq!(shop.post(&manages, hooks, "b", &endpoint("*")).await.status, 201);
        let manages_both = shop.key(&[Scope::ManageWebhooks, Scope::WriteRules], None);
        let made = shop.post(&manages_both, hooks, "c", &endpoint("carrier.edited")).await;
        assert_eq!(made.status, 201, "{made:?}");
    });
}

#[test]
fn what_is_wrong_is_named_at_its_place() {
    in_each_shop(Quotas::default(), async |shop| {
        let mut wrong = a_carrier();
        let zone = &mut wrong["services"][0]["zones"][0];
        zone["regions"] = json!(["CN-31", "FR"]);
        zone["first_price"]["currency"] = "EUR".into();
        wrong["cut_off"] = "late".into();
        let refused = shop.post(&shop.key, CARRIERS, "k", &wrong).await;
        assert_eq!(refused.status, 422);
        let fields: Vec<&str> = refused.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        let zone = "/services/0/zones/0";
        let regions = format!("{zone}/regions");
        let price = format!("{zone}/first_price/currency");
        assert_eq!(fields, ["/cut_off", &*regions, &*price]);
        let mut days = a_carrier();
        days["services"][0]["zones"][0]["days_min"] = 9.into();
        let refused = shop.post(&shop.key, CARRIERS, "l", &days).await;
        assert_eq!(refused.body["errors"][0]["field"], format!("{zone}/days_min"), "{refused:?}");
    });
}

#[test]
fn a_comparison_says_what_it_would_cost_and_why_not_the_others() {
    in_each_shop(Quotas::default(), async |shop| {
        shop.post(&shop.key, CARRIERS, "k", &a_carrier()).await;
        let location = shop.services.catalog().location(shop.location).unwrap().code.clone();
        let mut asked = json!({
            "location": location, "division": 310_115, "weight_grams": 1500,
            "dimensions_mm": [300, 200, 100], "value": { "amount": "200.00", "currency": "CNY" },
        });
        let compare = format!("{CARRIERS}/compare");
        let answer = shop.post(&shop.key, &compare, "", &asked).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["chosen"]["price"]["amount"], "15.00");
        assert_eq!(answer.body["rules_version"], 0);
        asked["division"] = 440_100.into();
        let answer = shop.post(&shop.key, &compare, "", &asked).await;
        assert_eq!(answer.body["chosen"], Value::Null);
        assert_eq!(answer.body["refused"][0]["because"], "out_of_zone");
        asked["dimensions_mm"] = json!([1, 2]);
        let refused = shop.post(&shop.key, &compare, "", &asked).await;
        assert_eq!(refused.body["errors"][0]["field"], "/dimensions_mm", "{refused:?}");
    });
}
