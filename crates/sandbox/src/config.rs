//! What a sandbox is started with.

use std::sync::Arc;

use ordermill_base::{Clock, Span};

/// The settings of one sandbox. The public fields have useful defaults; see [`Config::new`].
#[derive(Clone)]
pub struct Config {
    /// The one merchant that has an account here.
    pub merchant: String,
    /// What the merchant's calls carry as `Authorization: Bearer …`.
    pub api_key: String,
    /// What notices are signed with: `whsec_` and base 64.
    pub notice_secret: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the sandbox's ids come from.
    pub seed: u64,
    /// How browsers reach the sandbox, `http://127.0.0.1:9000`; the listener's address if absent.
    pub public_url: Option<String>,
    /// Whether a listener may be reached from other machines. No by default.
    pub allow_remote: bool,
    /// Hosts that notices may go to besides loopback. None by default.
    pub notify_hosts: Vec<String>,
    /// Waits between the deliveries of a notice that is not taken; after the last it is given up.
    pub retry_plan: Vec<Span>,
    /// How long a call that is made to time out is held before its connection is closed.
    pub hang: Span,
    /// How long a notice is held so that a later one of the same payment overtakes it.
    pub reorder_hold: Span,
    /// How many payments are kept; further ones are refused.
    pub payments_max: usize,
    /// How long a day on the road takes: a day, or less where nobody wants to wait.
    pub carrier_day: Span,
    /// How many parcels the carriers keep; further ones are refused.
    pub parcels_max: usize,
}

impl Config {
    /// A sandbox for one merchant with everything else at its default: loopback only, the first
    /// retries of Standard Webhooks, a hundred thousand payments.
    pub fn new(
        merchant: impl Into<String>,
        api_key: impl Into<String>,
        notice_secret: impl Into<String>,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Self {
        Self {
            merchant: merchant.into(),
            api_key: api_key.into(),
            notice_secret: notice_secret.into(),
            clock,
            seed,
            public_url: None,
            allow_remote: false,
            notify_hosts: Vec::new(),
            retry_plan: vec![
                Span::seconds(5),
                Span::minutes(5),
                Span::minutes(30),
                Span::hours(2),
                Span::hours(5),
            ],
            hang: Span::seconds(60),
            reorder_hold: Span::seconds(2),
            payments_max: 100_000,
            carrier_day: Span::days(1),
            parcels_max: 200_000,
        }
    }
}
