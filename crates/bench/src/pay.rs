//! `pay`: an order is placed, a payment started, the buyer pays at the sandbox gateway, its signed
//! notice comes in, and the order is confirmed: all of it through HTTP between real processes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ordermill_base::Random;
use ordermill_vault::standard_webhooks::WebhookSecret;
use ordermill_vault::{OsEntropy, Token};
use serde_json::Value;

use crate::client::{Client, get, post};
use crate::figure::Figure;
use crate::load::{Pace, Script as _};
use crate::orders::Mix;
use crate::place::Orders;
use crate::server::Server;
use crate::shop::Shop;
use crate::{Bench, Histogram, Options};

/// How often a buyer looks whether the order is confirmed.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long a buyer waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn pay(bench: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let (sandbox, account) = sandbox(options, &[])?;
    let shop = Shop::open(options)?;
    let server = shop.serve_with(options, &account)?;
    let connections = options.connections_or(64);
    let (latencies, paid) = drive(&server, &sandbox, &shop, options, connections)?;
    let memory = server.peak_memory_mb();
    server.stop()?;
    sandbox.stop()?;
    shop.ensure_invariants(options)?;
    let engine = options.target.engine();
    let seconds = options.time.as_secs_f64();
    let mut figure = Figure::new(bench.name, engine, connections, &latencies, seconds);
    figure = figure.counted(paid, 0);
    if let Some(memory) = memory {
        figure = figure.with("server_memory_mb", memory);
    }
    Ok(vec![figure])
}

/// A sandbox, started with these further arguments, and what a server must know of it.
pub(crate) fn sandbox(
    options: &Options,
    arguments: &[&str],
) -> Result<(Server, Vec<(&'static str, String)>)> {
    let secret = WebhookSecret::generate(&OsEntropy).to_text().to_string();
    let mut account = vec![
        ("ORDERMILL_SANDBOX_API_KEY", Token::generate(&OsEntropy).as_str().to_owned()),
        ("ORDERMILL_SANDBOX_NOTICE_SECRET", secret),
    ];
    let sandbox = Server::start_sandbox(options, arguments, &account)?;
    account.push(("ORDERMILL_SANDBOX_URL", format!("http://{}", sandbox.address)));
    Ok((sandbox, account))
}

/// How long orders took from the first request to their confirmation, and how many were confirmed.
fn drive(
    server: &Server,
    sandbox: &Server,
    shop: &Shop,
    options: &Options,
    connections: usize,
) -> Result<(Histogram, u64)> {
    let pace = Pace::of(options.time);
    let mut random = Random::from_seed(3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        let counted_from = Instant::now() + pace.warm_up;
        let until = counted_from + pace.time;
        for _ in 0..connections {
            let buyer = Buyer::connect(
                server.address,
                sandbox.address,
                shop.authorization(),
                random.split(),
            );
            running.spawn(async move {
                let (mut buyer, mut latencies, mut paid) = (buyer.await?, Histogram::default(), 0);
                let mut began = Instant::now();
                while began < until {
                    let order = buyer.buy().await?;
                    buyer.wait_for(&order).await?;
                    paid += 1;
                    let confirmed = Instant::now();
                    if (counted_from..until).contains(&confirmed) {
                        latencies.record(confirmed - began);
                    }
                    began = confirmed;
                }
                anyhow::Ok((latencies, paid))
            });
        }
        let (mut all, mut paid) = (Histogram::default(), 0);
        while let Some(ended) = running.join_next().await {
            let (latencies, count) = ended??;
            all.merge(&latencies);
            paid += count;
        }
        ensure!(paid > 0, "not one order was paid");
        Ok((all, paid))
    })
}

/// Someone who buys and pays, again and again.
pub(crate) struct Buyer {
    shop: Client,
    gateway: Client,
    authorization: String,
    orders: Orders,
}

impl Buyer {
    pub(crate) async fn connect(
        shop: SocketAddr,
        gateway: SocketAddr,
        authorization: String,
        random: Random,
    ) -> Result<Self> {
        Ok(Self {
            shop: Client::connect(shop).await?,
            gateway: Client::connect(gateway).await?,
            orders: Orders::new(&authorization, Mix::Uniform, random),
            authorization,
        })
    }

    /// Places an order and pays it. Gives its id; the gateway's notice confirms it a moment later.
    pub(crate) async fn buy(&mut self) -> Result<String> {
        let mut request = Vec::new();
        self.orders.request(&mut request);
        let placed = ask(&mut self.shop, &request, 201).await?;
        let order = placed["id"].as_str().context("a placed order has an id")?.to_owned();

        request.clear();
        let path = format!("/api/v1/orders/{order}/payments");
        post(&mut request, &path, &self.authorization, "{}");
        let started = ask(&mut self.shop, &request, 200).await?;
        let payment = started["payment"]["id"].as_str().context("a started payment has an id")?;

        request.clear();
        let path = format!("/control/payments/{payment}/buyer");
        post(&mut request, &path, "", r#"{"action":"pay"}"#);
        let answer = self.gateway.ask(&request).await?;
        ensure!(answer.status < 300, "the sandbox answers {}", answer.status);
        Ok(order)
    }

    /// Looks until an order is confirmed.
    async fn wait_for(&mut self, order: &str) -> Result<()> {
        let mut request = Vec::new();
        get(&mut request, &format!("/api/v1/orders/{order}"), &self.authorization);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if ask(&mut self.shop, &request, 200).await?["status"] == "confirmed" {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        anyhow::bail!("order {order} was paid and is not confirmed after {PATIENCE:?}")
    }
}

async fn ask(client: &mut Client, request: &[u8], expected: u16) -> Result<Value> {
    let answer = client.ask(request).await?;
    let body: Value = serde_json::from_slice(answer.body)?;
    ensure!(answer.status == expected, "{} {body}", answer.status);
    Ok(body)
}
