//! R11: whatever is asked back and disputed, in whatever order, and whatever goes wrong on the way, never
//! more leaves than came in, and what was granted arrives in the end or was taken by the bank.

use ordermill_app::dispute::answer::Saying;
use ordermill_app::order::place::Key;
use ordermill_app::payment::refund::GrantRefundError;
use ordermill_app::payment::refund_order::{
    RefundDecision, RefundOrder, RefundOrderError, refund_order,
};
use ordermill_app::permission::Principal;
use ordermill_base::{Currency, Money, Span};
use ordermill_domain::actor::Act;
use ordermill_domain::dispute::{Dispute, State as Stand};
use ordermill_domain::ids::{OrderId, PaymentId, RefundId};
use ordermill_domain::ledger::Account;
use ordermill_domain::refund::State;
use ordermill_sandbox::books::Outcome;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::{dispute, ledger};
use ordermill_testkit::scale;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::kit::{PRICE, Shop, on_each_database};

/// Something that happens to an order that was paid.
#[derive(Debug, Clone)]
enum Step {
    /// So many percent of its price are asked back, perhaps more than there are.
    Ask(i64),
    /// The last wish comes again under its key.
    AskAgain,
    /// The buyer cancels.
    Cancel,
    /// The buyer's bank takes so many percent of the price, or all that is left, if it can.
    Dispute(Option<i64>),
    /// Finance answers every dispute that waits: with evidence, or by giving in.
    Answer(bool),
    /// The bank decides every dispute that is open.
    Decide(Outcome),
    /// The gateway's next call of this kind goes wrong.
    Break(Call, Fault),
    /// Refunds are sent, or asked about.
    Send,
    /// Notices are processed, perhaps before the answer that they overtook.
    Notices,
    /// Minutes pass.
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let refund_faults = prop::sample::select(vec![
        Fault::LoseAnswer,
        Fault::FailAfterSuccess,
        Fault::HangAfterSuccess,
        Fault::TimeOut,
        Fault::Unavailable,
        Fault::Decline,
    ]);
    let notice_faults = prop::sample::select(vec![
        Fault::LoseNotice,
        Fault::RepeatNotice { count: 2 },
        Fault::ReorderNotice,
    ]);
    let answer_faults = prop::sample::select(vec![
        Fault::LoseAnswer,
        Fault::FailAfterSuccess,
        Fault::Unavailable,
        Fault::Decline,
    ]);
    prop_oneof![
        4 => (1..130_i64).prop_map(Step::Ask),
        1 => Just(Step::AskAgain),
        1 => Just(Step::Cancel),
        3 => refund_faults.prop_map(|fault| Step::Break(Call::Refund, fault)),
        1 => answer_faults.prop_map(|fault| Step::Break(Call::Dispute, fault)),
        1 => notice_faults.prop_map(|fault| Step::Break(Call::Notice, fault)),
        4 => Just(Step::Send),
        3 => Just(Step::Notices),
        2 => (1..90_i64).prop_map(Step::Wait),
        2 => prop::option::of(1..110_i64).prop_map(Step::Dispute),
        1 => any::<bool>().prop_map(Step::Answer),
        2 => prop::sample::select(vec![Outcome::Won, Outcome::Lost]).prop_map(Step::Decide),
    ]
}

