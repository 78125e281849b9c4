//! The partners who push: how each of them writes what a carrier has scanned, and signs it.

use std::fmt::Write as _;

use anyhow::Result;
use ordermill_app::carrier::setup::add_tracker;
use ordermill_app::permission::Principal;
use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::TrackerId;
use ordermill_vault::signature::{sign_17track, sign_aftership, sign_easypost, sign_kuaidi100};

use crate::Options;
use crate::client;
use crate::shop::Shop;

const SECRET: &str = "a-secret-of-the-bench-that-nobody-else-has";
/// Where a parcel comes through.
const PLACES: [&str; 8] = ["上海", "嘉兴", "杭州", "Hangzhou", "绍兴", "金华", "衢州", "Nanchang"];
/// From scan to scan.
const APART: Span = Span::minutes(47);

/// Somebody who pushes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Partner {
    name: &'static str,
    id: TrackerId,
    write: fn(&mut Vec<u8>, path: &str, history: &History<'_>),
}

/// What is known of a parcel so far: its first scan was at `from`, and `scans` have been made.
#[derive(Debug, Clone, Copy)]
pub(super) struct History<'h> {
    pub(super) waybill: &'h str,
    pub(super) from: Timestamp,
    pub(super) scans: u32,
}

/// One scan.
struct Scan {
    at: Timestamp,
    place: &'static str,
}

impl History<'_> {
    /// Oldest first.
    fn scans(&self) -> impl DoubleEndedIterator<Item = Scan> + ExactSizeIterator {
        (0..self.scans as usize).map(|at| Scan {
            at: self.from + Span::micros(APART.as_micros() * at as i64),
            place: PLACES[at % PLACES.len()],
        })
    }
}

/// Lets every partner push to the shop, while no server runs.
pub(super) fn set_up(shop: &Shop, options: &Options) -> Result<Vec<Partner>> {
    type Write = fn(&mut Vec<u8>, &str, &History<'_>);
    let kinds: [(&'static str, Write); 4] = [
        ("easypost", easypost),
        ("aftership", aftership),
        ("kuaidi100", kuaidi100),
        ("17track", track17),
    ];
    let services = shop.inside(options)?;
    let (act, vault) = (Principal::system("bench").act(services.now()), services.vault().clone());
    let partners = services.database().write_blocking(move |tx| {
        let partner = |(name, write): (&'static str, Write)| {
            let id = add_tracker(tx, &act, &vault, name, name, SECRET)?;
            Ok::<_, ordermill_storage::Error>(Partner { name, id, write })
        };
        kinds.into_iter().map(partner).collect::<Result<Vec<_>, _>>()
    })?;
    services.database().close();
    Ok(partners)
}

impl Partner {
    /// A push that holds the history.
    pub(super) fn push(&self, into: &mut Vec<u8>, history: &History<'_>) {
        let path = format!("/hooks/tracking/{}/{}", self.name, self.id);
        (self.write)(into, &path, history);
    }
}

fn easypost(into: &mut Vec<u8>, path: &str, history: &History<'_>) {
    let details = listed(history.scans(), |text, scan| {
        let Scan { at, place } = scan;
        let _ = write!(
            text,
            r#"{{"object":"TrackingDetail","message":"Departed facility","status":"in_transit","status_detail":"departed_facility","datetime":"{at}","source":"SW","tracking_location":{{"object":"TrackingLocation","city":"{place}","state":null,"country":"CN","zip":null}}}}"#
        );
    });
    let (waybill, scans) = (history.waybill, history.scans);
    let body = format!(
        r#"{{"id":"evt_{waybill}_{scans}","object":"Event","description":"tracker.updated","mode":"production","previous_attributes":{{"status":"in_transit"}},"result":{{"object":"Tracker","tracking_code":"{waybill}","status":"in_transit","status_detail":"departed_facility","finalized":false,"tracking_details":[{details}]}}}}"#
    );
    let header = format!("x-hmac-signature: {}\r\n", sign_easypost(SECRET, body.as_bytes()));
    client::post(into, path, &header, &body);
}

fn aftership(into: &mut Vec<u8>, path: &str, history: &History<'_>) {
    let checkpoints = listed(history.scans(), |text, scan| {
        let Scan { at, place } = scan;
        let _ = write!(
            text,
            r#"{{"slug":"sandbox","city":"{place}","country_name":"CN","message":"Departed facility","tag":"InTransit","subtag":"InTransit_001","checkpoint_time":"{at}","created_at":"{at}"}}"#
        );
    });
    let (waybill, scans) = (history.waybill, history.scans);
    let body = format!(
        r#"{{"event":"tracking_update","event_id":"{waybill}-{scans}","msg":{{"tracking_number":"{waybill}","slug":"sandbox","active":true,"tag":"InTransit","checkpoints":[{checkpoints}]}}}}"#
    );
    let header = format!("aftership-hmac-sha256: {}\r\n", sign_aftership(SECRET, body.as_bytes()));
    client::post(into, path, &header, &body);
}

/// Newest first, by Beijing's clock.
fn kuaidi100(into: &mut Vec<u8>, path: &str, history: &History<'_>) {
    let data = listed(history.scans().rev(), |text, scan| {
        let at = (scan.at + Span::hours(8)).to_string().replace('T', " ");
        let (at, place) = (at.get(..19).unwrap_or_default(), scan.place);
        let _ = write!(
            text,
            r#"{{"context":"快件离开【{place}转运中心】","time":"{at}","ftime":"{at}","status":"干线","statusCode":"1002","areaName":"{place}"}}"#
        );
    });
    let waybill = history.waybill;
    let param = format!(
        r#"{{"status":"polling","message":"","lastResult":{{"message":"ok","nu":"{waybill}","com":"sandbox","state":"0","status":"200","data":[{data}]}}}}"#
    );
    let mut body = format!("sign={}&param=", sign_kuaidi100(SECRET, &param));
    for byte in param.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                body.push(char::from(byte));
            }
            _ => drop(write!(body, "%{byte:02X}")),
        }
    }
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    into.extend_from_slice(head.as_bytes());
    into.extend_from_slice(body.as_bytes());
}

fn track17(into: &mut Vec<u8>, path: &str, history: &History<'_>) {
    let event = |text: &mut String, scan: Scan| {
        let Scan { at, place } = scan;
        let _ = write!(
            text,
            r#"{{"time_iso":"{at}","time_utc":"{at}","description":"Departed {place} at {at}","location":"{place}","stage":null,"sub_status":"InTransit_Other"}}"#
        );
    };
    let events = listed(history.scans().rev(), event);
    let newest = listed(history.scans().rev().take(1), event);
    let waybill = history.waybill;
    let body = format!(
        r#"{{"event":"TRACKING_UPDATED","data":{{"number":"{waybill}","carrier":1,"track_info":{{"latest_status":{{"status":"InTransit","sub_status":"InTransit_Other"}},"latest_event":{newest},"tracking":{{"providers":[{{"provider":{{"key":1,"name":"Sandbox"}},"events":[{events}]}}]}}}}}}}}"#
    );
    let header = format!("sign: {}\r\n", sign_17track(SECRET, body.as_bytes()));
    client::post(into, path, &header, &body);
}

/// The scans, one behind the other, as items of a JSON list.
fn listed(scans: impl Iterator<Item = Scan>, write: impl Fn(&mut String, Scan)) -> String {
    let mut text = String::new();
    for scan in scans {
        if !text.is_empty() {
            text.push(',');
        }
        write(&mut text, scan);
    }
    text
}
