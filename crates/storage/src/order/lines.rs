//! Lines of orders: what was bought, and what became of its pieces.

use ordermill_base::{Id, Quantity};
use ordermill_domain::ids::{OrderId, SkuId};
use ordermill_domain::order::{LineTerms, OrderLine, Pieces};

use super::Stored;
use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

static INSERT: Insert = insert!("order_lines" {
    order_id: Int, line_no: Int, sku_id: Int, quantity: Int, unit_price_minor: Int,
    discount_minor: Int, tax_minor: Int, total_minor: Int, allocated: Int, backordered: Int,
    gift: Int, stands_for: Int,
});

pub(super) fn insert<'o>(
    tx: &mut Tx<'_>,
    orders: impl Iterator<Item = (&'o Stored, &'o [OrderLine])>,
) -> Result<(), Error> {
    insert_lines(
        tx,
        orders.flat_map(|(stored, lines)| lines.iter().map(move |line| (stored.order.id(), line))),
    )
}

/// Stores lines that come to orders: with them, or in place of others.
pub fn insert_lines<'l>(
    tx: &mut Tx<'_>,
    lines: impl IntoIterator<Item = (OrderId, &'l OrderLine)>,
) -> Result<(), Error> {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    let mut rows = tx.appender(&INSERT)?;
    lines.try_for_each(|(order, whole)| {
        let (line, pieces) = (&whole.terms, whole.pieces());
        rows.push(params![
            order.raw(),
            i64::from(line.line_no),
            line.sku.raw(),
            line.quantity.get(),
            line.unit_price_minor,
            line.discount_minor,
            line.tax_minor,
            line.total_minor,
            pieces.allocated,
            pieces.backordered,
            line.gift.map(i64::from),
            line.stands_for.map(i64::from),
        ])
    })
}

/// Stores what became of the pieces of an order's lines.
pub fn update_lines<'l>(
    tx: &mut Tx<'_>,
    lines: impl IntoIterator<Item = (OrderId, &'l OrderLine)>,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite:
            "UPDATE order_lines SET canceled = $3, allocated = $4, backordered = $5, shipped = $6,
                resent = $7 WHERE order_id = $1 AND line_no = $2",
        postgres: "UPDATE order_lines l SET canceled = n.canceled, allocated = n.allocated,
                backordered = n.backordered, shipped = n.shipped, resent = n.resent
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                $6::bigint[], $7::bigint[])
              AS n (order_id, line_no, canceled, allocated, backordered, shipped, resent)
            WHERE l.order_id = n.order_id AND l.line_no = n.line_no",
    };
    let mut rows = Columns::new(&[Kind::Int; 7]);
    for (order, line) in lines {
        let Pieces { canceled, allocated, backordered, shipped, resent } = line.pieces();
        let line_no = i64::from(line.terms.line_no);
        let order = order.raw();
        rows.push(params![order, line_no, canceled, allocated, backordered, shipped, resent]);
    }
    tx.change_each(&SQL, rows)
}

/// The lines of an order.
pub fn lines(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<OrderLine>, Error> {
    ask_lines(tx, order)?.answer(tx)
}

/// As [`lines`], without waiting for the answer.
pub fn ask_lines(tx: &mut Tx<'_>, order: OrderId) -> Result<Asked<OrderLine>, Error> {
    tx.ask(
        "SELECT line_no, sku_id, quantity, unit_price_minor, discount_minor, tax_minor, total_minor,
                canceled, allocated, backordered, shipped, resent, gift, stands_for
           FROM order_lines WHERE order_id = $1 ORDER BY line_no",
        params![order.raw()],
        read_line,
    )
}

/// The lines of many orders, with whose they are.
pub fn lines_of_each(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, OrderLine)>, Error> {
    ask_lines_of_each(tx, orders)?.answer(tx)
}

/// As [`lines_of_each`], without waiting for the answer.
pub fn ask_lines_of_each(
    tx: &mut Tx<'_>,
    orders: &[OrderId],
) -> Result<Asked<(OrderId, OrderLine)>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT order_id, line_no, sku_id, quantity, unit_price_minor, discount_minor,
                tax_minor, total_minor, canceled, allocated, backordered, shipped, resent, gift,
                stands_for
            FROM order_lines WHERE order_id = $1 ORDER BY line_no",
        postgres: "SELECT order_id, line_no, sku_id, quantity, unit_price_minor, discount_minor,
                tax_minor, total_minor, canceled, allocated, backordered, shipped, resent, gift,
                stands_for
            FROM order_lines WHERE order_id = ANY($1) ORDER BY order_id, line_no",
    };
    tx.ask_each(&SQL, Columns::of_ids(orders), |row| Ok((row.id()?, read_line(row)?)))
}

pub(crate) fn read_line(row: &mut Row<'_>) -> Result<OrderLine, Error> {
    let unreadable = |what| move || Error::Unreadable { what, text: "a number".to_owned() };
    let terms = LineTerms {
        line_no: u16::try_from(row.int()?).map_err(|_| unreadable("line number")())?,
        sku: row.id()?,
        quantity: Quantity::new(row.int()?).map_err(|_| unreadable("quantity")())?,
        unit_price_minor: row.int()?,
        discount_minor: row.int()?,
        tax_minor: row.int()?,
        total_minor: row.int()?,
        // Stand behind the pieces.
        gift: None,
        stands_for: None,
    };
    let pieces = Pieces {
        canceled: row.int()?,
        allocated: row.int()?,
        backordered: row.int()?,
        shipped: row.int()?,
        resent: row.int()?,
    };
    let gift = row.opt_int()?.map(u32::try_from).transpose();
    let stands_for = row.opt_int()?.map(u16::try_from).transpose();
    let terms = LineTerms {
        gift: gift.map_err(|_| unreadable("gift")())?,
        stands_for: stands_for.map_err(|_| unreadable("line that another stands in for")())?,
        ..terms
    };
    OrderLine::from_stored(terms, pieces).map_err(|_| unreadable("count of pieces")())
}

/// The SKUs of which most pieces were ordered in the latest `orders`, best first, at most `limit`.
pub fn best_sellers(tx: &mut Tx<'_>, orders: i64, limit: i64) -> Result<Vec<SkuId>, Error> {
    tx.query(
        "SELECT sku_id FROM order_lines
          WHERE order_id >= COALESCE(
                (SELECT id FROM orders ORDER BY id DESC LIMIT 1 OFFSET $1), 0)
          GROUP BY sku_id ORDER BY SUM(quantity) DESC, sku_id LIMIT $2",
        params![orders, limit],
        |row| row.id(),
    )
}
