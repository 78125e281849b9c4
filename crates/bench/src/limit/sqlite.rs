//! SQLite with every statement held prepared.

use anyhow::Result;
use rusqlite::{Connection, params};

use super::{BODY, DAY_MICROS, HASH, Order, RECIPIENT, Rows};
use crate::fresh::Fresh;

pub(super) struct Engine(Connection);

const ORDER: &str = "INSERT INTO orders (id, channel_id, channel_order_id, customer_id, status,
        version, terms, is_promotion, review, currency, tax_mode, goods_minor, discount_minor,
        freight_minor, tax_minor, total_minor, is_backordered, accepts_backorder, region, recipient,
        placed_at, paid_at, confirmed_at)
    VALUES (?1, 1, NULL, NULL, 'placed', 1, 'prepaid', 0, 'pending', 'CNY', 'inclusive', 31340, 0,
        800, 3604, 32140, 0, 0, 'CN-31', ?2, ?3, NULL, NULL)";
const LINE: &str = "INSERT INTO order_lines (order_id, line_no, sku_id, quantity, unit_price_minor,
        discount_minor, tax_minor, total_minor, allocated, backordered)
    VALUES (?1, ?2, ?3, 1, 10970, 0, 1262, 10970, 0, 0)";
const RESERVATION: &str = "INSERT INTO reservations (order_id, line_no, location_id, part,
        sku_id, quantity, state, expires_at)
    VALUES (?1, ?2, 1, 0, ?3, 1, 'held', NULL)";
const STOCK: &str =
    "UPDATE stock_levels SET reserved = reserved + ?2 WHERE sku_id = ?1 AND location_id = 1";
const EVENT: &str = "INSERT INTO journal (position, aggregate, aggregate_id, sequence, kind, at,
        actor, reason, request_id, body)
    VALUES (?1, 'order', ?2, 1, 'order.placed', ?3, 'buyer', NULL, NULL, ?4)";
const DEADLINE: &str = "INSERT INTO deadlines (subject_id, kind, due_at, warn_at)
    VALUES (?1, 'pay', ?2, NULL)";
const KEY: &str = "INSERT INTO idempotency_keys (principal, key, request_hash, subject_id,
        created_at)
    VALUES ('channel-1', ?1, ?2, ?3, ?4)";

impl Engine {
    pub(super) fn open(fresh: &Fresh) -> Result<Self> {
        let path = fresh.url.trim_start_matches("sqlite:");
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(16);
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -16000;",
        )?;
        Ok(Self(connection))
    }

    pub(super) fn write(&mut self, rows: &Rows) -> Result<()> {
        let mut order = self.0.prepare_cached(ORDER)?;
        let mut line = self.0.prepare_cached(LINE)?;
        let mut reservation = self.0.prepare_cached(RESERVATION)?;
        let mut stock = self.0.prepare_cached(STOCK)?;
        let mut event = self.0.prepare_cached(EVENT)?;
        let mut deadline = self.0.prepare_cached(DEADLINE)?;
        let mut used = self.0.prepare_cached(KEY)?;
        self.0.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for Order { id, position, at, skus, key } in &rows.orders {
            order.execute(params![id, RECIPIENT, at])?;
            for (line_no, sku) in (1..).zip(skus) {
                line.execute(params![id, line_no, sku])?;
            }
            for (line_no, sku) in (1..).zip(skus) {
                reservation.execute(params![id, line_no, sku])?;
            }
            event.execute(params![position, id, at, BODY])?;
            deadline.execute(params![id, at + DAY_MICROS])?;
            used.execute(params![key, HASH, id, at])?;
        }
        for (sku, pieces) in &rows.reserved {
            stock.execute(params![sku, pieces])?;
        }
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}
