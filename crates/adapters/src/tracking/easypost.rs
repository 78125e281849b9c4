//! EasyPost: events about trackers.
//!
//! `X-Hmac-Signature` proves the raw body. A `tracker.created` or `tracker.updated` holds the whole
//! history of the parcel; every other kind of event is answered and is about no parcel. EasyPost
//! wants any 2xx within seven seconds and tries again otherwise.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Scan, TrackingStatus as S};
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingSource};
use ordermill_vault::signature::verify_easypost;
use serde::Deserialize;

use super::{DELIVERED, LOST, Meaning, RETURNED, SCANS_MAX, moment, place_of, plain, scan};

/// A reader of EasyPost's webhooks.
pub struct EasyPost {
    secret: String,
}

impl EasyPost {
    /// With the secret that was given to EasyPost for this webhook.
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: secret.into() }
    }
}

impl TrackingSource for EasyPost {
    fn read(
        &self,
        headers: &Headers,
        body: &[u8],
        _received_at: Timestamp,
    ) -> Result<Push, PushError> {
        let name = "x-hmac-signature";
        let given = headers.get(name).ok_or(PushError::Missing(name))?;
        verify_easypost(&self.secret, given, body).map_err(|_| PushError::Signature)?;
        let event: Event = serde_json::from_slice(body)
            .map_err(|error| PushError::Unreadable(error.to_string()))?;
        let about_parcel = event.description.starts_with("tracker.");
        let Some(tracker) = event.result.filter(|_| about_parcel) else {
            return Ok(Push { id: event.id, waybill: None, scans: Vec::new(), is_last: false });
        };
        let details = tracker.tracking_details.iter().rev().take(SCANS_MAX);
        let mut scans: Vec<Scan> = details.filter_map(Detail::scan).collect();
        // A tracker may know more than the last of its details, such as that all of it has failed.
        let now = meaning(&tracker.status, tracker.status_detail.as_deref());
        let newest = scans.iter().map(|scan| scan.at).max();
        let at = newest.or_else(|| moment(tracker.updated_at.as_deref()?, "UTC"));
        if let Some(at) = at
            && !scans.iter().any(|scan| scan.at == at && (scan.status, scan.outcome) == now)
        {
            scans.push(scan(now, at, "", ""));
        }
        let waybill = Some(tracker.tracking_code);
        Ok(Push { id: event.id, waybill, scans, is_last: tracker.finalized })
    }

    fn taken(&self) -> Reply {
        Reply::OK
    }

    fn not_taken(&self) -> Reply {
        Reply::UNAUTHORIZED
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    result: Option<Tracker>,
}

#[derive(Deserialize)]
struct Tracker {
    #[serde(default)]
    tracking_code: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_detail: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    finalized: bool,
    #[serde(default)]
    tracking_details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_detail: Option<String>,
    datetime: String,
    #[serde(default)]
    tracking_location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
}

impl Detail {
    /// `None` for a detail without a readable moment: it can be put nowhere.
    fn scan(&self) -> Option<Scan> {
        let at = moment(&self.datetime, "UTC")?;
        let place = self.tracking_location.as_ref().map_or(String::new(), |it| {
            place_of([it.city.as_deref(), it.state.as_deref(), it.country.as_deref()])
        });
        let meaning = meaning(&self.status, self.status_detail.as_deref());
        Some(scan(meaning, at, place, self.message.as_deref().unwrap_or_default()))
    }
}

/// The detail is more exact than the status where it says what is wrong.
pub(super) fn meaning(status: &str, detail: Option<&str>) -> Meaning {
    let from_status = match status {
        "pre_transit" => plain(S::PreTransit),
        "in_transit" => plain(S::InTransit),
        "out_for_delivery" => plain(S::OutForDelivery),
        "delivered" => return DELIVERED,
        "available_for_pickup" => plain(S::AtPickupPoint),
        "return_to_sender" => plain(S::Refused),
        "failure" | "error" => plain(S::Stalled),
        // A label that was given back is ours to know; the parcel has not moved.
        "cancelled" => plain(S::PreTransit),
        _ => plain(S::Unknown),
    };
    match (status, detail.unwrap_or_default()) {
        ("return_to_sender", "arrived_at_destination") => RETURNED,
        (_, "lost") => LOST,
        (_, "damaged") => plain(S::Damaged),
        (_, "refused") => plain(S::Refused),
        (_, "return") => plain(S::Refused),
        (_, "address_correction" | "awaiting_information") => plain(S::Address),
        (_, "held" | "delivery_exception" | "transit_exception" | "missorted" | "expired") => {
            plain(S::Stalled)
        }
        _ => from_status,
    }
}
