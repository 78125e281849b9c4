//! Carriers who push what they scan.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::ShipmentId;

use super::trackers::{History, Partner};
use crate::client::{Answer, get};
use crate::lifecycle::Sent;
use crate::load::{Load, Pace, Script, drive};
use crate::server::Server;
use crate::shop::Shop;
use crate::{Figure, Options};

/// Scans of one parcel at most: then it would have arrived.
const SCANS_MAX: u32 = 30;
/// The first scans lie so far back.
const BEGAN: Span = Span::hours(30);
/// The last of the scans is made within so long.
const LONGEST: Span = Span::hours(29);
/// What was answered is taken in within so long, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many pushes a second are answered, and how many taken in: the last of them before the clock stops.
pub(super) fn measure(
    server: &Server,
    shop: &Shop,
    options: &Options,
    sent: &[(ShipmentId, Sent)],
    partners: &[Partner],
) -> Result<Figure> {
    let connections = options.connections_or(64).min(sent.len());
    let from = options.clock.now() + Span::micros(-BEGAN.as_micros());
    let from = Timestamp::from_micros(from.as_micros() / 1_000_000 * 1_000_000);
    let scripts = sent.chunks(sent.len().div_ceil(connections)).map(|parcels| Pusher {
        parcels: parcels.to_vec(),
        partners: partners.to_vec(),
        from,
        pushed: 0,
    });
    let (cpu_before, began) = (server.cpu_seconds(), Instant::now());
    // Few parcels are through before others would begin to count.
    let pace = Pace { warm_up: Duration::ZERO, time: options.time };
    let load = drive(server.address, scripts.collect(), pace)?;
    load.ensure_clean()?;
    let looks = last_of_each(&load, shop)?;
    let last = (from + LONGEST).to_string();
    for (request, scans) in &looks {
        until_taken_in(server, request, &last, *scans)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let engine = options.target.engine();
    let mut figure =
        Figure::new("tracking-push", engine, connections, &load.latencies, load.seconds)
            .counted(load.requests, load.errors)
            .with("taken_in_per_second", load.requests as f64 / seconds)
            .with("scans_of_a_parcel", load.requests as f64 / sent.len() as f64);
    if let Some((before, after)) = cpu_before.zip(server.cpu_seconds()) {
        figure = figure.with("server_cpu_us", (after - before) * 1e6 / load.requests as f64);
    }
    if let Some(memory) = server.peak_memory_mb() {
        figure = figure.with("server_memory_mb", memory);
    }
    Ok(figure)
}

/// Pushes scan by scan of its own parcels, round after round.
struct Pusher {
    parcels: Vec<(ShipmentId, Sent)>,
    partners: Vec<Partner>,
    from: Timestamp,
    pushed: usize,
}

impl Script for Pusher {
    fn request(&mut self, into: &mut Vec<u8>) -> bool {
        let (round, at) = (self.pushed / self.parcels.len(), self.pushed % self.parcels.len());
        let scans = round as u32 + 1;
        if scans > SCANS_MAX {
            return false;
        }
        self.pushed += 1;
        let waybill = &self.parcels[at].1.waybill;
        let history = History { waybill, from: self.from, scans };
        self.partners[at % self.partners.len()].push(into, &history);
        true
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<(), String> {
        let is_refused = answer.body.windows(14).any(|part| part == br#""result":false"#);
        match answer.status {
            200 | 204 if !is_refused => Ok(()),
            status => Err(format!("{status} {}", String::from_utf8_lossy(answer.body))),
        }
    }
}

/// Of each client, the parcel of its last push: how to ask for what is known of it, and how many scans that is.
fn last_of_each(load: &Load<Pusher>, shop: &Shop) -> Result<Vec<(Vec<u8>, usize)>> {
    let authorization = shop.authorization();
    let looks = load.scripts.iter().map(|pusher| {
        let last = pusher.pushed.checked_sub(1).context("a client has pushed nothing")?;
        let (shipment, _) = &pusher.parcels[last % pusher.parcels.len()];
        let mut request = Vec::new();
        get(&mut request, &format!("/api/v1/shipments/{shipment}"), &authorization);
        Ok((request, last / pusher.parcels.len() + 1))
    });
    looks.collect()
}

/// Waits until so many scans of a parcel are known, up to the moment `last`.
fn until_taken_in(server: &Server, request: &[u8], last: &str, scans: usize) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let (status, body) = server.ask(request)?;
        ensure!(status == 200, "{status} {}", String::from_utf8_lossy(&body));
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        // What its own carrier has said since it took the parcel stands behind them.
        let events = answer["events"].as_array().context("a list of scans")?;
        let is_pushed = |event: &&serde_json::Value| event["at"].as_str() <= Some(last);
        let known = events.iter().filter(is_pushed).count();
        ensure!(known <= scans, "{known} scans are known of {scans}");
        if known == scans {
            return Ok(());
        }
        ensure!(Instant::now() < until, "{known} of {scans} scans are known after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
