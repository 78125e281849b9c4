//! Carriers that people keep in the console, and what a parcel would cost.

use axum::http::StatusCode;
use ordermill_domain::role::Role;
use ordermill_storage::carrier;

use crate::kit::{Shop, on_each_database};

const HERE: &str = "/console/logistics/carriers";

pub(crate) fn a_form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("op", "save"),
        ("version", "0"),
        ("key", "k1"),
        ("code", "swift"),
        ("name_zh", "云雀"),
        ("name_en", "Swift"),
        ("currency", "CNY"),
        ("volumetric_divisor", "6000"),
        ("weight_grams_max", "30000"),
        ("side_mm_max", "1500"),
        ("cut_off", "18:00"),
        ("insurance_percent", "0.5"),
        ("protocol", "sandbox"),
        ("url", "https://parcels.example"),
        ("merchant", ""),
        ("secret", "a secret"),
        ("service.0", "standard"),
        ("regions.0", "CN-31 CN-33"),
        ("cities.0", ""),
        ("first_grams.0", "1000"),
        ("first_price.0", "12.00"),
        ("step_grams.0", "1000"),
        ("step_price.0", "3.00"),
        ("days_min.0", "1"),
        ("days_max.0", "3"),
    ]
}

fn with(
    form: &[(&'static str, &'static str)],
    name: &str,
    value: &'static str,
) -> Vec<(&'static str, &'static str)> {
    form.iter().map(|(known, old)| (*known, if *known == name { value } else { *old })).collect()
}

async fn the_carrier(shop: &Shop) -> carrier::Stored {
    shop.services.database().read(carrier::list).await.unwrap().remove(0)
}

