//! `rush`: everybody wants the last pieces at once, and many ask twice.
//!
//! 100 pieces, 10,000 requests on 200 connections, every fifth of which repeats the key and the body of
//! another. There must be exactly 100 orders; everybody else is told that nothing is left.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Result, ensure};
use ordermill_base::{IdGenerator, Random};
use ordermill_storage::{Connection, Error, order};

use crate::client::{Answer, post};
use crate::figure::Figure;
use crate::load::{Pace, Script, drive};
use crate::orders::{Buyer, HOT};
use crate::place::body;
use crate::shop::Shop;
use crate::{Bench, Options};

const PIECES: i64 = 100;
const REQUESTS: usize = 10_000;
/// In every so many requests, one is the same as the one before it.
const REPEATED: usize = 5;

pub(crate) fn rush(bench: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let shop = Shop::with_stock(options, |sku| if sku == HOT { PIECES } else { 0 })?;
    let server = shop.serve(options)?;
    let connections = options.connections_or(200);
    let load = drive(server.address, scripts(&shop, connections), Pace::TO_THE_END)?;
    let memory = server.peak_memory_mb();
    server.stop()?;
    load.ensure_clean()?;
    let placed: HashSet<&String> = load.scripts.iter().flat_map(|it| &it.placed).collect();
    let refused: u64 = load.scripts.iter().map(|script| script.refused).sum();
    ensure!(placed.len() as i64 == PIECES, "{} orders were acknowledged", placed.len());
    let stored = stored_orders(&shop)?;
    ensure!(stored == PIECES, "{stored} orders are stored");
    shop.ensure_invariants(options)?;
    let engine = options.target.engine();
    let mut figure = Figure::new(bench.name, engine, connections, &load.latencies, load.seconds)
        .counted(load.requests, load.errors)
        .with("orders", stored as f64)
        .with("refused", refused as f64);
    if let Some(memory) = memory {
        figure = figure.with("server_memory_mb", memory);
    }
    Ok(vec![figure])
}

/// All requests, dealt out so that a repeated one comes from another connection than its twin.
fn scripts(shop: &Shop, connections: usize) -> Vec<Crowd> {
    let mut random = Random::from_seed(7);
    let mut scripts: Vec<Crowd> = (0..connections).map(|_| Crowd::default()).collect();
    let mut last = Vec::new();
    for index in 0..REQUESTS {
        if index % REPEATED != REPEATED - 1 {
            let body = body(&[(HOT, 1)], &mut random);
            let key = Buyer::key(&mut random);
            let extra = format!("{}idempotency-key: {key}\r\n", shop.authorization());
            last.clear();
            post(&mut last, "/api/v1/orders", &extra, &body);
        }
        scripts[index % connections].left.push(last.clone());
    }
    scripts
}

/// One client of the crowd.
#[derive(Debug, Default)]
struct Crowd {
    left: Vec<Vec<u8>>,
    placed: Vec<String>,
    refused: u64,
}

impl Script for Crowd {
    fn request(&mut self, into: &mut Vec<u8>) -> bool {
        let next = self.left.pop();
        into.extend(next.iter().flatten());
        next.is_some()
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<(), String> {
        let body: serde_json::Value =
            serde_json::from_slice(answer.body).map_err(|error| error.to_string())?;
        match (answer.status, body["id"].as_str(), body["code"].as_str()) {
            (201, Some(id), _) => self.placed.push(id.to_owned()),
            (409, _, Some("out_of_stock")) => self.refused += 1,
            (status, ..) => return Err(format!("{status} {body}")),
        }
        Ok(())
    }
}

fn stored_orders(shop: &Shop) -> Result<i64> {
    let ids = Arc::new(IdGenerator::new(0));
    let mut connection = Connection::open_reader(&shop.fresh.address()?, ids)?;
    let found = connection
        .read(|tx| order::list(tx, &order::Filter::default(), None, 10 * PIECES))
        .map_err(|error: Error| error)?;
    Ok(found.len() as i64)
}
