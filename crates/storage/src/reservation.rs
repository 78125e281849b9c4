//! Reservations: which stock which order holds.

use std::collections::BTreeMap;

use ordermill_base::{Id, Quantity};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{FulfillmentId, LocationId, OrderId, SkuId};
use ordermill_domain::reservation::{Event, Facts, Reservation, State};

use crate::asked::Asked;
use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, journal, params};

static INSERT: Insert = insert!("reservations" {
    order_id: Int, line_no: Int, location_id: Int, part: Int, sku_id: Int, quantity: Int,
    state: Text, expires_at: Int,
});

static INSERT_PART: Insert = insert!("reservations" {
    order_id: Int, line_no: Int, location_id: Int, part: Int, sku_id: Int, quantity: Int,
    state: Text, expires_at: Int, fulfillment_id: Int,
});

/// The part of pieces that were held when the order was placed.
const HELD: u16 = 0;
/// The part of pieces that waited for stock when the order was placed.
const WAITING: u16 = 1;

/// Stores a new reservation.
pub fn insert(tx: &mut Tx<'_>, reservation: &Reservation) -> Result<(), Error> {
    insert_each(tx, [reservation])
}

/// Stores new reservations.
pub fn insert_each<'r>(
    tx: &mut Tx<'_>,
    reservations: impl IntoIterator<Item = &'r Reservation>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT)?;
    reservations.into_iter().map(Reservation::facts).try_for_each(|facts| {
        rows.push(params![
            facts.order.raw(),
            i64::from(facts.line_no),
            facts.location.raw(),
            i64::from(if facts.state == State::Backordered { WAITING } else { HELD }),
            facts.sku.raw(),
            facts.quantity.get(),
            facts.state.code(),
            facts.expires_at,
        ])
    })
}

/// Stores parts that split off, or moved to another location.
pub fn insert_parts<'r>(
    tx: &mut Tx<'_>,
    parts: impl IntoIterator<Item = &'r Stored>,
) -> Result<(), Error> {
    let mut rows = tx.appender(&INSERT_PART)?;
    parts.into_iter().try_for_each(|stored| {
        let facts = stored.reservation.facts();
        rows.push(params![
            facts.order.raw(),
            i64::from(facts.line_no),
            facts.location.raw(),
            i64::from(stored.part),
            facts.sku.raw(),
            facts.quantity.get(),
            facts.state.code(),
            facts.expires_at,
            stored.fulfillment.map(Id::raw),
        ])
    })
}

/// Appends an event of an order's reservations to the journal. Only what no event of the order
/// says has one: a hold that ran out, and one that was taken again.
pub fn record(tx: &mut Tx<'_>, act: &Act, order: OrderId, event: &Event) -> Result<(), Error> {
    let body = serde_json::to_string(event).map_err(Error::defect)?;
    let sequence = journal::next_sequence(tx, "reservation", order.raw())?;
    let (aggregate_id, kind) = (order.raw(), event.kind());
    let entry =
        journal::NewEntry { aggregate: "reservation", aggregate_id, sequence, kind, body: &body };
    journal::append(tx, act, entry).map(drop)
}

/// How many pieces of these SKUs buyers wait for; SKUs that nobody waits for are left out.
pub fn waiting(
    tx: &mut Tx<'_>,
    skus: impl IntoIterator<Item = SkuId>,
) -> Result<BTreeMap<SkuId, i64>, Error> {
    const SQL: PerRow = PerRow {
        sqlite: "SELECT sku_id, CAST(SUM(quantity) AS BIGINT) FROM reservations
            WHERE sku_id = $1 AND state = 'backordered' GROUP BY sku_id",
        postgres: "SELECT sku_id, CAST(SUM(quantity) AS BIGINT) FROM reservations
            WHERE sku_id = ANY($1) AND state = 'backordered' GROUP BY sku_id",
    };
    let mut keys = Columns::new(&[Kind::Int]);
    skus.into_iter().for_each(|sku| keys.push(params![sku.raw()]));
    Ok(tx.query_each(&SQL, &keys, |row| Ok((row.id()?, row.int()?)))?.into_iter().collect())
}

