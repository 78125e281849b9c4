//! Placing orders through HTTP: `place-order` and `place-order-hot`.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use ordermill_base::Random;
use serde::Deserialize;

use crate::client::{Answer, get, post};
use crate::figure::Figure;
use crate::load::{Load, Pace, Script, drive};
use crate::orders::{Buyer, Mix};
use crate::server::Server;
use crate::shop::{Shop, code};
use crate::{Bench, Options, limit};

/// One of so many answers is read again after the run.
const SAMPLED: u64 = 500;
/// Runs of more orders than that are not checked order by order: it would take longer than the run.
const CHECKED_MAX: u64 = 400_000;

pub(crate) fn place(bench: &Bench, options: &Options, mix: Mix) -> Result<Vec<Figure>> {
    let shop = Shop::open(options)?;
    let bytes_before = shop.fresh.bytes()?;
    let server = shop.serve(options)?;
    let measured = measure(&server, &shop, options, mix, 1)?;
    server.stop()?;
    let bytes = shop.fresh.bytes()?.saturating_sub(bytes_before);
    if measured.load.requests <= CHECKED_MAX {
        shop.ensure_invariants(options)?;
    }
    drop(shop);
    let orders = measured.load.requests;
    let batch = measured.batch;
    let figure = measured
        .figure(bench.name, options)
        .with("database_bytes_per_order", bytes as f64 / orders as f64);
    let engine = limit::place(options, mix, batch.round().max(1.0) as usize)?;
    let http = nothing(options)?;
    Ok(vec![figure.beside(engine).with("http_limit_per_second", http)])
}

/// What was found while orders were placed.
pub(crate) struct Measured {
    pub(crate) load: Load<Orders>,
    /// Orders that shared a flush of the disk, on average.
    batch: f64,
    cpu_us_per_order: Option<f64>,
    memory_mb: Option<f64>,
}

impl Measured {
    pub(crate) fn figure(&self, name: &str, options: &Options) -> Figure {
        let engine = options.target.engine();
        let mut figure = Figure::new(
            name,
            engine,
            self.load.scripts.len(),
            &self.load.latencies,
            self.load.seconds,
        )
        .counted(self.load.requests, self.load.errors)
        .with("batch", self.batch);
        if let Some(cpu) = self.cpu_us_per_order {
            figure = figure.with("server_cpu_us_per_order", cpu);
        }
        if let Some(memory) = self.memory_mb {
            figure = figure.with("server_memory_mb", memory);
        }
        figure
    }
}

/// Places orders at a running server, and reads some of them again.
pub(crate) fn measure(
    server: &Server,
    shop: &Shop,
    options: &Options,
    mix: Mix,
    seed: u64,
) -> Result<Measured> {
    let mut random = Random::from_seed(seed);
    let scripts = (0..options.connections_or(256))
        .map(|_| Orders::new(&shop.authorization(), mix, random.split()))
        .collect();
    let batches = "ordermill_writer_batches_total";
    let commands = "ordermill_writer_commands_total";
    let before = (server.counter(batches)?, server.counter(commands)?, server.cpu_seconds());
    let load = drive(server.address, scripts, Pace::of(options.time))?;
    let after = (server.counter(batches)?, server.counter(commands)?, server.cpu_seconds());
    load.ensure_clean()?;
    ensure!(load.requests > 0, "not one order was placed");
    read_again(server, shop, &load)?;
    let cpu = after.2.zip(before.2).map(|(after, before)| after - before);
    Ok(Measured {
        batch: (after.1 - before.1) as f64 / (after.0 - before.0).max(1) as f64,
        cpu_us_per_order: cpu.map(|seconds| seconds * 1e6 / load.requests as f64),
        memory_mb: server.peak_memory_mb(),
        load,
    })
}

/// What was acknowledged must be there.
fn read_again(server: &Server, shop: &Shop, load: &Load<Orders>) -> Result<()> {
    for id in load.scripts.iter().flat_map(|script| &script.sample) {
        let mut request = Vec::new();
        get(&mut request, &format!("/api/v1/orders/{id}"), &shop.authorization());
        let (status, body) = server.ask(&request)?;
        let found: Placed = serde_json::from_slice(&body)
            .with_context(|| format!("order {id} was acknowledged and is answered {status}"))?;
        ensure!(status == 200 && found.id == *id, "order {id} is answered with {}", found.id);
    }
    Ok(())
}

