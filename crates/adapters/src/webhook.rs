//! Posts webhooks to endpoints, where the guard lets them.
//!
//! Every phase has its time, redirects are not followed, and of an answer's body only a little is read, to let
//! the connection be used again.

use std::sync::Arc;
use std::time::Duration;

use ordermill_base::{Clock, Span};
use ordermill_domain::outgoing::Refused;
use ordermill_ports::Answer;
use ordermill_ports::webhook::{Failure, Message, Messenger, Reply};
use reqwest::header;

use crate::guard::leads_inside;
use crate::http::client_builder;
use crate::{ClientError, Guard};

/// How patient the messenger is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To connect, with TLS and looking the name up.
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
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            body: Duration::from_secs(1),
            body_bytes: 16 * 1024,
        }
    }
}

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

impl HttpMessenger {
    /// A messenger that goes where the guard lets it.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new(
        guard: Guard,
        patience: Patience,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
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
        // Looked at again for each delivery.
        let target = self.guard.read(&message.url)?;
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
        Box::pin(self.guard.check(url))
    }

    fn post<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<Reply, Failure>> {
        Box::pin(self.posted(message))
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    match error {
        error if leads_inside(error) => Failure::Refused(Refused::NotPublic),
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
