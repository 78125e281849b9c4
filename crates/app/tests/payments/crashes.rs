//! The process ends between any two steps of a call, and the next one finds out.

use std::sync::Arc;

use ordermill_base::{Span, Timestamp};
use ordermill_domain::dispute::State as DisputeState;
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_domain::order::Status;
use ordermill_domain::refund::State;
use ordermill_ports::gateway::{
    DisputeAnswer, DisputePage, DisputeReport, Gateway, GatewayError, GatewayState, Notice,
    NoticeError, PaymentRequest, RefundRequest, RefundState, Started,
};
use ordermill_ports::{Answer, Headers};
use ordermill_sandbox::fault::{Call, Fault};
use tokio::sync::Notify;

use crate::kit::{PRICE, on_each_database};

/// Where the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    BeforeCall,
    AfterCall,
}

/// A gateway on whose calls that move money the process ends.
struct Deadly {
    inner: Arc<dyn Gateway>,
    death: Death,
    reached: Arc<Notify>,
}

impl Deadly {
    async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        if self.death == Death::AfterCall {
            call.await;
        }
        self.reached.notify_one();
        std::future::pending().await
    }
}

impl Gateway for Deadly {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn merchant(&self) -> &str {
        self.inner.merchant()
    }
    fn start<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> Answer<'a, Result<Started, GatewayError>> {
        Box::pin(self.around(self.inner.start(request)))
    }
    fn query(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        self.inner.query(payment)
    }
    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
    ) -> Answer<'a, Result<RefundState, GatewayError>> {
        Box::pin(self.around(self.inner.refund(request)))
    }
    fn query_refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
    ) -> Answer<'_, Result<RefundState, GatewayError>> {
        self.inner.query_refund(payment, refund)
    }
    fn void(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        self.inner.void(payment)
    }
    fn disputes<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> Answer<'a, Result<DisputePage, GatewayError>> {
        self.inner.disputes(after)
    }
    fn query_dispute<'a>(
        &'a self,
        reference: &'a str,
    ) -> Answer<'a, Result<Option<DisputeReport>, GatewayError>> {
        self.inner.query_dispute(reference)
    }
    fn answer_dispute<'a>(
        &'a self,
        answer: &'a DisputeAnswer,
    ) -> Answer<'a, Result<DisputeReport, GatewayError>> {
        Box::pin(self.around(self.inner.answer_dispute(answer)))
    }
    fn parse_notice(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Notice, NoticeError> {
        self.inner.parse_notice(headers, body, received_at)
    }
}

/// Runs work until the process ends in it.
async fn die_in(work: impl Future, reached: &Notify) {
    tokio::select! {
        _ = work => panic!("it survived"),
        () = reached.notified() => {}
    }
}

fn deadly(inner: &Arc<dyn Gateway>, death: Death) -> (Arc<dyn Gateway>, Arc<Notify>) {
    let reached = Arc::new(Notify::new());
    let gateway = Deadly { inner: Arc::clone(inner), death, reached: Arc::clone(&reached) };
    (Arc::new(gateway), reached)
}

#[test]
fn a_start_that_a_crash_cut_off_is_one_payment() {
    for death in [Death::BeforeCall, Death::AfterCall] {
        on_each_database(async |shop| {
            let order = shop.place(1).await;
            let (gateway, reached) = deadly(&shop.gateway, death);
            let before = shop.restarted_with(&gateway);
            die_in(before.start(shop.wish_to_pay(order)), &reached).await;
            shop.let_pass(1, Span::minutes(1)).await;
            let payments = shop.payments_of(order).await;
            assert_eq!(payments.len(), 1);
            let id = payments[0].facts().id;
            shop.sandbox().pay(&id.to_string()).unwrap();
            shop.payments.check_payment(&shop.buyer(), id).await.unwrap();
            assert_eq!(shop.status(order).await, Status::Confirmed, "{death:?}");
            assert_eq!(shop.sandbox().ledger().len(), 1);
        });
    }
}

#[test]
fn a_refund_that_crashes_cut_off_is_sent_once() {
    for (first, second) in [
        (Death::BeforeCall, Death::BeforeCall),
        (Death::BeforeCall, Death::AfterCall),
        (Death::AfterCall, Death::BeforeCall),
    ] {
        on_each_database(async |shop| {
            let (order, _) = shop.paid_order(1).await;
            shop.cancel(order).await.unwrap();
            shop.break_next(Call::Notice, Fault::LoseNotice, 1);
            let (gateway, reached) = deadly(&shop.gateway, first);
            die_in(shop.restarted_with(&gateway).send_refunds(), &reached).await;
            let is_sent = first == Death::AfterCall;
            assert_eq!(shop.refunds_at_gateway(), usize::from(is_sent));
            assert_eq!(shop.refunds(order).await[0].state(), State::Requested);
            assert_eq!(shop.payments.send_refunds().await.unwrap(), 0, "its claim still runs");
            shop.clock.advance(Span::minutes(1));
            if !is_sent {
                let (gateway, reached) = deadly(&shop.gateway, second);
                die_in(shop.restarted_with(&gateway).send_refunds(), &reached).await;
                shop.clock.advance(Span::minutes(1));
            }
            assert_eq!(shop.payments.send_refunds().await.unwrap(), 1);
            assert_eq!(shop.refunds(order).await[0].state(), State::Succeeded);
            assert_eq!(shop.refunds_at_gateway(), 1, "{first:?}, {second:?}");
            assert_eq!(shop.order(order).await.facts().money.refunded_minor, PRICE);
        });
    }
}

#[test]
fn a_crash_before_a_second_attempt_does_not_repeat_a_refund() {
    on_each_database(async |shop| {
        let (order, _) = shop.paid_order(1).await;
        shop.cancel(order).await.unwrap();
        shop.break_next(Call::Refund, Fault::Decline, 1);
        shop.payments.send_refunds().await.unwrap();
        assert_eq!(shop.refunds(order).await[0].state(), State::Failed);
        shop.clock.advance(Span::minutes(1));
        let (gateway, reached) = deadly(&shop.gateway, Death::AfterCall);
        die_in(shop.restarted_with(&gateway).send_refunds(), &reached).await;
        shop.let_pass(3, Span::minutes(1)).await;
        assert_eq!(shop.refunds(order).await[0].state(), State::Succeeded);
        assert_eq!(shop.refunds_at_gateway(), 1);
    });
}

#[test]
fn an_answer_to_a_dispute_that_a_crash_cut_off_is_submitted_once() {
    for death in [Death::BeforeCall, Death::AfterCall] {
        on_each_database(async |shop| {
            let (_, payment) = shop.paid_order(1).await;
            let dispute = shop.disputed(payment, None).await;
            shop.answer(dispute, "signed for at the door").await.unwrap();
            let (gateway, reached) = deadly(&shop.gateway, death);
            die_in(shop.restarted_with(&gateway).tell_answers(), &reached).await;
            assert_eq!(shop.dispute(dispute).await.state(), DisputeState::NeedsResponse);
            shop.let_pass(4, Span::minutes(1)).await;
            assert_eq!(shop.dispute(dispute).await.state(), DisputeState::UnderReview);
            let history = shop.history("dispute", dispute).await;
            let once = ["dispute.opened", "dispute.answered", "dispute.evidence_submitted"];
            assert_eq!(history, once, "{death:?}");
        });
    }
}
