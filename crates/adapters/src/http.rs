//! One bounded HTTP call to a partner, and what its failure means.
//!
//! Every call has a timeout, every body a limit; no proxy, no redirect, our own TLS roots. A call
//! that may be repeated is repeated a few times with jitter, but only while that can help.

use std::sync::{Arc, Mutex, PoisonError};

use ordermill_base::{Clock, Random, Span};
use reqwest::{RequestBuilder, StatusCode};
use rustls::{ClientConfig, RootCertStore};

use crate::guard::leads_inside;
use crate::{Breaker, Guard};

/// The client could not be made: its TLS settings contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made")]
pub struct ClientError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl ClientError {
    pub(crate) fn new(cause: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self(cause)
    }
}

/// How a client behaves toward its partner.
#[derive(Debug, Clone)]
pub(crate) struct Manners {
    /// From the first byte sent to the last received, per try.
    pub(crate) timeout: Span,
    /// How often a call is tried in all, where repeating is safe.
    pub(crate) tries: u32,
    /// The wait before the second try; doubles from there.
    pub(crate) pause: Span,
    /// How large an answer may be.
    pub(crate) body_bytes_max: usize,
}

/// Where a client's calls may go.
#[derive(Clone)]
pub(crate) enum Reach {
    /// Wherever the operator's settings say.
    Anywhere,
    /// Where the guard lets them: people type the address.
    Guarded(Guard),
}

/// A partner's client.
pub(crate) struct Client {
    inner: reqwest::Client,
    reach: Reach,
    manners: Manners,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    jitter: Mutex<Random>,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// No answer to go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The partner certainly did nothing.
    NotSent(&'static str),
    /// The address must not be called: nothing was sent, and nothing will be.
    Forbidden(&'static str),
    /// The partner did nothing and wants to be left alone, for as long as it says.
    Busy(Option<Span>),
    /// The partner may have done everything.
    Unknown(String),
}

impl Client {
    pub(crate) fn new(
        reach: Reach,
        manners: Manners,
        breaker: Breaker,
        clock: Arc<dyn Clock>,
        jitter: Random,
    ) -> Result<Self, ClientError> {
        let inner = client(&reach).map_err(ClientError)?;
        Ok(Self { inner, reach, manners, breaker, clock, jitter: Mutex::new(jitter) })
    }

    /// Makes a call that is safe to repeat, because it only asks or carries an identity that the
    /// partner honors. `request` builds the same request for each try.
    pub(crate) async fn call(
        &self,
        request: impl Fn(&reqwest::Client) -> RequestBuilder + Send + Sync,
    ) -> Result<Reply, Failure> {
        let mut may_have_happened = None;
        let mut failure = Failure::NotSent("not tried");
        for attempt in 0..self.manners.tries.max(1) {
            if attempt > 0 {
                tokio::time::sleep(self.pause(attempt).to_std()).await;
            }
            if !self.breaker.allows(self.clock.now()) {
                failure = Failure::NotSent("the circuit breaker is open");
                break;
            }
            match self.try_once(request(&self.inner)).await {
                Ok(reply) => {
                    self.breaker.succeeded();
                    return Ok(reply);
                }
                // It says nothing about the partner, and trying again changes nothing.
                Err(error @ Failure::Forbidden(_)) => {
                    failure = error;
                    break;
                }
                Err(error) => {
                    self.breaker.failed(self.clock.now());
                    if let Failure::Unknown(_) = error {
                        may_have_happened = Some(error.clone());
                    }
                    failure = error;
                    // Asking again within the same call is what it asked us not to do.
                    if matches!(failure, Failure::Busy(Some(_))) {
                        break;
                    }
                }
            }
        }
        // One try of unknown outcome makes the whole call unknown, whatever the later ones saw.
        Err(may_have_happened.unwrap_or(failure))
    }

    async fn try_once(&self, request: RequestBuilder) -> Result<Reply, Failure> {
        let (client, request) = request.timeout(self.manners.timeout.to_std()).build_split();
        let request = request.map_err(|_| Failure::NotSent("no request can be made"))?;
        if let Reach::Guarded(guard) = &self.reach
            && guard.read(request.url().as_str()).is_err()
        {
            return Err(Failure::Forbidden("its address may not be called"));
        }
        let mut response = client.execute(request).await.map_err(|error| match error {
            error if leads_inside(&error) => {
                Failure::Forbidden("its name leads to an address that is not public")
            }
            error if error.is_connect() || error.is_builder() => Failure::NotSent("no connection"),
            error if error.is_timeout() => Failure::Unknown("no answer in time".into()),
            _ => Failure::Unknown("the connection broke before the answer".into()),
        })?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= self.manners.body_bytes_max => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err(Failure::Unknown("the answer is too large".into())),
                Ok(None) => break,
                Err(_) => return Err(Failure::Unknown("the answer broke off".into())),
            }
        }
        match status {
            // Both say that the request was not taken up.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Err(Failure::Busy(retry_after))
            }
            status if status.is_success() || status.is_client_error() => Ok(Reply { status, body }),
            status => Err(Failure::Unknown(format!("status {}", status.as_u16()))),
        }
    }

    /// Exponential with full jitter, so that callers that failed together do not return together.
    fn pause(&self, attempt: u32) -> Span {
        let full =
            self.manners.pause.as_micros().saturating_mul(1 << attempt.saturating_sub(1).min(10));
        let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
        Span::micros(jitter.between(full / 2, full.max(1)))
    }
}

impl Failure {
    /// What is known of one that did nothing or may have done everything, for people.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::NotSent(reason) | Self::Forbidden(reason) => reason,
            Self::Busy(_) => "the partner is overloaded",
            Self::Unknown(reason) => reason,
        }
    }
}

/// `Retry-After` in seconds, at most an hour: a partner that names a date is waited for as usual.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Span> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?;
    // Some write parts of a second: 2.0.
    let seconds: f64 = text.trim().parse().ok().filter(|it: &f64| it.is_finite() && *it >= 0.0)?;
    Some(Span::seconds((seconds.min(3_600.0).ceil()) as i64))
}

fn client(reach: &Reach) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let builder = client_builder()?.connect_timeout(Span::seconds(3).to_std());
    let builder = match reach {
        Reach::Anywhere => builder,
        Reach::Guarded(guard) => builder.dns_resolver(Arc::new(guard.clone())),
    };
    Ok(builder.build()?)
}

/// What all clients have in common: our TLS, no proxy, no redirect.
pub(crate) fn client_builder()
-> Result<reqwest::ClientBuilder, Box<dyn std::error::Error + Send + Sync>> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none()))
}
