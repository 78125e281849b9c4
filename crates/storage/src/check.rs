//! What the checker reads: everything, in ranges of ids, so that its memory stays small.
//!
//! The rules stand with the use cases, with the exception of [`every_rule`]: those that one statement can
//! ask.

mod rules;

use ordermill_domain::choice::Choice;
use ordermill_domain::dispute::Dispute;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::gift_card::GiftCard;
use ordermill_domain::ids::{ChannelId, MessageId, OrderId, ShipmentId};
use ordermill_domain::order::OrderLine;
use ordermill_domain::order::review::Hold;
use ordermill_domain::package::Package;
use ordermill_domain::payment::Payment;
use ordermill_domain::pick_list::PickList;
use ordermill_domain::points::Account;
use ordermill_domain::refund::Refund;
use ordermill_domain::stock::StockLevel;

pub use rules::{Rule, ask_rules, every_rule};

use crate::journal::Entry;
use crate::{
    Error, Row, Tx, channel_order, channel_report, choice, dispute, fulfillment, gift_card,
    journal, ledger, message, order, package, params, payment, pick_list, points, refund,
    reservation, review, shipment, stock,
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
    /// By dispute id.
    Disputes,
    /// By fulfillment id.
    Fulfillments,
    /// By shipment id.
    Shipments,
    /// By pick list id.
    PickLists,
    /// By the id of the question to a buyer.
    Choices,
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
    /// By shipment id.
    ChannelReports,
}

/// The next ids of a table behind `after`, at most `limit`.
pub fn ids(tx: &mut Tx<'_>, walk: Walk, after: i64, limit: i64) -> Result<Vec<i64>, Error> {
    let (id, table) = match walk {
        Walk::Orders => ("id", "orders"),
        Walk::Payments => ("id", "payments"),
        Walk::Refunds => ("id", "refunds"),
        Walk::Disputes => ("id", "disputes"),
        Walk::Fulfillments => ("id", "fulfillments"),
        Walk::Shipments => ("id", "shipments"),
        Walk::PickLists => ("id", "pick_lists"),
        Walk::Choices => ("id", "choices"),
        Walk::Movements => ("id", "stock_movements"),
        Walk::GiftCards => ("id", "gift_cards"),
        Walk::PointsAccounts => ("customer_id", "points_accounts"),
        Walk::Messages => ("id", "messages"),
        Walk::ChannelOrders => ("id", "channel_orders"),
        Walk::ChannelReports => ("id", "channel_reports"),
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
        tax_minor, total_minor, canceled, allocated, backordered, shipped, resent, gift,
        stands_for";
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
    let order_by = "order_id, line_no, location_id, part";
    in_range(tx, columns, "reservations", key, order_by, range, reservation::read)
}

/// What keeps or kept orders from being released.
pub fn holds_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<(OrderId, Hold)>, Error> {
    let order_by = "order_id, sequence, is_interception, reason";
    in_range(
        tx,
        review::HOLD_COLUMNS,
        "order_holds",
        "order_id",
        order_by,
        orders,
        review::read_hold,
    )
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

/// The disputes about the payments of orders.
pub fn disputes_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<Dispute>, Error> {
    let order_by = "order_id, id";
    in_range(tx, dispute::COLUMNS, "disputes", "order_id", order_by, orders, dispute::read)
}

/// Fulfillments with their lines, by their own ids.
pub fn fulfillments(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Fulfillment>, Error> {
    let columns = fulfillment::COLUMNS;
    let heads = in_range(tx, columns, "fulfillments", "id", "id", range, fulfillment::read)?;
    fulfillment::with_lines(tx, heads)
}

/// The fulfillments of orders.
pub fn fulfillments_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<Fulfillment>, Error> {
    let (columns, order_by) = (fulfillment::COLUMNS, "order_id, id");
    let read = fulfillment::read;
    let heads = in_range(tx, columns, "fulfillments", "order_id", order_by, orders, read)?;
    fulfillment::with_lines(tx, heads)
}

/// The closed packages of orders.
pub fn packages_of(tx: &mut Tx<'_>, orders: Range) -> Result<Vec<Package>, Error> {
    let read = package::read;
    let all = in_range(tx, package::COLUMNS, "packages", "order_id", "id", orders, read)?;
    Ok(all.into_iter().filter(|package| package.opened_at.is_none()).collect())
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

/// Reports to channels about parcels.
pub fn channel_reports(
    tx: &mut Tx<'_>,
    range: Range,
) -> Result<Vec<channel_report::ChannelReport>, Error> {
    let (columns, table) = (channel_report::COLUMNS, "channel_reports");
    in_range(tx, columns, table, "id", "id", range, channel_report::read)
}

/// Reports about parcels that are not there, have not left, or are another order's.
pub fn channel_reports_of_nothing(tx: &mut Tx<'_>, range: Range) -> Result<Vec<ShipmentId>, Error> {
    let sql = "SELECT r.id FROM channel_reports r
          LEFT JOIN shipments s ON s.id = r.id AND s.order_id = r.order_id
               AND s.handed_over_at IS NOT NULL
         WHERE s.id IS NULL AND r.id > $1 AND r.id <= $2 ORDER BY r.id";
    tx.query(sql, params![range.after, range.upto], |row| row.id())
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

/// Shipments by their own ids.
pub fn shipments(tx: &mut Tx<'_>, range: Range) -> Result<Vec<shipment::Stored>, Error> {
    in_range(tx, shipment::COLUMNS, "shipments", "id", "id", range, shipment::read)
}

/// Payments by their own ids.
pub fn payments(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Payment>, Error> {
    in_range(tx, payment::COLUMNS, "payments", "id", "id", range, payment::read)
}

/// Refunds by their own ids.
pub fn refunds(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Refund>, Error> {
    in_range(tx, refund::COLUMNS, "refunds", "id", "id", range, refund::read)
}

/// Disputes by their ids.
pub fn disputes(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Dispute>, Error> {
    in_range(tx, dispute::COLUMNS, "disputes", "id", "id", range, dispute::read)
}

/// Pick lists with their stops by their ids.
pub fn pick_lists(tx: &mut Tx<'_>, range: Range) -> Result<Vec<PickList>, Error> {
    let (columns, table) = (pick_list::COLUMNS, "pick_lists");
    let lists = in_range(tx, columns, table, "id", "id", range, pick_list::read)?;
    pick_list::with_lines(tx, lists)
}

/// Questions to buyers by their ids.
pub fn choices(tx: &mut Tx<'_>, range: Range) -> Result<Vec<Choice>, Error> {
    in_range(tx, choice::COLUMNS, "choices", "id", "id", range, choice::read)
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

/// Prepares the checker's view: no statement of it is stopped for taking long.
pub fn begin(tx: &mut Tx<'_>) -> Result<(), Error> {
    if tx.is_postgres() { tx.run("SET LOCAL statement_timeout = 0") } else { Ok(()) }
}
