//! The payment gateway: what we ask of whoever takes the buyer's money.
//!
//! Money is the one thing that must not happen twice, so three rules run through this port:
//! every call that moves money carries an identity of ours and repeating it is harmless; every
//! error says whether nothing happened or whether nobody knows yet ([`GatewayError`]); and what
//! nobody knows is resolved by asking ([`Gateway::query`]), never by trying something new.
//!
//! The gateway's own messages come in as [`Notice`]s. They are a hint that something changed, may
//! be late, doubled, reordered or lost, and say nothing about our order: amount, currency and
//! merchant are compared with the payment by the domain before a notice is believed.

mod dispute;

use ordermill_base::{Money, Timestamp};
use ordermill_domain::ids::{PaymentId, RefundId};

pub use dispute::{DisputeAnswer, DisputePage, DisputeReport, Say};

use crate::{Answer, Headers};

/// One payment gateway, with our account at it.
pub trait Gateway: Send + Sync {
    /// Our name for it, as stored with each payment: `sandbox`, `alipay`.
    fn name(&self) -> &str;

    /// Our account there. Money that arrived at another account is not ours.
    fn merchant(&self) -> &str;

    /// Opens a payment and gives the page where the buyer pays.
    ///
    /// The same idempotency key opens the same payment, however often it is asked.
    fn start<'a>(
        &'a self,
        request: &'a PaymentRequest,
    ) -> Answer<'a, Result<Started, GatewayError>>;

    /// What became of a payment. Changes nothing, so it may always be repeated.
    fn query(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>>;

    /// Sends money back. The same refund id never sends it twice.
    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
    ) -> Answer<'a, Result<RefundState, GatewayError>>;

    /// What became of a refund. Changes nothing, so it may always be repeated.
    fn query_refund(
        &self,
        payment: PaymentId,
        refund: RefundId,
    ) -> Answer<'_, Result<RefundState, GatewayError>>;

    /// Closes a payment that is not captured, so that the buyer can no longer pay it.
    ///
    /// A payment that was captured in the meantime stays captured and is given as such: its money
    /// goes back as a refund.
    fn void(&self, payment: PaymentId) -> Answer<'_, Result<GatewayState, GatewayError>>;

    /// Disputes that were opened or have changed behind a place in the gateway's own list of them, in the
    /// order of their last change; from its beginning if no place is given. Changes nothing.
    fn disputes<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> Answer<'a, Result<DisputePage, GatewayError>>;

    /// How a dispute stands, by the gateway's own id of it; `None` if it never heard of it. Changes nothing.
    fn query_dispute<'a>(
        &'a self,
        reference: &'a str,
    ) -> Answer<'a, Result<Option<DisputeReport>, GatewayError>>;

    /// Answers a dispute: with evidence, or by accepting it. The same key never answers it twice.
    fn answer_dispute<'a>(
        &'a self,
        answer: &'a DisputeAnswer,
    ) -> Answer<'a, Result<DisputeReport, GatewayError>>;

    /// Reads a message of the gateway: first the signature over the raw bytes, then the content.
    ///
    /// Pure, so that a stored message can be read again later: `received_at` is when it came in,
    /// which a signed message may not differ from by more than a few minutes.
    fn parse_notice(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Notice, NoticeError>;
}

/// A payment to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    /// Our payment; what every later call names.
    pub payment: PaymentId,
    /// What the buyer reads on their statement.
    pub order_number: String,
    /// How much is due; always positive.
    pub amount: Money,
    /// One line about what is paid.
    pub description: String,
    /// Where the buyer's browser goes afterwards.
    pub buyer_return_url: String,
    /// Where the gateway's notices go.
    pub notify_url: String,
    /// After this moment the buyer can no longer pay.
    pub expires_at: Timestamp,
    /// Stays the same however often this attempt is sent.
    pub idempotency_key: String,
}

/// A payment that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The gateway's own id of the payment.
    pub gateway_reference: String,
    /// The page where the buyer pays.
    pub redirect_url: String,
}

