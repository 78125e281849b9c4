//! Receipt: what carriers deliver is heard of by the stream of events, and buyers confirm it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result, ensure};
use ordermill_base::Id as _;
use ordermill_domain::ids::ShipmentId;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Line;
use super::desk::{Desk, Tray};
use crate::client::get;

const BUYERS: usize = 8;

/// The one who listens, and buyers who confirm.
pub(super) fn staff(line: &Arc<Line>, desks: &mut JoinSet<Result<()>>) {
    let delivered = Tray::new();
    desks.spawn(listen(Arc::clone(line), Arc::clone(&delivered)));
    for _ in 0..BUYERS {
        desks.spawn(confirm(Arc::clone(line), Arc::clone(&delivered)));
    }
}

#[derive(Debug, Deserialize)]
struct Told {
    aggregate_id: String,
}

/// Hears of parcels that were delivered.
async fn listen(line: Arc<Line>, delivered: Arc<Tray<String>>) -> Result<()> {
    let mut stream = TcpStream::connect(line.server).await?;
    let mut request = Vec::new();
    get(&mut request, "/api/v1/events?events=shipment.delivered", &line.authorization);
    stream.write_all(&request).await?;
    // Lines of chunks' lengths stand between those of events.
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next_line().await?.unwrap_or_default();
    ensure!(status.contains(" 200 "), "the stream of events is answered {status}");
    while let Some(text) = lines.next_line().await? {
        let Some(data) = text.strip_prefix("data: ") else { continue };
        let told: Told = serde_json::from_str(data)?;
        let parcel = ShipmentId::from_raw(told.aggregate_id.parse()?);
        let sent = Line::lock(&line.parcels).remove(&parcel);
        let sent = sent.context("a parcel was delivered that nobody has handed over")?;
        delivered.put(sent.order.to_string());
    }
    anyhow::bail!("the stream of events has ended")
}

/// Confirms orders; those of which more is to come are confirmed when that has come.
async fn confirm(line: Arc<Line>, delivered: Arc<Tray<String>>) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    loop {
        let order = delivered.take().await?;
        let path = format!("/api/v1/orders/{order}/receipt");
        if desk.post::<Value>(&path, "", "{}").await?.is_none() {
            continue;
        }
        line.completed.fetch_add(1, Ordering::Relaxed);
        if let Some(began) = Line::lock(&line.began).remove(&order) {
            Line::lock(&line.latencies).record(began.elapsed());
        }
    }
}
