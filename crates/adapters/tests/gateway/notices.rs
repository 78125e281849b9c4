//! Notices: signed, repeated, lost, overtaken and wrong.

use ordermill_base::Span;
use ordermill_ports::gateway::{Gateway, GatewayState, Notice, NoticeError, NoticeKind};
use ordermill_sandbox::fault::{Call, Fault};

use crate::kit::{Delivery, Kit, MERCHANT, refund, yuan};

impl Kit {
    fn read(&self, (headers, body, at): &Delivery) -> Result<Notice, NoticeError> {
        self.gateway.parse_notice(headers, body, *at)
    }

    /// A payment that was paid while its next notice goes wrong in this way.
    async fn captured_with(&self, fault: Fault) {
        let request = self.request(1);
        self.break_call(request.payment, Call::Notice, fault, 1);
        self.captured(1).await;
    }
}

#[tokio::test]
async fn what_happens_at_the_gateway_is_told_once_each() {
    let kit = Kit::start().await;
    let request = kit.captured(1).await;
    let order = refund(5, &request, 250);
    kit.shop.deliveries(1).await;
    kit.gateway.refund(&order).await.unwrap();
    let declined = kit.request(2);
    kit.gateway.start(&declined).await.unwrap();
    kit.shop.deliveries(2).await;
    kit.sandbox().decline(&declined.payment.to_string(), "no funds").unwrap();

    let deliveries = kit.shop.deliveries(3).await;
    let notices: Vec<Notice> = deliveries.iter().map(|one| kit.read(one).unwrap()).collect();
    assert_eq!(notices[0].kind, NoticeKind::Captured);
    assert_eq!(notices[0].payment, request.payment);
    assert_eq!((notices[0].amount, notices[0].merchant.as_str()), (yuan(1_250), MERCHANT));
    assert_eq!(notices[1].kind, NoticeKind::Refunded { refund: order.refund });
    assert_eq!(notices[1].amount, yuan(250));
    assert_eq!(notices[2].kind, NoticeKind::Failed { reason: "no funds".into() });
    let GatewayState::Captured(capture) = kit.gateway.query(request.payment).await.unwrap() else {
        panic!("captured");
    };
    assert_eq!(capture.gateway_reference, notices[0].gateway_reference);
    assert_eq!(capture.at, notices[0].at);
}

#[tokio::test]
async fn a_notice_that_is_not_taken_comes_again_with_the_same_id_and_a_new_signature() {
    let kit = Kit::start().await;
    kit.shop.refuse_next(3);
    kit.captured(1).await;
    let deliveries = kit.shop.deliveries(1).await;
    assert_eq!(kit.read(&deliveries[0]).unwrap().kind, NoticeKind::Captured);
}

#[tokio::test]
async fn a_repeated_notice_carries_the_same_id() {
    let kit = Kit::start().await;
    kit.captured_with(Fault::RepeatNotice { count: 2 }).await;
    let deliveries = kit.shop.deliveries(3).await;
    let ids: Vec<String> = deliveries.iter().map(|one| kit.read(one).unwrap().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn a_lost_notice_is_made_up_for_by_asking() {
    let kit = Kit::start().await;
    kit.captured_with(Fault::LoseNotice).await;
    // The next notice of another payment arrives; the lost one does not come before it.
    let other = kit.captured(2).await;
    let deliveries = kit.shop.deliveries(1).await;
    assert_eq!(kit.read(&deliveries[0]).unwrap().payment, other.payment);
    let state = kit.gateway.query(kit.request(1).payment).await.unwrap();
    assert!(matches!(state, GatewayState::Captured(_)));
}

#[tokio::test]
async fn a_refund_may_be_told_before_its_capture() {
    let kit = Kit::start().await;
    kit.captured_with(Fault::ReorderNotice).await;
    kit.gateway.refund(&refund(1, &kit.request(1), 250)).await.unwrap();
    let deliveries = kit.shop.deliveries(2).await;
    let kinds: Vec<NoticeKind> = deliveries.iter().map(|one| kit.read(one).unwrap().kind).collect();
    assert!(matches!(kinds[..], [NoticeKind::Refunded { .. }, NoticeKind::Captured]), "{kinds:?}");
}

#[tokio::test]
async fn a_wrong_amount_or_merchant_is_told_as_signed_for_the_domain_to_refuse() {
    let kit = Kit::start().await;
    kit.captured_with(Fault::WrongAmount).await;
    let amount = kit.read(&kit.shop.deliveries(1).await[0]).unwrap().amount;
    assert_eq!(amount, yuan(1_251));

    let kit = Kit::start().await;
    kit.captured_with(Fault::WrongMerchant).await;
    let merchant = kit.read(&kit.shop.deliveries(1).await[0]).unwrap().merchant;
    assert_ne!(merchant, kit.gateway.merchant());
}

#[tokio::test]
async fn forged_changed_and_stale_notices_are_not_read() {
    let kit = Kit::start().await;
    kit.captured_with(Fault::BadSignature).await;
    let forged = &kit.shop.deliveries(1).await[0];
    assert_eq!(kit.read(forged), Err(NoticeError::Signature));

    kit.captured(2).await;
    let (headers, body, at) = kit.shop.deliveries(2).await[1].clone();
    let mut changed = body.clone();
    let place = changed.windows(5).position(|part| part == b"12.50").unwrap();
    changed[place] = b'9';
    let read = |body: &[u8], at| kit.gateway.parse_notice(&headers, body, at).map(|it| it.kind);
    assert_eq!(read(&body, at), Ok(NoticeKind::Captured));
    assert_eq!(read(&changed, at), Err(NoticeError::Signature));
    assert_eq!(read(&body, at + Span::minutes(6)), Err(NoticeError::Stale));
    assert_eq!(read(&body, at - Span::minutes(6)), Err(NoticeError::Stale));
    let bare = ordermill_ports::Headers::default();
    let unsigned = kit.gateway.parse_notice(&bare, &body, at);
    assert_eq!(unsigned, Err(NoticeError::Header("webhook-id")));
}

#[tokio::test]
async fn a_magic_amount_brings_its_fault_without_controls() {
    let kit = Kit::start().await;
    let mut request = kit.request(1);
    request.amount = yuan(44_403);
    kit.gateway.start(&request).await.unwrap();
    kit.sandbox().pay(&request.payment.to_string()).unwrap();
    assert_eq!(kit.shop.deliveries(3).await.len(), 3);
}
