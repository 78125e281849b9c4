//! Orders that the rules hold, on the desk of whoever decides about them.

use std::sync::Arc;

use axum::http::StatusCode;
use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::{Currency, Id, Quantity, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, OrderNumber, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_testkit::stock;

use crate::kit::{Answer, Person, Shop, on_each_database};

/// More at the door than the built-in rules let pass.
const TOTAL_MINOR: i64 = 600_000;
const DESK: &str = "/console/desk/review";

fn a_large_order_to_be_paid_at_the_door(shop: &Shop, number: i64) -> PlaceOrder {
    let line = LineTerms {
        line_no: 1,
        sku: stock::sku(1),
        quantity: Quantity::ONE,
        unit_price_minor: TOTAL_MINOR,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: TOTAL_MINOR,
        gift: None,
        stands_for: None,
    };
    PlaceOrder {
        id: OrderId::from_raw(number),
        act: Act::new(Actor::Buyer(None), shop.services.now()),
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts: Amounts {
                currency: Currency::Cny,
                tax_mode: TaxMode::Inclusive,
                goods_minor: TOTAL_MINOR,
                discount_minor: 0,
                freight_minor: 0,
                tax_minor: 0,
                total_minor: TOTAL_MINOR,
            },
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-33".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: Arc::new([stock::location(1)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    }
}

async fn hold(shop: &Shop, number: i64) -> String {
    let order = a_large_order_to_be_paid_at_the_door(shop, number);
    shop.services.database().submit(order).await.unwrap().unwrap();
    format!("{DESK}/{}", OrderNumber::from(OrderId::from_raw(number)))
}

async fn decide(shop: &Shop, person: &Person, case: &str, form: &[(&str, &str)]) -> Answer {
    shop.post(person, &format!("{case}/decide"), form).await
}

#[test]
fn the_desk_says_which_order_is_held_and_why() {
    on_each_database(async |shop: &Shop| {
        hold(shop, 77).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let tasks = shop.get(&kim, "/console/tasks").await;
        for text in ["Review an order", "Large amount"] {
            assert!(tasks.body.contains(text), "{text}: {}", tasks.body);
        }
    });
}

#[test]
fn cases_are_taken_one_after_another_and_decided_with_a_reason() {
    on_each_database(async |shop: &Shop| {
        let (first, second) = (hold(shop, 77).await, hold(shop, 78).await);
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let empty = shop.get(&kim, DESK).await;
        assert!(empty.body.contains("Press N"), "{}", empty.body);
        let taken = shop.post(&kim, &format!("{DESK}/next"), &[("left", "")]).await;
        assert_eq!(taken.location, first, "the most urgent one");
        let case = shop.get(&kim, &first).await;
        for text in ["Large cash on delivery", "order.total_minor", "600000", "Yours until"] {
            assert!(case.body.contains(text), "{text}: {}", case.body);
        }
        let silent = [("version", "2"), ("step", "approve"), ("remark", " ")];
        let refused = decide(shop, &kim, &first, &silent).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("e-remark"), "{}", refused.body);
        let undecided = [("version", "2"), ("step", ""), ("remark", "called them")];
        let refused = decide(shop, &kim, &first, &undecided).await;
        assert!(refused.body.contains("Choose what to do"), "{}", refused.body);
        assert!(refused.body.contains("called them"), "what was typed is kept");
        let approved = [("version", "2"), ("step", "approve"), ("remark", "called them")];
        let done = decide(shop, &kim, &first, &approved).await;
        assert_eq!(done.location, second, "on to the next: {}", done.body);
        let again = decide(shop, &kim, &first, &approved).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
    });
}

#[test]
fn a_colleague_sees_who_is_at_a_case_and_cannot_decide_it() {
    on_each_database(async |shop: &Shop| {
        let case = hold(shop, 77).await;
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let lee = shop.hire("lee", &[Role::Operations]).await;
        shop.post(&kim, &format!("{case}/claim"), &[]).await;
        let seen = shop.get(&lee, &case).await;
        assert!(seen.body.contains("kim is at it"), "{}", seen.body);
        assert!(!seen.body.contains("/decide"), "{}", seen.body);
        let form = [("version", "2"), ("step", "approve"), ("remark", "fine")];
        let refused = decide(shop, &lee, &case, &form).await;
        assert!(refused.told.contains("A colleague is at this one"), "{}", refused.told);
        shop.post(&kim, &format!("{case}/release"), &[]).await;
        let done = decide(shop, &lee, &case, &form).await;
        assert_eq!((done.status, &*done.location), (StatusCode::SEE_OTHER, DESK), "{}", done.body);
    });
}

#[test]
fn whoever_decides_no_review_does_not_enter_the_desk() {
    on_each_database(async |shop: &Shop| {
        let sue = shop.hire("sue", &[Role::Service]).await;
        assert_eq!(shop.get(&sue, DESK).await.status, StatusCode::FORBIDDEN);
    });
}

#[test]
fn what_the_rules_said_is_told_in_the_language_of_whoever_reads_the_history() {
    on_each_database(async |shop: &Shop| {
        let case = hold(shop, 77).await;
        let number = case.rsplit('/').next().unwrap();
        let mut kim = shop.hire("kim", &[Role::Operations, Role::Admin]).await;
        let (english, chinese) = ("the built-in rules found a reason", "内置规则发现需要人工查看");
        for (language, told, not_told) in [("en", english, chinese), ("zh", chinese, english)] {
            kim.language = language;
            for page in [format!("/console/orders/{number}"), "/console/admin/audit".to_owned()] {
                let page = shop.get(&kim, &page).await;
                assert!(page.body.contains(told), "{language}: {}", page.body);
                assert!(!page.body.contains(not_told), "{language}: {}", page.body);
            }
        }
    });
}
