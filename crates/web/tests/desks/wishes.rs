//! How an order is wished to be brought: chosen at the checkout, shown to the buyer and to the console.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use ordermill_domain::role::Role;

use crate::carriers::a_form;
use crate::kit::{Shop, on_each_database};

/// A carrier that brings to the door and, in Zhejiang alone, to pick-up points.
async fn a_shop_with_points(shop: &Shop) {
    let operator = shop.hire("ops", &[Role::Operations]).await;
    let mut form = a_form();
    form.extend([
        ("service.1", "pickup_point"),
        ("regions.1", "CN-33"),
        ("cities.1", ""),
        ("first_grams.1", "1000"),
        ("first_price.1", "9.00"),
        ("step_grams.1", "1000"),
        ("step_price.1", "3.00"),
        ("days_min.1", "1"),
        ("days_max.1", "3"),
    ]);
    let made = shop.post(&operator, "/console/logistics/carriers/new", &form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
}

/// The value of a hidden field.
fn hidden<'h>(html: &'h str, name: &str) -> &'h str {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// The form of somebody in Hangzhou.
fn form<'f>(page: &'f str, delivery: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("idempotency_key", hidden(page, "idempotency_key")),
        ("cart", hidden(page, "cart")),
        ("step", "place"),
        ("country", "CN"),
        ("name", "林小满"),
        ("phone", "13817260921"),
        ("province", "浙江省"),
        ("city", "杭州市"),
        ("district", "西湖区"),
        ("street", "文三路 90 号 1 幢 201 室"),
        ("payment", "cash_on_delivery"),
        ("delivery", delivery),
    ]
}

fn with<'f>(
    mut form: Vec<(&'f str, &'f str)>,
    changed: &[(&'f str, &'f str)],
) -> Vec<(&'f str, &'f str)> {
    form.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
    form.extend(changed);
    form
}

const POINT: &str = r#"value="pickup_point""#;

#[test]
fn the_checkout_offers_what_a_carrier_offers_to_the_address_and_no_more() {
    on_each_database(async |shop: &Shop| {
        let visitor = shop.visitor_with("BOWL", 1).await;
        let page = shop.visits(&visitor, Request::get("/checkout"), Body::empty()).await.body;
        let parts = async |form: &[(&str, &str)]| {
            shop.visitor_sends(&visitor, "/checkout/part?changed=region", form).await.body
        };
        let hangzhou = form(&page, "standard");
        assert!(!parts(&hangzhou).await.contains(POINT), "a shop without carriers");
        a_shop_with_points(shop).await;
        let offered = parts(&hangzhou).await;
        assert!(offered.contains(POINT) && offered.contains("Pick-up point"), "{offered}");
        assert!(!offered.contains(r#"value="timed""#), "{offered}");
        let elsewhere = [("province", "上海市"), ("city", "上海市"), ("district", "浦东新区")];
        let shanghai = with(hangzhou.clone(), &elsewhere);
        assert!(!parts(&shanghai).await.contains(POINT), "there are no points there");
        let chosen = with(shanghai, &[("delivery", "pickup_point")]);
        let kept = parts(&chosen).await;
        assert!(kept.contains(POINT) && kept.contains("Not to this address"), "{kept}");
    });
}

#[test]
fn a_wish_that_cannot_be_kept_is_told_where_it_was_chosen_and_one_that_can_is_shown_to_all() {
    on_each_database(async |shop: &Shop| {
        a_shop_with_points(shop).await;
        let visitor = shop.visitor_with("BOWL", 1).await;
        let page = shop.visits(&visitor, Request::get("/checkout"), Body::empty()).await.body;
        let refused = shop.visitor_sends(&visitor, "/checkout", &form(&page, "timed")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(r#"id="e-delivery""#), "{}", refused.body);
        assert!(refused.body.contains(r##"href="#f-delivery""##), "{}", refused.body);
        let total = hidden(&refused.body, "agreed_total").to_owned();
        let form = with(form(&page, "pickup_point"), &[("agreed_total", total.as_str())]);
        let placed = shop.visitor_sends(&visitor, "/checkout", &form).await;
        assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.body);
        let cookies = format!("{visitor}; {}", placed.cookie);
        let order = shop.visits(&cookies, Request::get(&placed.location), Body::empty()).await;
        assert!(order.body.contains("<dd>Pick-up point</dd>"), "{}", order.body);
        assert!(order.body.contains("Arrives at the latest"), "{}", order.body);
        let clerk = shop.hire("kim", &[Role::Service]).await;
        let page = shop.get(&clerk, &format!("/console{}", placed.location)).await;
        assert!(page.body.contains("<dd>Pick-up point</dd>"), "{}", page.body);
        assert!(page.body.contains("Promised by"), "{}", page.body);
    });
}

#[test]
fn the_checkout_asks_again_when_the_goods_come_later_than_its_page_has_named() {
    on_each_database(async |shop: &Shop| {
        let visitor = shop.visitor_with("BOWL", 1).await;
        let page = shop.visits(&visitor, Request::get("/checkout"), Body::empty()).await.body;
        let refused = shop.visitor_sends(&visitor, "/checkout", &form(&page, "standard")).await;
        let total = hidden(&refused.body, "agreed_total").to_owned();
        let day = hidden(&refused.body, "agreed_day").to_owned();
        assert!(!day.is_empty(), "{}", refused.body);
        let sent = |day: &str| {
            let agreed = [("agreed_total", total.clone()), ("agreed_day", day.to_owned())];
            let agreed = agreed.each_ref().map(|(name, value)| (*name, value.as_str()));
            let owned = with(form(&page, "standard"), &agreed);
            owned.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let post = async |fields: Vec<(String, String)>| {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            shop.visitor_sends(&visitor, "/checkout", &fields).await
        };
        let earlier = post(sent("2020-01-01")).await;
        assert_eq!(earlier.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(earlier.body.contains("It now arrives"), "{}", earlier.body);
        let placed = post(sent(&day)).await;
        assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.body);
        let cookies = format!("{visitor}; {}", placed.cookie);
        let order = shop.visits(&cookies, Request::get(&placed.location), Body::empty()).await;
        let promised = order.body.split_once("Arrives at the latest</dt><dd>").unwrap().1;
        let promised = promised.split_once("</dd>").unwrap().0;
        let headline = format!(">Arrives {promised}<");
        assert!(order.body.contains(&headline), "{headline}: {}", order.body);
    });
}
