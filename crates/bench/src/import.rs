//! `import`: a file of orders through `ordermill import orders`, some of its lines wrong, handed in twice.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use ordermill_base::{IdGenerator, Random};
use ordermill_storage::{Connection, Error, Tx};

use crate::figure::Figure;
use crate::orders::Mix;
use crate::place::body;
use crate::server::program;
use crate::shop::Shop;
use crate::{Bench, Options};

/// Lines of the file, unless told otherwise.
const LINES: u64 = 100_000;
/// Every so many-th line is wrong.
const WRONG_EACH: u64 = 100;

pub(crate) fn import(bench: &Bench, options: &Options) -> Result<Vec<Figure>> {
    let shop = Shop::open(options)?;
    let lines = options.orders_or(LINES);
    let file = shop.fresh.folder().join("market.jsonl");
    write_file(&file, lines).context("cannot write the file of orders")?;
    let wrong = lines / WRONG_EACH;
    let began = Instant::now();
    let said = take_in(&shop, &file, options)?;
    let seconds = began.elapsed().as_secs_f64();
    let expected = format!("created {}, changed 0, unchanged 0, refused {wrong}", lines - wrong);
    ensure!(said.contains(&expected), "not {expected:?} but {said:?}");
    let before = orders(&shop)?;
    take_in(&shop, &file, options)?;
    ensure!(orders(&shop)? == before, "the same file made orders a second time");
    ensure!(before == lines - wrong, "{before} orders of {lines} lines");
    shop.ensure_invariants(options)?;
    Ok(vec![Figure::once(bench.name, options.target.engine(), lines, seconds)])
}

fn write_file(path: &Path, lines: u64) -> Result<()> {
    let mut random = Random::from_seed(lines);
    let mut file = BufWriter::new(File::create(path)?);
    for line in 1..=lines {
        let wanted = Mix::Uniform.pick(&mut random).map(|sku| (sku, random.between(1, 3)));
        let order = body(&wanted, &mut random);
        // What is wrong is the quantity of a first line.
        let order = match line % WRONG_EACH {
            0 => order.replacen("\"quantity\":", "\"quantity\":-", 1),
            _ => order,
        };
        let rest = order.strip_prefix('{').context("an order is an object")?;
        writeln!(file, "{{\"channel_order_id\":\"M-{line}\",{rest}")?;
    }
    Ok(file.flush()?)
}

/// Runs the command and gives what it said. Lines that are wrong make it end with 1.
fn take_in(shop: &Shop, file: &Path, options: &Options) -> Result<String> {
    let mut command = program(options);
    command.arg("--data").arg(shop.fresh.folder()).args(["--database", &shop.fresh.url]);
    command.args(["import", "orders"]).arg(file).args(["--channel", "market", "--new-channel"]);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1), "it ended with {}: {said}{told}", output.status);
    Ok(said)
}

fn orders(shop: &Shop) -> Result<u64> {
    let ids = Arc::new(IdGenerator::new(0));
    let mut connection = Connection::open_reader(&shop.fresh.address()?, ids)?;
    let count = |tx: &mut Tx<'_>| tx.query_one("SELECT COUNT(*) FROM orders", &[], |row| row.int());
    Ok(connection.read::<_, Error>(count)?.unsigned_abs())
}
