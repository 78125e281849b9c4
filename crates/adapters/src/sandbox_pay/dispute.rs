//! Disputes at the sandbox gateway.

use ordermill_base::{Currency, Money, Timestamp};
use ordermill_domain::dispute::{Reason, State};
use ordermill_domain::ids::PaymentId;
use ordermill_ports::gateway::{DisputeAnswer, DisputePage, DisputeReport, GatewayError, Say};
use serde::Deserialize;

use super::{SandboxPay, is_unknown_there, success, unreadable};

/// A dispute as the API gives it.
#[derive(Debug, Deserialize)]
struct WireReport {
    reference: String,
    payment_id: PaymentId,
    merchant: String,
    amount: String,
    currency: Currency,
    #[serde(flatten)]
    dispute: WireDispute,
}

/// What notices say of a dispute beside what they say of everything.
#[derive(Debug, Deserialize)]
pub(super) struct WireDispute {
    status: State,
    reason: String,
    fee: String,
    opened_at: Timestamp,
    respond_by: Timestamp,
}

#[derive(Debug, Deserialize)]
struct WirePage {
    items: Vec<WireReport>,
    next: String,
    has_more: bool,
}

impl SandboxPay {
    pub(super) async fn list_disputes(
        &self,
        after: Option<&str>,
    ) -> Result<DisputePage, GatewayError> {
        let reply = self.call(|client, base| {
            client.get(format!("{base}/v1/disputes?after={}", after.unwrap_or("0")))
        });
        let page: WirePage = success(&reply.await?)?;
        let items: Result<_, _> = page.items.into_iter().map(WireReport::into_report).collect();
        Ok(DisputePage { items: items?, next: Some(page.next), has_more: page.has_more })
    }

    pub(super) async fn find_dispute(
        &self,
        reference: &str,
    ) -> Result<Option<DisputeReport>, GatewayError> {
        let reply = self.call(|client, base| client.get(format!("{base}/v1/disputes/{reference}")));
        let reply = reply.await?;
        if is_unknown_there(&reply) {
            return Ok(None);
        }
        success::<WireReport>(&reply)?.about(reference).map(Some)
    }

    pub(super) async fn say_to_dispute(
        &self,
        answer: &DisputeAnswer,
    ) -> Result<DisputeReport, GatewayError> {
        let DisputeAnswer { gateway_reference, say, idempotency_key } = answer;
        let (verb, body) = match say {
            Say::Evidence(evidence) => ("evidence", serde_json::to_value(evidence)),
            Say::Accept => ("accept", Ok(serde_json::json!({}))),
        };
        let body = body.map_err(|error| GatewayError::NotSent { reason: error.to_string() })?;
        let reply = self.call(|client, base| {
            client
                .post(format!("{base}/v1/disputes/{gateway_reference}/{verb}"))
                .header("idempotency-key", idempotency_key)
                .json(&body)
        });
        success::<WireReport>(&reply.await?)?.about(gateway_reference)
    }
}

impl WireReport {
    fn into_report(self) -> Result<DisputeReport, GatewayError> {
        let amount = Money::parse(&self.amount, self.currency).map_err(|_| unreadable())?;
        let (reference, payment) = (self.reference, self.payment_id);
        self.dispute
            .into_report(reference, payment, self.merchant, amount)
            .map_err(|_| unreadable())
    }

    /// The dispute that was asked for; an answer about another one is none.
    fn about(self, asked: &str) -> Result<DisputeReport, GatewayError> {
        if self.reference == asked { self.into_report() } else { Err(unreadable()) }
    }
}

impl WireDispute {
    pub(super) fn into_report(
        self,
        gateway_reference: String,
        payment: PaymentId,
        merchant: String,
        amount: Money,
    ) -> Result<DisputeReport, String> {
        let fee = Money::parse(&self.fee, amount.currency).map_err(|error| error.to_string())?;
        Ok(DisputeReport {
            gateway_reference,
            payment,
            merchant,
            // A reason that is new to us is one all the same.
            reason: Reason::from_code(&self.reason).unwrap_or(Reason::Other),
            amount,
            fee_minor: fee.minor,
            state: self.status,
            opened_at: self.opened_at,
            respond_by: self.respond_by,
        })
    }
}
