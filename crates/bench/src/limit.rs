//! The limit of placing orders: the bare engine writing the same rows, in batches of the same size,
//! from one connection that never waits for a client and decides nothing.

mod postgres;
mod sqlite;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use ordermill_base::{Id, IdGenerator, Random, Span};
use ordermill_domain::ids::OrderId;
use ordermill_storage::{Address, Connection};

use crate::fresh::Fresh;
use crate::orders::{Buyer, LINES, Mix, RECIPIENT_BYTES, SKUS, START, stock_up};
use crate::{Options, Target};

const WARM_UP: Duration = Duration::from_millis(300);

/// Orders a second that the engine can store.
pub(crate) fn place(options: &Options, mix: Mix, batch: usize) -> Result<f64> {
    let fresh = Fresh::new(&options.target)?;
    let address: Address = fresh.address()?;
    let mut connection = Connection::open(&address, Arc::new(IdGenerator::new(1)))?;
    connection.migrate()?;
    stock_up(&mut connection)?;
    drop(connection);
    match &options.target {
        Target::Sqlite(_) => {
            let mut engine = sqlite::Engine::open(&fresh)?;
            timed(options, mix, batch, |rows| engine.write(rows))
        }
        Target::Postgres(_) => {
            let mut engine = postgres::Engine::open(&fresh)?;
            timed(options, mix, batch, |rows| engine.write(rows))
        }
    }
}

fn timed(
    options: &Options,
    mix: Mix,
    batch: usize,
    mut write: impl FnMut(&Rows) -> Result<()>,
) -> Result<f64> {
    let mut source = Source { mix, random: Random::from_seed(1), ids: IdGenerator::new(2) };
    let warm_until = Instant::now() + WARM_UP;
    while Instant::now() < warm_until {
        write(&source.rows(batch))?;
    }
    // Making the rows is not the engine's work, so its time is taken out.
    let (mut orders, mut writing) = (0, Duration::ZERO);
    while writing < options.time {
        let rows = source.rows(batch);
        let began = Instant::now();
        write(&rows)?;
        writing += began.elapsed();
        orders += batch;
    }
    Ok(orders as f64 / writing.as_secs_f64())
}

/// What one batch writes, beside what is the same for every order.
pub(crate) struct Rows {
    pub(crate) orders: Vec<Order>,
    /// (SKU, pieces), sorted.
    pub(crate) reserved: Vec<(i64, i64)>,
}

pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) position: i64,
    pub(crate) at: i64,
    pub(crate) skus: [i64; LINES as usize],
    pub(crate) key: String,
}

/// What a real journal entry of a new order looks like, by its length.
pub(crate) const BODY: &str = r#"{"kind":"order.placed","channel":"chn_0000000000001","terms":"prepaid","promotion":false,"review":"pending","amounts":{"currency":"CNY","tax_mode":"inclusive","goods_minor":31340,"discount_minor":0,"freight_minor":800,"tax_minor":3604,"total_minor":32140},"lines":[{"line_no":1,"sku":"sku_00000000000f0","quantity":2,"unit_price_minor":5790,"discount_minor":0,"tax_minor":1332,"total_minor":11580},{"line_no":2,"sku":"sku_00000000000f1","quantity":1,"unit_price_minor":8790,"discount_minor":0,"tax_minor":1011,"total_minor":8790},{"line_no":3,"sku":"sku_00000000000f2","quantity":1,"unit_price_minor":10970,"discount_minor":0,"tax_minor":1262,"total_minor":10970}],"reserved":[{"line_no":1,"sku":"sku_00000000000f0","location":"loc_0000000000001","quantity":2,"backordered":false},{"line_no":2,"sku":"sku_00000000000f1","location":"loc_0000000000001","quantity":1,"backordered":false},{"line_no":3,"sku":"sku_00000000000f2","location":"loc_0000000000001","quantity":1,"backordered":false}]}"#;
pub(crate) const RECIPIENT: [u8; RECIPIENT_BYTES] = [0x5a; RECIPIENT_BYTES];
pub(crate) const HASH: [u8; 32] = [0x5a; 32];
pub(crate) const DAY_MICROS: i64 = Span::hours(24).as_micros();

struct Source {
    mix: Mix,
    random: Random,
    ids: IdGenerator,
}

impl Source {
    fn rows(&mut self, batch: usize) -> Rows {
        let mut reserved = vec![0; SKUS as usize + 1];
        let orders = (0..batch).map(|_| {
            let skus = self.mix.pick(&mut self.random);
            skus.iter().for_each(|sku| reserved[*sku as usize] += 1);
            Order {
                id: self.ids.next::<OrderId>(START).raw(),
                position: self.ids.next::<OrderId>(START).raw(),
                at: START.as_micros(),
                skus,
                key: Buyer::key(&mut self.random),
            }
        });
        let orders = orders.collect();
        let reserved = (0..).zip(reserved).filter(|(_, pieces)| *pieces > 0).collect();
        Rows { orders, reserved }
    }
}