/// Asks for the orders that wait for a SKU at a location, the oldest first, at most `limit`.
pub fn ask_orders_waiting(
    tx: &mut Tx<'_>,
    sku: SkuId,
    at: LocationId,
    limit: i64,
) -> Result<Asked<OrderId>, Error> {
    tx.ask(
        "SELECT DISTINCT order_id FROM reservations
          WHERE sku_id = $1 AND state = 'backordered' AND location_id = $2
          ORDER BY order_id LIMIT $3",
        params![sku.raw(), at.raw(), limit],
        |row| row.id(),
    )
}

pub(crate) const COLUMNS: &str = "order_id, line_no, location_id, CAST(part AS BIGINT),
    sku_id, quantity, state, expires_at, fulfillment_id";

pub(crate) fn read(row: &mut Row<'_>) -> Result<Stored, Error> {
    let (order, line_no, location) = (row.id()?, row.int()?, row.id()?);
    let (part, sku) = (row.int()?, row.id()?);
    let unreadable = |what| Error::Unreadable { what, text: line_no.to_string() };
    let part = u16::try_from(part).map_err(|_| unreadable("part of a reservation"))?;
    let facts = Facts {
        order,
        line_no: u16::try_from(line_no).map_err(|_| unreadable("line number"))?,
        sku,
        location,
        quantity: Quantity::new(row.int()?).map_err(|_| unreadable("quantity"))?,
        state: row.parsed()?,
        expires_at: row.opt_at()?,
    };
    let fulfillment = row.opt_id()?;
    Ok(Stored { reservation: Reservation::from_facts(facts), part, fulfillment })
}

/// A reservation with what makes its key whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The reservation.
    pub reservation: Reservation,
    /// Which part of the line: 0 for what was held when the order was placed, 1 for what waited for
    /// stock then, more for what was split off or moved to another location later. A part keeps its
    /// number and its location whatever becomes of it.
    pub part: u16,
    /// Which fulfillment ships it, once its location is chosen.
    pub fulfillment: Option<FulfillmentId>,
}

/// The reservations of an order, with their final state when they are over.
pub fn of(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Stored>, Error> {
    of_each(tx, &[order])
}

/// The reservations of many orders.
pub fn of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<Stored>, Error> {
    ask_of_each(tx, orders)?.answer(tx)
}

/// As [`of_each`], without waiting for the answer.
pub fn ask_of_each(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Asked<Stored>, Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "SELECT order_id, line_no, location_id, CAST(part AS BIGINT), sku_id,
                quantity, state, expires_at, fulfillment_id
            FROM reservations WHERE order_id = $1 ORDER BY line_no, location_id, part",
        postgres: "SELECT order_id, line_no, location_id, CAST(part AS BIGINT), sku_id,
                quantity, state, expires_at, fulfillment_id
            FROM reservations WHERE order_id = ANY($1)
            ORDER BY order_id, line_no, location_id, part",
    };
    tx.ask_each(&SQL, Columns::of_ids(orders), read)
}

/// Stores what has become of reservations: state, how many pieces are left in the part, and which
/// fulfillment ships them.
pub fn update<'r>(
    tx: &mut Tx<'_>,
    reservations: impl IntoIterator<Item = &'r Stored>,
) -> Result<(), Error> {
    const SQL: PerRow<'_> = PerRow {
        sqlite: "UPDATE reservations
            SET state = $5, expires_at = $6, quantity = $7, fulfillment_id = $8
            WHERE order_id = $1 AND line_no = $2 AND location_id = $3 AND part = $4",
        postgres: "UPDATE reservations r SET state = n.state, expires_at = n.expires_at,
                quantity = n.quantity, fulfillment_id = n.fulfillment_id
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
                $6::bigint[], $7::bigint[], $8::bigint[])
              AS n (order_id, line_no, location_id, part, state, expires_at, quantity,
                fulfillment_id)
            WHERE r.order_id = n.order_id AND r.line_no = n.line_no
              AND r.location_id = n.location_id AND r.part = n.part",
    };
    let mut rows = Columns::new(&[
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Text,
        Kind::Int,
        Kind::Int,
        Kind::Int,
    ]);
    for stored in reservations {
        let facts = stored.reservation.facts();
        rows.push(params![
            facts.order.raw(),
            i64::from(facts.line_no),
            facts.location.raw(),
            i64::from(stored.part),
            facts.state.code(),
            facts.expires_at,
            facts.quantity.get(),
            stored.fulfillment.map(Id::raw),
        ]);
    }
    tx.change_each(&SQL, rows)
}
