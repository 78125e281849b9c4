//! Orders, their lines and their channel's ids.

mod lines;
mod list;

use jiff::civil::Date;
use ordermill_base::{Currency, Id};
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::{Amounts, Event, Facts, Milestones, Order, OrderLine, Progress};
use ordermill_domain::payment::PaymentSums;

pub(crate) use lines::read_line;
pub use lines::{
    ask_lines, ask_lines_of_each, best_sellers, insert_lines, lines, lines_of_each, update_lines,
};
pub use list::{Filter, Tally, count, count_newer, list, plan, tallies};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, Value, journal, params};

/// What is stored of an order beside its aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The head.
    pub order: Order,
    /// Country and province, `CN-31`: not personal, for lists, freight and analysis.
    pub region: String,
    /// Name, phone, address and wishes as ciphertext.
    pub recipient: Vec<u8>,
    /// The buyer agreed to wait if stock runs out before the money comes.
    pub accepts_backorder: bool,
    /// How far the work on it is, rolled up from its fulfillments.
    pub progress: Progress,
}

static INSERT: Insert = insert!("orders" {
    id: Int, channel_id: Int, channel_order_id: Text, customer_id: Int, status: Text, version: Int,
    terms: Text, is_promotion: Int, review: Text, currency: Text, tax_mode: Text, goods_minor: Int,
    discount_minor: Int, freight_minor: Int, tax_minor: Int, total_minor: Int, is_backordered: Int,
    accepts_backorder: Int, region: Text, recipient: Blob, placed_at: Int, paid_at: Int,
    confirmed_at: Int, paid_minor: Int, coupons: Int, points_earned: Int,
    service_wish: Text, promised_by_on: Text,
});

static INSERT_DISCOUNT: Insert = insert!("order_discounts" {
    order_id: Int, line_no: Int, source: Text, amount_minor: Int,
});

/// Stores a new order. Its event is journaled by [`record`].
pub fn insert(tx: &mut Tx<'_>, stored: &Stored, lines: &[OrderLine]) -> Result<(), Error> {
    insert_each(tx, [(stored, lines)])
}

/// Stores new orders with their lines.
pub fn insert_each<'o>(
    tx: &mut Tx<'_>,
    orders: impl IntoIterator<Item = (&'o Stored, &'o [OrderLine]), IntoIter: Clone>,
) -> Result<(), Error> {
    let orders = orders.into_iter();
    insert_heads(tx, orders.clone().map(|(stored, _)| stored))?;
    lines::insert(tx, orders)
}

fn insert_heads<'o>(
    tx: &mut Tx<'_>,
    mut orders: impl Iterator<Item = &'o Stored>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT)?;
    orders.try_for_each(|stored| {
        let facts = stored.order.facts();
        let amounts = &facts.amounts;
        let promised_by_on = facts.promised_by_on.map(|day| day.to_string());
        rows.push(params![
            facts.id.raw(),
            facts.channel.raw(),
            facts.channel_order_id.as_deref(),
            facts.customer.map(Id::raw),
            facts.status.code(),
            facts.version,
            facts.terms.code(),
            facts.promotion,
            facts.review.code(),
            amounts.currency.code(),
            amounts.tax_mode.code(),
            amounts.goods_minor,
            amounts.discount_minor,
            amounts.freight_minor,
            amounts.tax_minor,
            amounts.total_minor,
            facts.backordered,
            stored.accepts_backorder,
            &stored.region,
            &stored.recipient,
            facts.milestones.placed_at,
            facts.milestones.paid_at,
            facts.milestones.confirmed_at,
            facts.money.paid_minor,
            i64::from(facts.coupons),
            facts.points_earned,
            facts.service_wish.map(ServiceKind::code),
            promised_by_on.as_deref(),
        ])
    })
}

/// Stores where a line's discount came from: `coupon:SPRING20`, `points`.
pub fn insert_discount(
    tx: &mut Tx<'_>,
    order: OrderId,
    line_no: u16,
    source: &str,
    amount_minor: i64,
) -> Result<(), Error> {
    let line_no = i64::from(line_no);
    tx.append(&INSERT_DISCOUNT, params![order.raw(), line_no, source, amount_minor])
}

