//! Missing pieces are replaced: on the order's page by service, and on the page behind the buyer's link.

use axum::http::StatusCode;
use ordermill_app::choice::token;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Role;
use ordermill_domain::sku::Sku;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{Error, Tx, choice, order, sku, stock};
use ordermill_testkit::stock::{location, sku as sku_of};

use crate::choices::an_order_with_missing_pieces;
use crate::kit::{Person, Shop, on_each_database};

/// An order of which two plates are missing, for which bowls may be sent.
async fn bowls_may_be_sent(shop: &Shop) -> (OrderId, String) {
    let id = an_order_with_missing_pieces(shop).await;
    let act = Act::new(Actor::system("test"), shop.services.now());
    let edit = move |tx: &mut Tx<'_>| {
        let plate = sku::fetch(tx, sku_of(2))?.unwrap();
        let after = Sku { substitutes: vec![sku_of(1)], ..plate.clone() };
        sku::update(tx, &act, &plate, &after)
    };
    shop.services.database().write(edit).await.unwrap();
    shop.services.catalog_changed().await;
    (id, format!("/console/orders/{}", OrderNumber::from(id)))
}

/// All bowls are kept back.
async fn bowls_sell_out(shop: &Shop) {
    let keep = |tx: &mut Tx<'_>| {
        for at in [1, 2] {
            let level = StockLevel::new(sku_of(1), location(at), BackorderPolicy::Deny);
            stock::set_policy(tx, &StockLevel { safety_stock: 1_000, ..level })?;
        }
        Ok::<_, Error>(())
    };
    shop.services.database().write(keep).await.unwrap();
}

async fn link_of(shop: &Shop, service: &Person, (id, page): (OrderId, &str)) -> String {
    let asked = shop.post(service, &format!("{page}/missing/2/ask"), &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    let choices = shop.services.database().read(move |tx| choice::of(tx, id)).await.unwrap();
    format!("/c/{}", token(shop.services.vault(), &choices[0]))
}

#[test]
fn service_sends_something_else_with_a_reason() {
    on_each_database(async |shop| {
        let (id, order) = bowls_may_be_sent(shop).await;
        let service = shop.hire("service", &[Role::Service]).await;
        let picker = shop.hire("picker", &[Role::Warehouse]).await;
        let page = shop.get(&service, &order).await.body;
        assert!(page.contains("Item BOWL · 1,999 available · nothing goes back"), "{page}");
        let replace = format!("{order}/missing/2/substitute");
        let form = [("sku", "BOWL"), ("remark", "agreed by phone")];
        let nobody = shop.post(&picker, &replace, &form).await;
        assert_eq!(nobody.status, StatusCode::FORBIDDEN);
        let silent = shop.post(&service, &replace, &[("sku", "BOWL"), ("remark", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(silent.body.contains("substitute-2-wrong"), "{}", silent.body);
        let other = [("sku", "PLATE"), ("remark", "agreed by phone")];
        let other = shop.post(&service, &replace, &other).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.body);
        let done = shop.post(&service, &replace, &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        let page = shop.get(&service, &order).await.body;
        assert!(page.contains("In place of Item PLATE"), "{page}");
        assert!(!page.contains("Waiting for stock"), "nothing waits any more: {page}");
        assert!(page.contains("2 missing pieces were replaced"), "{page}");
        let again = shop.post(&service, &replace, &form).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
        let lines = shop.services.database().read(move |tx| order::lines(tx, id)).await.unwrap();
        assert_eq!((lines.len(), lines[2].terms.stands_for), (3, Some(2)));
    });
}

#[test]
fn a_buyer_takes_something_else_by_the_link_once() {
    on_each_database(async |shop| {
        let (id, order) = bowls_may_be_sent(shop).await;
        let service = shop.hire("service", &[Role::Service]).await;
        let link = link_of(shop, &service, (id, &order)).await;
        let page = shop.get(&service, &link).await.body;
        assert!(page.contains("Instead: Item BOWL") && page.contains("/art/tile/"), "{page}");
        assert!(page.contains("It costs you nothing more"), "{page}");
        let nothing = shop.post(&service, &link, &[("answer", "substitute")]).await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", nothing.body);
        let form = [("answer", "substitute"), ("sku", "BOWL")];
        for _ in 0..2 {
            let answered = shop.post(&service, &link, &form).await;
            assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.body);
        }
        let page = shop.get(&service, &link).await.body;
        assert!(page.contains("We send you Item BOWL") && !page.contains("<form"), "{page}");
        let lines = shop.services.database().read(move |tx| order::lines(tx, id)).await.unwrap();
        assert_eq!(lines.len(), 3, "the second answer changed nothing");
    });
}

#[test]
fn what_sold_out_is_told_and_what_is_left_is_offered() {
    on_each_database(async |shop| {
        let (id, order) = bowls_may_be_sent(shop).await;
        let service = shop.hire("service", &[Role::Service]).await;
        let link = link_of(shop, &service, (id, &order)).await;
        bowls_sell_out(shop).await;
        let form = [("answer", "substitute"), ("sku", "BOWL")];
        let gone = shop.post(&service, &link, &form).await;
        assert_eq!(gone.status, StatusCode::CONFLICT, "{}", gone.body);
        assert!(gone.body.contains("It has just sold out"), "{}", gone.body);
        assert!(gone.body.contains("I will wait") && !gone.body.contains("Item BOWL"));
        let waits = shop.post(&service, &link, &[("answer", "wait")]).await;
        assert_eq!(waits.status, StatusCode::SEE_OTHER, "{}", waits.body);
    });
}
