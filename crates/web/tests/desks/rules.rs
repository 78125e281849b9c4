//! The editor of the review rules: drafts, messages at their place, two people, the way back.

use axum::http::StatusCode;
use ordermill_domain::role::Role;

use crate::kit::{Answer, Person, Shop, on_each_database};

const HERE: &str = "/console/admin/rules";

async fn new_draft(shop: &Shop, person: &Person) -> String {
    let made = shop.post(person, "/console/admin/rules/new", &[("from", ""), ("key", "k")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    made.location
}

/// Saves a version with one rule.
async fn save(shop: &Shop, person: &Person, href: &str, version: &str, when: &str) -> Answer {
    let form = [
        ("version", version),
        ("op", "save"),
        ("note", "for the sale"),
        ("zh.0", "门槛"),
        ("en.0", "Limit"),
        ("when.0", when),
        ("do.0", "hold"),
        ("reason.0", "amount"),
    ];
    shop.post(person, href, &form).await
}

/// Asks for putting a version in force, and has a colleague approve it.
async fn put_in_force(shop: &Shop, (one, other): (&Person, &Person), href: &str, version: &str) {
    let form = [("version", version), ("remark", "agreed in the meeting")];
    let asked = shop.post(one, &format!("{href}/go-live"), &form).await;
    assert!(asked.location.starts_with("/console/approvals/"), "{}", asked.body);
    let page = shop.get(other, &asked.location).await;
    assert!(page.body.contains("of the review rules"), "{}", page.body);
    let done = shop.post(other, &format!("{}/approve", asked.location), &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
}

#[test]
fn a_flaw_is_told_at_the_condition_and_nothing_is_lost() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let href = new_draft(shop, &kim).await;
        let shown = shop.get(&kim, &href).await;
        assert!(shown.body.contains("Large order"), "it starts from what is in force");
        let refused = save(shop, &kim, &href, "1", "order.totl > 1").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for text in ["There is no field order.totl", "#f-when-0", "e-when-0", "order.totl &#62; 1"]
        {
            assert!(refused.body.contains(text), "{text}: {}", refused.body);
        }
        let saved = save(shop, &kim, &href, "1", "order.total_minor > 1").await;
        assert_eq!((saved.status, saved.location.as_str()), (StatusCode::SEE_OTHER, &*href));
        let stale = save(shop, &kim, &href, "1", "true").await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    });
}

#[test]
fn rules_are_rearranged_without_being_saved() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let href = new_draft(shop, &kim).await;
        let form = [("version", "1"), ("op", "add"), ("when.0", "true"), ("en.0", "Kept")];
        let shown = shop.post(&kim, &href, &form).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.body.contains("when.1") && shown.body.contains("Kept"), "{}", shown.body);
        assert!(!shop.get(&kim, &href).await.body.contains("Kept"), "nothing was saved");
    });
}

#[test]
fn two_put_a_version_in_force_and_one_takes_it_back_with_a_reason() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let lee = shop.hire("lee", &[Role::Operations]).await;
        let href = new_draft(shop, &kim).await;
        save(shop, &kim, &href, "1", "order.total_minor > 1").await;
        put_in_force(shop, (&kim, &lee), &href, "2").await;
        let list = shop.get(&kim, HERE).await;
        assert!(list.body.contains("in force since"), "{}", list.body);
        assert_eq!(shop.services.catalog().review_rules.live().version(), 1);
        let back = "/console/admin/rules/roll-back";
        let silent = shop.post(&kim, back, &[("from_number", "1"), ("remark", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let form = [("from_number", "1"), ("remark", "holds everything")];
        let gone = shop.post(&kim, back, &form).await;
        assert_eq!(gone.location, HERE, "{}", gone.body);
        assert_eq!(shop.services.catalog().review_rules.live().version(), 0);
    });
}

#[test]
fn a_draft_is_tried_on_recent_orders_and_beside_the_rules_in_force() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let href = new_draft(shop, &kim).await;
        let run = shop.get(&kim, &format!("{href}?dry_run=1")).await;
        assert!(run.body.contains("Looked at 0 orders"), "{}", run.body);
        let started = shop.post(&kim, &format!("{href}/start_shadow"), &[("version", "1")]).await;
        assert_eq!(started.location, href, "{}", started.body);
        assert!(shop.services.catalog().review_rules.on_trial().is_some());
        let other = shop.post(&kim, "/console/admin/rules/new", &[("key", "l")]).await.location;
        let refused = shop.post(&kim, &format!("{other}/start_shadow"), &[("version", "1")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("Version 1 is on trial"), "{}", refused.body);
    });
}

#[test]
fn rules_about_locations_and_carriers_are_written_tried_and_put_on_trial() {
    on_each_database(async |shop: &Shop| {
        let kim = shop.hire("kim", &[Role::Operations]).await;
        for (purpose, title, when, then) in [
            ("sourcing", "Sourcing rules", "goods.pieces > 3", ["dearer", "HZ", "500"]),
            ("carrier", "Carrier rules", "parcel.weight_grams > 900", ["forbid", "swift", ""]),
        ] {
            let list = format!("{HERE}?purpose={purpose}");
            assert!(shop.get(&kim, &list).await.body.contains(title));
            let new = [("purpose", purpose), ("from", ""), ("key", purpose)];
            let href = shop.post(&kim, &format!("{HERE}/new"), &new).await.location;
            let form = |when: &'static str, minor: &'static str| {
                [
                    ("version", "1"),
                    ("op", "save"),
                    ("zh.0", "甲"),
                    ("en.0", "A"),
                    ("when.0", when),
                    ("do.0", then[0]),
                    ("reason.0", then[1]),
                    ("minor.0", minor),
                ]
            };
            let wrong = shop.post(&kim, &href, &form("order.secret", then[2])).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(wrong.body.contains(r#"id="e-when-0""#), "{}", wrong.body);
            if purpose == "sourcing" {
                let wrong = shop.post(&kim, &href, &form(when, "much")).await;
                assert!(wrong.body.contains(r#"id="e-do-0""#), "{}", wrong.body);
                assert!(wrong.body.contains("need a location"), "{}", wrong.body);
            }
            let saved = shop.post(&kim, &href, &form(when, then[2])).await;
            assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
            let run = shop.get(&kim, &format!("{href}?dry_run=1")).await;
            assert!(run.body.contains("Looked at 0 orders"), "{}", run.body);
            let start = format!("{href}/start_shadow");
            let started = shop.post(&kim, &start, &[("version", "2")]).await;
            assert_eq!(started.location, href, "{}", started.body);
        }
        let catalog = shop.services.catalog();
        assert!(catalog.sourcing_rules.on_trial().is_some());
        assert!(catalog.carrier_rules.on_trial().is_some());
        assert!(catalog.review_rules.on_trial().is_none());
    });
}

#[test]
fn whoever_may_not_change_rules_does_not_see_them() {
    on_each_database(async |shop: &Shop| {
        let sue = shop.hire("sue", &[Role::Service]).await;
        for path in [HERE, "/console/admin/rules/built-in"] {
            assert_eq!(shop.get(&sue, path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    });
}
