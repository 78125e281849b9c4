//! How fast the audit chain is sealed and verified: `audit FILE [ENTRIES]` fills a new SQLite file
//! with small entries (a million if nothing else is said), seals them and verifies them, each on
//! one thread.

#![expect(clippy::print_stdout, reason = "the figures are what this is run for")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ordermill_base::{IdGenerator, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_storage::journal::{self, NewEntry};
use ordermill_storage::{Address, Connection, Error, audit};

/// 2026-11-22T08:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_795_334_400_000);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let file = PathBuf::from(args.next().ok_or("usage: audit FILE [ENTRIES]")?);
    let entries: i64 = args.next().map_or(Ok(1_000_000), |count| count.parse())?;
    if file.exists() {
        return Err(format!("{} exists", file.display()).into());
    }
    let mut connection = Connection::open(&Address::sqlite(file), Arc::new(IdGenerator::new(0)))?;
    connection.migrate()?;

    let clock = Instant::now();
    for first in (0..entries).step_by(1_000) {
        connection.transact(|tx| fill(tx, first, (first + 1_000).min(entries)))?;
    }
    println!("written: {entries} entries in {:.1?}", clock.elapsed());

    let clock = Instant::now();
    while connection.transact(|tx| audit::seal_next(tx, START))? > 0 {}
    println!("sealed in {:.1?}", clock.elapsed());

    let clock = Instant::now();
    let verified = connection.read(|tx| audit::verify(tx, None, &mut |_| ()))?;
    println!("verified: {} entries in {:.1?}", verified.entries, clock.elapsed());
    Ok(())
}

fn fill(tx: &mut ordermill_storage::Tx<'_>, first: i64, end: i64) -> Result<(), Error> {
    for order in first..end {
        let act = Act::new(Actor::adapter("sandbox"), START + Span::millis(order));
        let body =
            format!("{{\"kind\":\"order.paid\",\"amount_minor\":{order},\"paid_minor\":{order}}}");
        let (aggregate, kind) = ("order", "order.paid");
        let entry = NewEntry { aggregate, aggregate_id: order, sequence: 1, kind, body: &body };
        journal::append(tx, &act, entry)?;
    }
    Ok(())
}
