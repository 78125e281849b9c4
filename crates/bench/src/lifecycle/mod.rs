//! `lifecycle`: orders carried from placed to completed through the HTTP API, by simulated desks beside the
//! server: buyers who pay at the sandbox gateway, pickers, packers, a dock, the sandbox's carriers, and
//! buyers who confirm what was delivered.
//!
//! Every desk finds its work as an integration would: by asking for lists, and by the stream of events. So
//! many orders are under way at once that no desk waits for another; what is counted is how many are
//! completed in a second.

mod buyers;
mod desk;
mod dock;
mod floor;
mod receipt;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ordermill_base::{Id as _, Random};
use ordermill_domain::ids::{LocationId, OrderId, ShipmentId, StaffId};
use tokio::task::JoinSet;

use crate::figure::Figure;
use crate::pay::sandbox;
use crate::place::nothing;
use crate::server::Server;
use crate::shop::Shop;
use crate::{Bench, Histogram, Options};

/// A day on the road: what happens to a parcel comes to light in one or two pushes.
const CARRIER_DAY_SECONDS: &str = "0.2";
/// A day on the road of which nothing is heard while a bench runs.
const SILENT_DAY_SECONDS: &str = "86400";
/// Buyers who order what is only to be on the road.
const BUYERS: usize = 32;
/// Orders under way for each buyer.
const UNDER_WAY: u64 = 24;
/// The first orders are completed within so long, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
/// From the first completed order until all desks have settled.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

pub(crate) fn lifecycle(bench: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let (sandbox, account) = sandbox(options, &["--carrier-day", CARRIER_DAY_SECONDS])?;
    let (shop, picker) = Shop::with_floor(options)?;
    let bytes_before = shop.fresh.bytes()?;
    let server = shop.serve_with(options, &account)?;
    let connections = options.connections_or(64);
    let under_way_max = connections as u64 * UNDER_WAY;
    let line = Line::new(&server, &sandbox, &shop, picker, under_way_max);
    let measured = drive(&line, &server, options, connections)?;
    let memory = server.peak_memory_mb();
    let placed = line.placed.load(Ordering::Relaxed);
    server.stop()?;
    sandbox.stop()?;
    let bytes = shop.fresh.bytes()?.saturating_sub(bytes_before);
    shop.ensure_invariants(options)?;
    let engine = options.target.engine();
    let seconds = measured.seconds;
    let mut figure = Figure::new(bench.name, engine, connections, &measured.latencies, seconds);
    figure = figure.counted(line.requests.load(Ordering::Relaxed), 0);
    let completed = measured.latencies.count().max(1) as f64;
    figure = figure
        .with("requests_per_order", measured.requests as f64 / completed)
        .with("batch", measured.batch)
        .with("database_bytes_per_order", bytes as f64 / placed.max(1) as f64);
    if let Some(cpu) = measured.cpu_seconds {
        figure = figure.with("server_cpu_us_per_order", cpu * 1e6 / completed);
    }
    if let Some(memory) = memory {
        figure = figure.with("server_memory_mb", memory);
    }
    Ok(vec![figure.with("http_limit_per_second", nothing(options)?)])
}

/// What was found once everything flowed.
struct Measured {
    latencies: Histogram,
    seconds: f64,
    requests: u64,
    batch: f64,
    cpu_seconds: Option<f64>,
}

/// What was handed to a carrier.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) order: OrderId,
    pub(crate) waybill: String,
}

/// What the desks share.
struct Line {
    server: SocketAddr,
    gateway: SocketAddr,
    authorization: String,
    location: LocationId,
    picker: StaffId,
    under_way_max: u64,
    is_over: AtomicBool,
    placed: AtomicU64,
    completed: AtomicU64,
    requests: AtomicU64,
    /// When orders that are under way were begun, by their id.
    began: Mutex<HashMap<String, Instant>>,
    /// Parcels on the road.
    parcels: Mutex<HashMap<ShipmentId, Sent>>,
    latencies: Mutex<Histogram>,
}

