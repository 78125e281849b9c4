//! 17TRACK: updates of the numbers that were registered.
//!
//! `sign` is a hash of the raw body and our key. `TRACKING_UPDATED` holds the newest event and, where
//! the version of the API sends it, the events of all providers; `TRACKING_STOPPED` is their last
//! word. They want a 200 and try again otherwise.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Scan, TrackingStatus as S};
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingSource};
use ordermill_vault::signature::verify_17track;
use serde::Deserialize;

use super::{DELIVERED, LOST, Meaning, RETURNED, SCANS_MAX, moment, plain, scan};

/// A reader of 17TRACK's webhooks.
pub struct Track17 {
    key: String,
}

impl Track17 {
    /// With the security key of the account.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }
}

impl TrackingSource for Track17 {
    fn read(
        &self,
        headers: &Headers,
        body: &[u8],
        _received_at: Timestamp,
    ) -> Result<Push, PushError> {
        let given = headers.get("sign").ok_or(PushError::Missing("sign"))?;
        verify_17track(&self.key, given, body).map_err(|_| PushError::Signature)?;
        let message: Message = serde_json::from_slice(body)
            .map_err(|error| PushError::Unreadable(error.to_string()))?;
        let is_last = message.event == "TRACKING_STOPPED";
        let waybill = Some(message.data.number);
        let Some(info) = message.data.track_info else {
            return Ok(Push { id: None, waybill, scans: Vec::new(), is_last });
        };
        let providers = info.tracking.map_or_else(Vec::new, |it| it.providers);
        let events = providers.iter().flat_map(|provider| &provider.events).take(SCANS_MAX);
        let mut scans: Vec<Scan> = events.filter_map(|event| event.scan(None)).collect();
        // What the parcel is now stands beside its newest event, which may stand in the list, too.
        let newest = info.latest_event.as_ref().and_then(|it| it.scan(info.latest_status.as_ref()));
        if let Some(newest) = newest {
            scans.retain(|scan| (scan.at, &scan.text) != (newest.at, &newest.text));
            scans.push(newest);
        }
        Ok(Push { id: None, waybill, scans, is_last })
    }

    fn taken(&self) -> Reply {
        Reply::OK
    }

    fn not_taken(&self) -> Reply {
        Reply::UNAUTHORIZED
    }
}

#[derive(Deserialize)]
struct Message {
    event: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    number: String,
    #[serde(default)]
    track_info: Option<Info>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    latest_status: Option<Status>,
    #[serde(default)]
    latest_event: Option<Event>,
    #[serde(default)]
    tracking: Option<Providers>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    sub_status: Option<String>,
}

#[derive(Deserialize)]
struct Providers {
    #[serde(default)]
    providers: Vec<Provider>,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    time_utc: Option<String>,
    #[serde(default)]
    time_iso: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    sub_status: Option<String>,
}

impl Event {
    fn scan(&self, now: Option<&Status>) -> Option<Scan> {
        let times = [self.time_utc.as_deref(), self.time_iso.as_deref()];
        let at = times.into_iter().flatten().find_map(|text| moment(text, "UTC"))?;
        let own = (self.stage.as_deref(), self.sub_status.as_deref());
        let said = match now {
            Some(now) if now.status.is_some() => (now.status.as_deref(), now.sub_status.as_deref()),
            _ => own,
        };
        let meaning = meaning(said.0.unwrap_or_default(), said.1.unwrap_or_default());
        let place = self.location.as_deref().unwrap_or_default();
        Some(scan(meaning, at, place, self.description.as_deref().unwrap_or_default()))
    }
}

/// The sub-status is more exact than the status; a stage is the start of one.
pub(super) fn meaning(status: &str, sub_status: &str) -> Meaning {
    match sub_status {
        "DeliveryFailure_Rejected" | "Exception_Rejected" | "Exception_Returning" => {
            return plain(S::Refused);
        }
        "DeliveryFailure_InvalidAddress" | "DeliveryFailure_NoBody" | "Exception_NoBody" => {
            return plain(S::Address);
        }
        "Exception_Returned" => return RETURNED,
        "Exception_Damage" => return plain(S::Damaged),
        "Exception_Lost" | "Exception_Destroyed" => return LOST,
        "Exception_Cancel" => return plain(S::PreTransit),
        _ => {}
    }
    let main = if status.is_empty() { sub_status.split('_').next().unwrap_or("") } else { status };
    match main {
        // They have heard nothing of the parcel yet.
        "NotFound" => plain(S::Unknown),
        "InfoReceived" => plain(S::PreTransit),
        "InTransit" | "PickedUp" | "Departure" | "Arrival" => plain(S::InTransit),
        "OutForDelivery" => plain(S::OutForDelivery),
        "AvailableForPickup" => plain(S::AtPickupPoint),
        "Delivered" => DELIVERED,
        "DeliveryFailure" | "Exception" | "Expired" => plain(S::Stalled),
        "Returning" => plain(S::Refused),
        "Returned" => RETURNED,
        _ => plain(S::Unknown),
    }
}
