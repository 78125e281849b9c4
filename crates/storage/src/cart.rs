//! Carts of the own shop: what somebody may buy. A cart becomes an order once.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{CartId, ChannelId, CustomerId, OrderId, SkuId};

use crate::columns::{Kind, insert};
use crate::tx::PerRow;
use crate::{Columns, Error, Insert, Row, Tx, params};

/// One line of a cart, with the price that the buyer last saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CartLine {
    /// What.
    pub sku: SkuId,
    /// How many pieces.
    pub quantity: i64,
    /// For one piece, in minor units, when it was put in: a changed price is explained.
    pub seen_price_minor: i64,
}

/// A cart, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    /// Its key.
    pub id: CartId,
    /// Whose, once known.
    pub customer: Option<CustomerId>,
    /// The channel whose integration keeps it; none for a cart of the own shop.
    pub channel: Option<ChannelId>,
    /// What is in it.
    pub lines: Vec<CartLine>,
    /// Coupon codes that were typed in.
    pub coupons: Vec<String>,
    /// The order that it became.
    pub order: Option<OrderId>,
    /// Grows with every change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Stores a cart: a new one with version 1, or the next version of one that is still open. Gives
/// `false` if it changed meanwhile or has become an order.
pub fn save(tx: &mut Tx<'_>, cart: &Cart) -> Result<bool, Error> {
    let lines = serde_json::to_string(&cart.lines).map_err(Error::defect)?;
    let coupons = serde_json::to_string(&cart.coupons).map_err(Error::defect)?;
    let saved = tx.execute(
        "INSERT INTO carts (id, customer_id, lines, coupons, version, updated_at, channel_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE
            SET customer_id = excluded.customer_id, lines = excluded.lines,
                coupons = excluded.coupons, version = excluded.version,
                updated_at = excluded.updated_at
          WHERE carts.version = excluded.version - 1 AND carts.order_id IS NULL",
        params![
            cart.id.raw(),
            cart.customer.map(Id::raw),
            &lines,
            &coupons,
            cart.version,
            cart.updated_at,
            cart.channel.map(Id::raw),
        ],
    )?;
    Ok(saved == 1)
}

const SELECT: &str =
    "SELECT id, customer_id, channel_id, lines, coupons, order_id, version, updated_at FROM carts";

fn read(row: &mut Row<'_>) -> Result<Cart, Error> {
    Ok(Cart {
        id: row.id()?,
        customer: row.opt_id()?,
        channel: row.opt_id()?,
        lines: row.json()?,
        coupons: row.json()?,
        order: row.opt_id()?,
        version: row.int()?,
        updated_at: row.at()?,
    })
}

/// One cart.
pub fn fetch(tx: &mut Tx<'_>, id: CartId) -> Result<Option<Cart>, Error> {
    tx.query_opt(&format!("{SELECT} WHERE id = $1"), params![id.raw()], read)
}

/// The newest cart of a customer that has not become an order.
pub fn open_of(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Option<Cart>, Error> {
    let sql =
        format!("{SELECT} WHERE customer_id = $1 AND order_id IS NULL ORDER BY id DESC LIMIT 1");
    tx.query_opt(&sql, params![customer.raw()], read)
}

/// Forgets a cart that has not become an order.
pub fn delete(tx: &mut Tx<'_>, id: CartId) -> Result<(), Error> {
    tx.change("DELETE FROM carts WHERE id = $1 AND order_id IS NULL", params![id.raw()])
}

/// Which of these carts are orders already. Locks them where writers run side by side, so that one
/// cart never becomes two orders.
pub fn find_orders(tx: &mut Tx<'_>, carts: &[CartId]) -> Result<Vec<(CartId, OrderId)>, Error> {
    const SQL: PerRow = PerRow {
        sqlite: "SELECT id, order_id FROM carts WHERE id = $1",
        postgres: "SELECT id, order_id FROM carts WHERE id = ANY($1) ORDER BY id FOR UPDATE",
    };
    let mut keys = Columns::new(&[Kind::Int]);
    carts.iter().for_each(|cart| keys.push(params![cart.raw()]));
    let found = tx.query_each(&SQL, &keys, |row| Ok((row.id()?, row.opt_id::<OrderId>()?)))?;
    Ok(found.into_iter().filter_map(|(cart, order)| Some((cart, order?))).collect())
}

/// Notes that a cart has become an order. A cart that was never stored is stored now, as spent.
pub fn consume(tx: &mut Tx<'_>, cart: CartId, order: OrderId, now: Timestamp) -> Result<(), Error> {
    static SPENT: Insert = insert!("carts" {
        id: Int, lines: Text, coupons: Text, order_id: Int, version: Int, updated_at: Int,
    } "ON CONFLICT (id) DO UPDATE SET order_id = excluded.order_id,
        version = carts.version + 1, updated_at = excluded.updated_at");
    tx.append(&SPENT, params![cart.raw(), "[]", "[]", order.raw(), 1_i64, now])
}

/// Forgets carts that were last touched before `before` and never became an order, at most `limit`;
/// gives how many.
///
/// Both are asked for twice: where writers run side by side, a cart may have become an order between
/// being chosen and being locked.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM carts WHERE id IN (
            SELECT id FROM carts WHERE updated_at < $1 AND order_id IS NULL
             ORDER BY updated_at LIMIT $2)
            AND updated_at < $1 AND order_id IS NULL",
        params![before, limit],
    )
}

/// How far carts came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversion {
    /// Carts that were touched.
    pub carts: i64,
    /// Those that became an order.
    pub placed: i64,
    /// Those whose order is paid.
    pub paid: i64,
}

/// How far the carts came that were touched at `since` or later, counted over the newest `limit`.
pub fn conversion(tx: &mut Tx<'_>, since: Timestamp, limit: i64) -> Result<Conversion, Error> {
    tx.query_one(
        "SELECT COUNT(*), COUNT(c.order_id), COUNT(o.paid_at)
           FROM (SELECT order_id FROM carts WHERE updated_at >= $1
                  ORDER BY updated_at DESC LIMIT $2) AS c
           LEFT JOIN orders o ON o.id = c.order_id",
        params![since, limit],
        |row| Ok(Conversion { carts: row.int()?, placed: row.int()?, paid: row.int()? }),
    )
}
