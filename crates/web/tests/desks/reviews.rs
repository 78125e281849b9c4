//! Orders that the rules hold, on the desk of whoever decides about them.

use std::sync::Arc;

use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::{Currency, Id, Quantity, Span};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::role::Role;
use ordermill_testkit::stock;

use crate::kit::{Shop, on_each_database};

/// More at the door than the built-in rules let pass.
const TOTAL_MINOR: i64 = 600_000;

fn a_large_order_to_be_paid_at_the_door(shop: &Shop) -> PlaceOrder {
    let line = LineTerms {
        line_no: 1,
        sku: stock::sku(1),
        quantity: Quantity::ONE,
        unit_price_minor: TOTAL_MINOR,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: TOTAL_MINOR,
    };
    PlaceOrder {
        id: OrderId::from_raw(77),
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
        },
        region: "CN-33".to_owned(),
        recipient: b"ciphertext".to_vec(),
        accepts_backorder: false,
        preference: Arc::new([stock::location(1)]),
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    }
}

#[test]
fn the_desk_says_which_order_is_held_and_why() {
    on_each_database(async |shop: &Shop| {
        let order = a_large_order_to_be_paid_at_the_door(shop);
        shop.services.database().submit(order).await.unwrap().unwrap();
        let kim = shop.hire("kim", &[Role::Operations]).await;
        let tasks = shop.get(&kim, "/console/tasks").await;
        for text in ["Review an order", "Large amount"] {
            assert!(tasks.body.contains(text), "{text}: {}", tasks.body);
        }
    });
}
