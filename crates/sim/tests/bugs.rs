//! The simulation finds the bugs that other shops had; so finding none says something.

use ordermill_sim::{Bug, Settings, run};
use ordermill_storage::Address;

/// Seeds within which a bug must show.
const SEEDS: u64 = 5;

fn is_found(bug: Bug) {
    for seed in 1..=SEEDS {
        let address: Address = "sqlite::memory:".parse().expect("an address in memory");
        let settings = Settings { days: 1, bug: Some(bug), ..Settings::default() };
        if let Err(failure) = run(&address, seed, &settings) {
            assert_eq!(failure.seed, seed, "it says how to see it again");
            return;
        }
    }
    panic!("{bug:?} is not found within {SEEDS} seeds");
}

#[test]
fn stock_that_is_checked_before_others_take_it_is_sold_twice() {
    is_found(Bug::StaleCheck);
}

#[test]
fn a_counter_that_keeps_pieces_of_holds_that_ran_out_is_found() {
    is_found(Bug::LeakOnExpiry);
}

#[test]
fn a_cancel_that_gives_pieces_back_twice_is_found() {
    is_found(Bug::GivesBackTwice);
}

#[test]
fn a_cancel_that_gives_pieces_to_another_warehouse_is_found() {
    is_found(Bug::GivesBackElsewhere);
}

#[test]
fn a_payment_that_counts_for_each_report_is_found() {
    is_found(Bug::CountsTwice);
}

#[test]
fn a_payment_with_a_fresh_key_for_each_try_is_found() {
    is_found(Bug::FreshKeyPerTry);
}

#[test]
fn a_repeated_request_that_orders_again_is_found() {
    is_found(Bug::KeyIgnored);
}

#[test]
fn a_cart_that_becomes_two_orders_is_found() {
    is_found(Bug::CartTwice);
}

#[test]
fn a_timer_that_cancels_a_paid_order_is_found() {
    is_found(Bug::TimerCancelsPaid);
}

#[test]
fn a_change_without_its_event_is_found() {
    is_found(Bug::LostEvent);
}

#[test]
fn a_refund_that_is_a_cent_short_is_found() {
    is_found(Bug::RefundOffByOne);
}

#[test]
fn an_order_that_was_acknowledged_and_is_gone_is_found() {
    is_found(Bug::ForgottenOrder);
}

#[test]
fn a_coupon_that_stays_used_when_its_order_ends_is_found() {
    is_found(Bug::CouponKept);
}