/// What a gateway knows about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayState {
    /// It never heard of it: a start whose outcome was unknown did not happen.
    Unknown,
    /// The buyer has not paid yet.
    Pending {
        /// The gateway's own id of the payment.
        gateway_reference: String,
        /// The page where the buyer pays.
        redirect_url: String,
    },
    /// The buyer's money is at the gateway.
    Captured(Capture),
    /// The buyer was declined or gave up; nothing was taken.
    Failed {
        /// The gateway's words, for staff.
        reason: String,
    },
    /// Time ran out before the buyer paid.
    Expired,
    /// We closed it before the buyer paid.
    Voided,
}

/// Money that a gateway took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The gateway's own id of the payment; unique at the gateway.
    pub gateway_reference: String,
    /// How much it took.
    pub amount: Money,
    /// The account that it went to.
    pub merchant: String,
    /// When it was taken, by the gateway's clock.
    pub at: Timestamp,
}

/// Money to be sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// Our refund: its identity at the gateway.
    pub refund: RefundId,
    /// The captured payment that it comes out of.
    pub payment: PaymentId,
    /// How much goes back; always positive.
    pub amount: Money,
    /// One line for the buyer's statement.
    pub reason: String,
    /// Stays the same however often this attempt is sent. A refund that failed is tried again with
    /// a new key and the same refund id.
    pub idempotency_key: String,
}

/// What a gateway knows about a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundState {
    /// It never heard of it: a refund whose outcome was unknown did not happen.
    Unknown,
    /// Accepted, not yet sent.
    Pending {
        /// The gateway's own id of the refund.
        gateway_reference: String,
    },
    /// The money is on its way to the buyer.
    Succeeded {
        /// The gateway's own id of the refund; unique at the gateway.
        gateway_reference: String,
        /// How much was sent back.
        amount: Money,
        /// When, by the gateway's clock.
        at: Timestamp,
    },
    /// The money could not be sent; nothing left.
    Failed {
        /// The gateway's words, for staff.
        reason: String,
    },
}

/// Why a call to a gateway gave no answer to go on with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The gateway said no. Nothing happened, and asking the same again gives the same answer.
    #[error("the gateway refused: {code}: {message}")]
    Refused {
        /// The gateway's stable code.
        code: String,
        /// The gateway's words, for staff.
        message: String,
    },
    /// The call never reached the gateway's books. Nothing happened; it may be sent again later.
    #[error("the gateway was not reached: {reason}")]
    NotSent {
        /// What stood in the way, without addresses or secrets.
        reason: String,
    },
    /// Nobody knows whether it happened: no answer, a broken one, or a failure of the gateway.
    /// Resolve it with [`Gateway::query`], [`Gateway::query_refund`] or [`Gateway::query_dispute`].
    #[error("the outcome at the gateway is unknown: {reason}")]
    OutcomeUnknown {
        /// What was seen instead of an answer, without addresses or secrets.
        reason: String,
    },
}

/// A message of a gateway whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The same for every delivery of one message; what repeats are recognized by.
    pub id: String,
    /// Our payment.
    pub payment: PaymentId,
    /// The account that it is about.
    pub merchant: String,
    /// What happened.
    pub kind: NoticeKind,
    /// How much it is about: what was captured, asked for, or sent back.
    pub amount: Money,
    /// The gateway's own id of the payment, or of the refund or dispute if it is about one.
    pub gateway_reference: String,
    /// When it happened, by the gateway's clock.
    pub at: Timestamp,
}

/// What a notice tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// The buyer's money was taken.
    Captured,
    /// The buyer was declined or gave up; nothing was taken.
    Failed {
        /// The gateway's words, for staff.
        reason: String,
    },
    /// Money was sent back.
    Refunded {
        /// Our refund.
        refund: RefundId,
    },
    /// A dispute was opened, has moved, or has ended.
    Disputed(Box<DisputeReport>),
    /// Money could not be sent back.
    RefundFailed {
        /// Our refund.
        refund: RefundId,
        /// The gateway's words, for staff.
        reason: String,
    },
}

/// Why a message that claims to be a gateway's is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A header that the signature needs is absent or came twice.
    #[error("the header {0} is not there exactly once")]
    Header(&'static str),
    /// Signed too long before or after it arrived: a replay, or a clock that is wrong.
    #[error("the notice was not signed near the moment of its arrival")]
    Stale,
    /// No key of ours makes this signature for these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// Signed by the gateway, but not a notice as we know it.
    #[error("a signed notice is unreadable: {0}")]
    Unreadable(String),
}
