//! The dock: parcels with a label are scanned out, and lists closed as trucks come.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, ensure};
use ordermill_domain::ids::{OrderId, ShipmentId};
use serde::Deserialize;
use serde_json::Value;

use super::desk::{Desk, IDLE, Items};
use super::{Line, Sent};

#[derive(Debug, Deserialize)]
struct Parcel {
    id: ShipmentId,
    order_id: OrderId,
    waybill: String,
}

#[derive(Debug, Deserialize)]
struct Scanned {
    parcels: Vec<ScannedParcel>,
}

#[derive(Debug, Deserialize)]
struct ScannedParcel {
    manifest_id: Option<String>,
    refused: Option<String>,
}

pub(super) async fn run(line: Arc<Line>) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    let path = format!("/api/v1/locations/{}/hand-over", line.location);
    while !line.is_over() {
        let waiting: Items<Parcel> = desk.get(&format!("{path}?limit=200")).await?;
        if waiting.items.is_empty() {
            tokio::time::sleep(IDLE).await;
            continue;
        }
        let waybills: Vec<&str> = waiting.items.iter().map(|it| it.waybill.as_str()).collect();
        let body = serde_json::json!({ "waybills": waybills }).to_string();
        for parcel in &waiting.items {
            let sent = Sent { order: parcel.order_id, waybill: parcel.waybill.clone() };
            Line::lock(&line.parcels).insert(parcel.id, sent);
        }
        let scanned: Option<Scanned> = desk.post(&path, "", &body).await?;
        let parcels = scanned.map_or_else(Vec::new, |it| it.parcels);
        let refused = parcels.iter().find(|parcel| parcel.refused.is_some());
        ensure!(refused.is_none(), "a parcel was not scanned out: {refused:?}");
        let lists: BTreeSet<String> =
            parcels.into_iter().filter_map(|parcel| parcel.manifest_id).collect();
        for list in lists {
            let closed: Option<Value> =
                desk.post(&format!("/api/v1/manifests/{list}/close"), "", "{}").await?;
            ensure!(closed.is_some(), "list {list} was not closed");
        }
    }
    Ok(())
}
