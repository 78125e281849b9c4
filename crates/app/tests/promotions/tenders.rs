//! Points and gift cards: they pay once, and go back to where they came from.

use ordermill_app::order::PlacingError;
use ordermill_app::order::intake::{Agreed, IntakeError, NewOrder};
use ordermill_app::order::place::PlaceOrderError;
use ordermill_app::payment::capture::Captured;
use ordermill_app::points::{AdjustPointsError, adjust_points};
use ordermill_app::scheduler;
use ordermill_base::Span;
use ordermill_domain::ids::OrderId;
use ordermill_domain::ledger::Account;
use ordermill_domain::order::{PaymentTerms, Status};
use ordermill_domain::payment::PaymentStatus;
use ordermill_domain::refund::State;
use ordermill_storage::{deadline, ledger, refund};

use crate::kit::{FREIGHT, PRICE, Shop, on_each_database};

const TOTAL: i64 = PRICE + FREIGHT;

fn with_card(mut new: NewOrder, code: &str) -> NewOrder {
    new.gift_cards = vec![code.to_owned()];
    new
}

async fn booked(shop: &Shop, order: OrderId, account: Account) -> i64 {
    let books = shop.services.database().read(move |tx| ledger::of(tx, order)).await.unwrap();
    let of_it = books.iter().filter(|entry| entry.account == account.code());
    of_it.map(|entry| entry.amount_minor).sum()
}