/// Every discount of an order: (line, source, amount).
pub fn discounts(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(i64, String, i64)>, Error> {
    tx.query(
        "SELECT line_no, source, amount_minor FROM order_discounts WHERE order_id = $1
          ORDER BY line_no, source",
        params![order.raw()],
        |row| Ok((row.int()?, row.text()?, row.int()?)),
    )
}

/// Appends an event of an order to the journal. Its sequence is the order's version after it.
pub fn record(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
    sequence: i64,
    event: &Event,
) -> Result<(), Error> {
    record_each(tx, [(act, order, sequence, event)])
}

/// As [`record`] for events of many orders.
pub fn record_each<'e>(
    tx: &mut Tx<'_>,
    events: impl IntoIterator<Item = (&'e Act, OrderId, i64, &'e Event)>,
) -> Result<(), Error> {
    let mut entries = journal::appender(tx)?;
    let mut body = Vec::new();
    for (act, order, sequence, event) in events {
        body.clear();
        serde_json::to_writer(&mut body, event).map_err(Error::defect)?;
        entries.push(
            act,
            journal::NewEntry {
                aggregate: "order",
                aggregate_id: order.raw(),
                sequence,
                kind: event.kind(),
                body: str::from_utf8(&body).map_err(Error::defect)?,
            },
        )?;
    }
    Ok(())
}

/// Stores an order's head after an event; the stored version must be the one before it.
pub fn update(tx: &mut Tx<'_>, order: &Order, version_before: i64) -> Result<(), Error> {
    let mut rows = Columns::new(UPDATE_KINDS);
    rows.push(&update_row(order, version_before));
    tx.change_every(&UPDATE, rows, "an order")
}

/// As [`update`] for many orders at once: (order, version before).
pub fn update_each(tx: &mut Tx<'_>, orders: &[(&Order, i64)]) -> Result<(), Error> {
    let mut rows = Columns::new(UPDATE_KINDS);
    orders.iter().for_each(|(order, before)| rows.push(&update_row(order, *before)));
    tx.change_every(&UPDATE, rows, "an order")
}

const UPDATE_KINDS: &[Kind] = &[
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Int,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
];

const UPDATE: PerRow<'_> = PerRow {
    sqlite: "UPDATE orders SET status = $3, version = $4, review = $5, paid_minor = $6,
            refunded_minor = $7, charged_back_minor = $8, is_backordered = $9, cancel_reason = $10,
            paid_at = $11, confirmed_at = $12, shipped_at = $13, completed_at = $14,
            ended_at = $15, archived_at = $16
        WHERE id = $1 AND version = $2",
    postgres: "UPDATE orders o SET status = n.status, version = n.version, review = n.review,
            paid_minor = n.paid, refunded_minor = n.refunded, charged_back_minor = n.charged_back,
            is_backordered = CAST(n.is_backordered AS SMALLINT), cancel_reason = n.cancel_reason,
            paid_at = n.paid_at, confirmed_at = n.confirmed_at, shipped_at = n.shipped_at,
            completed_at = n.completed_at, ended_at = n.ended_at, archived_at = n.archived_at
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[],
            $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[])
          AS n (id, version_before, status, version, review, paid, refunded, charged_back,
            is_backordered, cancel_reason, paid_at, confirmed_at, shipped_at, completed_at,
            ended_at, archived_at)
        WHERE o.id = n.id AND o.version = n.version_before",
};

fn update_row(order: &Order, version_before: i64) -> [Value<'_>; 16] {
    let facts = order.facts();
    let Milestones {
        paid_at, confirmed_at, shipped_at, completed_at, ended_at, archived_at, ..
    } = facts.milestones;
    [
        Value::from(facts.id.raw()),
        Value::from(version_before),
        Value::from(facts.status.code()),
        Value::from(facts.version),
        Value::from(facts.review.code()),
        Value::from(facts.money.paid_minor),
        Value::from(facts.money.refunded_minor),
        Value::from(facts.money.charged_back_minor),
        Value::from(facts.backordered),
        Value::from(facts.cancel_reason.map(|reason| reason.code())),
        Value::from(paid_at),
        Value::from(confirmed_at),
        Value::from(shipped_at),
        Value::from(completed_at),
        Value::from(ended_at),
        Value::from(archived_at),
    ]
}

/// Stores how far the work on orders is.
pub fn update_progress(tx: &mut Tx<'_>, orders: &[(OrderId, Progress)]) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE orders SET progress = $2 WHERE id = $1",
        postgres: "UPDATE orders o SET progress = n.progress
            FROM unnest($1::bigint[], $2::text[]) AS n (id, progress) WHERE o.id = n.id",
    };
    let mut rows = Columns::new(&[Kind::Int, Kind::Text]);
    orders.iter().for_each(|(order, progress)| rows.push(params![order.raw(), progress.code()]));
    tx.change_each(&SQL, rows)
}

