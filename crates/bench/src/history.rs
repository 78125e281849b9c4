//! Shops that have been in business for a while: `growth`, `get`, `list`, `audit-verify` and `check`
//! over a million orders and more.
//!
//! The past is made by the real commands in this process, without HTTP: each order is taken in,
//! priced, sealed, placed and confirmed (cash on delivery), its entries are sealed into the audit chain and
//! its contacts indexed, as a server would have done.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use ordermill_app::Services;
use ordermill_app::order::intake::{Agreed, Benefits, Intake, NewLine, NewOrder};
use ordermill_app::order::place::{PlaceOrder, Placement};
use ordermill_app::permission::Principal;
use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_base::{Currency, Random, Span, Timestamp};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::PaymentTerms;
use ordermill_storage::{Error, order};

use crate::Options;
use crate::client::get;
use crate::figure::Figure;
use crate::load::{Pace, Reads, Script, drive};
use crate::orders::Mix;
use crate::place::{self, NAMES, PLACES};
use crate::server::program;
use crate::shop::{Shop, code};

/// Orders that are decided together while the past is made.
const AT_ONCE: u64 = 512;
/// How far the past reaches back.
const PAST: Span = Span::days(90);

/// A shop and its past.
pub(crate) struct History {
    shop: Shop,
    orders: u64,
    bytes_empty: u64,
    random: Random,
}

impl History {
    /// A shop that opens today.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        let shop = Shop::open(options)?;
        let bytes_empty = shop.fresh.bytes()?;
        Ok(Self { shop, orders: 0, bytes_empty, random: Random::from_seed(5) })
    }

    /// Lets its past grow to so many orders, while no server runs.
    pub(crate) fn fill_to(&mut self, orders: u64, options: &Options) -> Result<()> {
        let services = self.shop.inside(options)?;
        let now = services.now();
        // What comes behind orders that were placed today is of today too: ids grow with time.
        let from = if self.orders == 0 { now + Span::micros(-PAST.as_micros()) } else { now };
        let first = self.orders;
        let mut random = self.random.split();
        std::thread::scope(|scope| {
            // One thread takes orders in while the writer's thread stores those before.
            let (ready, waiting) = std::sync::mpsc::sync_channel(2);
            let source = services.clone();
            scope.spawn(move || {
                let mut next = first;
                while next < orders {
                    let count = AT_ONCE.min(orders - next);
                    let batch = (next..next + count).map(|index| {
                        let share = (index - first) as f64 / (orders - first) as f64;
                        let elapsed = now.since(from).as_micros() as f64 * share;
                        past_order(&source, &mut random, from + Span::micros(elapsed as i64))
                    });
                    let batch: Result<Vec<PlaceOrder>> = batch.collect();
                    if ready.send(batch).is_err() {
                        return;
                    }
                    next += count;
                }
            });
            for batch in waiting {
                for answer in services.database().submit_all_blocking(batch?)? {
                    ensure!(matches!(answer?, Placement::New(_)), "it was there before");
                    self.orders += 1;
                }
                (options.progress)("filling", self.orders, orders);
            }
            Ok(())
        })?;
        read_all(&services, options)?;
        services.database().close();
        self.shop.fresh.look_at_tables()
    }

    /// Bytes that an order of the past takes in the database, with all that hangs on it.
    pub(crate) fn bytes_per_order(&self) -> Result<f64> {
        let bytes = self.shop.fresh.bytes()?.saturating_sub(self.bytes_empty);
        Ok(bytes as f64 / self.orders.max(1) as f64)
    }

    /// How fast new orders are placed beside what is there.
    pub(crate) fn place(&mut self, options: &Options) -> Result<Figure> {
        let bytes_per_order = self.bytes_per_order()?;
        let server = self.shop.serve(options)?;
        let measured = place::measure(&server, &self.shop, options, Mix::Uniform, self.orders + 1)?;
        server.stop()?;
        let name = format!("growth-{}", self.orders);
        let figure = measured.figure(&name, options).with("orders_before", self.orders as f64);
        let figure = match self.orders {
            0 => figure,
            _ => figure.with("database_bytes_per_order", bytes_per_order),
        };
        self.orders += measured.load.requests;
        Ok(figure)
    }

    /// One order after another by its id.
    pub(crate) fn get(&self, options: &Options) -> Result<Figure> {
        let ids = self.some_ids(options)?;
        self.read("get", options, 64, |shop, mut random| {
            let (authorization, ids) = (shop.authorization(), Arc::clone(&ids));
            Reads::new(move |into| {
                let path = format!("/api/v1/orders/{}", random.pick(&ids));
                get(into, &path, &authorization);
            })
        })
    }

    /// Pages of 50, by filters that people use, anywhere in the past.
    pub(crate) fn list(&self, options: &Options) -> Result<Figure> {
        let now = options.clock.now();
        self.read("list", options, 8, |shop, mut random| {
            let authorization = shop.authorization();
            Reads::new(move |into| {
                let days = random.between(1, PAST.as_seconds() / 86_400);
                let (before, from) = (day_before(now, days - 1), day_before(now, days));
                let filter = match random.below(5) {
                    0 => String::new(),
                    1 => "&status=confirmed".to_owned(),
                    2 => format!("&status=confirmed&placed_before={before}"),
                    3 => format!("&unpaid=true&placed_before={before}"),
                    _ => format!("&placed_from={from}&placed_before={before}"),
                };
                get(into, &format!("/api/v1/orders?limit=50{filter}"), &authorization);
            })
        })
    }

    fn read<S: Script>(
        &self,
        name: &str,
        options: &Options,
        connections: usize,
        script: impl Fn(&Shop, Random) -> S,
    ) -> Result<Figure> {
        let server = self.shop.serve(options)?;
        let mut random = Random::from_seed(11);
        let scripts: Vec<S> = (0..options.connections_or(connections))
            .map(|_| script(&self.shop, random.split()))
            .collect();
        let connections = scripts.len();
        let load = drive(server.address, scripts, Pace::of(options.time))?;
        server.stop()?;
        load.ensure_clean()?;
        let engine = options.target.engine();
        Ok(Figure::new(name, engine, connections, &load.latencies, load.seconds)
            .counted(load.requests, load.errors)
            .with("orders_before", self.orders as f64))
    }

    /// Ids from all over the past.
    fn some_ids(&self, options: &Options) -> Result<Arc<Vec<String>>> {
        let services = self.shop.inside(options)?;
        let days = PAST.as_seconds() / 86_400;
        let now = services.now();
        let ids = services.database().write_blocking(move |tx| {
            let mut ids = Vec::new();
            for day in 0..days {
                let at = now + Span::days(-day);
                let filter = order::Filter { placed_before: Some(at), ..order::Filter::default() };
                let page = order::list(tx, &filter, None, 100)?;
                ids.extend(page.iter().map(|stored| stored.order.id().to_string()));
            }
            Ok::<_, Error>(ids)
        })?;
        services.database().close();
        ensure!(!ids.is_empty(), "there is no order to read");
        Ok(Arc::new(ids))
    }

    /// `ordermill audit verify` over all of it: entries in a second.
    pub(crate) fn audit_verify(&self, options: &Options) -> Result<Figure> {
        let (seconds, output) = self.command(options, &["audit", "verify"])?;
        let entries: u64 = output
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok())
            .with_context(|| format!("audit verify says {output:?}"))?;
        Ok(Figure::once("audit-verify", options.target.engine(), entries, seconds))
    }

    /// `ordermill check` over all of it: orders in a second.
    pub(crate) fn check(&self, options: &Options) -> Result<Figure> {
        let (seconds, _) = self.command(options, &["check"])?;
        Ok(Figure::once("check", options.target.engine(), self.orders, seconds))
    }

    fn command(&self, options: &Options, words: &[&str]) -> Result<(f64, String)> {
        let mut command = program(options);
        command.arg("--data").arg(self.shop.fresh.folder());
        command.args(["--database", &self.shop.fresh.url]).args(words);
        let began = Instant::now();
        let output = command.output()?;
        let seconds = began.elapsed().as_secs_f64();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "{words:?} ended with {}: {text}", output.status);
        Ok((seconds, text))
    }
}

