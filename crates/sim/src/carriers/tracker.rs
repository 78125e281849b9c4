//! How carriers write their pushes, and how we read them.

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Outcome, Scan, TrackingStatus};
use ordermill_ports::Headers;
use ordermill_ports::tracking::{Push, PushError, Reply, TrackingKind, TrackingSource};
use serde_json::{Value, json};

use super::{NAME, SimCarriers};

impl TrackingKind for SimCarriers {
    fn name(&self) -> &str {
        NAME
    }

    fn connect(&self, secret: &str) -> Option<Box<dyn TrackingSource>> {
        Some(Box::new(Source(secret.to_owned())))
    }
}

/// Reads pushes that name the secret between us.
struct Source(String);

impl TrackingSource for Source {
    fn read(
        &self,
        _headers: &Headers,
        body: &[u8],
        _received_at: Timestamp,
    ) -> Result<Push, PushError> {
        let unreadable = || PushError::Unreadable("simulated".to_owned());
        let content: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
        if content["secret"].as_str() != Some(&self.0) {
            return Err(PushError::Signature);
        }
        let scans = content["scans"].as_array().ok_or_else(unreadable)?;
        let scans: Option<Vec<Scan>> = scans.iter().map(read).collect();
        Ok(Push {
            id: None,
            waybill: content["waybill"].as_str().map(str::to_owned),
            scans: scans.ok_or_else(unreadable)?,
            is_last: false,
        })
    }

    fn taken(&self) -> Reply {
        Reply::OK
    }

    fn not_taken(&self) -> Reply {
        Reply::UNAUTHORIZED
    }
}

/// A scan as it is pushed.
pub(super) fn written(scan: &Scan) -> Value {
    let outcome = scan.outcome.map(|outcome| outcome.code());
    json!({ "status": scan.status.code(), "outcome": outcome, "at": scan.at.as_micros() })
}

fn read(scan: &Value) -> Option<Scan> {
    let status: TrackingStatus = scan["status"].as_str()?.parse().ok()?;
    let outcome: Option<Outcome> = match scan["outcome"].as_str() {
        Some(outcome) => Some(outcome.parse().ok()?),
        None => None,
    };
    let at = Timestamp::from_micros(scan["at"].as_i64()?);
    Some(Scan { outcome, ..Scan::new(status, at) })
}