pub(crate) const COLUMNS: &str =
    "o.id, o.channel_id, o.channel_order_id, o.customer_id, o.status, o.version,
    o.terms, CAST(o.is_promotion AS BIGINT), o.review, o.currency, o.tax_mode, o.goods_minor,
    o.discount_minor, o.freight_minor, o.tax_minor, o.total_minor, o.paid_minor, o.refunded_minor,
    o.charged_back_minor, CAST(o.is_backordered AS BIGINT), CAST(o.accepts_backorder AS BIGINT),
    o.cancel_reason, o.region, o.recipient, o.placed_at, o.paid_at, o.confirmed_at, o.shipped_at,
    o.completed_at, o.ended_at, o.archived_at, o.coupons, o.points_earned, o.progress,
    o.service_wish, o.promised_by_on";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Stored, Error> {
    let (id, channel, channel_order_id) = (row.id()?, row.id()?, row.opt_text()?);
    let (customer, status, version) = (row.opt_id()?, row.parsed()?, row.int()?);
    let (terms, promotion, review) = (row.parsed()?, row.flag()?, row.parsed()?);
    let amounts = Amounts {
        currency: row.parsed()?,
        tax_mode: row.parsed()?,
        goods_minor: row.int()?,
        discount_minor: row.int()?,
        freight_minor: row.int()?,
        tax_minor: row.int()?,
        total_minor: row.int()?,
    };
    let money = PaymentSums {
        paid_minor: row.int()?,
        refunded_minor: row.int()?,
        charged_back_minor: row.int()?,
    };
    let (backordered, accepts_backorder) = (row.flag()?, row.flag()?);
    let cancel_reason = row.opt_parsed()?;
    let (region, recipient) = (row.text()?, row.bytes()?);
    let milestones = Milestones {
        placed_at: row.at()?,
        paid_at: row.opt_at()?,
        confirmed_at: row.opt_at()?,
        shipped_at: row.opt_at()?,
        completed_at: row.opt_at()?,
        ended_at: row.opt_at()?,
        archived_at: row.opt_at()?,
    };
    let coupons = u16::try_from(row.int()?).map_err(|_| Error::Unreadable {
        what: "number of coupons",
        text: "a number".to_owned(),
    })?;
    let points_earned = row.int()?;
    let progress = row.parsed()?;
    let (service_wish, promised_by_on) = (row.opt_parsed()?, row.opt_parsed()?);
    let order = Order::from_facts(Facts {
        id,
        channel,
        channel_order_id,
        customer,
        status,
        version,
        terms,
        promotion,
        review,
        amounts,
        money,
        coupons,
        points_earned,
        service_wish,
        promised_by_on,
        backordered,
        cancel_reason,
        milestones,
    });
    Ok(Stored { order, region, recipient, accepts_backorder, progress })
}