/// Requests a second that the same HTTP and JSON answer with nothing behind.
pub(crate) fn nothing(options: &Options) -> Result<f64> {
    let server = Server::start_nothing(options)?;
    let mut random = Random::from_seed(1);
    let scripts = (0..options.connections_or(256))
        .map(|_| Orders::new("", Mix::Uniform, random.split()))
        .collect();
    let time = options.time.min(std::time::Duration::from_secs(3));
    let load = drive(server.address, scripts, Pace::of(time))?;
    load.ensure_clean()?;
    server.stop()?;
    Ok(load.latencies.count() as f64 / load.seconds)
}

/// An answer, as much of it as matters here.
#[derive(Debug, Deserialize)]
struct Placed {
    id: String,
}

/// A client that places one order after another.
#[derive(Debug)]
pub(crate) struct Orders {
    authorization: String,
    mix: Mix,
    random: Random,
    answered: u64,
    /// Ids to be read again.
    sample: Vec<String>,
}

impl Orders {
    pub(crate) fn new(authorization: &str, mix: Mix, random: Random) -> Self {
        let authorization = authorization.to_owned();
        Self { authorization, mix, random, answered: 0, sample: Vec::new() }
    }
}

impl Script for Orders {
    fn request(&mut self, into: &mut Vec<u8>) -> bool {
        let skus = self.mix.pick(&mut self.random).map(|sku| (sku, self.random.between(1, 3)));
        let body = body(&skus, &mut self.random);
        let key = Buyer::key(&mut self.random);
        let extra = format!("{}idempotency-key: {key}\r\n", self.authorization);
        post(into, "/api/v1/orders", &extra, &body);
        true
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<(), String> {
        if answer.status != 201 {
            return Err(format!("{} {}", answer.status, String::from_utf8_lossy(answer.body)));
        }
        // The id is the first field; parsing all of the JSON would take the server's time.
        let text = std::str::from_utf8(answer.body).map_err(|error| error.to_string())?;
        let id = text.strip_prefix(r#"{"id":""#).and_then(|rest| rest.split_once('"'));
        let (id, _) =
            id.filter(|(id, _)| id.starts_with("ord_")).ok_or("an answer without an id")?;
        self.answered += 1;
        if self.answered % SAMPLED == 1 {
            self.sample.push(id.to_owned());
        }
        Ok(())
    }
}

/// Who buys.
pub(crate) const NAMES: [&str; 8] =
    ["林小雨", "王建国", "陈思远", "赵敏", "欧阳修远", "李雷", "韩梅梅", "周杰"];
/// Where to: province, city, district, street.
pub(crate) const PLACES: [(&str, &str, &str, &str); 6] = [
    ("上海市", "上海市", "浦东新区", "世纪大道"),
    ("浙江省", "杭州市", "西湖区", "文三路"),
    ("广东省", "深圳市", "南山区", "科技园路"),
    ("北京市", "北京市", "朝阳区", "建国路"),
    ("四川省", "成都市", "武侯区", "天府大道"),
    ("江苏省", "南京市", "玄武区", "中山路"),
];

/// The body of an order for (SKU, pieces).
pub(crate) fn body(lines: &[(i64, i64)], random: &mut Random) -> String {
    let mut body = String::with_capacity(512);
    body.push_str(r#"{"lines":["#);
    for (index, (sku, quantity)) in lines.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(body, r#"{comma}{{"sku":"{}","quantity":{quantity}}}"#, code(*sku));
    }
    let (province, city, district, street) = random.pick(&PLACES);
    let (name, house) = (random.pick(&NAMES), random.between(1, 999));
    let phone = 13_800_000_000 + random.between(0, 99_999_999);
    let _ = write!(
        body,
        r#"],"recipient":{{"name":"{name}","phone":"{phone}","country":"CN","province":"{province}","city":"{city}","district":"{district}","street":["{street} {house} 号"]}}}}"#
    );
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_what_the_api_reads() {
        let mut random = Random::from_seed(1);
        let text = body(&[(1, 2), (7, 1), (1_000, 3)], &mut random);
        let read: ordermill_api::order::place::PlaceOrderBody =
            serde_json::from_str(&text).unwrap();
        let lines: Vec<(&str, i64)> =
            read.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
        assert_eq!(lines, [("S-0001", 2), ("S-0007", 1), ("S-1000", 3)]);
    }
}
