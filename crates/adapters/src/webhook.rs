//! Posts webhooks to endpoints on the public internet, and nowhere else.
//!
//! A name is looked up by the guard, which gives the connection only public addresses, so that what
//! was checked is what is called, also when the name points elsewhere a moment later. Every phase has
//! its time, redirects are not followed, and of an answer's body only a little is read, to let the
//! connection be used again.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ordermill_base::{Clock, Span};
use ordermill_domain::webhook::address::{self, Refused};
use ordermill_ports::Answer;
use ordermill_ports::webhook::{Failure, Message, Messenger, Reply};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header;

use crate::ClientError;
use crate::http::client_builder;

/// How patient the messenger is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To look a name up.
    pub lookup: Duration,
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the start to the headers of the answer. The specification suggests 15 to 30 seconds.
    pub first_byte: Duration,
    /// For the little of the body that is read.
    pub body: Duration,
    /// How much of the body is read.
    pub body_bytes: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(3),
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            body: Duration::from_secs(1),
            body_bytes: 16 * 1024,
        }
    }
}

/// Gives the addresses of a name.
pub type Lookup =
    dyn Fn(String) -> Answer<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync + 'static;

/// The messenger over HTTP.
pub struct HttpMessenger {
    client: reqwest::Client,
    guard: Guard,
    patience: Patience,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for HttpMessenger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpMessenger").field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// Decides which addresses a name may lead to.
#[derive(Clone)]
struct Guard {
    allowed: Arc<[String]>,
    lookup: Arc<Lookup>,
    within: Duration,
}

/// A name leads to a place that must not be called.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name leads to an address that is not public")]
struct LeadsInside;

impl HttpMessenger {
    /// A messenger that asks the system for names. `allowed` are the hosts that the operator has
    /// named: they may be anywhere, and without TLS.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new(
        allowed: Vec<String>,
        patience: Patience,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::with_lookup(allowed, patience, clock, Arc::new(system_lookup))
    }

    /// As [`HttpMessenger::new`], with another way to look names up.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn with_lookup(
        allowed: Vec<String>,
        patience: Patience,
        clock: Arc<dyn Clock>,
        lookup: Arc<Lookup>,
    ) -> Result<Self, ClientError> {
        let guard = Guard { allowed: allowed.into(), lookup, within: patience.lookup };
        let client = client_builder()
            .and_then(|builder| {
                let builder = builder
                    .dns_resolver(Arc::new(guard.clone()))
                    .connect_timeout(patience.connect)
                    .pool_max_idle_per_host(4)
                    .pool_idle_timeout(Duration::from_secs(30));
                Ok(builder.build()?)
            })
            .map_err(ClientError::new)?;
        Ok(Self { client, guard, patience, clock })
    }

    async fn posted(&self, message: &Message) -> Result<Reply, Failure> {
        // Looked at again for each delivery: an address that is written as a number is not looked up.
        let target = address::read(&message.url, &self.guard.allowed)?;
        let mut request = self.client.post(target.url).body(message.body.clone());
        for (name, value) in &message.headers {
            request = request.header(*name, value);
        }
        let request = request
            .header(header::CONTENT_TYPE, message.content_type)
            .header(header::USER_AGENT, concat!("Ordermill/", env!("CARGO_PKG_VERSION")));
        let sent = tokio::time::timeout(self.patience.first_byte, request.send()).await;
        let mut response = sent.map_err(|_| Failure::TimedOut)?.map_err(|error| failure(&error))?;
        let reply = Reply {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers(), &*self.clock),
        };
        let mut left = self.patience.body_bytes;
        let drain = async {
            while let Ok(Some(chunk)) = response.chunk().await {
                match left.checked_sub(chunk.len()) {
                    Some(rest) => left = rest,
                    None => break,
                }
            }
        };
        // The status is the answer, whatever becomes of the body.
        drop(tokio::time::timeout(self.patience.body, drain).await);
        Ok(reply)
    }
}

impl Messenger for HttpMessenger {
    fn check<'a>(&'a self, url: &'a str) -> Answer<'a, Result<(), Refused>> {
        Box::pin(async move {
            let target = address::read(url, &self.guard.allowed)?;
            let Some(name) = target.url.domain().filter(|_| !target.is_allowed) else {
                return Ok(());
            };
            match self.guard.addresses(name).await {
                Err(error) if error.is::<LeadsInside>() => Err(Refused::NotPublic),
                Ok(_) | Err(_) => Ok(()),
            }
        })
    }

    fn post<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<Reply, Failure>> {
        Box::pin(self.posted(message))
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl Guard {
    /// The addresses of a name, all of which are public. One that is not spoils the others: a name
    /// with both is a trick.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, AnyError> {
        let looked_up = tokio::time::timeout(self.within, (self.lookup)(name.to_owned())).await??;
        let is_allowed = address::is_allowed(name, &self.allowed);
        if !is_allowed && !looked_up.iter().all(|found| address::is_public(*found)) {
            return Err(LeadsInside.into());
        }
        if looked_up.is_empty() {
            return Err("the name has no address".into());
        }
        Ok(looked_up)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            // The port is that of the address that is called.
            let addresses: Addrs =
                Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

fn system_lookup(name: String) -> Answer<'static, std::io::Result<Vec<IpAddr>>> {
    Box::pin(async move {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    })
}

fn failure(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<LeadsInside>() {
            return Failure::Refused(Refused::NotPublic);
        }
        cause = inner.source();
    }
    match error {
        error if error.is_timeout() => Failure::TimedOut,
        error if error.is_connect() || error.is_builder() => Failure::NoConnection,
        _ => Failure::Broken,
    }
}

/// `Retry-After` in seconds or as a moment.
fn retry_after(headers: &header::HeaderMap, clock: &dyn Clock) -> Option<Span> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Span::seconds(i64::from(seconds)));
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = ordermill_base::Timestamp::from(moment).since(clock.now());
    (wait.as_micros() > 0).then_some(wait)
}
