//! What the checker reads: everything, in ranges of ids, so that its memory stays small.
//!
//! The rules are not here, with the exception of [`RULES`]: those that one statement can ask.

use ordermill_base::Timestamp;
use ordermill_domain::gift_card::GiftCard;
use ordermill_domain::ids::{ChannelId, MessageId, OrderId};
use ordermill_domain::order::OrderLine;
use ordermill_domain::payment::Payment;
use ordermill_domain::points::Account;
use ordermill_domain::refund::Refund;
use ordermill_domain::stock::StockLevel;

use crate::journal::Entry;
use crate::{
    Error, Row, Tx, channel_order, gift_card, journal, ledger, message, order, params, payment,
    points, refund, reservation, stock,
};

/// Ids above `after`, up to and including `upto`, raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The last id that is not in it.
    pub after: i64,
    /// The last id that is in it.
    pub upto: i64,
}

/// A table whose ids are walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// By order id.
    Orders,
    /// By payment id.
    Payments,
    /// By refund id.
    Refunds,
    /// By movement id.
    Movements,
    /// By gift card id.
    GiftCards,
    /// By customer id.
    PointsAccounts,
    /// By message id.
    Messages,
    /// By the id of the copy.
    ChannelOrders,
}

/// The next ids of a table behind `after`, at most `limit`.
pub fn ids(tx: &mut Tx<'_>, walk: Walk, after: i64, limit: i64) -> Result<Vec<i64>, Error> {
    let (id, table) = match walk {
        Walk::Orders => ("id", "orders"),
        Walk::Payments => ("id", "payments"),
        Walk::Refunds => ("id", "refunds"),
        Walk::Movements => ("id", "stock_movements"),
        Walk::GiftCards => ("id", "gift_cards"),
        Walk::PointsAccounts => ("customer_id", "points_accounts"),
        Walk::Messages => ("id", "messages"),
        Walk::ChannelOrders => ("id", "channel_orders"),
    };
    let sql = format!("SELECT {id} FROM {table} WHERE {id} > $1 ORDER BY {id} LIMIT $2");
    tx.query(&sql, params![after, limit], |row| row.int())
}

fn in_range<T>(
    tx: &mut Tx<'_>,
    columns: &str,
    from: &str,
    key: &str,
    order_by: &str,
    range: Range,
    read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let sql = format!(
        "SELECT {columns} FROM {from} WHERE {key} > $1 AND {key} <= $2 ORDER BY {order_by}"
    );
    tx.query(&sql, params![range.after, range.upto], read)
}

/// The heads of orders.
pub fn orders(tx: &mut Tx<'_>, range: Range) -> Result<Vec<order::Stored>, Error> {
    in_range(tx, order::COLUMNS, "orders o", "o.id", "o.id", range, order::read)
}

/// The lines of orders.
pub fn lines(tx: &mut Tx<'_>, range: Range) -> Result<Vec<(OrderId, OrderLine)>, Error> {
    let columns = "order_id, line_no, sku_id, quantity, unit_price_minor, discount_minor,
        tax_minor, total_minor, canceled, allocated, backordered, shipped";
    let read = |row: &mut Row<'_>| Ok((row.id()?, order::read_line(row)?));
    in_range(tx, columns, "order_lines", "order_id", "order_id, line_no", range, read)
}

/// What of the lines' discounts has a source: (order, line, minor units).
pub fn discounts(tx: &mut Tx<'_>, range: Range) -> Result<Vec<(i64, i64, i64)>, Error> {
    let columns = "order_id, line_no, amount_minor";
    let read = |row: &mut Row<'_>| Ok((row.int()?, row.int()?, row.int()?));
    in_range(tx, columns, "order_discounts", "order_id", "order_id, line_no, source", range, read)
}

/// The reservations of orders.
pub fn reservations(tx: &mut Tx<'_>, range: Range) -> Result<Vec<reservation::Stored>, Error> {
    let (columns, key) = (reservation::COLUMNS, "order_id");
    let order_by = "order_id, line_no, location_id, is_backorder";
    in_range(tx, columns, "reservations", key, order_by, range, reservation::read)
}

/// The payments of orders.
pub fn payments_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<Payment>, Error> {
    let order_by = "order_id, id";
    in_range(tx, payment::COLUMNS, "payments", "order_id", order_by, orders, payment::read)
}

/// The refunds of orders.
pub fn refunds_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<Refund>, Error> {
    let order_by = "order_id, id";
    in_range(tx, refund::COLUMNS, "refunds", "order_id", order_by, orders, refund::read)
}

