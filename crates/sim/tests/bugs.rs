//! The simulation finds the bugs that other shops had; so finding none says something.

use ordermill_sim::{Bug, Settings, Trade, run};
use ordermill_storage::Address;

/// Seeds within which a bug must show.
const SEEDS: u64 = 5;

fn is_found(bug: Bug) {
    for seed in 1..=SEEDS {
        let address: Address = "sqlite::memory:".parse().expect("an address in memory");
        let usual = Settings::of(bug.trade());
        let days = if bug.trade() == Trade::Floor { usual.days } else { 1 };
        let settings = Settings { days, bug: Some(bug), ..usual };
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

#[test]
fn points_that_stay_when_their_order_ends_are_found() {
    is_found(Bug::PointsKept);
}

#[test]
fn a_gift_card_that_pays_in_two_tabs_is_found() {
    is_found(Bug::CardSpentTwice);
}

#[test]
fn a_coupon_that_goes_further_than_its_limit_is_found() {
    is_found(Bug::LimitForgotten);
}

#[test]
fn a_refund_that_is_given_for_each_request_with_one_key_is_found() {
    is_found(Bug::RefundKeyIgnored);
}

#[test]
fn a_price_that_nobody_has_agreed_to_is_found() {
    is_found(Bug::PriceNotAgreed);
}

#[test]
fn a_field_that_nobody_looks_at_is_found() {
    is_found(Bug::FieldUnchecked);
}

#[test]
fn a_buyer_who_is_told_twice_is_found() {
    is_found(Bug::ToldTwice);
}

#[test]
fn a_buyer_who_is_not_told_is_found() {
    is_found(Bug::NotTold);
}

#[test]
fn a_webhook_that_is_lost_is_found() {
    is_found(Bug::WebhookLost);
}

#[test]
fn webhooks_of_one_order_that_overtake_each_other_are_found() {
    is_found(Bug::WebhooksOvertake);
}

#[test]
fn pieces_that_leave_with_the_list_and_with_the_carriers_scan_are_found() {
    is_found(Bug::LeavesTwice);
}

#[test]
fn a_short_pick_that_keeps_its_claim_in_the_bin_is_found() {
    is_found(Bug::ShortKeepsClaim);
}

#[test]
fn a_short_pick_that_keeps_its_promise_is_found() {
    is_found(Bug::ShortKeepsPromise);
}

#[test]
fn an_old_push_that_undoes_a_delivery_is_found() {
    is_found(Bug::OldPushCounts);
}

#[test]
fn a_wrong_scan_that_counts_is_found() {
    is_found(Bug::WrongScanCounts);
}

#[test]
fn a_second_label_where_the_answer_to_the_first_was_lost_is_found() {
    is_found(Bug::LabelPerTry);
}

#[test]
fn a_cancel_that_gives_back_what_has_left_is_found() {
    is_found(Bug::CanceledAfterLeaving);
}

#[test]
fn totes_of_ended_orders_that_nobody_empties_are_found() {
    is_found(Bug::ToteForgotten);
}

#[test]
fn a_substitute_that_stays_on_the_shelf_is_found() {
    is_found(Bug::SubstituteUnclaimed);
}
