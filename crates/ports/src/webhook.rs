//! The messenger: carries a signed webhook to an endpoint of somebody else.
//!
//! Endpoints are chosen by people whom we trust with our events, not with our network: the messenger
//! refuses to call where it must not, and looks again at each delivery.

use ordermill_base::Span;
use ordermill_domain::outgoing::Refused;

use crate::Answer;

/// Whoever carries webhooks.
pub trait Messenger: Send + Sync {
    /// Whether an endpoint may be there. A name that cannot be looked up just now may be; the
    /// delivery will show.
    fn check<'a>(&'a self, url: &'a str) -> Answer<'a, Result<(), Refused>>;

    /// Posts one message. It may be posted again after an unknown outcome: receivers know it by its
    /// id.
    fn post<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<Reply, Failure>>;
}

/// A message, complete with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where to.
    pub url: String,
    /// The media type of the body.
    pub content_type: &'static str,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    pub headers: [(&'static str, String); 3],
    /// The body, as signed.
    pub body: Vec<u8>,
}

/// What the endpoint answered. Its body is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// How long it asks us to wait.
    pub retry_after: Option<Span>,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It must not be called; nothing was sent.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Its name is unknown, or nobody listens there.
    #[error("no connection")]
    NoConnection,
    /// It did not answer in time.
    #[error("timed out")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
}

/// Carries nothing: for programs without a network.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Messenger for Nobody {
    fn check<'a>(&'a self, url: &'a str) -> Answer<'a, Result<(), Refused>> {
        let checked = ordermill_domain::outgoing::read(url, &[]).map(drop);
        Box::pin(std::future::ready(checked))
    }

    fn post<'a>(&'a self, _message: &'a Message) -> Answer<'a, Result<Reply, Failure>> {
        Box::pin(std::future::ready(Err(Failure::NoConnection)))
    }
}
