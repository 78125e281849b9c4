//! `quote`: what an order would cost and when it would arrive, asked through HTTP.

use std::fmt::Write as _;

use anyhow::Result;
use ordermill_base::Random;

use crate::client::post;
use crate::figure::Figure;
use crate::load::{Pace, Reads, drive};
use crate::orders::Mix;
use crate::place::PLACES;
use crate::shop::{Shop, code};
use crate::{Bench, Options, place};

pub(crate) fn quote(bench: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let shop = Shop::open(options)?;
    let server = shop.serve(options)?;
    let mut random = Random::from_seed(3);
    let scripts: Vec<_> = (0..options.connections_or(64))
        .map(|_| {
            let (authorization, mut random) = (shop.authorization(), random.split());
            Reads::new(move |into| {
                post(into, "/api/v1/quotes", &authorization, &body(&mut random));
            })
        })
        .collect();
    let connections = scripts.len();
    let load = drive(server.address, scripts, Pace::of(options.time))?;
    let memory = server.peak_memory_mb();
    server.stop()?;
    load.ensure_clean()?;
    let engine = options.target.engine();
    let mut figure = Figure::new(bench.name, engine, connections, &load.latencies, load.seconds)
        .counted(load.requests, load.errors)
        .with("http_limit_per_second", place::nothing(options)?);
    if let Some(memory) = memory {
        figure = figure.with("server_memory_mb", memory);
    }
    Ok(vec![figure])
}

/// Three lines to somewhere.
fn body(random: &mut Random) -> String {
    let mut body = String::from(r#"{"lines":["#);
    for (index, sku) in Mix::Uniform.pick(random).into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let pieces = random.between(1, 3);
        let _ = write!(body, r#"{comma}{{"sku":"{}","quantity":{pieces}}}"#, code(sku));
    }
    let (province, ..) = random.pick(&PLACES);
    let _ = write!(body, r#"],"destination":{{"country":"CN","province":"{province}"}}}}"#);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_what_the_api_reads() {
        let text = body(&mut Random::from_seed(1));
        let read: ordermill_api::quote::create::QuoteBody = serde_json::from_str(&text).unwrap();
        assert_eq!(read.lines.len(), 3, "{text}");
    }
}