#[test]
fn never_more_leaves_than_came_in_and_what_was_granted_arrives_or_was_taken() {
    on_each_database(async |shop| {
        let shop: &Shop = shop;
        let config = Config { cases: 24 * scale(), failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new(config);
        let number = std::cell::Cell::new(0);
        let histories = prop::collection::vec(step(), 4..30);
        let ran = tokio::task::block_in_place(|| {
            runner.run(&histories, |steps| {
                number.set(number.get() + 1);
                let live = live_through(shop, number.get(), steps);
                tokio::runtime::Handle::current().block_on(live);
                Ok(())
            })
        });
        ran.unwrap();
    });
}

/// One order, from its payment until the last of its refunds has arrived and its last dispute is decided.
async fn live_through(shop: &Shop, number: i64, steps: Vec<Step>) {
    shop.sandbox().clear_faults();
    let (order, payment) = shop.paid_order(number).await;
    let mut is_canceled = false;
    let mut last: Option<(RefundOrder, RefundId)> = None;
    for (index, step) in steps.into_iter().enumerate() {
        match step {
            Step::Ask(percent) => {
                let minor = PRICE * percent / 100;
                let wish = RefundOrder {
                    order,
                    payment: None,
                    amount: Some(Money::new(minor, Currency::Cny)),
                    key: Some(Key::new("test", format!("{number}-{index}"), b"wish")),
                };
                let left = Known::of(shop, order).await.free_minor();
                match ask(shop, &wish).await {
                    Ok(RefundDecision::Granted(refund)) => {
                        assert!(minor <= left, "{minor} of {left} were granted");
                        last = Some((wish, refund.facts().id));
                    }
                    Ok(RefundDecision::AwaitsApproval(_)) => {
                        panic!("so little needs no second person")
                    }
                    Err(
                        RefundOrderError::NothingLeft
                        | RefundOrderError::Grant(GrantRefundError::Refused(_)),
                    ) => assert!(minor > left, "{minor} of {left} were there"),
                    Err(error) => panic!("{error}"),
                }
            }
            Step::AskAgain => {
                if let Some((wish, refund)) = &last {
                    let again = ask(shop, wish).await.unwrap();
                    let RefundDecision::Granted(again) = again else { panic!("{again:?}") };
                    assert_eq!(again.facts().id, *refund, "the same wish is the same refund");
                }
            }
            Step::Cancel => {
                shop.cancel(order).await.unwrap();
                is_canceled = true;
            }
            Step::Dispute(percent) => {
                let minor = percent.map(|percent| PRICE * percent / 100);
                // The bank knows what went back; of nothing it takes nothing.
                let _refused = shop.bank_may_take(payment, minor);
            }
            Step::Answer(is_contested) => answer_all(shop, order, is_contested).await,
            Step::Decide(outcome) => decide_all(shop, order, outcome).await,
            Step::Break(call, fault) => shop.break_next(call, fault, 1),
            Step::Send => {
                shop.payments.send_refunds().await.unwrap();
                shop.payments.tell_answers().await.unwrap();
            }
            Step::Notices => drop(shop.payments.process_notices().await.unwrap()),
            Step::Wait(minutes) => {
                shop.clock.advance(Span::minutes(minutes));
                shop.payments.read_disputes().await.unwrap();
            }
        }
        stands(shop, order, payment).await;
    }
    shop.sandbox().clear_faults();
    shop.let_pass(8, Span::hours(7)).await;
    stands(shop, order, payment).await;
    decide_all(shop, order, if number % 2 == 0 { Outcome::Won } else { Outcome::Lost }).await;
    shop.let_pass(8, Span::hours(7)).await;
    stands(shop, order, payment).await;
    for refund in shop.refunds(order).await {
        assert!(refund.state().is_over(), "{refund:?}");
    }
    let known = Known::of(shop, order).await;
    assert_eq!(known.disputed, 0, "all is decided");
    let at_gateway = shop.money_at_gateway(&[shop.payment(payment).await]);
    assert_eq!(at_gateway, PRICE - known.arrived - known.charged_back);
    if is_canceled {
        assert_eq!(at_gateway, 0, "a canceled order keeps nothing");
    }
}

async fn answer_all(shop: &Shop, order: OrderId, is_contested: bool) {
    for dispute in disputes(shop, order).await {
        let say = match is_contested {
            true => Saying::Evidence("it was signed for".to_owned()),
            false => Saying::Accept,
        };
        // Those that were answered before are not answered again.
        let _refused = shop.say(dispute.facts().id, say).await;
    }
}

async fn decide_all(shop: &Shop, order: OrderId, outcome: Outcome) {
    for dispute in disputes(shop, order).await {
        let reference = &dispute.facts().terms.gateway_ref;
        let _decided_before = shop.sandbox().decide_dispute(reference, outcome);
    }
}

async fn disputes(shop: &Shop, order: OrderId) -> Vec<Dispute> {
    shop.database.read(move |tx| dispute::of(tx, order)).await.unwrap()
}

/// What we know of an order's money, minor units.
struct Known {
    /// Promised and not withdrawn.
    granted: i64,
    /// Of that, what the buyer has.
    arrived: i64,
    /// Under dispute.
    disputed: i64,
    /// Taken back for good.
    charged_back: i64,
}

impl Known {
    async fn of(shop: &Shop, order: OrderId) -> Self {
        let refunds = shop.refunds(order).await;
        let refunded = |is_counted: fn(State) -> bool| -> i64 {
            let counted = refunds.iter().filter(|refund| is_counted(refund.state()));
            counted.map(|refund| refund.facts().amount.minor).sum()
        };
        let disputes = disputes(shop, order).await;
        let taken = |is_counted: fn(Stand) -> bool| -> i64 {
            let counted = disputes.iter().filter(|dispute| is_counted(dispute.state()));
            counted.map(|dispute| dispute.facts().terms.amount.minor).sum()
        };
        Self {
            granted: refunded(|state| state != State::Withdrawn),
            arrived: refunded(|state| state == State::Succeeded),
            disputed: taken(Stand::is_open),
            charged_back: taken(Stand::is_charged_back),
        }
    }

    fn free_minor(&self) -> i64 {
        PRICE - self.granted - self.disputed - self.charged_back
    }
}

async fn ask(shop: &Shop, wish: &RefundOrder) -> Result<RefundDecision, RefundOrderError> {
    let principal = Principal::system("test");
    let act = Act { reason: Some("damaged".to_owned()), ..principal.act(shop.buyer().at) };
    let wish = wish.clone();
    shop.database.write(move |tx| refund_order(tx, &principal, &act, &wish)).await
}

/// What holds after every step: no more has left than came in, and the books say so.
async fn stands(shop: &Shop, order: OrderId, payment: PaymentId) {
    let known = Known::of(shop, order).await;
    let Known { granted, arrived, disputed, charged_back } = known;
    assert!(granted <= PRICE, "{granted} granted");
    assert!(arrived + charged_back <= PRICE, "{arrived} arrived, {charged_back} taken");
    let money = shop.order(order).await.facts().money;
    assert_eq!((money.paid_minor, money.refunded_minor), (PRICE, arrived));
    assert_eq!(money.charged_back_minor, charged_back);
    let at_gateway = shop.money_at_gateway(&[shop.payment(payment).await]);
    assert!((0..=PRICE).contains(&at_gateway), "{at_gateway} are left at the gateway");
    let entries = shop.database.read(move |tx| ledger::of(tx, order)).await.unwrap();
    let balance = |account: Account| -> i64 {
        let of_it = entries.iter().filter(|entry| entry.account == account.code());
        of_it.map(|entry| entry.amount_minor).sum()
    };
    assert_eq!(balance(Account::GatewayClearing), PRICE - arrived - disputed - charged_back);
    assert_eq!(balance(Account::DisputedFunds), disputed);
    assert_eq!(balance(Account::ChargebackLosses), charged_back);
    assert_eq!(balance(Account::RefundsPayable), arrived - granted);
}
