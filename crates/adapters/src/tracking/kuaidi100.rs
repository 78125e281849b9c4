//! 快递100 (kuaidi100): pushes of the parcels that were subscribed.
//!
//! A form with `param`, JSON as text, and `sign`, a hash of it and our salt. Every push holds the whole
//! history, newest first, by Beijing's clock. It must be answered with a document of its own, or it
//! comes three more times, half an hour apart. `status` tells how long they will follow the parcel:
//! `shutdown` and `abort` are the last word.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Scan, TrackingStatus as S};
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingSource};
use ordermill_vault::signature::verify_kuaidi100;
use serde::Deserialize;
use url::form_urlencoded;

use super::{DELIVERED, Meaning, RETURNED, SCANS_MAX, moment, plain, scan};

const CLOCK: &str = "Asia/Shanghai";

/// A reader of kuaidi100's pushes.
pub struct Kuaidi100 {
    salt: String,
}

impl Kuaidi100 {
    /// With the salt that was given with each subscription.
    pub fn new(salt: impl Into<String>) -> Self {
        Self { salt: salt.into() }
    }
}

impl TrackingSource for Kuaidi100 {
    fn read(
        &self,
        _headers: &Headers,
        body: &[u8],
        _received_at: Timestamp,
    ) -> Result<Push, PushError> {
        let field = |name: &'static str| {
            let mut found = form_urlencoded::parse(body).filter(|(key, _)| key == name);
            match (found.next(), found.next()) {
                (Some((_, value)), None) => Ok(value),
                _ => Err(PushError::Missing(name)),
            }
        };
        let (param, sign) = (field("param")?, field("sign")?);
        verify_kuaidi100(&self.salt, &sign, &param).map_err(|_| PushError::Signature)?;
        let push: Param = serde_json::from_str(&param)
            .map_err(|error| PushError::Unreadable(error.to_string()))?;
        let result = push.last_result;
        let newest = result.data.iter().filter_map(Entry::at).max();
        let entries = result.data.iter().take(SCANS_MAX);
        let mut scans: Vec<Scan> = entries.filter_map(Entry::scan).collect();
        // The state is that of the whole parcel now: it says what the newest entry means.
        if let Some(at) = newest {
            let (status, outcome) = meaning(&result.state);
            for scan in scans.iter_mut().filter(|scan| scan.at == at && status != S::Unknown) {
                (scan.status, scan.outcome) = (status, outcome);
            }
        }
        let is_last = matches!(push.status.as_str(), "shutdown" | "abort");
        Ok(Push { id: None, waybill: Some(result.nu), scans, is_last })
    }

    fn taken(&self) -> Reply {
        Reply {
            status: 200,
            content_type: "application/json",
            body: r#"{"result":true,"returnCode":"200","message":"成功"}"#,
        }
    }

    fn not_taken(&self) -> Reply {
        Reply {
            status: 200,
            content_type: "application/json",
            body: r#"{"result":false,"returnCode":"500","message":"签名错误"}"#,
        }
    }
}

#[derive(Deserialize)]
struct Param {
    #[serde(default)]
    status: String,
    #[serde(rename = "lastResult")]
    last_result: LastResult,
}

#[derive(Deserialize)]
struct LastResult {
    nu: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    context: String,
    #[serde(default)]
    time: String,
    #[serde(default)]
    ftime: String,
    #[serde(default)]
    status: String,
    #[serde(default, rename = "statusCode")]
    status_code: String,
    #[serde(default, rename = "areaName")]
    area: Option<String>,
}

impl Entry {
    fn at(&self) -> Option<Timestamp> {
        moment(&self.ftime, CLOCK).or_else(|| moment(&self.time, CLOCK))
    }

    fn scan(&self) -> Option<Scan> {
        let by_code = meaning(&self.status_code);
        let meaning = if by_code.0 == S::Unknown { meaning_of_name(&self.status) } else { by_code };
        Some(scan(meaning, self.at()?, self.area.as_deref().unwrap_or_default(), &self.context))
    }
}

/// The states of a parcel, and the finer ones of the same list that may stand in their place.
pub(super) fn meaning(state: &str) -> Meaning {
    match state {
        "101" | "102" => plain(S::PreTransit),
        "0" | "1" | "103" | "7" | "8" | "10" | "11" | "12" | "1001" | "1002" | "1003" => {
            plain(S::InTransit)
        }
        "5" => plain(S::OutForDelivery),
        "501" => plain(S::AtPickupPoint),
        "3" | "301" | "302" | "303" | "304" => DELIVERED,
        "2" | "13" | "201" | "202" | "204" | "205" | "208" => plain(S::Stalled),
        "206" => plain(S::Address),
        "207" => plain(S::OutOfZone),
        "209" => plain(S::Damaged),
        // Sent back, refused at the door, signed for by the sender.
        "6" | "14" | "203" => plain(S::Refused),
        "4" => RETURNED,
        // The label was given back; the parcel has not moved.
        "210" | "401" => plain(S::PreTransit),
        _ => plain(S::Unknown),
    }
}

/// The names of states that stand at entries without a code.
fn meaning_of_name(name: &str) -> Meaning {
    let state = match name {
        "在途" | "干线" => "0",
        "揽收" => "1",
        "疑难" => "2",
        "签收" => "3",
        "退签" => "4",
        "派件" => "5",
        "投柜或驿站" => "501",
        "退回" => "6",
        "转投" | "转单" => "7",
        "清关" => "8",
        "拒签" => "14",
        _ => "",
    };
    meaning(state)
}