/// Messages to buyers.
pub fn messages(tx: &mut Tx<'_>, range: Range) -> Result<Vec<message::Message>, Error> {
    in_range(tx, message::COLUMNS, "messages", "id", "id", range, message::read)
}

/// Copies of channels' orders, each with the order that came in by its (channel, channel's id).
pub fn channel_orders(
    tx: &mut Tx<'_>,
    range: Range,
) -> Result<Vec<(channel_order::ChannelOrder, Option<OrderId>)>, Error> {
    let copies = tx.query(
        "SELECT id, channel_id, external_id, number, state, order_id, original, latest, changed_at,
            problem, received_at FROM channel_orders WHERE id > $1 AND id <= $2 ORDER BY id",
        params![range.after, range.upto],
        channel_order::read,
    )?;
    let pairs: Vec<_> = copies.iter().map(|copy| (copy.channel, &*copy.external_id)).collect();
    let found = order::find_by_channels(tx, &pairs)?;
    let order_of = |copy: &channel_order::ChannelOrder| {
        let is_its =
            |it: &&(ChannelId, String, OrderId)| it.0 == copy.channel && it.1 == copy.external_id;
        found.iter().find(is_its).map(|it| it.2)
    };
    Ok(copies.iter().map(|copy| (copy.clone(), order_of(copy))).collect())
}

/// Messages whose order is not there.
pub fn messages_of_no_order(tx: &mut Tx<'_>, range: Range) -> Result<Vec<MessageId>, Error> {
    let sql = "SELECT m.id FROM messages m LEFT JOIN orders o ON o.id = m.order_id
          WHERE o.id IS NULL AND m.id > $1 AND m.id <= $2 ORDER BY m.id";
    tx.query(sql, params![range.after, range.upto], |row| row.id())
}

/// The books of orders: (order, entry).
pub fn ledger_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<(i64, ledger::Entry)>, Error> {
    let columns = "order_id, posting_id, account, currency, amount_minor, at";
    let order_by = "order_id, posting_id";
    let read = |row: &mut Row<'_>| Ok((row.int()?, ledger::read(row)?));
    in_range(tx, columns, "ledger_entries", "order_id", order_by, orders, read)
}

