use ordermill_base::Id;
use proptest::prelude::*;

use super::*;
use crate::code::life_cycle;

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

const REPORT: CaptureReport<'static> = CaptureReport {
    gateway_ref: "tx-1",
    merchant: "shop",
    amount: Money::new(10_800, Currency::Cny),
};

fn create() -> (Payment, Event) {
    let new = NewPayment {
        order: OrderId::from_raw(7),
        gateway: "alipay".into(),
        merchant: "shop".into(),
        amount: REPORT.amount,
    };
    Payment::create(PaymentId::from_raw(1), new, AT)
}

#[test]
fn the_life_cycle() {
    insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
    Created --Submit--> Pending
    Created --Authorize--> Authorized
    Created --Capture--> Captured
    Created --Fail--> Failed
    Created --Expire--> Expired
    Created --Void--> Voided
    Pending --Authorize--> Authorized
    Pending --Capture--> Captured
    Pending --Fail--> Failed
    Pending --Expire--> Expired
    Pending --Void--> Voided
    Authorized --Capture--> Captured
    Authorized --Fail--> Failed
    Authorized --Expire--> Expired
    Authorized --Void--> Voided
    Failed --Capture--> Captured
    Expired --Capture--> Captured
    Voided --Capture--> Captured
    ");
}

#[test]
fn the_same_capture_reported_again_changes_nothing() {
    let (mut payment, _) = create();
    payment.submit(None, AT).unwrap();
    let event = payment.capture(REPORT, AT).unwrap().unwrap();
    assert_eq!(event.kind(), "payment.captured");
    let captured = payment.clone();
    assert_eq!(payment.capture(REPORT, AT), Ok(None));
    assert_eq!(payment, captured);
}

#[test]
fn a_buyer_who_paid_twice_is_noticed() {
    let (mut payment, _) = create();
    payment.capture(REPORT, AT).unwrap();
    let again = payment.capture(CaptureReport { gateway_ref: "tx-2", ..REPORT }, AT);
    assert_eq!(again, Err(CaptureError::CapturedTwice { captured_by: "tx-1".into() }));
}

#[test]
fn only_the_asked_amount_in_the_asked_currency_to_our_account_counts() {
    let (mut payment, _) = create();
    let mut refused = |report| payment.capture(report, AT).unwrap_err();
    assert_eq!(
        refused(CaptureReport { merchant: "thief", ..REPORT }),
        CaptureError::MerchantMismatch { expected: "shop".into(), got: "thief".into() }
    );
    assert_eq!(
        refused(CaptureReport { amount: Money::new(10_800, Currency::Jpy), ..REPORT }),
        CaptureError::CurrencyMismatch { expected: Currency::Cny, got: Currency::Jpy }
    );
    assert_eq!(
        refused(CaptureReport { amount: Money::new(108, Currency::Cny), ..REPORT }),
        CaptureError::AmountMismatch { expected: 10_800, got: 108 }
    );
    assert_eq!(payment.state(), State::Created);
}

#[test]
fn money_that_comes_after_we_gave_it_up_still_counts() {
    let (mut payment, _) = create();
    payment.void(AT).unwrap();
    let event = payment.capture(REPORT, AT).unwrap();
    assert!(matches!(event, Some(Event::Captured { from: State::Voided, .. })));
}

proptest! {
    #[test]
    fn a_payment_is_captured_at_most_once_and_its_fold_is_what_is_stored(
        steps in proptest::collection::vec((0..6, 0_usize..3), 0..30),
    ) {
        let (mut payment, created) = create();
        let mut folded = Payment::created(payment.facts().id, &created, AT).unwrap();
        let mut captures = 0;
        for (step, which) in steps {
            let gateway_ref = ["tx-1", "tx-2", "tx-3"][which];
            let event = match step {
                0 => payment.submit(Some(gateway_ref.into()), AT).ok(),
                1 => payment.authorize(AT).ok(),
                2 => payment.fail(AT).ok(),
                3 => payment.expire(AT).ok(),
                4 => payment.void(AT).ok(),
                _ => payment.capture(CaptureReport { gateway_ref, ..REPORT }, AT).ok().flatten(),
            };
            if let Some(event) = event {
                captures += i32::from(matches!(event, Event::Captured { .. }));
                let json = serde_json::to_string(&event).unwrap();
                folded.apply(&serde_json::from_str(&json).unwrap(), AT);
            }
            prop_assert!(captures <= 1);
            prop_assert_eq!(captures == 1, payment.state() == State::Captured);
        }
        prop_assert_eq!(folded, payment);
    }
}