impl Line {
    fn new(
        server: &Server,
        sandbox: &Server,
        shop: &Shop,
        picker: StaffId,
        under_way_max: u64,
    ) -> Arc<Self> {
        Arc::new(Self {
            server: server.address,
            gateway: sandbox.address,
            authorization: shop.authorization(),
            location: LocationId::from_raw(1),
            picker,
            under_way_max,
            is_over: AtomicBool::new(false),
            placed: AtomicU64::new(0),
            completed: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            began: Mutex::default(),
            parcels: Mutex::default(),
            latencies: Mutex::default(),
        })
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn under_way(&self) -> u64 {
        self.placed.load(Ordering::Relaxed) - self.completed.load(Ordering::Relaxed)
    }

    fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
        of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn drive(
    line: &Arc<Line>,
    server: &Server,
    options: &Options,
    connections: usize,
) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut random = Random::from_seed(5);
    runtime.block_on(async {
        let mut desks = JoinSet::new();
        for _ in 0..connections {
            desks.spawn(buyers::run(Arc::clone(line), random.split()));
        }
        floor::staff(line, &mut desks, &mut random);
        desks.spawn(dock::run(Arc::clone(line)));
        receipt::staff(line, &mut desks);

        let began = Instant::now();
        while line.completed.load(Ordering::Relaxed) == 0 {
            ensure!(began.elapsed() < PATIENCE, "no order was completed within {PATIENCE:?}");
            watch(&mut desks, Duration::from_millis(20)).await?;
        }
        watch(&mut desks, SETTLED_AFTER).await?;
        let before = Counters::read(server, line).await?;
        *Line::lock(&line.latencies) = Histogram::default();
        let counted_from = Instant::now();
        watch(&mut desks, options.time).await?;
        let latencies = Line::lock(&line.latencies).clone();
        let seconds = counted_from.elapsed().as_secs_f64();
        let after = Counters::read(server, line).await?;
        line.is_over.store(true, Ordering::Relaxed);
        desks.shutdown().await;
        Ok(Measured {
            latencies,
            seconds,
            requests: after.requests - before.requests,
            batch: (after.commands - before.commands) as f64
                / (after.batches - before.batches).max(1) as f64,
            cpu_seconds: after.cpu.zip(before.cpu).map(|(after, before)| after - before),
        })
    })
}

/// A shop whose desks have handed at least so many parcels to carriers, who have said nothing of them yet.
pub(crate) fn hand_over(
    options: &Options,
    parcels: usize,
) -> Result<(Shop, Vec<(ShipmentId, Sent)>)> {
    let (sandbox, account) = sandbox(options, &["--carrier-day", SILENT_DAY_SECONDS])?;
    let (shop, picker) = Shop::with_floor(options)?;
    let server = shop.serve_with(options, &account)?;
    let line = Line::new(&server, &sandbox, &shop, picker, parcels as u64);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut random = Random::from_seed(7);
    runtime.block_on(async {
        let mut desks = JoinSet::new();
        for _ in 0..BUYERS {
            desks.spawn(buyers::run(Arc::clone(&line), random.split()));
        }
        floor::staff(&line, &mut desks, &mut random);
        let mut dock = std::pin::pin!(dock::run(Arc::clone(&line)));
        loop {
            let handed = Line::lock(&line.parcels).len();
            (options.progress)("parcels on the road", handed as u64, parcels as u64);
            if handed >= parcels {
                break;
            }
            tokio::select! {
                watched = watch(&mut desks, Duration::from_millis(100)) => watched?,
                ended = &mut dock => return ended,
            }
        }
        line.is_over.store(true, Ordering::Relaxed);
        desks.shutdown().await;
        // It closes the lists of what it has scanned.
        dock.await
    })?;
    server.stop()?;
    sandbox.stop()?;
    let sent = std::mem::take(&mut *Line::lock(&line.parcels));
    Ok((shop, sent.into_iter().collect()))
}

/// Lets the desks work for a time. One that gives up ends the bench.
async fn watch(desks: &mut JoinSet<Result<()>>, time: Duration) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        ended = desks.join_next() => {
            ended.context("there are no desks")??.and_then(|()| anyhow::bail!("a desk has closed"))
        }
    }
}

/// What is counted by the server and the desks.
struct Counters {
    requests: u64,
    commands: u64,
    batches: u64,
    cpu: Option<f64>,
}

impl Counters {
    async fn read(server: &Server, line: &Line) -> Result<Self> {
        let text = desk::Desk::connect(line).await?.metrics().await?;
        let counter = |name: &str| {
            let mut values =
                text.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            values.next().with_context(|| format!("no counter {name}"))
        };
        Ok(Self {
            requests: line.requests.load(Ordering::Relaxed),
            commands: counter("ordermill_writer_commands_total")?,
            batches: counter("ordermill_writer_batches_total")?,
            cpu: server.cpu_seconds(),
        })
    }
}