/// Payments by their own ids.
pub fn payments(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Payment>, Error> {
    in_range(tx, payment::COLUMNS, "payments", "id", "id", range, payment::read)
}

/// Refunds by their own ids.
pub fn refunds(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Refund>, Error> {
    in_range(tx, refund::COLUMNS, "refunds", "id", "id", range, refund::read)
}

/// Gift cards by their ids.
pub fn gift_cards(tx: &mut Tx<'_>, range: Range) -> Result<Vec<GiftCard>, Error> {
    in_range(tx, gift_card::COLUMNS, "gift_cards", "id", "id", range, gift_card::read)
}

/// What is on all gift cards, and what the books say is on them: (currency, cards, books), minor
/// units.
pub fn gift_card_liability(tx: &mut Tx<'_>) -> Result<Vec<(String, i64, i64)>, Error> {
    tx.query(
        "SELECT currency, CAST(SUM(cards) AS BIGINT), CAST(SUM(books) AS BIGINT) FROM (
            SELECT currency, balance_minor AS cards, 0 AS books FROM gift_cards
            UNION ALL
            SELECT currency, 0 AS cards, -amount_minor AS books FROM ledger_entries
             WHERE account = 'gift_card_liability') AS both_sides
          GROUP BY currency ORDER BY currency",
        &[],
        |row| Ok((row.text()?, row.int()?, row.int()?)),
    )
}

/// Points accounts by their customers.
pub fn points_accounts(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Account>, Error> {
    let key = "customer_id";
    in_range(tx, points::COLUMNS, "points_accounts", key, key, range, points::read)
}

/// The movements of gift cards: (card, sequence, minor units).
pub fn gift_card_movements(tx: &mut Tx<'_>, range: Range) -> Result<Vec<(i64, i64, i64)>, Error> {
    let columns = "gift_card_id, sequence, amount_minor";
    let read = |row: &mut Row<'_>| Ok((row.int()?, row.int()?, row.int()?));
    let order_by = "gift_card_id, sequence";
    in_range(tx, columns, "gift_card_movements", "gift_card_id", order_by, range, read)
}

/// The movements of points: (customer, sequence, points, owed).
pub fn points_movements(tx: &mut Tx<'_>, range: Range) -> Result<Vec<(i64, i64, i64, i64)>, Error> {
    let columns = "customer_id, sequence, points, owed";
    let read = |row: &mut Row<'_>| Ok((row.int()?, row.int()?, row.int()?, row.int()?));
    let order_by = "customer_id, sequence";
    in_range(tx, columns, "points_movements", "customer_id", order_by, range, read)
}

/// The histories of one kind of things.
pub fn histories(tx: &mut Tx<'_>, aggregate: &str, range: Range) -> Result<Vec<Entry>, Error> {
    let sql = format!(
        "{} WHERE aggregate_id > $1 AND aggregate_id <= $2 AND aggregate = $3
          ORDER BY aggregate_id, sequence",
        journal::SELECT
    );
    tx.query(&sql, params![range.after, range.upto, aggregate], journal::read)
}

/// A step in the history of a thing: (its id, its kind, the sequence).
pub type Sequenced = (i64, String, i64);

/// The steps of all histories behind `after`, at most `limit`.
pub fn sequences(
    tx: &mut Tx<'_>,
    after: Option<&Sequenced>,
    limit: i64,
) -> Result<Vec<Sequenced>, Error> {
    let (id, aggregate, sequence) =
        after.map_or((i64::MIN, "", 0), |(id, aggregate, sequence)| (*id, aggregate, *sequence));
    tx.query(
        "SELECT aggregate_id, aggregate, sequence FROM journal
          WHERE (aggregate_id, aggregate, sequence) > ($1, $2, $3)
          ORDER BY aggregate_id, aggregate, sequence LIMIT $4",
        params![id, aggregate, sequence, limit],
        |row| Ok((row.int()?, row.text()?, row.int()?)),
    )
}

/// A movement as the checker compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Its id.
    pub id: i64,
    /// SKU and location.
    pub place: (i64, i64),
    /// Its kind's code.
    pub kind: String,
    /// Pieces that came, or went.
    pub quantity: i64,
}

/// Movements by their ids.
pub fn movements(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Movement>, Error> {
    let columns = "id, sku_id, location_id, kind, quantity";
    in_range(tx, columns, "stock_movements", "id", "id", range, |row| {
        let (id, place) = (row.int()?, (row.int()?, row.int()?));
        Ok(Movement { id, place, kind: row.text()?, quantity: row.int()? })
    })
}

/// A level with the number of its movements.
pub fn levels(
    tx: &mut Tx<'_>,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<(StockLevel, i64)>, Error> {
    tx.query(
        "SELECT sku_id, location_id, on_hand, reserved, allocated, incoming, safety_stock,
                quarantine, backorder, version
           FROM stock_levels WHERE (sku_id, location_id) > ($1, $2)
          ORDER BY sku_id, location_id LIMIT $3",
        params![after.0, after.1, limit],
        |row| Ok((stock::read(row)?, row.int()?)),
    )
}

/// The place of a part of a level: SKU, location, bin, lot.
pub type BinKey = (i64, i64, i64, String);

/// What lies in which bin, behind `after`, at most `limit`: the key and the pieces.
pub fn bins(
    tx: &mut Tx<'_>,
    after: Option<&BinKey>,
    limit: i64,
) -> Result<Vec<(BinKey, i64)>, Error> {
    let (sku, location, bin, lot) =
        after.map_or((i64::MIN, 0, 0, ""), |(s, l, b, lot)| (*s, *l, *b, lot));
    tx.query(
        "SELECT sku_id, location_id, bin_id, lot, on_hand FROM stock_bins
          WHERE (sku_id, location_id, bin_id, lot) > ($1, $2, $3, $4)
          ORDER BY sku_id, location_id, bin_id, lot LIMIT $5",
        params![sku, location, bin, lot, limit],
        |row| Ok(((row.int()?, row.int()?, row.int()?, row.text()?), row.int()?)),
    )
}

/// A rule that one statement can ask.
#[derive(Debug)]
pub struct Rule {
    /// The invariant that it belongs to.
    pub invariant: &'static str,
    /// What is wrong with the rows that it finds.
    pub what: &'static str,
    /// What it looks at.
    pub tables: &'static [&'static str],
    sql: &'static str,
    has_now: bool,
}

const fn rule(
    invariant: &'static str,
    what: &'static str,
    tables: &'static [&'static str],
    sql: &'static str,
) -> Rule {
    Rule { invariant, what, tables, sql, has_now: false }
}

