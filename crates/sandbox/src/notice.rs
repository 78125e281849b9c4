//! Notices: what the gateway tells a merchant, signed by the rules of Standard Webhooks.
//!
//! Headers `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base 64>`; the signature
//! is HMAC-SHA-256 over `id.timestamp.body` with the bytes behind `whsec_`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ordermill_base::{Money, Timestamp};
use ring::hmac;
use serde::Serialize;

/// The body of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The merchant's id of the payment.
    pub payment_id: String,
    /// The merchant's id of the refund, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// The merchant's account.
    pub merchant: String,
    /// The gateway's id of the payment or refund.
    pub reference: String,
    /// How much, as a decimal text with its currency.
    #[serde(flatten)]
    pub amount: WireAmount,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it happened.
    pub at: Timestamp,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the variants are their own description")]
pub enum Kind {
    #[serde(rename = "payment.captured")]
    PaymentCaptured,
    #[serde(rename = "payment.failed")]
    PaymentFailed,
    #[serde(rename = "refund.succeeded")]
    RefundSucceeded,
    #[serde(rename = "refund.failed")]
    RefundFailed,
}

/// An amount as it travels: `{"amount": "12.50", "currency": "CNY"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WireAmount {
    /// Decimal text.
    pub amount: String,
    /// Three letters of ISO 4217.
    pub currency: &'static str,
}

impl From<Money> for WireAmount {
    fn from(money: Money) -> Self {
        Self { amount: money.to_decimal(), currency: money.currency.code() }
    }
}

/// The secret that notices are signed with.
#[derive(Debug, Clone)]
pub struct Secret(hmac::Key);

/// A secret is `whsec_` and base 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notice secret is whsec_ and base 64")]
pub struct SecretError;

impl Secret {
    /// Reads `whsec_…`.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bytes = text.strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
        let bytes = bytes.filter(|bytes| bytes.len() >= 16).ok_or(SecretError)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// A secret that nobody has, for signatures that must not hold.
    pub fn foreign() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, b"a secret that nobody was told"))
    }

    /// The value of `webhook-signature`.
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let signed = format!("{id}.{}.{body}", at.as_seconds());
        format!("v1,{}", STANDARD.encode(hmac::sign(&self.0, signed.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the Standard Webhooks reference libraries.
    #[test]
    fn notices_are_signed_as_the_standard_says() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_millis(1_614_265_330_000),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
