//! The sandbox gateway: payments that move no money, over the same kind of API as real ones.
//!
//! Opening, voiding and refunding carry an identity that the sandbox honors, so all calls may be
//! repeated. An answer of 4xx is a refusal; 429 and 503 mean that nothing happened; everything else
//! that is no readable success leaves the outcome unknown.

mod dispute;

use std::sync::Arc;

use ordermill_base::{Clock, Currency, Money, Random, Span, Timestamp};
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_ports::gateway::{
    Capture, DisputeAnswer, DisputePage, DisputeReport, Gateway, GatewayError, GatewayState,
    Notice, NoticeError, NoticeKind, PaymentRequest, RefundRequest, RefundState, Started,
};
use ordermill_ports::{Answer, Headers};
use ordermill_vault::WebhookSecret;
use ordermill_vault::standard_webhooks::{self, WebhookError};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;

use self::dispute::WireDispute;
use crate::Breaker;
use crate::http::{Client, ClientError, Failure, Manners, Reach, Reply};

/// How the sandbox is reached.
#[derive(Clone)]
pub struct Config {
    /// `http://127.0.0.1:9000`, without a slash at the end.
    pub base_url: String,
    /// Our account.
    pub merchant: String,
    /// The key of our account.
    pub api_key: String,
    /// What its notices are signed with, `whsec_…`.
    pub notice_secret: String,
    /// How long one try may take.
    pub timeout: Span,
    /// How often a call is tried in all.
    pub tries: u32,
    /// The wait before the second try, doubled for each further one.
    pub pause: Span,
}

/// Why the adapter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not `whsec_` and base 64 of at least 16 bytes.
    #[error("the notice secret of the sandbox gateway is unreadable")]
    Secret,
    /// The HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The sandbox gateway.
pub struct SandboxPay {
    config: Config,
    secret: WebhookSecret,
    client: Client,
}

impl SandboxPay {
    /// An adapter with a circuit breaker of its own: ten failures in a row, ten seconds of rest.
    pub fn new(config: Config, clock: Arc<dyn Clock>, jitter: Random) -> Result<Self, ConfigError> {
        let secret =
            WebhookSecret::parse(&config.notice_secret).map_err(|_| ConfigError::Secret)?;
        let manners = Manners {
            timeout: config.timeout,
            tries: config.tries,
            pause: config.pause,
            body_bytes_max: 64 * 1024,
        };
        let breaker = Breaker::new(10, Span::seconds(10));
        let client = Client::new(Reach::Anywhere, manners, breaker, clock, jitter)?;
        Ok(Self { config, secret, client })
    }

    async fn call(
        &self,
        request: impl Fn(&reqwest::Client, &str) -> RequestBuilder + Send + Sync,
    ) -> Result<Reply, GatewayError> {
        let sent = self.client.call(|client| {
            request(client, &self.config.base_url)
                .bearer_auth(&self.config.api_key)
                .header("x-merchant", &self.config.merchant)
        });
        sent.await.map_err(|failure| match failure {
            Failure::NotSent(reason) | Failure::Forbidden(reason) => {
                GatewayError::NotSent { reason: reason.into() }
            }
            busy @ Failure::Busy(_) => GatewayError::NotSent { reason: busy.reason().into() },
            Failure::Unknown(reason) => GatewayError::OutcomeUnknown { reason },
        })
    }

    /// Checks the signature over the raw bytes and gives the message's id.
    fn verify<'a>(
        &self,
        headers: &'a Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<&'a str, NoticeError> {
        let header = |name| headers.get(name).ok_or(NoticeError::Header(name));
        let id = header("webhook-id")?;
        let signed = standard_webhooks::Headers {
            id,
            timestamp: header("webhook-timestamp")?,
            signature: header("webhook-signature")?,
        };
        standard_webhooks::verify(&[&self.secret], signed, body, received_at).map_err(|error| {
            match error {
                WebhookError::MalformedHeader(name) => NoticeError::Header(name),
                WebhookError::TooOld | WebhookError::TooNew => NoticeError::Stale,
                WebhookError::WrongSignature => NoticeError::Signature,
            }
        })?;
        Ok(id)
    }
}

