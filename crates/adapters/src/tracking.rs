//! Those who push tracking: carriers, and services that follow the parcels of many carriers.
//!
//! One module per partner: its signature, its words, the answer that it demands. Their maps of words
//! are total: a word that a partner has invented since is [`TrackingStatus::Unknown`] and kept as
//! history, so that one new word never stops the rest.

pub mod aftership;
pub mod easypost;
pub mod kuaidi100;
pub mod sandbox;
pub mod track17;

use std::sync::Arc;

use ordermill_base::Timestamp;
use ordermill_domain::shipment::{Outcome, Scan, TrackingStatus};
use ordermill_ports::tracking::{TrackingKind, TrackingSource};

/// Everybody who may push to us.
pub fn kinds() -> Vec<Arc<dyn TrackingKind>> {
    let kind = |name, connect: fn(&str) -> Option<Box<dyn TrackingSource>>| {
        Arc::new(Kind { name, connect }) as Arc<dyn TrackingKind>
    };
    vec![
        kind("sandbox", |secret| Some(Box::new(sandbox::SandboxPush::new(secret)?))),
        kind("easypost", |secret| Some(Box::new(easypost::EasyPost::new(secret)))),
        kind("aftership", |secret| Some(Box::new(aftership::AfterShip::new(secret)))),
        kind("kuaidi100", |secret| Some(Box::new(kuaidi100::Kuaidi100::new(secret)))),
        kind("17track", |secret| Some(Box::new(track17::Track17::new(secret)))),
    ]
}

struct Kind {
    name: &'static str,
    connect: fn(&str) -> Option<Box<dyn TrackingSource>>,
}

impl TrackingKind for Kind {
    fn name(&self) -> &str {
        self.name
    }

    fn connect(&self, secret: &str) -> Option<Box<dyn TrackingSource>> {
        if secret.trim().is_empty() { None } else { (self.connect)(secret) }
    }
}

/// How many scans of one push are read; the newest of a partner's history are enough.
const SCANS_MAX: usize = 500;
/// How long a place or a text may be.
const TEXT_CHARS_MAX: usize = 500;

/// What a partner's word means.
type Meaning = (TrackingStatus, Option<Outcome>);

const fn plain(status: TrackingStatus) -> Meaning {
    (status, None)
}

const DELIVERED: Meaning = (TrackingStatus::Delivered, Some(Outcome::Delivered));
const RETURNED: Meaning = (TrackingStatus::Refused, Some(Outcome::Returned));
const LOST: Meaning = (TrackingStatus::Stalled, Some(Outcome::Lost));

fn scan(meaning: Meaning, at: Timestamp, place: impl AsRef<str>, text: impl AsRef<str>) -> Scan {
    let (status, outcome) = meaning;
    Scan { status, outcome, at, place: bounded(place.as_ref()), text: bounded(text.as_ref()) }
}

fn bounded(text: &str) -> String {
    text.trim().chars().take(TEXT_CHARS_MAX).collect()
}

/// City, state and country as one place, what is empty left out.
fn place_of(parts: [Option<&str>; 3]) -> String {
    let parts = parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

/// A moment as partners write it: RFC 3339; without an offset, by the clock that `zone` names.
fn moment(text: &str, zone: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.into());
    }
    let local: jiff::civil::DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    Some(zone.to_ambiguous_timestamp(local).compatible().ok()?.into())
}

#[cfg(test)]
mod tests;
