//! Versions of rules through the API: compiled when saved, in force after two, back after one.

use ordermill_api::limits::Quotas;
use ordermill_domain::api_key::Scope;
use serde_json::{Value, json};

use crate::kit::{Shop, in_each_shop};

const TABLES: &str = "/api/v1/rule-tables";

fn a_version(when: &str) -> Value {
    json!({
        "purpose": "review",
        "note": "for the sale",
        "definition": {
            "hit": "all",
            "rules": [{
                "name": { "zh": "门槛", "en": "Limit" },
                "when": when,
                "then": { "do": "hold", "reason": "amount" },
            }],
            "otherwise": { "do": "pass" },
        },
    })
}

async fn drafted(shop: &Shop, key: &str) -> String {
    let made = shop.post(&shop.key, TABLES, key, &a_version("order.total_minor > 500")).await;
    assert_eq!(made.status, 201, "{made:?}");
    format!("{TABLES}/{}", made.body["id"].as_str().unwrap())
}

#[test]
fn a_flaw_is_named_by_rule_field_and_position() {
    in_each_shop(Quotas::default(), async |shop| {
        let wrong = a_version("true &&\n order.totl > 1");
        let refused = shop.post(&shop.key, TABLES, "k", &wrong).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_fields"));
        let error = &refused.body["errors"][0];
        assert_eq!(error["field"], "/definition/rules/0/when");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains("line 2") && detail.contains("order.totl"), "{detail}");
        let mut unknown = a_version("true");
        unknown["definition"]["rules"][0]["then"] = json!({ "do": "reject" });
        let refused = shop.post(&shop.key, TABLES, "l", &unknown).await;
        assert_eq!(refused.body["errors"][0]["field"], "/definition/rules/0/then", "{refused:?}");
    });
}

#[test]
fn a_version_goes_from_draft_to_force_and_back() {
    in_each_shop(Quotas::default(), async |shop| {
        let table = drafted(shop, "k").await;
        assert_eq!(drafted(shop, "k").await, table, "the same call makes one version");
        let draft = shop.get(&shop.key, &table).await;
        assert_eq!((&draft.body["state"], &draft.body["number"]), (&json!("draft"), &json!(1)));
        let tried = shop.post(&shop.key, &format!("{table}/dry-run"), "", &json!({})).await;
        assert_eq!((tried.status.as_u16(), &tried.body["orders"]), (200, &json!(0)), "{tried:?}");
        let go_live = format!("{table}/go-live");
        let reason = json!({ "reason": "agreed" });
        let asked = shop.post_if(&go_live, draft.header("etag"), &reason).await;
        assert_eq!((asked.status.as_u16(), &asked.body["asks"]), (202, &json!("rules")));
        let colleague = shop.key(&[Scope::WriteApprovals], None);
        let approve = format!("{}/approve", asked.header("location"));
        let approved = shop.post(&colleague, &approve, "", &json!({})).await;
        assert_eq!(approved.body["state"], "approved", "{approved:?}");
        let live = shop.get(&shop.key, &table).await;
        assert_eq!((&live.body["state"], &live.body["follows"]), (&json!("live"), &json!(0)));
        assert_eq!(shop.services.catalog().review_rules.live().version(), 1);
        let back = format!("{TABLES}/roll-back");
        let body = json!({ "purpose": "review", "from_number": 1, "reason": "too strict" });
        let gone = shop.post(&shop.key, &back, "", &body).await;
        assert_eq!((gone.status.as_u16(), &gone.body["number"]), (200, &json!(0)), "{gone:?}");
        let again = shop.post(&shop.key, &back, "", &body).await;
        assert_eq!((again.status.as_u16(), again.code()), (409, "step_not_allowed"));
    });
}

#[test]
fn an_edit_of_something_else_than_was_read_is_refused() {
    in_each_shop(Quotas::default(), async |shop| {
        let table = drafted(shop, "k").await;
        let mut edit = a_version("order.total_minor > 9");
        edit.as_object_mut().unwrap().remove("purpose");
        assert_eq!(shop.put_if(&table, "\"7\"", &edit).await.status, 412);
        let edited = shop.put_if(&table, "\"1\"", &edit).await;
        assert_eq!((edited.status.as_u16(), edited.header("etag")), (200, "\"2\""), "{edited:?}");
        let step = json!({ "step": "start_shadow" });
        let steps = format!("{table}/steps");
        assert_eq!(shop.post_if(&steps, "\"2\"", &step).await.body["state"], "shadow");
        let refused = shop.put_if(&table, "\"3\"", &edit).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "step_not_allowed"));
        let differences = shop.get(&shop.key, &format!("{table}/differences")).await;
        assert_eq!(differences.body["items"], json!([]));
    });
}

#[test]
fn rules_of_each_purpose_are_drafted_and_tried_on_what_was_there() {
    in_each_shop(Quotas::default(), async |shop| {
        for (purpose, when, then, otherwise) in [
            ("review", "order.total_minor > 9", json!({ "do": "pass" }), "pass"),
            ("carrier", "to.country == 'CN'", json!({ "do": "force", "carrier": "sf" }), "compare"),
            ("sourcing", "goods.skus > 2", json!({ "do": "never", "location": "HZ" }), "compare"),
        ] {
            let rule = json!({ "name": { "zh": "甲", "en": "A" }, "when": when, "then": then });
            let otherwise = json!({ "do": otherwise });
            let definition = json!({ "hit": "all", "rules": [rule], "otherwise": otherwise });
            let body = json!({ "purpose": purpose, "note": "", "definition": definition });
            let made = shop.post(&shop.key, TABLES, purpose, &body).await;
            assert_eq!(made.status, 201, "{made:?}");
            let table = format!("{TABLES}/{}", made.body["id"].as_str().unwrap());
            assert_eq!(shop.get(&shop.key, &table).await.body["purpose"], purpose);
            let tried = shop.post(&shop.key, &format!("{table}/dry-run"), "", &json!({})).await;
            assert_eq!((tried.status.as_u16(), &tried.body["orders"]), (200, &json!(0)));
            let step = json!({ "step": "start_shadow" });
            let started = shop.post_if(&format!("{table}/steps"), "\"1\"", &step).await;
            assert_eq!(started.body["state"], "shadow", "{started:?}");
            let differences = shop.get(&shop.key, &format!("{table}/differences")).await;
            assert_eq!(differences.body["items"], json!([]));
        }
    });
}