impl Gateway for SandboxPay {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn merchant(&self) -> &str {
        &self.config.merchant
    }

    fn start<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> Answer<'a, Result<Started, GatewayError>> {
        Box::pin(async move {
            let body = serde_json::json!({
                "payment_id": request.payment,
                "order_number": request.order_number,
                "amount": request.amount.to_decimal(),
                "currency": request.amount.currency,
                "description": request.description,
                "return_url": request.buyer_return_url,
                "notify_url": request.notify_url,
                "expires_at": request.expires_at,
            });
            let reply = self.call(|client, base| {
                client
                    .post(format!("{base}/v1/payments"))
                    .header("idempotency-key", &request.idempotency_key)
                    .json(&body)
            });
            let payment: WirePayment = success(&reply.await?)?;
            if payment.payment_id != request.payment {
                return Err(unreadable());
            }
            Ok(Started { gateway_reference: payment.reference, redirect_url: payment.redirect_url })
        })
    }

    fn query(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        Box::pin(async move {
            let reply =
                self.call(|client, base| client.get(format!("{base}/v1/payments/{payment}")));
            let reply = reply.await?;
            if is_unknown_there(&reply) {
                return Ok(GatewayState::Unknown);
            }
            success::<WirePayment>(&reply)?.into_state(payment)
        })
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
    ) -> Answer<'a, Result<RefundState, GatewayError>> {
        Box::pin(async move {
            let body = serde_json::json!({
                "refund_id": request.refund,
                "amount": request.amount.to_decimal(),
                "currency": request.amount.currency,
                "reason": request.reason,
            });
            let reply = self.call(|client, base| {
                client
                    .post(format!("{base}/v1/payments/{}/refunds", request.payment))
                    .header("idempotency-key", &request.idempotency_key)
                    .json(&body)
            });
            success::<WireRefund>(&reply.await?)?.into_state(request.refund)
        })
    }

    fn query_refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
    ) -> Answer<'_, Result<RefundState, GatewayError>> {
        Box::pin(async move {
            let reply = self.call(|client, base| {
                client.get(format!("{base}/v1/payments/{payment}/refunds/{refund}"))
            });
            let reply = reply.await?;
            if is_unknown_there(&reply) {
                return Ok(RefundState::Unknown);
            }
            success::<WireRefund>(&reply)?.into_state(refund)
        })
    }

    fn void(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>> {
        Box::pin(async move {
            let reply = self
                .call(|client, base| client.post(format!("{base}/v1/payments/{payment}/void")))
                .await?;
            if is_unknown_there(&reply) {
                return Ok(GatewayState::Unknown);
            }
            success::<WirePayment>(&reply)?.into_state(payment)
        })
    }

    fn disputes<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> Answer<'a, Result<DisputePage, GatewayError>> {
        Box::pin(self.list_disputes(after))
    }

    fn query_dispute<'a>(
        &'a self,
        reference: &'a str,
    ) -> Answer<'a, Result<Option<DisputeReport>, GatewayError>> {
        Box::pin(self.find_dispute(reference))
    }

    fn answer_dispute<'a>(
        &'a self,
        answer: &'a DisputeAnswer,
    ) -> Answer<'a, Result<DisputeReport, GatewayError>> {
        Box::pin(self.say_to_dispute(answer))
    }

    fn parse_notice(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Notice, NoticeError> {
        let id = self.verify(headers, body, received_at)?;
        let unreadable = |why: String| NoticeError::Unreadable(why);
        let wire: WireNotice =
            serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
        let amount = Money::parse(&wire.amount, wire.currency)
            .map_err(|error| unreadable(error.to_string()))?;
        let refund = || wire.refund_id.ok_or_else(|| unreadable("no refund_id".into()));
        let dispute = |about: Option<WireDispute>| {
            let about = about.ok_or_else(|| unreadable("no dispute".into()))?;
            let (payment, merchant) = (wire.payment_id, wire.merchant.clone());
            let report = about.into_report(wire.reference.clone(), payment, merchant, amount);
            Ok(NoticeKind::Disputed(Box::new(report.map_err(unreadable)?)))
        };
        let reason = wire.reason.unwrap_or_default();
        let kind = match wire.kind.as_str() {
            "payment.captured" => NoticeKind::Captured,
            "payment.failed" => NoticeKind::Failed { reason },
            "refund.succeeded" => NoticeKind::Refunded { refund: refund()? },
            "refund.failed" => NoticeKind::RefundFailed { refund: refund()?, reason },
            "dispute.created" | "dispute.updated" | "dispute.closed" => dispute(wire.dispute)?,
            other => return Err(unreadable(format!("unknown type {other:?}"))),
        };
        Ok(Notice {
            id: id.to_owned(),
            payment: wire.payment_id,
            merchant: wire.merchant,
            kind,
            amount,
            gateway_reference: wire.reference,
            at: wire.at,
        })
    }
}

