//! The pushes of the sandbox's carriers, signed as Standard Webhooks says.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Outcome, Scan, TrackingStatus as S};
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingSource};
use ordermill_vault::WebhookSecret;
use ordermill_vault::standard_webhooks::{self, WebhookError};
use serde::Deserialize;

use super::{DELIVERED, LOST, Meaning, RETURNED, SCANS_MAX, plain, scan};

/// A reader of the sandbox's pushes.
pub struct SandboxPush {
    secret: WebhookSecret,
}

impl SandboxPush {
    /// With the secret that the sandbox signs with; `None` if it is not one.
    pub fn new(secret: &str) -> Option<Self> {
        Some(Self { secret: WebhookSecret::parse(secret).ok()? })
    }
}

impl TrackingSource for SandboxPush {
    fn read(
        &self,
        headers: &Headers,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Push, PushError> {
        let header = |name| headers.get(name).ok_or(PushError::Missing(name));
        let id = header("webhook-id")?;
        let signed = standard_webhooks::Headers {
            id,
            timestamp: header("webhook-timestamp")?,
            signature: header("webhook-signature")?,
        };
        standard_webhooks::verify(&[&self.secret], signed, body, received_at).map_err(|error| {
            match error {
                WebhookError::MalformedHeader(name) => PushError::Missing(name),
                WebhookError::TooOld | WebhookError::TooNew => PushError::Stale,
                WebhookError::WrongSignature => PushError::Signature,
            }
        })?;
        let push: WirePush = serde_json::from_slice(body)
            .map_err(|error| PushError::Unreadable(error.to_string()))?;
        let scans: Vec<Scan> = push.events.into_iter().take(SCANS_MAX).map(Scan::from).collect();
        let is_last = scans.iter().any(|scan| scan.outcome.is_some());
        Ok(Push { id: Some(id.to_owned()), waybill: Some(push.waybill), scans, is_last })
    }

    fn taken(&self) -> Reply {
        Reply { status: 204, ..Reply::OK }
    }

    fn not_taken(&self) -> Reply {
        Reply::UNAUTHORIZED
    }
}

#[derive(Deserialize)]
struct WirePush {
    waybill: String,
    events: Vec<WireEvent>,
}

/// Reads one event as the sandbox writes it; `None` if it is none.
pub fn read_event(event: serde_json::Value) -> Option<Scan> {
    serde_json::from_value::<WireEvent>(event).ok().map(Scan::from)
}

/// One event as the sandbox writes it, in pushes and in answers.
#[derive(Deserialize)]
pub(crate) struct WireEvent {
    status: String,
    at: Timestamp,
    #[serde(default)]
    place: String,
    #[serde(default)]
    text: String,
}

impl From<WireEvent> for Scan {
    fn from(event: WireEvent) -> Self {
        scan(meaning(&event.status), event.at, event.place, event.text)
    }
}

fn meaning(word: &str) -> Meaning {
    match word {
        "labeled" => plain(S::PreTransit),
        "collected" | "departed" | "arrived" => plain(S::InTransit),
        "with_courier" => plain(S::OutForDelivery),
        "at_pickup_point" => plain(S::AtPickupPoint),
        "signed" => DELIVERED,
        "held" => plain(S::Stalled),
        "damaged" => plain(S::Damaged),
        "address_problem" => plain(S::Address),
        "out_of_area" => plain(S::OutOfZone),
        "refused" | "returning" => plain(S::Refused),
        "returned_to_sender" => RETURNED,
        "lost" => LOST,
        "signature_disputed" => (S::SignOffDisputed, None::<Outcome>),
        _ => plain(S::Unknown),
    }
}
