//! PostgreSQL with one prepared statement for each table and arrays for its columns.

use ::postgres::types::ToSql;
use ::postgres::{Client, NoTls, Statement};
use anyhow::Result;

use super::{BODY, DAY_MICROS, HASH, RECIPIENT, Rows};
use crate::fresh::Fresh;
use crate::orders::LINES;

pub(super) struct Engine {
    client: Client,
    tables: [Statement; 7],
}

const ORDERS: &str = "INSERT INTO orders (id, channel_id, channel_order_id, customer_id, status,
        version, terms, is_promotion, review, currency, tax_mode, goods_minor, discount_minor,
        freight_minor, tax_minor, total_minor, is_backordered, accepts_backorder, region, recipient,
        placed_at, paid_at, confirmed_at)
    SELECT id, 1, NULL, NULL, 'placed', 1, 'prepaid', 0, 'pending', 'CNY', 'inclusive', 31340, 0,
        800, 3604, 32140, 0, 0, 'CN-31', $3, at, NULL, NULL
      FROM unnest($1::bigint[], $2::bigint[]) AS n (id, at)";
const LINES_: &str = "INSERT INTO order_lines (order_id, line_no, sku_id, quantity,
        unit_price_minor, discount_minor, tax_minor, total_minor, allocated, backordered)
    SELECT id, line_no, sku, 1, 10970, 0, 1262, 10970, 0, 0
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (id, line_no, sku)";
const RESERVATIONS: &str = "INSERT INTO reservations (order_id, line_no, location_id, part,
        sku_id, quantity, state, expires_at)
    SELECT id, line_no, 1, 0, sku, 1, 'held', NULL
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (id, line_no, sku)";
const JOURNAL: &str = "INSERT INTO journal (position, aggregate, aggregate_id, sequence, kind, at,
        actor, reason, request_id, body)
    SELECT position, 'order', id, 1, 'order.placed', at, 'buyer', NULL, NULL, body
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])
        AS n (position, id, at, body)";
const DEADLINES: &str = "INSERT INTO deadlines (subject_id, kind, due_at, warn_at)
    SELECT id, 'pay', at, NULL FROM unnest($1::bigint[], $2::bigint[]) AS n (id, at)";
const KEYS: &str = "INSERT INTO idempotency_keys (principal, key, request_hash, subject_id,
        created_at)
    SELECT 'channel-1', key, $4, id, at
      FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS n (key, id, at)";
const STOCK: &str = "UPDATE stock_levels s SET reserved = s.reserved + n.pieces
    FROM unnest($1::bigint[], $2::bigint[]) AS n (sku, pieces)
    WHERE s.sku_id = n.sku AND s.location_id = 1";

impl Engine {
    pub(super) fn open(fresh: &Fresh) -> Result<Self> {
        let mut client = Client::connect(&fresh.url, NoTls)?;
        client.batch_execute(
            "SET jit = off; SET enable_seqscan = off; SET synchronous_commit = on;",
        )?;
        let texts = [ORDERS, LINES_, RESERVATIONS, JOURNAL, DEADLINES, KEYS, STOCK];
        let prepared: Result<Vec<Statement>, _> =
            texts.iter().map(|text| client.prepare(text)).collect();
        let tables = prepared?.try_into().map_err(|_| anyhow::anyhow!("seven statements"))?;
        Ok(Self { client, tables })
    }

    pub(super) fn write(&mut self, rows: &Rows) -> Result<()> {
        let orders = &rows.orders;
        let ids: Vec<i64> = orders.iter().map(|order| order.id).collect();
        let moments: Vec<i64> = orders.iter().map(|order| order.at).collect();
        let due: Vec<i64> = orders.iter().map(|order| order.at + DAY_MICROS).collect();
        let positions: Vec<i64> = orders.iter().map(|order| order.position).collect();
        let bodies: Vec<&str> = vec![BODY; orders.len()];
        let keys: Vec<&str> = orders.iter().map(|order| order.key.as_str()).collect();
        let line_orders: Vec<i64> = ids.iter().flat_map(|id| [*id; LINES as usize]).collect();
        let line_nos: Vec<i64> = ids.iter().flat_map(|_| [1, 2, 3]).collect();
        let line_skus: Vec<i64> = orders.iter().flat_map(|order| order.skus).collect();
        let (skus, pieces): (Vec<i64>, Vec<i64>) = rows.reserved.iter().copied().unzip();
        let (recipient, hash) = (RECIPIENT.as_slice(), HASH.as_slice());
        let params: [&[&(dyn ToSql + Sync)]; 7] = [
            &[&ids, &moments, &recipient],
            &[&line_orders, &line_nos, &line_skus],
            &[&line_orders, &line_nos, &line_skus],
            &[&positions, &ids, &moments, &bodies],
            &[&ids, &due],
            &[&keys, &ids, &moments, &hash],
            &[&skus, &pieces],
        ];
        self.client.batch_execute("BEGIN")?;
        for (table, params) in self.tables.iter().zip(params) {
            self.client.execute(table, params)?;
        }
        Ok(self.client.batch_execute("COMMIT")?)
    }
}
