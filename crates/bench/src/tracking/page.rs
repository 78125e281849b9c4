//! Buyers who look where their parcels are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use ordermill_app::shipment::tracking_page;
use ordermill_domain::ids::ShipmentId;

use crate::client::get;
use crate::lifecycle::Sent;
use crate::load::{Pace, Reads, drive};
use crate::server::Server;
use crate::shop::Shop;
use crate::{Figure, Options};

/// The tokens in the addresses of the pages of these parcels, while no server runs.
pub(super) fn tokens(
    shop: &Shop,
    options: &Options,
    sent: &[(ShipmentId, Sent)],
) -> Result<Arc<[String]>> {
    let services = shop.inside(options)?;
    let token = |(_, sent): &(ShipmentId, Sent)| tracking_page::token(services.vault(), sent.order);
    let tokens = sent.iter().map(token).collect();
    services.database().close();
    Ok(tokens)
}

/// How many pages a second are opened, one parcel's after the other's: from one address, no page may be
/// looked at more than 120 times a minute.
pub(super) fn measure(
    server: &Server,
    options: &Options,
    tokens: &Arc<[String]>,
) -> Result<Figure> {
    let connections = options.connections_or(64);
    let next = Arc::new(AtomicUsize::new(0));
    let scripts = (0..connections).map(|_| {
        let (tokens, next) = (Arc::clone(tokens), Arc::clone(&next));
        Reads::new(move |into| {
            let token = &tokens[next.fetch_add(1, Ordering::Relaxed) % tokens.len()];
            get(into, &format!("/t/{token}"), "accept-language: zh-CN\r\n");
        })
    });
    let cpu_before = server.cpu_seconds();
    let load = drive(server.address, scripts.collect(), Pace::of(options.time))?;
    load.ensure_clean()?;
    ensure!(load.requests > 0, "not one page was opened");
    let engine = options.target.engine();
    let mut figure =
        Figure::new("tracking-page", engine, connections, &load.latencies, load.seconds)
            .counted(load.requests, load.errors);
    if let Some((before, after)) = cpu_before.zip(server.cpu_seconds()) {
        figure = figure.with("server_cpu_us", (after - before) * 1e6 / load.requests as f64);
    }
    Ok(figure)
}
