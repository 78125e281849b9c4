use ordermill_base::Id;
use proptest::prelude::*;

use super::*;
use crate::code::life_cycle;

const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn key(subject: i64) -> Key {
    Key { payment: PaymentId::from_raw(9), cause: Cause::AfterSale, subject }
}

fn grant(minor: i64, granted_minor: i64) -> Result<(Refund, Event), GrantError> {
    let of = Refundable::undisputed(Money::new(100, Currency::Cny), granted_minor);
    let amount = Money::new(minor, Currency::Cny);
    Refund::grant(RefundId::from_raw(1), OrderId::from_raw(2), key(3), amount, of, AT)
}

#[test]
fn the_life_cycle() {
    insta::assert_snapshot!(life_cycle(State::ALL, &Step::ALL, State::after), @r"
    Granted --Request--> Requested
    Granted --Withdraw--> Withdrawn
    Requested --Succeed--> Succeeded
    Requested --Fail--> Failed
    Failed --Request--> Requested
    Failed --Withdraw--> Withdrawn
    ");
}

#[test]
fn a_refund_has_one_written_identity() {
    assert_eq!(key(7).to_string(), "pay_0000000000009:after_sale:7");
}

#[test]
fn a_refund_stays_within_what_is_left_of_its_currency() {
    assert_eq!(grant(0, 0), Err(GrantError::NotPositive));
    assert_eq!(grant(41, 60), Err(GrantError::ExceedsCaptured { asked_minor: 41, left_minor: 40 }));
    assert!(grant(40, 60).is_ok());
    let of = Refundable::undisputed(Money::new(100, Currency::Cny), 0);
    let dollars = Money::new(1, Currency::Usd);
    let refused =
        Refund::grant(RefundId::from_raw(1), OrderId::from_raw(2), key(3), dollars, of, AT);
    assert_eq!(
        refused,
        Err(GrantError::CurrencyMismatch { expected: Currency::Cny, got: Currency::Usd })
    );
}

#[test]
fn money_under_dispute_is_not_refunded_and_what_the_bank_took_is_gone() {
    let refused = |minor, charged_back_minor, disputed_minor| {
        let captured = Money::new(100, Currency::Cny);
        let of = Refundable { captured, granted_minor: 10, charged_back_minor, disputed_minor };
        let (id, amount) = (RefundId::from_raw(1), Money::new(minor, Currency::Cny));
        Refund::grant(id, OrderId::from_raw(2), key(3), amount, of, AT).err()
    };
    assert_eq!(refused(60, 0, 30), None);
    let disputed = GrantError::Disputed { asked_minor: 61, left_minor: 60, disputed_minor: 30 };
    assert_eq!(refused(61, 0, 30), Some(disputed));
    let too_much = GrantError::ExceedsCaptured { asked_minor: 91, left_minor: 60 };
    assert_eq!(refused(91, 0, 30), Some(too_much), "not for the dispute alone");
    let gone = GrantError::ExceedsCaptured { asked_minor: 61, left_minor: 60 };
    assert_eq!(refused(61, 30, 0), Some(gone));
}

#[test]
fn a_failed_refund_is_requested_again_and_succeeds_once() {
    let (mut refund, _) = grant(100, 0).unwrap();
    refund.request(AT).unwrap();
    refund.fail(AT).unwrap();
    assert_eq!(refund.request(AT), Ok(Event::Requested { from: State::Failed }));
    assert_eq!(refund.succeed(AT), Ok(Some(Event::Succeeded)));
    assert_eq!(refund.succeed(AT), Ok(None));
    assert!(refund.fail(AT).is_err());
}

proptest! {
    /// Whoever asks for how much and how often, the buyer never gets more than was captured.
    #[test]
    fn refunds_never_exceed_what_was_captured(asked in proptest::collection::vec(-5_i64..120, 0..20)) {
        let mut granted = 0;
        for minor in asked {
            granted += grant(minor, granted).map_or(0, |(refund, _)| refund.facts().amount.minor);
            prop_assert!((0..=100).contains(&granted));
        }
    }

    #[test]
    fn folding_the_events_gives_the_stored_refund(steps in proptest::collection::vec(0..4, 0..12)) {
        let (mut refund, granted) = grant(100, 0).unwrap();
        let mut folded = Refund::granted(RefundId::from_raw(1), &granted, AT).unwrap();
        for step in steps {
            let event = match step {
                0 => refund.request(AT).ok(),
                1 => refund.succeed(AT).ok().flatten(),
                2 => refund.withdraw(AT).ok(),
                _ => refund.fail(AT).ok(),
            };
            event.iter().for_each(|event| folded.apply(event, AT));
        }
        prop_assert_eq!(folded, refund);
    }
}
