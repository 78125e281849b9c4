//! A gateway's client that forgets which key it started a payment with.

use std::sync::atomic::{AtomicU64, Ordering};

use ordermill_base::Timestamp;
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_ports::gateway::{
    DisputeAnswer, DisputePage, DisputeReport, Gateway, GatewayError, GatewayState, Notice,
    NoticeError, PaymentRequest, RefundRequest, RefundState, Started,
};
use ordermill_ports::{Answer, Headers};

use crate::gateway::SimGateway;

/// Forgets which key a payment was started with.
pub(super) struct FreshKeys(SimGateway, AtomicU64);

impl FreshKeys {
    pub(super) const fn new(gateway: SimGateway) -> Self {
        Self(gateway, AtomicU64::new(0))
    }
}

impl Gateway for FreshKeys {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn merchant(&self) -> &str {
        self.0.merchant()
    }

    fn start<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> Answer<'a, Result<Started, GatewayError>> {
        let tries = self.1.fetch_add(1, Ordering::Relaxed);
        let idempotency_key = format!("{} {tries}", request.idempotency_key);
        let request = PaymentRequest { idempotency_key, ..request.clone() };
        Box::pin(async move { self.0.start(&request).await })
    }

    fn query(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        self.0.query(payment)
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
    ) -> Answer<'a, Result<RefundState, GatewayError>> {
        self.0.refund(request)
    }

    fn query_refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
    ) -> Answer<'_, Result<RefundState, GatewayError>> {
        self.0.query_refund(payment, refund)
    }

    fn void(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        self.0.void(payment)
    }

    fn disputes<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> Answer<'a, Result<DisputePage, GatewayError>> {
        self.0.disputes(after)
    }

    fn query_dispute<'a>(
        &'a self,
        reference: &'a str,
    ) -> Answer<'a, Result<Option<DisputeReport>, GatewayError>> {
        self.0.query_dispute(reference)
    }

    fn answer_dispute<'a>(
        &'a self,
        answer: &'a DisputeAnswer,
    ) -> Answer<'a, Result<DisputeReport, GatewayError>> {
        self.0.answer_dispute(answer)
    }

    fn parse_notice(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Notice, NoticeError> {
        self.0.parse_notice(headers, body, received_at)
    }
}
