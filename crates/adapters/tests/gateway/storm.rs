//! Many payments in bad weather: what was charged is what was owed, whatever went wrong.

use ordermill_base::Span;
use ordermill_ports::gateway::{Gateway, GatewayError, GatewayState, RefundState};
use ordermill_sandbox::books::EntryKind;
use ordermill_sandbox::fault::{Call, Chance, Fault, Profile};

use crate::kit::{Kit, refund};

const PAYMENTS: i64 = 120;

/// Resolves an unknown outcome as the port asks for: by asking, and by the same key if it did not
/// happen. Gives up after twenty rounds, which a third of faults never needs.
async fn pay_for_sure(kit: &Kit, number: i64) {
    let mut request = kit.request(number);
    request.expires_at = request.expires_at + Span::days(1); // The rests of the breaker add up.
    for _ in 0..20 {
        match kit.gateway.start(&request).await {
            Ok(_) => return,
            Err(GatewayError::Refused { code, .. }) => panic!("payment {number}: {code}"),
            Err(GatewayError::NotSent { .. }) => kit.clock.advance(Span::seconds(11)),
            Err(GatewayError::OutcomeUnknown { .. }) => {
                if let Ok(GatewayState::Captured(_)) = kit.gateway.query(request.payment).await {
                    return;
                }
            }
        }
    }
    panic!("payment {number} was never resolved");
}

async fn refund_for_sure(kit: &Kit, number: i64) {
    let order = refund(number, &kit.request(number), 250);
    for _ in 0..20 {
        match kit.gateway.refund(&order).await {
            Ok(RefundState::Succeeded { .. }) => return,
            Ok(other) => panic!("refund {number}: {other:?}"),
            Err(GatewayError::Refused { code, .. }) => panic!("refund {number}: {code}"),
            Err(GatewayError::NotSent { .. }) => kit.clock.advance(Span::seconds(11)),
            Err(GatewayError::OutcomeUnknown { .. }) => {
                let state = kit.gateway.query_refund(order.payment, order.refund).await;
                if let Ok(RefundState::Succeeded { .. }) = state {
                    return;
                }
            }
        }
    }
    panic!("refund {number} was never resolved");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_charged_is_what_was_owed() {
    let kit = std::sync::Arc::new(Kit::start().await);
    let mut chances = Vec::new();
    for call in [Call::Start, Call::Refund] {
        for fault in [Fault::LoseAnswer, Fault::FailAfterSuccess, Fault::Unavailable] {
            chances.push(Chance { percent: 20, call: Some(call), fault });
        }
        chances.push(Chance { percent: 5, call: Some(call), fault: Fault::TimeOut });
    }
    chances.push(Chance { percent: 20, call: Some(Call::Query), fault: Fault::LoseAnswer });
    kit.sandbox().set_profile(Profile { seed: 20_261_122, auto_pay: true, chances });

    let tasks: Vec<_> = (1..=PAYMENTS)
        .map(|number| {
            let kit = kit.clone();
            tokio::spawn(async move {
                pay_for_sure(&kit, number).await;
                refund_for_sure(&kit, number).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    let sum = |kind| {
        let ledger = kit.sandbox().ledger();
        ledger.iter().filter(|it| it.kind == kind).map(|it| it.amount.minor).sum::<i64>()
    };
    assert_eq!(sum(EntryKind::Charge), PAYMENTS * 1_250);
    assert_eq!(sum(EntryKind::Refund), PAYMENTS * 250);
}
