//! The floor: waves are released, lists picked scan by scan, and what was picked is rechecked and packed.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Result, ensure};
use ordermill_base::{Id as _, Random};
use ordermill_domain::ids::SkuId;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use super::Line;
use super::desk::{Desk, IDLE, Items, LOOKED_EVERY, Tray};
use crate::orders::{Buyer, SKUS};
use crate::shop::code;

const PICKERS: usize = 8;
const PACKERS: usize = 24;
/// Fulfillments of a wave: three carts.
const WAVE: u32 = 60;
/// What fits on a cart.
const TOTES: u32 = 20;
const PIECES_PER_TOTE: u32 = 30;
/// Scans that a device sends together.
const SCANS_AT_ONCE: usize = 200;

/// Everybody who works on the floor.
pub(super) fn staff(line: &Arc<Line>, desks: &mut JoinSet<Result<()>>, random: &mut Random) {
    let (lists, picked) = (Tray::new(), Tray::new());
    desks.spawn(release(Arc::clone(line), random.split()));
    desks.spawn(hand_out_lists(Arc::clone(line), Arc::clone(&lists)));
    for _ in 0..PICKERS {
        desks.spawn(pick(Arc::clone(line), Arc::clone(&lists), random.split()));
    }
    desks.spawn(hand_out_picked(Arc::clone(line), Arc::clone(&picked)));
    for _ in 0..PACKERS {
        desks.spawn(pack(Arc::clone(line), Arc::clone(&picked)));
    }
}

/// Releases what waits, wave by wave.
async fn release(line: Arc<Line>, mut random: Random) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    let path = format!("/api/v1/locations/{}/waves", line.location);
    let body = format!(
        r#"{{"fulfillments_max":{WAVE},"totes":{TOTES},"pieces_per_tote":{PIECES_PER_TOTE}}}"#
    );
    while !line.is_over() {
        let key = format!("idempotency-key: {}\r\n", Buyer::key(&mut random));
        if desk.post::<Value>(&path, &key, &body).await?.is_none() {
            tokio::time::sleep(IDLE).await;
        }
    }
    Ok(())
}

/// A thing of a list, as much as whoever hands it out looks at.
#[derive(Debug, Deserialize)]
struct Named {
    id: String,
}

