//! Calls that go well, are refused, or end in a way that nobody knows.

use ordermill_base::{Clock, Span};
use ordermill_ports::gateway::{Gateway, GatewayError, GatewayState, RefundState};
use ordermill_ports::notifier::{Message, Notifier, NotifyError, Recipient};
use ordermill_sandbox::fault::{Call, Fault, Profile};
use ordermill_sandbox::messages::Medium;

use crate::kit::{API_KEY, Kit, MERCHANT, adapter, refund, yuan};

fn is_unknown<T>(result: Result<T, GatewayError>) -> bool {
    matches!(result, Err(GatewayError::OutcomeUnknown { .. }))
}

fn code<T: std::fmt::Debug>(result: Result<T, GatewayError>) -> String {
    match result {
        Err(GatewayError::Refused { code, .. }) => code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_payment_is_opened_paid_and_partly_sent_back() {
    let kit = Kit::start().await;
    let request = kit.request(1);
    assert_eq!(kit.gateway.query(request.payment).await, Ok(GatewayState::Unknown));

    let started = kit.gateway.start(&request).await.unwrap();
    let GatewayState::Pending { gateway_reference, redirect_url } =
        kit.gateway.query(request.payment).await.unwrap()
    else {
        panic!("an opened payment waits for its buyer");
    };
    assert_eq!(
        (gateway_reference, redirect_url),
        (started.gateway_reference.clone(), started.redirect_url)
    );

    kit.sandbox().pay(&request.payment.to_string()).unwrap();
    let GatewayState::Captured(capture) = kit.gateway.query(request.payment).await.unwrap() else {
        panic!("a paid payment is captured");
    };
    assert_eq!(capture.amount, yuan(1_250));
    assert_eq!(capture.merchant, MERCHANT);
    assert_eq!(capture.gateway_reference, started.gateway_reference);

    let order = refund(1, &request, 250);
    let unknown = kit.gateway.query_refund(request.payment, order.refund).await;
    assert_eq!(unknown, Ok(RefundState::Unknown));
    let sent = kit.gateway.refund(&order).await.unwrap();
    assert!(matches!(&sent, RefundState::Succeeded { amount, .. } if *amount == yuan(250)));
    assert_eq!(kit.gateway.refund(&order).await.as_ref(), Ok(&sent));
    assert_eq!(kit.gateway.query_refund(request.payment, order.refund).await, Ok(sent));
    let too_much = kit.gateway.refund(&refund(2, &request, 1_001)).await;
    assert_eq!(code(too_much), "refund_too_large");
    assert_eq!(kit.sandbox().ledger().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_starts_at_once_with_one_key_charge_once() {
    let kit = Kit::start().await;
    kit.sandbox().set_profile(Profile { seed: 1, auto_pay: true, chances: vec![] });
    for number in 1..=25 {
        let request = kit.request(number);
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (gateway, request) = (kit.gateway.clone(), request.clone());
                tokio::spawn(async move { gateway.start(&request).await })
            })
            .collect();
        let mut started = Vec::new();
        for task in tasks {
            started.push(task.await.unwrap().unwrap());
        }
        assert!(started.iter().all(|one| *one == started[0]), "one payment, one page");
    }
    let ledger = kit.sandbox().ledger();
    assert_eq!(ledger.len(), 25);
    assert_eq!(ledger.iter().map(|entry| entry.amount.minor).sum::<i64>(), 25 * 1_250);
}

#[tokio::test]
async fn a_key_is_not_reused_for_another_payment() {
    let kit = Kit::start().await;
    let request = kit.request(1);
    kit.gateway.start(&request).await.unwrap();
    let mut other = kit.request(2);
    other.idempotency_key.clone_from(&request.idempotency_key);
    assert_eq!(code(kit.gateway.start(&other).await), "idempotency_key_reused");
    other = kit.request(1);
    other.idempotency_key = "another".into();
    assert_eq!(code(kit.gateway.start(&other).await), "exists");
}

#[tokio::test]
async fn an_answer_lost_once_is_made_up_for_by_the_same_key() {
    let kit = Kit::start().await;
    kit.sandbox().set_profile(Profile { seed: 1, auto_pay: true, chances: vec![] });
    for (number, fault) in
        [Fault::LoseAnswer, Fault::FailAfterSuccess, Fault::HangAfterSuccess, Fault::TimeOut]
            .into_iter()
            .enumerate()
    {
        let request = kit.request(number as i64 + 1);
        kit.break_call(request.payment, Call::Start, fault, 1);
        kit.gateway.start(&request).await.unwrap();
    }
    assert_eq!(kit.sandbox().ledger().len(), 4, "one charge each, in spite of the repeats");
}

#[tokio::test]
async fn an_answer_that_stays_lost_is_unknown_until_asked_for() {
    for (fault, is_charged) in [
        (Fault::LoseAnswer, true),
        (Fault::FailAfterSuccess, true),
        (Fault::HangAfterSuccess, true),
        (Fault::TimeOut, false),
    ] {
        let kit = Kit::start().await;
        kit.sandbox().set_profile(Profile { seed: 1, auto_pay: true, chances: vec![] });
        let request = kit.request(1);
        kit.break_call(request.payment, Call::Start, fault.clone(), 3);
        assert!(is_unknown(kit.gateway.start(&request).await), "{fault:?}");
        let state = kit.gateway.query(request.payment).await.unwrap();
        assert_eq!(matches!(state, GatewayState::Captured(_)), is_charged, "{fault:?}");
        assert_eq!(matches!(state, GatewayState::Unknown), !is_charged, "{fault:?}");
        kit.gateway.start(&request).await.unwrap();
        assert_eq!(kit.sandbox().ledger().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_sent_once() {
    let kit = Kit::start().await;
    let request = kit.captured(1).await;
    let order = refund(1, &request, 250);
    kit.break_call(request.payment, Call::Refund, Fault::LoseAnswer, 3);
    assert!(is_unknown(kit.gateway.refund(&order).await));
    let state = kit.gateway.query_refund(request.payment, order.refund).await.unwrap();
    assert!(matches!(state, RefundState::Succeeded { .. }));
    assert_eq!(kit.gateway.refund(&order).await, Ok(state));
    assert_eq!(kit.sandbox().ledger().len(), 2, "one charge, one refund");
}

#[tokio::test]
async fn a_refund_that_failed_is_tried_again_with_a_new_key() {
    let kit = Kit::start().await;
    let request = kit.captured(1).await;
    let mut order = refund(1, &request, 250);
    kit.break_call(request.payment, Call::Refund, Fault::Decline, 1);
    let failed = kit.gateway.refund(&order).await.unwrap();
    assert!(matches!(failed, RefundState::Failed { .. }));
    assert_eq!(kit.gateway.refund(&order).await, Ok(failed), "the same key, the same answer");
    order.idempotency_key = "refund-1-attempt-2".into();
    assert!(matches!(kit.gateway.refund(&order).await, Ok(RefundState::Succeeded { .. })));
    order.idempotency_key = "refund-1-attempt-3".into();
    assert_eq!(code(kit.gateway.refund(&order).await), "exists");
}

#[tokio::test]
async fn an_overloaded_or_absent_gateway_did_nothing() {
    let kit = Kit::start().await;
    let request = kit.request(1);
    kit.break_call(request.payment, Call::Start, Fault::Unavailable, 3);
    let overloaded = kit.gateway.start(&request).await;
    assert!(matches!(overloaded, Err(GatewayError::NotSent { .. })), "{overloaded:?}");
    assert_eq!(kit.gateway.query(request.payment).await, Ok(GatewayState::Unknown));

    let absent = adapter("http://127.0.0.1:9", API_KEY, kit.clock.clone());
    for _ in 0..4 {
        let unreached = absent.start(&request).await;
        assert!(matches!(unreached, Err(GatewayError::NotSent { .. })), "{unreached:?}");
    }
    let unreached = absent.start(&request).await.unwrap_err().to_string();
    assert!(unreached.contains("circuit breaker"), "{unreached}");
}

#[tokio::test]
async fn a_slow_answer_within_the_time_is_taken() {
    let kit = Kit::start().await;
    let request = kit.request(1);
    kit.break_call(request.payment, Call::Start, Fault::Delay { ms: 60 }, 1);
    kit.gateway.start(&request).await.unwrap();
}

#[tokio::test]
async fn a_declined_start_is_refused_for_good() {
    let kit = Kit::start().await;
    let request = kit.request(1);
    kit.break_call(request.payment, Call::Start, Fault::Decline, 1);
    assert_eq!(code(kit.gateway.start(&request).await), "declined");
    assert_eq!(kit.gateway.query(request.payment).await, Ok(GatewayState::Unknown));
}

#[tokio::test]
async fn a_voided_or_expired_payment_cannot_be_paid_and_a_captured_one_stays() {
    let kit = Kit::start().await;
    let (voided, expired, paid) = (kit.request(1), kit.request(2), kit.captured(3).await);
    assert_eq!(kit.gateway.void(voided.payment).await, Ok(GatewayState::Unknown));
    kit.gateway.start(&voided).await.unwrap();
    kit.gateway.start(&expired).await.unwrap();
    assert_eq!(kit.gateway.void(voided.payment).await, Ok(GatewayState::Voided));
    assert!(matches!(kit.gateway.void(paid.payment).await, Ok(GatewayState::Captured(_))));
    kit.clock.advance(Span::minutes(31));
    assert_eq!(kit.gateway.query(expired.payment).await, Ok(GatewayState::Expired));
    assert!(kit.sandbox().pay(&expired.payment.to_string()).is_err());
    assert!(kit.sandbox().pay(&voided.payment.to_string()).is_err());
    assert_eq!(kit.sandbox().ledger().len(), 1);
}

#[tokio::test]
async fn strangers_and_notices_to_elsewhere_are_refused() {
    let kit = Kit::start().await;
    let stranger = adapter(&kit.running.url, "sk_test_stolen", kit.clock.clone());
    assert_eq!(code(stranger.start(&kit.request(1)).await), "unauthorized");
    for elsewhere in [
        "http://192.0.2.7/notify",
        "http://169.254.169.254/latest",
        "http://example.com/notify",
        "http://127.0.0.1@192.0.2.7/notify",
        "file:///etc/passwd",
    ] {
        let mut request = kit.request(1);
        request.notify_url = elsewhere.into();
        assert_eq!(code(kit.gateway.start(&request).await), "notify_url", "{elsewhere}");
    }
}

#[tokio::test]
async fn login_codes_arrive_once_on_the_phone_and_in_the_mailbox() {
    let kit = Kit::start().await;
    let sender = ordermill_adapters::sandbox_messages::SandboxMessages::new(
        &kit.running.url,
        MERCHANT,
        API_KEY,
        kit.clock.clone(),
        ordermill_base::Random::from_seed(1),
    )
    .unwrap();
    let mut message = Message {
        id: "msg-1".into(),
        to: Recipient::Phone("+8613800138000".into()),
        subject: None,
        text: "验证码 204811".into(),
    };
    sender.send(&message).await.unwrap();
    sender.send(&message).await.unwrap();
    message.to = Recipient::Mail("li@example.com".into());
    message.subject = Some("Login".into());
    sender.send(&message).await.unwrap();
    message.to = Recipient::Phone("not a number".into());
    assert!(matches!(sender.send(&message).await, Err(NotifyError::Refused(_))));

    let sms = kit.sandbox().messages(Medium::Sms);
    assert_eq!(sms.len(), 1);
    assert_eq!((sms[0].to.as_str(), sms[0].text.as_str()), ("+8613800138000", "验证码 204811"));
    assert!(sms[0].received_at.is_some_and(|at| at <= kit.clock.now()));
    assert_eq!(kit.sandbox().messages(Medium::Mail)[0].subject.as_deref(), Some("Login"));
}