/// B9: store credit is spent twice in two tabs elsewhere.
#[test]
fn two_tabs_spend_the_same_gift_card_once() {
    on_each_database(async |shop: &Shop| {
        let card = shop.gift_card("GC-AAAA-CCCC", TOTAL).await;
        let mut placing = tokio::task::JoinSet::new();
        for phone in 0..16 {
            let mut new = with_card(shop.a_bowl(phone), "GC-AAAA-CCCC");
            new.agreed.to_pay_minor = Some(0);
            let (services, act) = (shop.services.clone(), shop.act());
            placing.spawn(async move { services.place_order(act, new).await });
        }
        let mut paid = 0;
        for outcome in placing.join_all().await {
            match outcome {
                Ok(placed) => {
                    paid += 1;
                    assert_eq!(placed.to_pay.minor, 0);
                    let order = shop.order(placed.id).await;
                    assert_eq!(order.payment_status(), PaymentStatus::Paid);
                }
                Err(
                    PlacingError::Place(PlaceOrderError::BenefitGone(_))
                    | PlacingError::Intake(IntakeError::PriceChanged { .. }),
                ) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((paid, shop.on_card(card).await), (1, 0));
    });
}

#[test]
fn an_order_that_a_card_pays_in_full_is_confirmed_at_once() {
    on_each_database(async |shop: &Shop| {
        let card = shop.gift_card("GC-AAAA-DDDD", TOTAL + 100).await;
        let placed = shop.place(with_card(shop.a_bowl(1), "GC-AAAA-DDDD")).await.unwrap();
        let order = shop.order(placed.id).await;
        assert_eq!((order.status(), order.facts().money.paid_minor), (Status::Confirmed, TOTAL));
        assert_eq!(shop.on_card(card).await, 100);
        let id = placed.id;
        let due = shop.services.database().read(move |tx| deadline::of(tx, id)).await.unwrap();
        assert_eq!(due, [], "nothing is left to be paid");
        assert_eq!(booked(shop, id, Account::GiftCardLiability).await, TOTAL);
        assert!(shop.cancel(id).await);
        assert!(!shop.cancel(id).await, "again is harmless");
        assert_eq!(shop.on_card(card).await, TOTAL + 100);
        assert_eq!(booked(shop, id, Account::GiftCardLiability).await, 0);
        assert_eq!(booked(shop, id, Account::CustomerDeposits).await, 0);
        assert_eq!(shop.order(id).await.payment_status(), PaymentStatus::Refunded);
    });
}

#[test]
fn what_a_card_leaves_is_paid_by_money_and_each_goes_back_where_it_came_from() {
    on_each_database(async |shop: &Shop| {
        let card = shop.gift_card("GC-AAAA-EEEE", 2_000).await;
        let placed = shop.place(with_card(shop.a_bowl(1), "GC-AAAA-EEEE")).await.unwrap();
        let id = placed.id;
        assert_eq!(placed.to_pay.minor, TOTAL - 2_000);
        assert_eq!(shop.order(id).await.payment_status(), PaymentStatus::PartiallyPaid);
        let captured = shop.pay(id, TOTAL - 2_000).await;
        assert_eq!(captured, Captured::Paid { order: id, is_confirmed: true });
        assert!(shop.cancel(id).await);
        assert_eq!(shop.on_card(card).await, 2_000);
        let refunds = shop.services.database().read(move |tx| refund::of(tx, id)).await.unwrap();
        let mut sent: Vec<(i64, State)> =
            refunds.iter().map(|it| (it.facts().amount.minor, it.state())).collect();
        sent.sort_unstable();
        assert_eq!(sent, [(2_000, State::Succeeded), (TOTAL - 2_000, State::Granted)]);
    });
}

#[test]
fn late_money_goes_back_by_itself_and_the_card_is_not_touched_again() {
    on_each_database(async |shop: &Shop| {
        let card = shop.gift_card("GC-AAAA-FFFF", 2_000).await;
        let placed = shop.place(with_card(shop.a_bowl(1), "GC-AAAA-FFFF")).await.unwrap();
        let payment = shop.start_payment(placed.id, TOTAL - 2_000).await;
        shop.clock.advance(Span::hours(25));
        let now = shop.act().at;
        scheduler::run_due(shop.services.database(), now).await.unwrap();
        assert_eq!(shop.on_card(card).await, 2_000);
        let captured = shop.capture(payment, TOTAL - 2_000).await;
        assert_eq!(captured, Captured::GoesBack(placed.id));
        assert_eq!(shop.on_card(card).await, 2_000);
        assert_eq!(shop.order(placed.id).await.status(), Status::Canceled);
    });
}

#[test]
fn cash_at_the_door_is_what_the_card_leaves() {
    on_each_database(async |shop: &Shop| {
        shop.gift_card("GC-AAAA-GGGG", 2_000).await;
        let mut new = with_card(shop.a_bowl(1), "GC-AAAA-GGGG");
        new.terms = PaymentTerms::CashOnDelivery;
        let placed = shop.place(new).await.unwrap();
        let order = shop.order(placed.id).await;
        assert_eq!(order.status(), Status::Confirmed);
        assert_eq!(order.payment_status(), PaymentStatus::CodDue);
        assert_eq!(order.facts().money.paid_minor, 2_000);
    });
}

#[test]
fn points_are_earned_when_an_order_is_paid_and_taken_back_when_it_ends() {
    on_each_database(async |shop: &Shop| {
        let customer = shop.customer(0).await;
        let order = |points| NewOrder {
            customer: Some(customer),
            points,
            agreed: Agreed::default(),
            ..shop.a_bowl(1)
        };
        let first = shop.place(order(0)).await.unwrap();
        assert_eq!(shop.points(customer).await, 0, "not before it is paid");
        shop.pay(first.id, TOTAL).await;
        assert_eq!(shop.points(customer).await, 59);
        // 50 points pay half a yuan.
        let second = shop.place(order(50)).await.unwrap();
        assert_eq!(second.to_pay.minor, TOTAL - 50);
        assert_eq!(shop.points(customer).await, 9);
        shop.cancel(first.id).await;
        assert_eq!(shop.points(customer).await, 0, "the other 50 are owed");
        shop.pay(second.id, TOTAL - 50).await;
        assert_eq!(shop.points(customer).await, 9, "59 earned, 50 of them owed");
        shop.cancel(second.id).await;
        assert_eq!(shop.points(customer).await, 0, "59 taken back, 50 given back");
    });
}

#[test]
fn nobody_spends_more_points_than_they_have_in_however_many_tabs() {
    on_each_database(async |shop: &Shop| {
        let customer = shop.customer(1_000).await;
        let mut placing = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let new = NewOrder { customer: Some(customer), points: 300, ..shop.a_bowl(1) };
            let (services, act) = (shop.services.clone(), shop.act());
            placing.spawn(async move { services.place_order(act, new).await.is_ok() });
        }
        let placed = placing.join_all().await.into_iter().filter(|is_placed| *is_placed).count();
        assert_eq!((placed, shop.points(customer).await), (3, 100));
        let act = shop.act();
        let adjust =
            move |tx: &mut ordermill_storage::Tx<'_>| adjust_points(tx, &act, customer, -101);
        let refused = shop.services.database().write(adjust).await;
        assert!(matches!(refused, Err(AdjustPointsError::Refused(_))));
    });
}

#[test]
fn a_payment_by_a_card_names_the_card_and_not_its_code() {
    on_each_database(async |shop: &Shop| {
        let card = shop.gift_card("GC-AAAA-HHHH", 2_000).await;
        let placed = shop.place(with_card(shop.a_bowl(1), "GC-AAAA-HHHH")).await.unwrap();
        let payments = shop.payments(placed.id).await;
        let facts = payments[0].facts();
        assert_eq!(facts.gateway, "gift_card");
        assert_eq!(facts.gateway_ref.as_deref(), Some(&*format!("{card}:{}", placed.id)));
    });
}
