//! R11: whatever is asked back, in whatever order, and whatever goes wrong on the way, never more
//! goes back than came in, and what was granted arrives in the end.

use ordermill_app::order::place::Key;
use ordermill_app::payment::refund::GrantRefundError;
use ordermill_app::payment::refund_order::{
    RefundDecision, RefundOrder, RefundOrderError, refund_order,
};
use ordermill_app::permission::Principal;
use ordermill_base::{Currency, Money, Span};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, PaymentId, RefundId};
use ordermill_domain::ledger::Account;
use ordermill_domain::refund::State;
use ordermill_sandbox::fault::{Call, Fault};
use ordermill_storage::ledger;
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
    prop_oneof![
        4 => (1..130_i64).prop_map(Step::Ask),
        1 => Just(Step::AskAgain),
        1 => Just(Step::Cancel),
        3 => refund_faults.prop_map(|fault| Step::Break(Call::Refund, fault)),
        1 => notice_faults.prop_map(|fault| Step::Break(Call::Notice, fault)),
        4 => Just(Step::Send),
        3 => Just(Step::Notices),
        2 => (1..90_i64).prop_map(Step::Wait),
    ]
}

#[test]
fn never_more_goes_back_than_came_in_and_what_was_granted_arrives() {
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

/// One order, from its payment until the last of its refunds has arrived.
async fn live_through(shop: &Shop, number: i64, steps: Vec<Step>) {
    shop.sandbox().clear_faults();
    let (order, payment) = shop.paid_order(number).await;
    let mut granted = 0;
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
                match ask(shop, &wish).await {
                    Ok(RefundDecision::Granted(refund)) => {
                        granted += minor;
                        assert!(granted <= PRICE, "{minor} too much was granted");
                        last = Some((wish, refund.facts().id));
                    }
                    Ok(RefundDecision::AwaitsApproval(_)) => {
                        panic!("so little needs no second person")
                    }
                    Err(
                        RefundOrderError::NothingLeft
                        | RefundOrderError::Grant(GrantRefundError::Refused(_)),
                    ) => assert!(granted + minor > PRICE, "{minor} more were there"),
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
                granted = PRICE;
            }
            Step::Break(call, fault) => shop.break_next(call, fault, 1),
            Step::Send => drop(shop.payments.send_refunds().await.unwrap()),
            Step::Notices => drop(shop.payments.process_notices().await.unwrap()),
            Step::Wait(minutes) => shop.clock.advance(Span::minutes(minutes)),
        }
        stands(shop, order, payment, granted).await;
    }
    shop.sandbox().clear_faults();
    shop.let_pass(8, Span::hours(7)).await;
    stands(shop, order, payment, granted).await;
    for refund in shop.refunds(order).await {
        assert_eq!(refund.state(), State::Succeeded, "{refund:?}");
    }
    assert_eq!(shop.order(order).await.facts().money.refunded_minor, granted);
    assert_eq!(shop.money_at_gateway(&[shop.payment(payment).await]), PRICE - granted);
}

async fn ask(shop: &Shop, wish: &RefundOrder) -> Result<RefundDecision, RefundOrderError> {
    let principal = Principal::system("test");
    let act = Act { reason: Some("damaged".to_owned()), ..principal.act(shop.buyer().at) };
    let wish = wish.clone();
    shop.database.write(move |tx| refund_order(tx, &principal, &act, &wish)).await
}

/// What holds after every step: nobody has more than came in, and the books say so.
async fn stands(shop: &Shop, order: OrderId, payment: PaymentId, granted: i64) {
    let refunds = shop.refunds(order).await;
    let sum = |is_counted: fn(State) -> bool| -> i64 {
        let counted = refunds.iter().filter(|refund| is_counted(refund.state()));
        counted.map(|refund| refund.facts().amount.minor).sum()
    };
    let arrived = sum(|state| state == State::Succeeded);
    assert_eq!(sum(|_| true), granted);
    let money = shop.order(order).await.facts().money;
    assert_eq!((money.paid_minor, money.refunded_minor), (PRICE, arrived));
    let sent = PRICE - shop.money_at_gateway(&[shop.payment(payment).await]);
    assert!(
        arrived <= sent && sent <= granted,
        "{arrived} arrived, {sent} sent, {granted} granted"
    );
    let entries = shop.database.read(move |tx| ledger::of(tx, order)).await.unwrap();
    let balance = |account: Account| -> i64 {
        let of_it = entries.iter().filter(|entry| entry.account == account.code());
        of_it.map(|entry| entry.amount_minor).sum()
    };
    assert_eq!(balance(Account::GatewayClearing), PRICE - arrived);
    assert_eq!(balance(Account::RefundsPayable), arrived - granted);
}
