//! The sandbox's phone and mailbox: messages that people can read in a demo.

use std::sync::Arc;

use ordermill_base::{Clock, Random, Span};
use ordermill_ports::Answer;
use ordermill_ports::notifier::{Message, Notifier, NotifyError, Recipient};

use crate::Breaker;
use crate::http::{Client, ClientError, Failure, Manners, Reach};

/// Sends text messages and mails to a sandbox.
pub struct SandboxMessages {
    base_url: String,
    merchant: String,
    api_key: String,
    client: Client,
}

impl SandboxMessages {
    /// A sender to the sandbox at `base_url`, with the sandbox's merchant account.
    pub fn new(
        base_url: impl Into<String>,
        merchant: impl Into<String>,
        api_key: impl Into<String>,
        clock: Arc<dyn Clock>,
        jitter: Random,
    ) -> Result<Self, ClientError> {
        let manners = Manners {
            timeout: Span::seconds(5),
            tries: 2,
            pause: Span::millis(200),
            body_bytes_max: 16 * 1024,
        };
        let breaker = Breaker::new(10, Span::seconds(10));
        let client = Client::new(Reach::Anywhere, manners, breaker, clock, jitter)?;
        let (base_url, merchant, api_key) = (base_url.into(), merchant.into(), api_key.into());
        Ok(Self { base_url, merchant, api_key, client })
    }
}

impl Notifier for SandboxMessages {
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<(), NotifyError>> {
        Box::pin(async move {
            let (path, to) = match &message.to {
                Recipient::Phone(number) => ("sms", number),
                Recipient::Mail(address) => ("mail", address),
            };
            let body = serde_json::json!({
                "id": message.id, "to": to, "subject": message.subject, "text": message.text,
            });
            let sent = self.client.call(|client| {
                client
                    .post(format!("{}/{path}", self.base_url))
                    .bearer_auth(&self.api_key)
                    .header("x-merchant", &self.merchant)
                    .json(&body)
            });
            let reply = sent.await.map_err(|failure| match failure {
                Failure::NotSent(reason) | Failure::Forbidden(reason) => {
                    NotifyError::Unsent(reason.into())
                }
                busy @ Failure::Busy(_) => NotifyError::Unsent(busy.reason().into()),
                Failure::Unknown(reason) => NotifyError::Unsent(reason),
            })?;
            if reply.status.is_success() {
                Ok(())
            } else {
                Err(NotifyError::Refused(format!("status {}", reply.status.as_u16())))
            }
        })
    }
}
