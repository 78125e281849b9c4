//! The checker finds what was planted among coupons, gift cards and points.

use ordermill_app::check;
use ordermill_base::Span;

use crate::kit::{Shop, on_each_database, ten_off};

/// What is done to the database, what undoes it, the invariant that it breaks, and whom it is about.
const PLANTED: &[(&str, &str, &str, &str)] = &[
    ("UPDATE coupons SET uses = uses + 1", "UPDATE coupons SET uses = uses - 1", "I3", ""),
    (
        "UPDATE coupon_uses SET released_at = 1",
        "UPDATE coupon_uses SET released_at = NULL",
        "I3",
        "",
    ),
    (
        "UPDATE coupon_uses SET goods_minor = goods_minor + 1",
        "UPDATE coupon_uses SET goods_minor = goods_minor - 1",
        "I3",
        "",
    ),
    ("UPDATE orders SET coupons = 2", "UPDATE orders SET coupons = 1", "I3", ""),
    (
        "UPDATE gift_cards SET balance_minor = balance_minor + 1",
        "UPDATE gift_cards SET balance_minor = balance_minor - 1",
        "I5",
        "gft_",
    ),
    (
        "UPDATE gift_card_movements SET amount_minor = amount_minor - 1 WHERE kind = 'spent'",
        "UPDATE gift_card_movements SET amount_minor = amount_minor + 1 WHERE kind = 'spent'",
        "I3",
        "gft_",
    ),
    (
        "UPDATE points_accounts SET balance = balance + 1",
        "UPDATE points_accounts SET balance = balance - 1",
        "I5",
        "cus_",
    ),
    (
        "UPDATE points_movements SET points = points + 1 WHERE kind = 'adjusted'",
        "UPDATE points_movements SET points = points - 1 WHERE kind = 'adjusted'",
        "I3",
        "cus_",
    ),
    (
        "UPDATE points_movements SET cause = 1 WHERE kind = 'spent'",
        "UPDATE points_movements SET cause = (SELECT id FROM payments WHERE gateway = 'points')
          WHERE kind = 'spent'",
        "I3",
        "",
    ),
    (
        "UPDATE ledger_entries SET account = 'bank' WHERE account = 'gift_card_liability'
            AND order_id = 0",
        "UPDATE ledger_entries SET account = 'gift_card_liability' WHERE account = 'bank'",
        "I3",
        "CNY",
    ),
];

#[test]
fn what_was_planted_is_found() {
    on_each_database(async |shop: &Shop| {
        shop.coupon(ten_off("TEN")).await;
        shop.gift_card("GC-AAAA-KKKK", 2_000).await;
        let mut new = shop.a_bowl(1);
        new.customer = Some(shop.customer(500).await);
        new.coupons = vec!["TEN".to_owned()];
        new.gift_cards = vec!["GC-AAAA-KKKK".to_owned()];
        new.points = 100;
        shop.place(new).await.unwrap();
        let now = shop.act().at + Span::days(1);
        let run = async |sql: &'static str| {
            let run = move |tx: &mut ordermill_storage::Tx<'_>| tx.execute(sql, &[]);
            assert!(shop.services.database().write(run).await.unwrap() > 0, "{sql}");
        };
        for &(planted, mended, invariant, subject) in PLANTED {
            run(planted).await;
            let address = shop.services.database().address().clone();
            let check = move || {
                let ids = std::sync::Arc::new(ordermill_base::IdGenerator::new(9));
                let mut connection = ordermill_storage::Connection::open(&address, ids).unwrap();
                check::check(&mut connection, now, None, &mut |_, _| ()).unwrap()
            };
            let report = tokio::task::spawn_blocking(check).await.unwrap();
            let found = |it: &check::Violation| {
                it.invariant == invariant && it.subject.starts_with(subject)
            };
            assert!(report.violations.iter().any(found), "{planted}: {:#?}", report.violations);
            run(mended).await;
        }
    });
}
