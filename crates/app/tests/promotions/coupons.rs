//! Coupons: limits that hold whoever hurries, and uses that come back exactly once.

use std::sync::Arc;

use ordermill_app::benefit::claim::{Claims, CouponClaim, Gone};
use ordermill_app::catalog::edit::EditError;
use ordermill_app::coupon::{edit_coupon, list_coupons, set_coupon_active};
use ordermill_app::order::intake::{Benefits, Intake, IntakeError, NewOrder};
use ordermill_app::order::place::{Key, PlaceOrder, PlaceOrderError};
use ordermill_app::order::{PlacedFacts, PlacingError};
use ordermill_app::scheduler;
use ordermill_base::Span;
use ordermill_domain::order::Status;
use ordermill_storage::BatchCommand;
use ordermill_storage::coupon::View;

use crate::kit::{FREIGHT, PRICE, Shop, on_each_database, ten_off};

/// Places all of these at once; gives how many were placed, and that the others were told why.
async fn race(shop: &Shop, orders: Vec<NewOrder>) -> usize {
    let mut placing = tokio::task::JoinSet::new();
    for new in orders {
        let (services, act) = (shop.services.clone(), shop.act());
        placing.spawn(async move { services.place_order(act, new).await });
    }
    let outcomes = placing.join_all().await;
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        let is_told = match refused {
            PlacingError::Place(PlaceOrderError::BenefitGone(_)) => true,
            PlacingError::Intake(IntakeError::Fields(issues)) => {
                issues.iter().all(|issue| issue.code.starts_with("used_up"))
            }
            _ => false,
        };
        assert!(is_told, "{refused:?}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

fn with_coupon(mut new: NewOrder, code: &str) -> NewOrder {
    new.coupons = vec![code.to_owned()];
    new
}

#[test]
fn a_coupon_for_ten_is_used_ten_times_by_64_orders_at_once() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("FIRST10");
        coupon.rule.uses_max = Some(10);
        let id = shop.coupon(coupon).await;
        let orders = (0..64).map(|phone| with_coupon(shop.a_bowl(phone), "first10 ")).collect();
        assert_eq!(race(shop, orders).await, 10);
        assert_eq!(shop.uses(id).await, 10);
    });
}

#[test]
fn a_buyer_uses_a_coupon_as_often_as_each_may_in_however_many_tabs() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("TWICE");
        coupon.rule.uses_per_customer_max = Some(2);
        let id = shop.coupon(coupon).await;
        let customer = shop.customer(0).await;
        let orders = (0..16).map(|phone| {
            let customer = Some(customer);
            with_coupon(NewOrder { customer, ..shop.a_bowl(phone) }, "TWICE")
        });
        assert_eq!(race(shop, orders.collect()).await, 2, "one customer");
        let orders = (0..16).map(|_| with_coupon(shop.a_bowl(99), "TWICE")).collect();
        assert_eq!(race(shop, orders).await, 2, "one phone");
        assert_eq!(shop.uses(id).await, 4);
    });
}

#[test]
fn two_orders_of_one_batch_do_not_both_take_the_last_use() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("LAST");
        coupon.rule.uses_max = Some(1);
        let id = shop.coupon(coupon).await;
        let catalog = shop.services.catalog();
        let intake = Intake { catalog: &catalog, vault: shop.services.vault() };
        let prepare = |buyer: u32| {
            let order = shop.services.database().ids().next(shop.act().at);
            let prepared =
                intake.prepare(order, shop.act(), shop.a_bowl(buyer), Benefits::default());
            let mut command = prepared.unwrap().0;
            let claim = CouponClaim { coupon: id, goods_minor: 0, freight_minor: 0 };
            command.placed.coupons = vec![id];
            command.claims =
                Claims { buyer: buyer.into(), coupons: vec![claim], ..Claims::default() };
            command
        };
        let (one, other) = (prepare(1), prepare(2));
        let run = move |tx: &mut ordermill_storage::Tx<'_>| PlaceOrder::run(&[&one, &other], tx);
        let outcomes = shop.services.database().write(run).await.unwrap();
        assert!(outcomes[0].is_ok());
        assert_eq!(outcomes[1], Err(PlaceOrderError::BenefitGone(Gone::Coupon(id))));
        assert_eq!(shop.uses(id).await, 1);
    });
}

#[test]
fn a_canceled_order_gives_its_coupon_back_once() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("ONCE");
        coupon.rule.uses_max = Some(1);
        let id = shop.coupon(coupon).await;
        let first = shop.place(with_coupon(shop.a_bowl(1), "ONCE")).await.unwrap();
        assert_eq!(first.total.minor, PRICE - 1_000 + FREIGHT);
        assert!(shop.place(with_coupon(shop.a_bowl(2), "ONCE")).await.is_err());
        assert!(shop.cancel(first.id).await);
        assert!(!shop.cancel(first.id).await, "again is harmless");
        assert_eq!(shop.uses(id).await, 0);
        shop.place(with_coupon(shop.a_bowl(2), "ONCE")).await.unwrap();
        assert_eq!(shop.uses(id).await, 1);
    });
}

