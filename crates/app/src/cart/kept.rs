//! Carts that integrations keep for their buyers: known by their ids, seen by their channel alone,
//! each with a version by which edits notice each other.

use ordermill_base::Timestamp;
use ordermill_domain::ids::{CartId, ChannelId, CustomerId, OrderId};
use ordermill_storage::cart::{self, Cart};
use ordermill_storage::{Error, Tx};

use super::{CartError, Change, change_in_memory, empty, save};
use crate::catalog::Catalog;

/// What a cart begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCart {
    /// The channel whose integration keeps it.
    pub channel: ChannelId,
    /// Whose, once known.
    pub customer: Option<CustomerId>,
    /// Codes of SKUs with pieces of each.
    pub lines: Vec<(String, i64)>,
    /// Codes of coupons.
    pub coupons: Vec<String>,
}

/// Which cart is to change, and what its author knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Which {
    /// The cart.
    pub id: CartId,
    /// The only channel whose carts the author may know of; none: all.
    pub channel: Option<ChannelId>,
    /// The version that its author has read; none: whatever it is now.
    pub version: Option<i64>,
}

/// Why a cart was not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeptCartError {
    /// No such cart, or not theirs to know of.
    #[error("cart {0} not found")]
    NotFound(CartId),
    /// It has become this order.
    #[error("the cart has become the order {0}")]
    Ordered(OrderId),
    /// Somebody else was faster.
    #[error("the cart has version {found}, not {expected}")]
    Changed {
        /// The version that its author has read.
        expected: i64,
        /// The version that it has.
        found: i64,
    },
    /// What was to change cannot be.
    #[error(transparent)]
    Cart(#[from] CartError),
}

impl From<Error> for KeptCartError {
    fn from(error: Error) -> Self {
        Self::Cart(error.into())
    }
}

/// Makes a cart.
pub fn create(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    new: &NewCart,
    now: Timestamp,
) -> Result<Cart, CartError> {
    let mut cart = Cart {
        channel: Some(new.channel),
        coupons: new.coupons.clone(),
        ..empty(tx, new.customer, now)
    };
    for (code, pieces) in &new.lines {
        change_in_memory(&mut cart, catalog, code, Change::Add(*pieces))?;
    }
    save(tx, &mut cart, now)?;
    Ok(cart)
}

/// A cart, also one that has become an order.
pub fn get(tx: &mut Tx<'_>, which: Which) -> Result<Cart, KeptCartError> {
    let found = cart::fetch(tx, which.id)?;
    let may_know = |cart: &Cart| which.channel.is_none() || which.channel == cart.channel;
    found.filter(may_know).ok_or(KeptCartError::NotFound(which.id))
}

/// Changes one line. Gives the cart as it is then.
pub fn change_line(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    which: Which,
    (code, change): (&str, Change),
    now: Timestamp,
) -> Result<Cart, KeptCartError> {
    let mut cart = open(tx, which)?;
    if change_in_memory(&mut cart, catalog, code, change)? {
        save(tx, &mut cart, now)?;
    }
    Ok(cart)
}

/// Replaces the codes of coupons. Gives the cart as it is then.
pub fn set_coupons(
    tx: &mut Tx<'_>,
    which: Which,
    coupons: Vec<String>,
    now: Timestamp,
) -> Result<Cart, KeptCartError> {
    let mut cart = open(tx, which)?;
    if cart.coupons != coupons {
        cart.coupons = coupons;
        save(tx, &mut cart, now)?;
    }
    Ok(cart)
}

/// A cart that can still be changed, of the version that its author has read.
fn open(tx: &mut Tx<'_>, which: Which) -> Result<Cart, KeptCartError> {
    let cart = get(tx, which)?;
    if let Some(order) = cart.order {
        return Err(KeptCartError::Ordered(order));
    }
    match which.version {
        Some(expected) if expected != cart.version => {
            Err(KeptCartError::Changed { expected, found: cart.version })
        }
        _ => Ok(cart),
    }
}