#[test]
fn a_carrier_is_made_once_edited_where_it_is_wrong_and_paused() {
    on_each_database(async |shop| {
        let operator = shop.hire("ops", &[Role::Operations]).await;
        let page = shop.get(&operator, &format!("{HERE}/new")).await;
        assert_eq!(page.status, StatusCode::OK);
        let new = format!("{HERE}/new");
        let wrong = with(&a_form(), "days_min.0", "9");
        let refused = shop.post(&operator, &new, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(r#"id="e-days_min.0""#), "{}", refused.body);
        assert!(!refused.body.contains("a secret"), "what is secret is not shown again");
        let made = shop.post(&operator, &new, &a_form()).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let again = shop.post(&operator, &new, &a_form()).await;
        assert_eq!(again.location, made.location);
        let stored = the_carrier(shop).await;
        assert!(stored.account.secret.is_some());

        let mut form = with(&a_form(), "version", "1");
        form.retain(|(name, _)| *name != "secret" && *name != "key");
        form.push(("refuses", "hazardous"));
        let saved = shop.post(&operator, &made.location, &form).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let edited = the_carrier(shop).await;
        assert_eq!(edited.account.secret, stored.account.secret);
        assert_eq!(edited.carrier.terms.refuses.len(), 1);
        let stale = shop.post(&operator, &made.location, &form).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        let pause = format!("{}/active", made.location);
        let paused = shop.post(&operator, &pause, &[("version", "2"), ("is_active", "0")]).await;
        assert_eq!(paused.status, StatusCode::SEE_OTHER, "{}", paused.body);
        assert!(!the_carrier(shop).await.carrier.is_active);
        let driver = shop.hire("log", &[Role::Logistics]).await;
        assert_eq!(shop.get(&driver, &made.location).await.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn a_secret_is_entered_again_when_the_address_is_another() {
    on_each_database(async |shop| {
        let operator = shop.hire("ops", &[Role::Operations]).await;
        let made = shop.post(&operator, &format!("{HERE}/new"), &a_form()).await;
        let mut moved = with(&with(&a_form(), "version", "1"), "url", "https://carrier.example");
        moved = with(&moved, "secret", "");
        let refused = shop.post(&operator, &made.location, &moved).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(r#"id="e-secret""#), "{}", refused.body);
        let inside = with(&moved, "url", "http://10.0.0.1/");
        let refused = shop.post(&operator, &made.location, &inside).await;
        assert!(refused.body.contains(r#"id="e-url""#), "{}", refused.body);
        assert_eq!(the_carrier(shop).await.account.url, "https://parcels.example");
    });
}

#[test]
fn a_zone_is_added_and_removed_without_losing_what_was_entered() {
    on_each_database(async |shop| {
        let operator = shop.hire("ops", &[Role::Operations]).await;
        let new = format!("{HERE}/new");
        let added = shop.post(&operator, &new, &with(&a_form(), "op", "add")).await;
        assert_eq!(added.status, StatusCode::OK);
        assert!(added.body.contains(r#"name="regions.1" value="CN-31 CN-33""#), "{}", added.body);
        let removed = shop.post(&operator, &new, &with(&a_form(), "op", "remove.0")).await;
        assert!(!removed.body.contains("regions.0"), "{}", removed.body);
        assert!(removed.body.contains(r#"value="Swift""#), "{}", removed.body);
    });
}

#[test]
fn what_it_would_cost_is_answered_below_the_form() {
    on_each_database(async |shop| {
        shop.services.catalog_changed().await;
        let operator = shop.hire("ops", &[Role::Operations]).await;
        shop.post(&operator, &format!("{HERE}/new"), &a_form()).await;
        let ask = |division: &str| {
            format!(
                "{HERE}/compare?ask=1&location=HZ&division={division}&weight_grams=1500\
                 &sides_mm=300+200+100&value=200&wish=&promised_by_on="
            )
        };
        let answer = shop.get(&operator, &ask("310115")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(answer.body.contains("15.00"), "{}", answer.body);
        let nobody = shop.get(&operator, &ask("440100")).await;
        assert!(nobody.body.contains("No carrier takes it"), "{}", nobody.body);
        let wrong = shop.get(&operator, &ask("44")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn the_settings_of_shipping_are_kept_and_refused_at_their_field() {
    on_each_database(async |shop| {
        let operator = shop.hire("ops", &[Role::Operations]).await;
        let settings = "/console/logistics/settings";
        let form = |phone: &'static str, version: &'static str| {
            vec![
                ("version", version),
                ("name_zh", ""),
                ("name_en", ""),
                ("phone", phone),
                ("service_phone", ""),
                ("late_day", "8.00"),
                ("score_point", "0.02"),
                ("insured_from", "1000.00"),
                ("told", "shipped"),
                ("told", "completed"),
            ]
        };
        let refused = shop.post(&operator, settings, &form("nobody", "0")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(r#"id="e-phone""#), "{}", refused.body);
        let saved = shop.post(&operator, settings, &form("+8657188888888", "0")).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let page = shop.get(&operator, settings).await;
        assert!(page.body.contains("+8657188888888"), "{}", page.body);
        assert!(page.body.contains(r#"value="completed" checked"#), "{}", page.body);
        assert!(!page.body.contains(r#"value="delivered" checked"#), "{}", page.body);
        let stale = shop.post(&operator, settings, &form("+8657188888888", "0")).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
    });
}

#[test]
fn a_rule_about_carriers_is_written_checked_and_waits_for_a_second_person() {
    on_each_database(async |shop| {
        let operator = shop.hire("ops", &[Role::Operations]).await;
        shop.post(&operator, &format!("{HERE}/new"), &a_form()).await;
        let list = "/console/admin/rules?purpose=carrier";
        assert!(shop.get(&operator, list).await.body.contains("Carrier rules"));
        let new = [("purpose", "carrier"), ("from", ""), ("key", "k2")];
        let made = shop.post(&operator, "/console/admin/rules/new", &new).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let rule = |when: &'static str, who: &'static str| {
            vec![
                ("version", "1"),
                ("note", ""),
                ("op", "save"),
                ("zh.0", "甲"),
                ("en.0", "A"),
                ("when.0", when),
                ("do.0", "forbid"),
                ("reason.0", who),
            ]
        };
        let wrong = rule("order.pieces > 1", "swift");
        let refused = shop.post(&operator, &made.location, &wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(r#"id="e-when-0""#), "{}", refused.body);
        let nobody = shop.post(&operator, &made.location, &rule("true", "")).await;
        assert!(nobody.body.contains(r#"id="e-do-0""#), "{}", nobody.body);
        let right = rule("parcel.weight_grams > 1000", "swift/standard");
        let saved = shop.post(&operator, &made.location, &right).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let page = shop.get(&operator, &made.location).await;
        assert!(page.body.contains(r#"<option value="swift/standard" selected>"#), "{}", page.body);
        let go = [("version", "2"), ("remark", "agreed")];
        let asked = shop.post(&operator, &format!("{}/go-live", made.location), &go).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
        let waits = shop.get(&operator, &asked.location).await;
        assert!(waits.body.contains("rules about carriers"), "{}", waits.body);
    });
}
