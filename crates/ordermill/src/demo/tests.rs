//! A small past, made on both engines, holds before the checker.

use std::sync::Arc;

use ordermill_app::Services;
use ordermill_app::check::check;
use ordermill_app::privacy::{RootKeySource, Vault};
use ordermill_base::id::made_at;
use ordermill_domain::order::Status;
use ordermill_storage::{Error, cart, order};
use ordermill_testkit::{TestClock, TestDatabase, each_database};
use ordermill_vault::{RootKey, SeededEntropy, WebhookSecret};

use super::*;
use crate::partners::MERCHANT;

const NOW: Timestamp = TestClock::START;
const OPENED_AT: Timestamp =
    Timestamp::from_micros(NOW.as_micros() - Span::days(past::DAYS + 1).as_micros());

fn services(test: &TestDatabase) -> Services {
    let root = RootKey::generate(&SeededEntropy::from_seed(1)).to_base64();
    let entropy = Arc::new(SeededEntropy::from_seed(7));
    let vault = test
        .connection()
        .transact(|tx| Vault::open(tx, &RootKeySource::Base64(root), entropy, OPENED_AT))
        .unwrap();
    let clock = Arc::new(Standing(OPENED_AT));
    Services::new(test.open(), clock, vault, partners::carriers_only(Some(&account()))).unwrap()
}

/// Of a sandbox that nobody asks while the past is made.
fn account() -> SandboxAccount {
    SandboxAccount {
        url: "http://127.0.0.1:9".to_owned(),
        merchant: MERCHANT.to_owned(),
        api_key: "key".to_owned(),
        notice_secret: WebhookSecret::generate(&SeededEntropy::from_seed(3)).to_text().to_string(),
    }
}

#[test]
fn a_past_that_was_made_by_real_commands_holds_before_the_checker() {
    for test in each_database() {
        let services = services(&test);
        assert_eq!(state::of(&services).unwrap(), state::State::New);
        let sign_ins = make(&services, 200, (OPENED_AT, NOW), Some(&account())).unwrap();
        assert_eq!(sign_ins.logins.len(), 15);
        assert_eq!(state::of(&services).unwrap(), state::State::Ready);
        let count = |status| {
            let filter = order::Filter { statuses: vec![status], ..order::Filter::default() };
            let listed = services
                .database()
                .write_blocking(move |tx| order::list(tx, &filter, None, 1_000))
                .map_err(|error: Error| error);
            listed.unwrap().len()
        };
        let waiting = |tx: &mut ordermill_storage::Tx<'_>| ordermill_app::review::desk::queue(tx);
        let waiting = services.database().write_blocking(waiting).unwrap();
        assert!(waiting.len() >= 5, "the review desk has {} orders to decide", waiting.len());
        let (confirmed, canceled) = (count(Status::Confirmed), count(Status::Canceled));
        let completed = count(Status::Completed);
        assert!(completed > 120 && canceled > 5, "{completed} completed, {canceled} canceled");
        assert!(confirmed > 0, "some are in the warehouse or on their way");
        let all = confirmed + completed + canceled + count(Status::Placed);
        assert!(all >= 190, "few find no stock");
        let all = services
            .database()
            .write_blocking(|tx| order::list(tx, &order::Filter::default(), None, 1_000))
            .map_err(|error: Error| error)
            .unwrap();
        // Lists go by ids, numbers are made from them: both tell when an order was placed.
        let mut before = NOW;
        for stored in &all {
            let facts = stored.order.facts();
            let (placed_at, made_at) = (facts.milestones.placed_at, made_at(facts.id));
            let apart = made_at.since(placed_at).as_micros().abs();
            assert!(apart <= Span::seconds(1).as_micros(), "{placed_at} and {made_at}");
            assert!(placed_at <= before, "{placed_at} behind {before}");
            before = placed_at;
        }
        let with_coupons = all.iter().filter(|it| it.order.facts().coupons > 0).count();
        assert!(with_coupons > 5, "{with_coupons} with coupons");
        let rules = &services.catalog().gift_rules;
        assert_eq!(rules.check(), []);
        assert!(rules.0.iter().any(|rule| rule.is_on(NOW)), "a newcomer sees a gift");
        let count = |sql: &'static str| -> i64 {
            let read =
                move |tx: &mut ordermill_storage::Tx<'_>| tx.query_one(sql, &[], |row| row.int());
            services.database().write_blocking::<_, Error, _>(read).unwrap()
        };
        let by_points = count("SELECT COUNT(*) FROM payments WHERE gateway = 'points'");
        let returned = count("SELECT COUNT(*) FROM refunds WHERE cause = 'by_hand'");
        let expired = count("SELECT COUNT(*) FROM orders WHERE cancel_reason = 'unpaid'");
        let gifts = count("SELECT COUNT(*) FROM order_lines WHERE gift IS NOT NULL");
        assert!(gifts > 0, "{gifts} gifts");
        assert!(by_points > 0 && returned > 0 && expired > 0, "{by_points} {returned} {expired}");
        let on_the_road = count("SELECT COUNT(*) FROM shipments WHERE state = 'handed_over'");
        let delivered = count("SELECT COUNT(*) FROM shipments WHERE state = 'delivered'");
        let back = count("SELECT COUNT(*) FROM shipments WHERE state = 'returned_to_sender'");
        let lists = count("SELECT COUNT(*) FROM manifests WHERE state = 'closed'");
        assert!(on_the_road > 0 && delivered > 120 && back > 0, "{on_the_road} {delivered} {back}");
        assert!(lists > 20, "{lists} lists");
        let with_wishes = count("SELECT COUNT(*) FROM orders WHERE service_wish IS NOT NULL");
        assert!((4..60).contains(&with_wishes), "{with_wishes} with a wish");
        let failed = count("SELECT COUNT(*) FROM tasks WHERE kind = 'label_failed'");
        assert_eq!(failed, 0, "what is wished is brought");
        let since = NOW - Span::hours(48);
        let conversion = services
            .database()
            .write_blocking(move |tx| cart::conversion(tx, since, 10_000))
            .map_err(|error: Error| error)
            .unwrap();
        assert!(conversion.carts > conversion.placed && conversion.placed >= conversion.paid);
        assert!(conversion.paid > 0, "{conversion:?}");
        let report = check(&mut test.connection(), NOW, None, &mut |_, _| ()).unwrap();
        assert_eq!(report.violations, [], "{}", test.engine());
        services.database().close();
    }
}
