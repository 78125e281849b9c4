//! Disputes at the sandbox: listed, told, answered once, decided.

use ordermill_base::{Span, Timestamp};
use ordermill_domain::dispute::{Evidence, Reason, State};
use ordermill_ports::gateway::{DisputeAnswer, Gateway, GatewayError, NoticeKind, Say};
use ordermill_sandbox::books::{self, Claim, Outcome};
use ordermill_sandbox::fault::{Call, Fault};

use crate::kit::{Kit, MERCHANT, payment, yuan};

impl Kit {
    fn disputed(&self, number: i64, minor: Option<i64>) -> String {
        let claim = Claim {
            amount: minor.map(yuan),
            fee_minor: 15,
            reason: books::Reason::NotAsDescribed,
            respond_by: self.clock_now() + Span::days(7),
            knows_refunds: true,
        };
        self.sandbox().open_dispute(&payment(number).to_string(), claim).unwrap().reference
    }

    fn clock_now(&self) -> Timestamp {
        use ordermill_base::Clock as _;
        self.clock.now()
    }
}

fn evidence(reference: &str, key: &str) -> DisputeAnswer {
    let at = Timestamp::from_millis(1_795_000_000_000);
    let evidence = Evidence {
        text: "it is the tea that was ordered".into(),
        order_number: "261122-0001".into(),
        placed_at: at,
        paid_at: Some(at),
        total: yuan(1_250),
        refunded_minor: 0,
        shipped_at: None,
        confirmed_by_buyer_at: None,
        parcels: Vec::new(),
    };
    DisputeAnswer {
        gateway_reference: reference.to_owned(),
        say: Say::Evidence(Box::new(evidence)),
        idempotency_key: key.to_owned(),
    }
}

#[tokio::test]
async fn a_notice_tells_what_the_list_and_a_question_tell() {
    let kit = Kit::start().await;
    kit.captured(1).await;
    kit.shop.deliveries(1).await;
    let reference = kit.disputed(1, Some(500));
    let (headers, body, at) = kit.shop.deliveries(2).await.pop().unwrap();
    let notice = kit.gateway.parse_notice(&headers, &body, at).unwrap();
    let NoticeKind::Disputed(told) = notice.kind else { panic!("{notice:?}") };
    assert_eq!((told.payment, told.amount, told.fee_minor), (payment(1), yuan(500), 15));
    assert_eq!((told.reason, told.state), (Reason::NotAsDescribed, State::NeedsResponse));
    assert_eq!(told.merchant, MERCHANT);
    let asked = kit.gateway.query_dispute(&reference).await.unwrap();
    assert_eq!(asked.as_ref(), Some(&*told));
    let listed = kit.gateway.disputes(None).await.unwrap();
    assert_eq!(listed.items, [*told]);
    assert_eq!(kit.gateway.query_dispute("sbd_unheard_of").await, Ok(None));
}

#[tokio::test]
async fn the_list_goes_on_behind_its_place_with_what_has_changed_since() {
    let kit = Kit::start().await;
    kit.captured(1).await;
    let first = kit.disputed(1, Some(500));
    let second = kit.disputed(1, None);
    let page = kit.gateway.disputes(None).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let place = page.next.unwrap();
    assert_eq!(kit.gateway.disputes(Some(&place)).await.unwrap().items, []);
    kit.sandbox().decide_dispute(&first, Outcome::Won).unwrap();
    let page = kit.gateway.disputes(Some(&place)).await.unwrap();
    let changed: Vec<_> =
        page.items.iter().map(|it| (it.gateway_reference.as_str(), it.state)).collect();
    assert_eq!(changed, [(first.as_str(), State::Won)]);
    // Who does not answer in time has lost, and is told so.
    kit.clock.advance(Span::days(8));
    let page = kit.gateway.disputes(page.next.as_deref()).await.unwrap();
    assert_eq!(page.items[0].gateway_reference, second);
    assert_eq!(page.items[0].state, State::Lost);
}

#[tokio::test]
async fn an_answer_whose_reply_is_lost_may_be_repeated_and_another_one_may_not() {
    let kit = Kit::start().await;
    kit.captured(1).await;
    let reference = kit.disputed(1, None);
    kit.break_call(payment(1), Call::Dispute, Fault::LoseAnswer, 2);
    let answered = kit.gateway.answer_dispute(&evidence(&reference, "k")).await.unwrap();
    assert_eq!(answered.state, State::UnderReview);
    let again = kit.gateway.answer_dispute(&evidence(&reference, "k")).await.unwrap();
    assert_eq!(again, answered);
    let other = kit.gateway.answer_dispute(&evidence(&reference, "l")).await.unwrap_err();
    assert!(matches!(&other, GatewayError::Refused { code, .. } if code == "dispute_over"));
    let accept = DisputeAnswer { say: Say::Accept, ..evidence(&reference, "m") };
    assert_eq!(kit.gateway.answer_dispute(&accept).await.unwrap().state, State::Accepted);
}
