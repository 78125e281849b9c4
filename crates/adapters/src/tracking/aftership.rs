//! AfterShip: updates of trackings.
//!
//! `aftership-hmac-sha256` proves the raw body. Each update holds the tracking with its checkpoints,
//! tagged with one of nine statuses and a more exact sub-status. AfterShip wants any 2xx and tries
//! again fourteen times, with growing gaps, under the same `event_id`.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Scan, TrackingStatus as S};
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingSource};
use ordermill_vault::signature::verify_aftership;
use serde::Deserialize;

use super::{DELIVERED, LOST, Meaning, RETURNED, SCANS_MAX, moment, place_of, plain, scan};

/// A reader of AfterShip's webhooks.
pub struct AfterShip {
    secret: String,
}

impl AfterShip {
    /// With the secret that AfterShip shows for the webhook.
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: secret.into() }
    }
}

impl TrackingSource for AfterShip {
    fn read(
        &self,
        headers: &Headers,
        body: &[u8],
        _received_at: Timestamp,
    ) -> Result<Push, PushError> {
        let name = "aftership-hmac-sha256";
        let given = headers.get(name).ok_or(PushError::Missing(name))?;
        verify_aftership(&self.secret, given, body).map_err(|_| PushError::Signature)?;
        let update: Update = serde_json::from_slice(body)
            .map_err(|error| PushError::Unreadable(error.to_string()))?;
        let Some(tracking) = update.msg.filter(|_| update.event == "tracking_update") else {
            let id = update.event_id;
            return Ok(Push { id, waybill: None, scans: Vec::new(), is_last: false });
        };
        let checkpoints = tracking.checkpoints.iter().rev().take(SCANS_MAX);
        let scans: Vec<Scan> = checkpoints.filter_map(Checkpoint::scan).collect();
        Ok(Push {
            id: update.event_id,
            waybill: Some(tracking.tracking_number),
            scans,
            is_last: tracking.active == Some(false),
        })
    }

    fn taken(&self) -> Reply {
        Reply::OK
    }

    fn not_taken(&self) -> Reply {
        Reply::UNAUTHORIZED
    }
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    event: String,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    msg: Option<Tracking>,
}

#[derive(Deserialize)]
pub(super) struct Tracking {
    tracking_number: String,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    pub(super) checkpoints: Vec<Checkpoint>,
}

#[derive(Deserialize)]
pub(super) struct Checkpoint {
    #[serde(default)]
    city: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    country_name: Option<String>,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    subtag: Option<String>,
    #[serde(default)]
    checkpoint_time: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl Checkpoint {
    /// A checkpoint's time is the carrier's and may lack an offset; without any, the moment at which
    /// AfterShip saw it stands in.
    pub(super) fn scan(&self) -> Option<Scan> {
        let at = moment(self.checkpoint_time.as_deref().unwrap_or_default(), "UTC")
            .or_else(|| moment(self.created_at.as_deref()?, "UTC"))?;
        let place = self.location.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| {
            place_of([self.city.as_deref(), self.state.as_deref(), self.country_name.as_deref()])
        });
        let meaning = meaning(&self.tag, self.subtag.as_deref());
        Some(scan(meaning, at, place, self.message.as_deref().unwrap_or_default()))
    }
}

/// The sub-status is more exact than the tag where something is wrong.
pub(super) fn meaning(tag: &str, subtag: Option<&str>) -> Meaning {
    match subtag.unwrap_or_default() {
        "Exception_002" | "Exception_007" => return plain(S::Address),
        "Exception_003" | "Exception_010" => return plain(S::Refused),
        "Exception_011" => return RETURNED,
        "Exception_012" => return plain(S::Damaged),
        "Exception_013" => return LOST,
        _ => {}
    }
    match tag {
        // They have heard nothing of the parcel yet.
        "Pending" => plain(S::Unknown),
        "InfoReceived" => plain(S::PreTransit),
        "InTransit" => plain(S::InTransit),
        "OutForDelivery" => plain(S::OutForDelivery),
        "AvailableForPickup" => plain(S::AtPickupPoint),
        "Delivered" => DELIVERED,
        // The courier comes again; until then it does not move.
        "AttemptFail" | "Exception" | "Expired" => plain(S::Stalled),
        _ => plain(S::Unknown),
    }
}