/// Rules on single tables and pairs of them.
pub const RULES: &[Rule] = &[
    rule(
        "I4",
        "two orders have one id of their channel",
        &["orders"],
        "SELECT CAST(MIN(id) AS TEXT) FROM orders WHERE channel_order_id IS NOT NULL
          GROUP BY channel_id, channel_order_id HAVING COUNT(*) > 1 LIMIT 100",
    ),
    rule(
        "I4",
        "a cart has become an order that does not exist",
        &["carts"],
        "SELECT CAST(c.id AS TEXT) FROM carts c WHERE c.order_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = c.order_id) LIMIT 100",
    ),
    rule(
        "I4",
        "two carts have become one order",
        &["carts"],
        "SELECT CAST(order_id AS TEXT) FROM carts WHERE order_id IS NOT NULL
          GROUP BY order_id HAVING COUNT(*) > 1 LIMIT 100",
    ),
    rule(
        "I5",
        "a contact points to an order that does not exist",
        &["order_contacts"],
        "SELECT CAST(c.order_id AS TEXT) FROM order_contacts c
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = c.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "a note belongs to an order that does not exist",
        &["order_notes"],
        "SELECT CAST(n.order_id AS TEXT) FROM order_notes n
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = n.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "personal data of an order that does not exist was shown",
        &["reveals"],
        "SELECT CAST(r.order_id AS TEXT) FROM reveals r
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = r.order_id) LIMIT 100",
    ),
    rule(
        "I5",
        "someone who does not exist is signed in",
        &["sessions", "staff", "customers"],
        "SELECT CAST(COALESCE(s.staff_id, s.customer_id) AS TEXT) FROM sessions s
          WHERE NOT EXISTS (SELECT 1 FROM staff p WHERE p.id = s.staff_id)
            AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = s.customer_id) LIMIT 100",
    ),
    rule(
        "I5",
        "a reader is ahead of the journal",
        &["cursors"],
        "SELECT reader FROM cursors
          WHERE position > (SELECT COALESCE(MAX(position), 0) FROM journal) LIMIT 100",
    ),
    rule(
        "I6",
        "a task is closed and has no moment of it, or the reverse",
        &["tasks"],
        "SELECT CAST(id AS TEXT) FROM tasks
          WHERE (state IN ('done', 'dropped')) <> (closed_at IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I6",
        "a received message is closed and has no moment of it, or the reverse",
        &["inbox"],
        "SELECT CAST(id AS TEXT) FROM inbox
          WHERE (state <> 'waiting') <> (closed_at IS NOT NULL) LIMIT 100",
    ),
    rule(
        "I6",
        "an order that waits for no money has a deadline to pay",
        &["deadlines", "orders"],
        "SELECT CAST(d.subject_id AS TEXT) FROM deadlines d
          WHERE d.kind IN ('pay', 'stock_release') AND NOT EXISTS (
                SELECT 1 FROM orders o
                 WHERE o.id = d.subject_id AND o.status = 'placed' AND o.paid_at IS NULL)
          LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery belongs to an endpoint or an event that does not exist",
        &["webhook_deliveries", "webhook_endpoints"],
        "SELECT CAST(d.id AS TEXT) FROM webhook_deliveries d
          WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id)
             OR NOT EXISTS (SELECT 1 FROM journal j WHERE j.position = d.event_id) LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery waits although its plan is at its end, or for an endpoint that is gone",
        &["webhook_deliveries", "webhook_endpoints"],
        "SELECT CAST(d.id AS TEXT) FROM webhook_deliveries d
           JOIN webhook_endpoints e ON e.id = d.endpoint_id
          WHERE d.state = 'waiting' AND (d.attempts >= 10 OR e.state = 'deleted') LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery was tried and waits for longer than its plan says",
        &["webhook_deliveries"],
        // The longest wait with its jitter is 28.8 hours; a claim adds a minute.
        "SELECT CAST(id AS TEXT) FROM webhook_deliveries
          WHERE state = 'waiting' AND tried_at IS NOT NULL AND next_at > tried_at + 105000000000
            AND attempts > 0 LIMIT 100",
    ),
    rule(
        "I7",
        "a delivery was taken and never tried",
        &["webhook_deliveries"],
        "SELECT CAST(id AS TEXT) FROM webhook_deliveries
          WHERE state = 'delivered' AND (tried_at IS NULL OR attempts = 0) LIMIT 100",
    ),
    rule(
        "I3",
        "a coupon was used more or less often than it counts",
        &["coupons", "coupon_uses"],
        "SELECT CAST(c.id AS TEXT) FROM coupons c WHERE c.uses <> (
            SELECT COUNT(*) FROM coupon_uses u
             WHERE u.coupon_id = c.id AND u.released_at IS NULL) LIMIT 100",
    ),
    rule(
        "I3",
        "a coupon was used more often than it may be",
        &["coupons"],
        "SELECT CAST(id AS TEXT) FROM coupons WHERE uses > uses_max LIMIT 100",
    ),
    rule(
        "I3",
        "a buyer has used a coupon more often than each may",
        &["coupons", "coupon_uses"],
        "SELECT CAST(c.id AS TEXT) FROM coupons c JOIN (
            SELECT coupon_id, buyer, COUNT(*) AS uses FROM coupon_uses
             WHERE released_at IS NULL GROUP BY coupon_id, buyer) AS u ON u.coupon_id = c.id
          WHERE u.uses > c.uses_per_customer_max LIMIT 100",
    ),
    rule(
        "I3",
        "an order has ended and keeps its coupons, or stands without them",
        &["coupon_uses", "orders"],
        "SELECT CAST(u.order_id AS TEXT) FROM coupon_uses u
          WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = u.order_id AND (
                (o.status IN ('canceled', 'rejected')) = (u.released_at IS NOT NULL))) LIMIT 100",
    ),
    rule(
        "I3",
        "an order says of itself that it uses more or fewer coupons than it does",
        &["coupon_uses", "orders"],
        "SELECT CAST(o.id AS TEXT) FROM orders o WHERE o.coupons > 0 AND o.coupons <> (
            SELECT COUNT(*) FROM coupon_uses u WHERE u.order_id = o.id) LIMIT 100",
    ),
    rule(
        "I3",
        "what coupons took off the goods is not what the lines say",
        &["coupon_uses", "order_discounts"],
        "SELECT CAST(u.order_id AS TEXT) FROM (
            SELECT order_id, SUM(goods_minor) AS goods FROM coupon_uses GROUP BY order_id) AS u
          WHERE u.goods <> (
            SELECT COALESCE(SUM(d.amount_minor), 0) FROM order_discounts d
             WHERE d.order_id = u.order_id AND d.source LIKE 'coupon:%') LIMIT 100",
    ),
    rule(
        "I3",
        "a payment by points or a gift card has no movement, or one of another amount",
        &["payments", "gift_card_movements", "points_movements"],
        "SELECT CAST(p.id AS TEXT) FROM payments p
          WHERE (p.gateway = 'gift_card' AND NOT EXISTS (
                    SELECT 1 FROM gift_card_movements m WHERE m.kind = 'spent'
                        AND m.cause = p.id AND m.amount_minor = -p.amount_minor))
             OR (p.gateway = 'points' AND NOT EXISTS (
                    SELECT 1 FROM points_movements m WHERE m.kind = 'spent' AND m.cause = p.id))
          LIMIT 100",
    ),
    rule(
        "I3",
        "an order has ended and keeps the points that it earned",
        &["points_movements", "orders"],
        "SELECT CAST(m.order_id AS TEXT) FROM points_movements m
           JOIN orders o ON o.id = m.order_id
          WHERE m.kind = 'earned' AND o.status IN ('canceled', 'rejected') AND NOT EXISTS (
            SELECT 1 FROM points_movements b WHERE b.kind = 'taken_back' AND b.cause = m.order_id)
          LIMIT 100",
    ),
    Rule {
        invariant: "I8",
        what: "a lease is held for longer than any is taken",
        tables: &["leases"],
        sql: "SELECT name FROM leases WHERE expires_at > CAST($1 AS BIGINT) + 600000000 LIMIT 100",
        has_now: true,
    },
    Rule {
        invariant: "I8",
        what: "a deadline is claimed for longer than any is put off",
        tables: &["deadlines"],
        sql: "SELECT CAST(subject_id AS TEXT) FROM deadlines
               WHERE claimed_until > CAST($1 AS BIGINT) + 7200000000 LIMIT 100",
        has_now: true,
    },
];

/// Prepares the checker's view: no statement of it is stopped for taking long.
pub fn begin(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.is_postgres() { tx.run("SET LOCAL statement_timeout = 0") } else { Ok(()) }
}

/// Asks every rule of [`RULES`]; `found` is told what breaks which, at most 100 subjects for each.
pub fn ask_rules(
    tx: &mut Tx<'_>,
    now: Timestamp,
    mut found: impl FnMut(&Rule, String),
) -> Result<(), Error> {
    if tx.is_postgres() {
        // Whole tables are compared. A plan for the few rows that PostgreSQL expects of a table that
        // it has not analyzed yet would look through one of them for every row of the other.
        tx.run("SET LOCAL enable_nestloop = off")?;
    }
    for rule in RULES {
        let params = if rule.has_now { params![now] as &[_] } else { &[] };
        let subjects = tx.query(rule.sql, params, |row| row.text())?;
        subjects.into_iter().for_each(|subject| found(rule, subject));
    }
    if tx.is_postgres() {
        tx.run("SET LOCAL enable_nestloop = on")?;
    }
    Ok(())
}