/// A moment so many days before.
fn day_before(now: Timestamp, days: i64) -> Timestamp {
    now + Span::days(-days)
}

/// An order that was confirmed at `at`, taken in as a channel's.
fn past_order(services: &Services, random: &mut Random, at: Timestamp) -> Result<PlaceOrder> {
    let lines = Mix::Uniform
        .pick(random)
        .into_iter()
        .map(|sku| NewLine { sku: code(sku), quantity: random.between(1, 3) });
    let lines = lines.collect();
    let (province, city, district, street) = *random.pick(&PLACES);
    let new = NewOrder {
        channel: services.channels().api,
        channel_order_id: None,
        customer: None,
        currency: Currency::Cny,
        terms: PaymentTerms::CashOnDelivery,
        lines,
        recipient: RawRecipient {
            name: (*random.pick(&NAMES)).to_owned(),
            phone: (13_800_000_000 + random.between(0, 99_999_999)).to_string(),
            address: RawAddress {
                country: "CN".to_owned(),
                province: province.to_owned(),
                city: city.to_owned(),
                district: district.to_owned(),
                street: vec![format!("{street} {} 号", random.between(1, 999))],
                postal_code: String::new(),
            },
        },
        email: None,
        note: None,
        service_wish: None,
        accepts_backorder: false,
        charges: None,
        coupons: Vec::new(),
        points: 0,
        gift_cards: Vec::new(),
        agreed: Agreed::default(),
        key: None,
        cart: None,
    };
    let catalog = services.catalog();
    let intake = Intake { catalog: &catalog, vault: services.vault() };
    let id: OrderId = services.database().ids().next(at);
    let act = Principal::system("bench").act(at);
    Ok(intake.prepare(id, act, new, Benefits::default())?.0)
}

/// Lets the readers of the journal do what they would have done meanwhile.
fn read_all(services: &Services, options: &Options) -> Result<()> {
    let contacts = Reader::contacts(services.vault().clone());
    let readers = [Reader::audit_sealer(), contacts, Reader::webhooks()];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for reader in readers {
            let (services, clock) = (services.clone(), Arc::clone(&options.clock));
            running.spawn(async move {
                let name = reader.name;
                let mut reading = Reading::new(reader, services.database().clone(), "bench");
                loop {
                    match reading.step(clock.now()).await? {
                        Step::Read(_) => {}
                        Step::Idle => return Ok(()),
                        step => anyhow::bail!("the reader {name} does not go on: {step:?}"),
                    }
                }
            });
        }
        while let Some(ended) = running.join_next().await {
            ended??;
        }
        Ok(())
    })
}