#[derive(Debug, Deserialize)]
struct WirePayment {
    payment_id: PaymentId,
    reference: String,
    merchant: String,
    status: String,
    amount: String,
    currency: Currency,
    redirect_url: String,
    captured_at: Option<Timestamp>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireRefund {
    refund_id: RefundId,
    reference: String,
    status: String,
    amount: String,
    currency: Currency,
    at: Timestamp,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireNotice {
    #[serde(rename = "type")]
    kind: String,
    payment_id: PaymentId,
    refund_id: Option<RefundId>,
    merchant: String,
    reference: String,
    amount: String,
    currency: Currency,
    reason: Option<String>,
    dispute: Option<WireDispute>,
    at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct WireError {
    code: String,
    message: String,
}

impl WirePayment {
    /// The state of the payment that was asked for; an answer about another one is none.
    fn into_state(self, asked: PaymentId) -> Result<GatewayState, GatewayError> {
        if self.payment_id != asked {
            return Err(unreadable());
        }
        match self.status.as_str() {
            "open" => Ok(GatewayState::Pending {
                gateway_reference: self.reference,
                redirect_url: self.redirect_url,
            }),
            "captured" => Ok(GatewayState::Captured(Capture {
                gateway_reference: self.reference,
                amount: Money::parse(&self.amount, self.currency).map_err(|_| unreadable())?,
                merchant: self.merchant,
                at: self.captured_at.ok_or_else(unreadable)?,
            })),
            "failed" => Ok(GatewayState::Failed { reason: self.reason.unwrap_or_default() }),
            "expired" => Ok(GatewayState::Expired),
            "voided" => Ok(GatewayState::Voided),
            _ => Err(unreadable()),
        }
    }
}

impl WireRefund {
    fn into_state(self, asked: RefundId) -> Result<RefundState, GatewayError> {
        if self.refund_id != asked {
            return Err(unreadable());
        }
        match self.status.as_str() {
            "pending" => Ok(RefundState::Pending { gateway_reference: self.reference }),
            "succeeded" => Ok(RefundState::Succeeded {
                gateway_reference: self.reference,
                amount: Money::parse(&self.amount, self.currency).map_err(|_| unreadable())?,
                at: self.at,
            }),
            "failed" => Ok(RefundState::Failed { reason: self.reason.unwrap_or_default() }),
            _ => Err(unreadable()),
        }
    }
}

/// The content of a 2xx; a 4xx is a refusal, and what cannot be read is an unknown outcome.
fn success<T: serde::de::DeserializeOwned>(reply: &Reply) -> Result<T, GatewayError> {
    if reply.status.is_success() {
        return serde_json::from_slice(&reply.body).map_err(|_| unreadable());
    }
    match serde_json::from_slice::<WireError>(&reply.body) {
        Ok(error) => Err(GatewayError::Refused { code: error.code, message: error.message }),
        // A 4xx that is not the gateway's own may come from something between us and it.
        Err(_) => Err(unreadable()),
    }
}

fn is_unknown_there(reply: &Reply) -> bool {
    reply.status == StatusCode::NOT_FOUND
        && serde_json::from_slice::<WireError>(&reply.body)
            .is_ok_and(|error| error.code == "not_found")
}

fn unreadable() -> GatewayError {
    GatewayError::OutcomeUnknown { reason: "the answer is unreadable".into() }
}