#[test]
fn an_order_that_is_not_paid_in_time_gives_everything_back() {
    on_each_database(async |shop: &Shop| {
        let coupon = shop.coupon(ten_off("SAVE10")).await;
        let card = shop.gift_card("GC-ACDE-FGHJ", 2_000).await;
        let customer = shop.customer(500).await;
        let mut new = with_coupon(shop.a_bowl(1), "SAVE10");
        new.customer = Some(customer);
        new.points = 300;
        new.gift_cards = vec!["gc acde fghj".to_owned()];
        let placed = shop.place(new).await.unwrap();
        assert_eq!(placed.to_pay.minor, PRICE - 1_000 + FREIGHT - 300 - 2_000);
        assert_eq!((shop.points(customer).await, shop.on_card(card).await), (200, 0));
        shop.clock.advance(Span::hours(25));
        let now = shop.act().at;
        let report = scheduler::run_due(shop.services.database(), now).await.unwrap();
        assert_eq!(report.failed, 0);
        assert_eq!(shop.order(placed.id).await.status(), Status::Canceled);
        assert_eq!(shop.uses(coupon).await, 0);
        assert_eq!((shop.points(customer).await, shop.on_card(card).await), (500, 2_000));
    });
}

#[test]
fn a_repeated_request_finds_its_order_though_the_coupon_is_used_up_by_it() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("MINE");
        coupon.rule.uses_max = Some(1);
        let id = shop.coupon(coupon).await;
        let new = || {
            let mut new = with_coupon(shop.a_bowl(1), "MINE");
            new.key = Some(Key {
                principal: "test".to_owned(),
                key: "k1".to_owned(),
                request_hash: [7; 32],
            });
            new
        };
        let first = shop.place(new()).await.unwrap();
        let again = shop.place(new()).await.unwrap();
        assert_eq!(again, PlacedFacts { is_replay: true, ..first });
        assert_eq!(shop.uses(id).await, 1);
        let mut other = new();
        other.key.as_mut().unwrap().request_hash = [8; 32];
        let refused = shop.place(other).await;
        let reused =
            |it: &PlacingError| matches!(it, PlacingError::Place(PlaceOrderError::KeyReused));
        assert!(refused.as_ref().is_err_and(reused), "{refused:?}");
    });
}

#[test]
fn a_coupon_for_first_orders_is_refused_to_who_has_ordered() {
    on_each_database(async |shop: &Shop| {
        let mut coupon = ten_off("WELCOME");
        coupon.rule.first_order_only = true;
        shop.coupon(coupon).await;
        let customer = Some(shop.customer(0).await);
        let order = || with_coupon(NewOrder { customer, ..shop.a_bowl(1) }, "WELCOME");
        let first = shop.place(order()).await.unwrap();
        let refused = shop.place(order()).await.unwrap_err();
        let PlacingError::Intake(IntakeError::Fields(issues)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((issues[0].field.as_str(), issues[0].code), ("coupons.0", "not_first_order"));
        shop.cancel(first.id).await;
        shop.place(order()).await.unwrap();
    });
}

#[test]
fn an_edit_never_makes_a_past_use_wrong() {
    on_each_database(async |shop: &Shop| {
        let id = shop.coupon(ten_off("EDIT")).await;
        for phone in [1, 1, 2] {
            shop.place(with_coupon(shop.a_bowl(phone), "EDIT")).await.unwrap();
        }
        let act = Arc::new(shop.act());
        let edit = async |max: Option<u64>, each: Option<u64>, version: i64| {
            let act = Arc::clone(&act);
            let edit = move |tx: &mut ordermill_storage::Tx<'_>| {
                edit_coupon(tx, &act, id, version, |coupon| {
                    coupon.rule.uses_max = max;
                    coupon.rule.uses_per_customer_max = each;
                })
            };
            shop.services.database().write(edit).await
        };
        assert!(matches!(edit(Some(2), None, 1).await, Err(EditError::Invalid(_))));
        assert!(matches!(edit(None, Some(1), 1).await, Err(EditError::Invalid(_))));
        assert_eq!(edit(Some(3), Some(2), 1).await.unwrap().version, 2);
        assert!(matches!(edit(None, None, 1).await, Err(EditError::Changed { .. })));
        assert!(shop.place(with_coupon(shop.a_bowl(3), "EDIT")).await.is_err(), "used up");

        let now = act.at;
        let listed = async |view| {
            let list = move |tx: &mut ordermill_storage::Tx<'_>| {
                list_coupons(tx, view, "ed", now, None, 10)
            };
            shop.services.database().read(list).await.unwrap().len()
        };
        assert_eq!((listed(View::Active).await, listed(View::Ended).await), (0, 1));
        edit(None, None, 2).await.unwrap();
        assert_eq!((listed(View::Active).await, listed(View::Ended).await), (1, 0));
        let off = Arc::clone(&act);
        let off =
            move |tx: &mut ordermill_storage::Tx<'_>| set_coupon_active(tx, &off, id, 3, false);
        shop.services.database().write(off).await.unwrap();
        let refused = shop.place(with_coupon(shop.a_bowl(3), "EDIT")).await.unwrap_err();
        assert!(matches!(refused, PlacingError::Intake(IntakeError::Fields(_))));
        assert_eq!((listed(View::All).await, listed(View::Planned).await), (1, 0));
    });
}