/// Gives open lists to pickers.
async fn hand_out_lists(line: Arc<Line>, lists: Arc<Tray<String>>) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    let path = format!("/api/v1/locations/{}/pick-lists?state=open&limit=50", line.location);
    let mut given: HashSet<String> = HashSet::new();
    while !line.is_over() {
        let open: Items<Named> = desk.get(&path).await?;
        let open: HashSet<String> = open.items.into_iter().map(|list| list.id).collect();
        open.difference(&given).for_each(|list| lists.put(list.clone()));
        // What is not open any more does not come again.
        given = open;
        tokio::time::sleep(LOOKED_EVERY).await;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct List {
    lines: Vec<Stop>,
}

#[derive(Debug, Deserialize)]
struct Stop {
    line: i64,
    bin: String,
    sku_id: SkuId,
    quantity: i64,
}

#[derive(Debug, Deserialize)]
struct Answers {
    answers: Vec<Answered>,
}

#[derive(Debug, Deserialize)]
struct Answered {
    is_taken: bool,
    outcome: String,
}

/// Walks lists: the bin, then every piece.
async fn pick(line: Arc<Line>, lists: Arc<Tray<String>>, mut random: Random) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    let picker = format!(r#"{{"picker_id":"{}"}}"#, line.picker);
    loop {
        let list = lists.take().await?;
        let path = format!("/api/v1/pick-lists/{list}");
        let taken: Option<List> = desk.post(&format!("{path}/take"), "", &picker).await?;
        let Some(taken) = taken else { continue };
        let scans = taken.lines.iter().flat_map(|stop| {
            let sku = code(stop.sku_id.raw());
            let pieces = (0..stop.quantity).map(move |_| (stop.line, sku.clone()));
            std::iter::once((stop.line, stop.bin.clone())).chain(pieces)
        });
        let scans: Vec<(i64, String)> = scans.collect();
        for scans in scans.chunks(SCANS_AT_ONCE) {
            let mut body = format!(r#"{{"picker_id":"{}","scans":["#, line.picker);
            for (index, (line, text)) in scans.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let key = random.next_u64();
                let _ = write!(
                    body,
                    r#"{comma}{{"key":"{key:016x}","line":{line},"do":"scan","scan":"{text}"}}"#
                );
            }
            body.push_str("]}");
            let answers: Option<Answers> = desk.post(&format!("{path}/scans"), "", &body).await?;
            let answers = answers.map_or_else(Vec::new, |it| it.answers);
            let refused = answers.iter().find(|answer| !answer.is_taken).map(|it| &it.outcome);
            ensure!(
                refused.is_none() && answers.len() == scans.len(),
                "scans of list {list} were refused: {refused:?}"
            );
        }
    }
}

/// Work that is picked, as much as a bench looks at.
#[derive(Debug, Deserialize)]
struct Work {
    id: String,
    lines: Vec<WorkLine>,
}

#[derive(Debug, Deserialize)]
struct WorkLine {
    sku_id: SkuId,
    quantity: i64,
}

/// Gives picked work to packers.
async fn hand_out_picked(line: Arc<Line>, picked: Arc<Tray<Work>>) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    let path = format!("/api/v1/fulfillments?location={}&state=picked&limit=200", line.location);
    let mut given: HashSet<String> = HashSet::new();
    while !line.is_over() {
        let found: Items<Work> = desk.get(&path).await?;
        let ids: HashSet<String> = found.items.iter().map(|work| work.id.clone()).collect();
        for work in found.items {
            if !given.contains(&work.id) {
                picked.put(work);
            }
        }
        given = ids;
        tokio::time::sleep(LOOKED_EVERY).await;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Proposal {
    boxes: Vec<ProposedBox>,
}

#[derive(Debug, Deserialize)]
struct ProposedBox {
    material: String,
    contents: Box<RawValue>,
    gross_grams: u32,
}

/// Rechecks, asks which boxes to take, and packs.
async fn pack(line: Arc<Line>, picked: Arc<Tray<Work>>) -> Result<()> {
    let mut desk = Desk::connect(&line).await?;
    loop {
        let work = picked.take().await?;
        let path = format!("/api/v1/fulfillments/{}", work.id);
        let scanned: Vec<String> = work.lines.iter().map(scanned).collect();
        let body = format!(
            r#"{{"scanned":[{}],"is_intact":true,"is_reinforced":true}}"#,
            scanned.join(",")
        );
        if desk.post::<Value>(&format!("{path}/recheck"), "", &body).await?.is_none() {
            // Handed out twice: it was listed before a colleague was done.
            continue;
        }
        let proposal: Proposal = desk.get(&format!("{path}/packing")).await?;
        let boxes: Vec<String> = proposal.boxes.iter().map(packed).collect();
        let body = format!(r#"{{"boxes":[{}]}}"#, boxes.join(","));
        let packed: Option<Value> = desk.post(&format!("{path}/pack"), "", &body).await?;
        ensure!(packed.is_some(), "fulfillment {} was not packed", work.id);
    }
}

fn scanned(line: &WorkLine) -> String {
    debug_assert!((1..=SKUS).contains(&line.sku_id.raw()));
    format!(r#"{{"code":"{}","quantity":{}}}"#, code(line.sku_id.raw()), line.quantity)
}

fn packed(it: &ProposedBox) -> String {
    let ProposedBox { material, contents, gross_grams } = it;
    format!(r#"{{"material":"{material}","contents":{contents},"gross_grams":{gross_grams}}}"#)
}
