//! Orders without HTTP: the command as the API would hand it over, many clients in one process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ordermill_app::order::place::Placement;
use ordermill_base::IdGenerator;
use ordermill_storage::{Connection, Database};

use crate::fresh::Fresh;
use crate::orders::{Buyer, Mix, stock_up};
use crate::{Bench, Figure, Histogram, Options, limit, process};

/// Answers of the first moments are not counted: caches are cold and statements unprepared.
const WARM_UP: Duration = Duration::from_millis(500);

pub(crate) fn place(bench: &Bench, options: &Options, mix: Mix) -> Result<Vec<Figure>> {
    let fresh = Fresh::new(&options.target)?;
    let address = fresh.address()?;
    let mut connection = Connection::open(&address, Arc::new(IdGenerator::new(1)))?;
    connection.migrate()?;
    stock_up(&mut connection)?;
    drop(connection);
    let bytes_before = fresh.bytes()?;
    let database = Database::open(&address, ordermill_storage::Options::default())?;
    let cpu_before = process::cpu(std::process::id());
    let latencies = drive(&database, options, mix);
    let cpu = process::cpu(std::process::id()).zip(cpu_before).map(|(now, before)| now - before);
    let stats = database.stats();
    let batches = stats.batches.load(Ordering::Relaxed).max(1);
    let orders = stats.commands.load(Ordering::Relaxed) as f64;
    let batch = orders / batches as f64;
    database.close();
    let latencies = latencies?;
    drop(database);
    let bytes = fresh.bytes()?.saturating_sub(bytes_before) as f64 / orders;
    drop(fresh);
    let engine = options.target.engine();
    let seconds = options.time.as_secs_f64();
    let figure = Figure::new(bench.name, engine, options.connections_or(256), &latencies, seconds);
    let limit = limit::place(options, mix, batch.round().max(1.0) as usize)?;
    let mut figure =
        figure.beside(limit).with("batch", batch).with("database_bytes_per_order", bytes);
    if let Some(cpu) = cpu {
        figure = figure.with("cpu_us_per_order", cpu.as_secs_f64() * 1e6 / orders);
    }
    Ok(vec![figure])
}

/// Lets every client place one order after another until the time is over.
fn drive(database: &Database, options: &Options, mix: Mix) -> Result<Histogram> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut clients = tokio::task::JoinSet::new();
        let counted_from = Instant::now() + WARM_UP;
        let until = counted_from + options.time;
        for buyer in Buyer::many(options.connections_or(256), mix) {
            clients.spawn(client(database.clone(), buyer, counted_from, until));
        }
        let mut all = Histogram::default();
        while let Some(latencies) = clients.join_next().await {
            all.merge(&latencies??);
        }
        Ok(all)
    })
}

async fn client(
    database: Database,
    mut buyer: Buyer,
    counted_from: Instant,
    until: Instant,
) -> Result<Histogram> {
    let mut latencies = Histogram::default();
    let mut asked = Instant::now();
    while asked < until {
        let order = buyer.order(database.ids());
        let placement = database.submit(order).await?.context("an order was refused")?;
        anyhow::ensure!(matches!(placement, Placement::New(_)), "an order was placed before");
        let answered = Instant::now();
        if (counted_from..until).contains(&answered) {
            latencies.record(answered - asked);
        }
        asked = answered;
    }
    Ok(latencies)
}
