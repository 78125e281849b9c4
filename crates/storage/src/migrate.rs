//! The schema's history: numbered steps, never edited after release.
//!
//! Each step is one text for both engines, in PostgreSQL's words; a few markers become SQLite's:
//! `/*rows*/` and `/*clustered*/` stand where SQLite says `STRICT` and `STRICT, WITHOUT ROWID`,
//! `/*hot*/` where PostgreSQL leaves room on the page for rows that change often, `/*xid*/0` where
//! it puts the number of the writing transaction, and a line behind `/*if postgres*/` is its alone.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ordermill_base::Timestamp;

use crate::{Connection, Error, Tx, params};

const STEPS: &[(i64, &str)] = &[
    (1, include_str!("migrations/0001_spine.sql")),
    (2, include_str!("migrations/0002_catalog.sql")),
    (3, include_str!("migrations/0003_orders.sql")),
    (4, include_str!("migrations/0004_payments.sql")),
    (5, include_str!("migrations/0005_imports.sql")),
    (6, include_str!("migrations/0006_people.sql")),
    (7, include_str!("migrations/0007_images.sql")),
    (9, include_str!("migrations/0009_messages.sql")),
    (10, include_str!("migrations/0010_promotions.sql")),
    (11, include_str!("migrations/0011_webhooks.sql")),
    (12, include_str!("migrations/0012_order_imports.sql")),
    (13, include_str!("migrations/0013_channel_orders.sql")),
    (14, include_str!("migrations/0014_cart_channels.sql")),
    (15, include_str!("migrations/0015_order_lists.sql")),
    (16, include_str!("migrations/0016_sku_search.sql")),
    (17, include_str!("migrations/0017_bulks.sql")),
    (18, include_str!("migrations/0018_import_reasons.sql")),
    (19, include_str!("migrations/0019_reviews.sql")),
    (20, include_str!("migrations/0020_rules.sql")),
    (21, include_str!("migrations/0021_risk.sql")),
    (22, include_str!("migrations/0022_fulfillments.sql")),
    (23, include_str!("migrations/0023_carriers.sql")),
    (24, include_str!("migrations/0024_tracking.sql")),
    (25, include_str!("migrations/0025_layout.sql")),
    (26, include_str!("migrations/0026_picking.sql")),
    (27, include_str!("migrations/0027_packages.sql")),
    (28, include_str!("migrations/0028_label_prints.sql")),
    (29, include_str!("migrations/0029_splits.sql")),
    (30, include_str!("migrations/0030_merges.sql")),
    (31, include_str!("migrations/0031_channel_reports.sql")),
    (32, include_str!("migrations/0032_carrier_instructions.sql")),
    (33, include_str!("migrations/0033_choices.sql")),
    (34, include_str!("migrations/0034_floor.sql")),
    (35, include_str!("migrations/0035_scan_keys.sql")),
    (36, include_str!("migrations/0036_gifts.sql")),
    (37, include_str!("migrations/0037_wishes.sql")),
    (38, include_str!("migrations/0038_substitutes.sql")),
    (39, include_str!("migrations/0039_disputes.sql")),
];

/// Brings the schema to the newest step. Nodes that start together wait for each other.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    connection.transact(|tx| {
        if tx.is_postgres() {
            // The key is any number that nothing else of ours locks.
            tx.run("SELECT pg_advisory_xact_lock(7240113)")?;
        }
        let steps = "CREATE TABLE IF NOT EXISTS schema_steps (
            step BIGINT PRIMARY KEY, done_at BIGINT NOT NULL) /*rows*/";
        tx.run(&for_engine(tx, steps))?;
        let steps = "SELECT step FROM schema_steps ORDER BY step";
        let done: Vec<i64> = tx.query(steps, &[], |row| row.int())?;
        let newest = STEPS.last().map_or(0, |(step, _)| *step);
        if let Some(done) = done.last().copied().filter(|last| *last > newest) {
            return Err(Error::Address(format!(
                "the database is at step {done}, this program knows {newest}: it is too old for it"
            )));
        }
        // Steps that were written side by side may come to a database in another order.
        for (step, text) in STEPS.iter().filter(|(step, _)| !done.contains(step)) {
            run_step(tx, *step, text)?;
        }
        Ok(())
    })
}

/// Changes with every step of the schema: names databases that tests copy.
pub fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    STEPS.hash(&mut hasher);
    hasher.finish()
}

fn run_step(tx: &mut Tx<'_>, step: i64, text: &str) -> Result<(), Error> {
    tx.run(&for_engine(tx, text))?;
    let done_at = Timestamp::from_micros(0); // The order of steps matters, not their hour.
    tx.execute("INSERT INTO schema_steps (step, done_at) VALUES ($1, $2)", params![step, done_at])?;
    Ok(())
}

fn for_engine(tx: &Tx<'_>, text: &str) -> String {
    if tx.is_postgres() { for_postgres(text) } else { for_sqlite(text) }
}

fn for_postgres(text: &str) -> String {
    text.replace("/*hot*/", "WITH (fillfactor = 60)")
        .replace("/*xid*/0", "CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)")
}

fn for_sqlite(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.starts_with("/*if postgres*/")).collect();
    lines
        .join("\n")
        .replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")
        .replace("BIGINT", "INTEGER")
        .replace("SMALLINT", "INTEGER")
        .replace("BYTEA", "BLOB")
        .replace("DOUBLE PRECISION", "REAL")
        .replace("/*rows*/", "STRICT")
        .replace("/*clustered*/", "STRICT, WITHOUT ROWID")
        .replace("/*hot*/", "")
}
