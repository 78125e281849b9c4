//! Missing pieces: service asks the buyer, who answers on a page without a login.

use std::sync::Arc;

use axum::http::StatusCode;
use ordermill_app::benefit::claim::Claims;
use ordermill_app::choice::token;
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::{Currency, Id, Quantity, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, OrderNumber, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_domain::stock::{BackorderPolicy, StockLevel};
use ordermill_storage::{Tx, choice, stock};
use ordermill_testkit::stock::{location, sku};

use crate::kit::{Shop, on_each_database};

/// An order for a bowl, which is there, and two plates, which are not; the buyer accepted to wait.
pub(crate) async fn an_order_with_missing_pieces(shop: &Shop) -> OrderId {
    shop.services.catalog_changed().await;
    let allow = |tx: &mut Tx<'_>| {
        let level = StockLevel::new(sku(2), location(2), BackorderPolicy::Allow);
        stock::set_policy(tx, &level)
    };
    shop.services.database().write(allow).await.unwrap();
    let line = |line_no: u16, pieces: i64| LineTerms {
        line_no,
        sku: sku(line_no.into()),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 1_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: 1_000 * pieces,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: 3_000,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: 3_000,
    };
    let id = OrderId::from_raw(101);
    let order = PlaceOrder {
        id,
        act: Act::new(Actor::Buyer(None), shop.services.now()),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line(1, 1), line(2, 2)],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-33".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: true,
        preference: Arc::new([location(2)]),
        rules: Arc::default(),
        marks: None,
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    };
    shop.services.database().submit(order).await.unwrap().unwrap();
    id
}

#[test]
fn service_asks_and_the_buyer_answers_once_by_the_link() {
    on_each_database(async |shop| {
        let id = an_order_with_missing_pieces(shop).await;
        let service = shop.hire("service", &[Role::Service]).await;
        let order = format!("/console/orders/{}", OrderNumber::from(id));
        let page = shop.get(&service, &order).await.body;
        assert!(page.contains("Ask the buyer"), "{page}");
        let asked = shop.post(&service, &format!("{order}/missing/2/ask"), &[]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
        let page = shop.get(&service, &order).await.body;
        assert!(page.contains("The buyer is asked, until"), "{page}");

        let choices = shop.services.database().read(move |tx| choice::of(tx, id)).await.unwrap();
        let link = format!("/c/{}", token(shop.services.vault(), &choices[0]));
        let page = shop.get(&service, &link).await;
        assert_eq!(page.status, StatusCode::OK);
        // What is collected at the door stays fixed, so there is no money to take back.
        assert!(page.body.contains("I will wait") && !page.body.contains("value=\"refund\""));
        assert!(!page.body.contains("林"), "nobody is named");
        let refused = shop.post(&service, &link, &[("answer", "refund")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
        let answered = shop.post(&service, &link, &[("answer", "wait")]).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.body);
        let page = shop.get(&service, &link).await.body;
        assert!(page.contains("Thank you for waiting") && !page.contains("<form"), "{page}");
        // The same form again, or another answer, changes nothing and is told the same.
        let again = shop.post(&service, &link, &[("answer", "call")]).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER);
        let page = shop.get(&service, &link).await.body;
        assert!(page.contains("Thank you for waiting"), "{page}");
        let page = shop.get(&service, &order).await.body;
        assert!(page.contains("The buyer waits"), "{page}");
    });
}

#[test]
fn a_link_that_nobody_was_sent_opens_nothing() {
    on_each_database(async |shop| {
        let somebody = shop.hire("somebody", &[Role::Service]).await;
        for link in ["/c/nothing", "/c/01k2ey4xh0000.AQAAAAM", "/c/."] {
            assert_eq!(shop.get(&somebody, link).await.status, StatusCode::NOT_FOUND, "{link}");
            let posted = shop.post(&somebody, link, &[("answer", "refund")]).await;
            assert_eq!(posted.status, StatusCode::NOT_FOUND, "{link}");
        }
    });
}

#[test]
fn pieces_are_given_up_with_a_reason_by_whoever_may_send_money_back() {
    on_each_database(async |shop| {
        let id = an_order_with_missing_pieces(shop).await;
        let service = shop.hire("service", &[Role::Service]).await;
        let picker = shop.hire("picker", &[Role::Warehouse]).await;
        let order = format!("/console/orders/{}", OrderNumber::from(id));
        let give_up = format!("{order}/missing/2/give-up");
        let nobody = shop.post(&picker, &give_up, &[("remark", "sold out")]).await;
        assert_eq!(nobody.status, StatusCode::FORBIDDEN);
        let silent = shop.post(&service, &give_up, &[("remark", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(silent.body.contains("give-up-2-wrong"), "{}", silent.body);
        let door = shop.post(&service, &give_up, &[("remark", "sold out")]).await;
        assert_eq!(door.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(door.body.contains("collected at the door"), "{}", door.body);
    });
}

#[test]
fn how_buyers_are_asked_is_changed_on_a_page_that_says_what_is_wrong() {
    on_each_database(async |shop| {
        let operations = shop.hire("operations", &[Role::Operations]).await;
        let page = "/console/admin/missing-pieces";
        let wrong = shop.fill_in(&operations, page, &[("hours", "0"), ("who", "at_once")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("A whole number from 1 to 720"), "{}", wrong.body);
        let saved = shop.fill_in(&operations, page, &[("hours", "48"), ("who", "at_once")]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let shown = shop.get(&operations, page).await.body;
        assert!(shown.contains("value=\"48\""), "{shown}");
    });
}