/// One order.
pub fn fetch(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<Stored>, Error> {
    ask(tx, id)?.only(tx)
}

/// As [`fetch`], without waiting for the answer.
pub fn ask(tx: &mut Tx<'_>, id: OrderId) -> Result<Asked<Stored>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM orders o WHERE o.id = $1");
    tx.ask(&sql, params![id.raw()], read)
}

/// The channel that an order came by; `None` if there is no such order.
pub fn channel_of(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<ChannelId>, Error> {
    tx.query_opt("SELECT channel_id FROM orders WHERE id = $1", params![id.raw()], |row| row.id())
}

/// Many orders, for those who only look, without waiting for the answer; those that do not exist are left out.
pub fn ask_each(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Asked<Stored>, Error> {
    let sqlite = format!("SELECT {COLUMNS} FROM orders o WHERE o.id = $1");
    let postgres = format!("SELECT {COLUMNS} FROM orders o WHERE o.id = ANY($1)");
    tx.ask_each(&PerRow { sqlite: &sqlite, postgres: &postgres }, Columns::of_ids(ids), read)
}

/// One order, locked until the transaction ends where writers run side by side.
pub fn fetch_for_update(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<Stored>, Error> {
    let lock = if tx.is_postgres() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM orders o WHERE o.id = $1 {lock}");
    tx.query_opt(&sql, params![id.raw()], read)
}

/// Many orders, locked in the order of their ids; those that do not exist are left out.
pub fn fetch_each_for_update(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Vec<Stored>, Error> {
    ask_each_for_update(tx, ids)?.answer(tx)
}

/// As [`fetch_each_for_update`], without waiting for the answer. What is asked behind it is read under its locks.
pub fn ask_each_for_update(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Asked<Stored>, Error> {
    let sqlite = format!("SELECT {COLUMNS} FROM orders o WHERE o.id = $1");
    let postgres =
        format!("SELECT {COLUMNS} FROM orders o WHERE o.id = ANY($1) ORDER BY o.id FOR UPDATE");
    tx.ask_each(&PerRow { sqlite: &sqlite, postgres: &postgres }, Columns::of_ids(ids), read)
}

/// Locks many orders in the order of their ids, where writers run side by side, for a command that goes on
/// to lock what hangs on them.
pub fn lock_each(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<(), Error> {
    if !tx.is_postgres() {
        return Ok(());
    }
    const SQL: &str = "SELECT id FROM orders WHERE id = ANY($1) ORDER BY id FOR UPDATE";
    let sql = PerRow { sqlite: "SELECT id FROM orders WHERE id = $1", postgres: SQL };
    tx.query_each(&sql, &Columns::of_ids(ids), |row| row.int()).map(drop)
}

/// What matters of an order for who carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Which order.
    pub order: OrderId,
    /// Where it goes, `CN-33`.
    pub region: String,
    /// In which currency it was sold.
    pub currency: Currency,
    /// How the buyer wants it brought.
    pub service_wish: Option<ServiceKind>,
    /// The last day of delivery that the buyer was promised.
    pub promised_by_on: Option<Date>,
}

/// Where many orders go and how they are wanted there; those that do not exist are left out.
pub fn bound(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Vec<Bound>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT id, region, currency, service_wish, promised_by_on
            FROM orders WHERE id = $1",
        postgres: "SELECT id, region, currency, service_wish, promised_by_on
            FROM orders WHERE id = ANY($1)",
    };
    tx.query_each(&SQL, &Columns::of_ids(ids), |row| {
        Ok(Bound {
            order: row.id()?,
            region: row.text()?,
            currency: row.parsed()?,
            service_wish: row.opt_parsed()?,
            promised_by_on: row.opt_parsed()?,
        })
    })
}

/// The newest orders that were confirmed, among those that were placed lately; at most `limit`.
pub fn newest_confirmed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<OrderId>, Error> {
    tx.query(
        "SELECT id FROM (SELECT id, confirmed_at FROM orders ORDER BY id DESC LIMIT $2) AS newest
          WHERE confirmed_at IS NOT NULL ORDER BY id DESC LIMIT $1",
        params![limit, limit.saturating_mul(20)],
        |row| row.id(),
    )
}

/// The kinds of the channels that orders came by; without one where the channel is not on record. Unknown
/// orders are left out.
pub fn channel_kinds(
    tx: &mut Tx<'_>,
    ids: &[OrderId],
) -> Result<Vec<(OrderId, Option<String>)>, Error> {
    macro_rules! sql {
        ($which:literal) => {
            concat!(
                "SELECT o.id, c.kind FROM orders o LEFT JOIN channels c ON c.id = o.channel_id
                  WHERE o.id ",
                $which
            )
        };
    }
    const SQL: PerRow<'_> = PerRow { sqlite: sql!("= $1"), postgres: sql!("= ANY($1)") };
    tx.query_each(&SQL, &Columns::of_ids(ids), |row| Ok((row.id()?, row.opt_text()?)))
}

/// The sealed recipients of many orders; those that do not exist are left out.
pub fn recipients(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<Vec<(OrderId, Vec<u8>)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT id, recipient FROM orders WHERE id = $1",
        postgres: "SELECT id, recipient FROM orders WHERE id = ANY($1)",
    };
    tx.query_each(&SQL, &Columns::of_ids(ids), |row| Ok((row.id()?, row.bytes()?)))
}

/// The order that a channel knows under its own id.
pub fn find_by_channel(
    tx: &mut Tx<'_>,
    channel: ChannelId,
    channel_order_id: &str,
) -> Result<Option<OrderId>, Error> {
    tx.query_opt(
        "SELECT id FROM orders WHERE channel_id = $1 AND channel_order_id = $2",
        params![channel.raw(), channel_order_id],
        |row| row.id(),
    )
}

/// Which of these (channel, channel order id) pairs are orders already.
pub fn find_by_channels(
    tx: &mut Tx<'_>,
    pairs: &[(ChannelId, &str)],
) -> Result<Vec<(ChannelId, String, OrderId)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT channel_id, channel_order_id, id FROM orders
            WHERE channel_id = $1 AND channel_order_id = $2",
        postgres: "SELECT o.channel_id, o.channel_order_id, o.id FROM orders o
            JOIN unnest($1::bigint[], $2::text[]) AS asked (channel_id, channel_order_id)
              ON o.channel_id = asked.channel_id AND o.channel_order_id = asked.channel_order_id",
    };
    let mut keys = Columns::new(&[Kind::Int, Kind::Text]);
    pairs.iter().for_each(|(channel, id)| keys.push(params![channel.raw(), *id]));
    tx.query_each(&SQL, &keys, |row| Ok((row.id()?, row.text()?, row.id()?)))
}

/// Remembers which orders belong to which blind index of phone or e-mail. Repeating it is harmless.
pub fn insert_contacts(tx: &mut Tx<'_>, contacts: &[(i64, OrderId)]) -> Result<(), Error> {
    static INSERT: Insert =
        insert!("order_contacts" { blind: Int, order_id: Int } "ON CONFLICT DO NOTHING");
    let mut rows = tx.appender(&INSERT)?;
    contacts.iter().try_for_each(|(blind, order)| rows.push(params![*blind, order.raw()]))
}
