//! Carts of the own shop: filling, showing, and handing over to the customer who signs in.
//!
//! A cart belongs to whoever has its token, and once someone has signed in, to that customer. Prices
//! are those of the catalog at the moment of looking; the price that a buyer saw last is kept beside
//! each line only to explain a change. Nothing is reserved before an order is placed.

pub mod kept;

use std::sync::Arc;

use ordermill_base::{Id, Money, Timestamp};
use ordermill_domain::ids::{CartId, CustomerId, SkuId};
use ordermill_storage::cart::{self, Cart, CartLine};
use ordermill_storage::{Error, Tx};
use ordermill_vault::Claim;

use crate::catalog::{Catalog, Sku};
use crate::privacy::Vault;
use crate::promise::{self, Promised};

/// Different goods in one cart at most.
pub const LINES_MAX: usize = 100;
/// Pieces of one line at most.
pub const PIECES_MAX: i64 = 999;

/// Why a cart was not changed.
#[derive(Debug, thiserror::Error)]
pub enum CartError {
    /// Nothing with this code is on sale.
    #[error("no SKU with the code {0} is on sale")]
    UnknownSku(String),
    /// It holds as many different goods as it may.
    #[error("a cart has at most {LINES_MAX} lines")]
    Full,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// A change of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many more.
    Add(i64),
    /// So many, whatever there were; none takes the line out.
    Set(i64),
}

/// Whose cart it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holder {
    /// The cart that the browser has a token of.
    pub cart: Option<CartId>,
    /// Who is signed in.
    pub customer: Option<CustomerId>,
}

/// The text that a browser keeps to find its cart again. Nobody can make one up for another cart.
pub fn token(vault: &Vault, cart: CartId) -> String {
    format!("{cart}~{}", vault.keyring().sign_token(claim(cart), None))
}

/// The cart of a token; `None` if the token was not made here.
pub fn of_token(vault: &Vault, presented: &str, now: Timestamp) -> Option<CartId> {
    let (id, proof) = presented.split_once('~')?;
    let id: CartId = id.parse().ok()?;
    vault.keyring().verify_token(claim(id), proof, now).ok().map(|()| id)
}

fn claim(cart: CartId) -> Claim {
    Claim { audience: "cart", id: cart.raw() }
}

/// The open cart of a holder: the browser's own, unless it belongs to somebody else or has become
/// an order; else the one that the customer left elsewhere.
pub fn open(tx: &mut Tx<'_>, holder: Holder) -> Result<Option<Cart>, Error> {
    if let Some(id) = holder.cart {
        let found = cart::fetch(tx, id)?.filter(|cart| {
            cart.order.is_none() && (cart.customer.is_none() || cart.customer == holder.customer)
        });
        if found.is_some() {
            return Ok(found);
        }
    }
    match holder.customer {
        Some(customer) => cart::open_of(tx, customer),
        None => Ok(None),
    }
}

/// Changes one line of the holder's cart, which is made if there is none. The price that counts is
/// the catalog's; the line remembers it as seen.
///
/// # Errors
/// See [`CartError`]; nothing has changed.
pub fn change_line(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    holder: Holder,
    code: &str,
    change: Change,
    now: Timestamp,
) -> Result<Cart, CartError> {
    let mut cart = open(tx, holder)?.unwrap_or_else(|| empty(tx, holder.customer, now));
    if change_in_memory(&mut cart, catalog, code, change)? {
        save(tx, &mut cart, now)?;
    }
    Ok(cart)
}

/// Gives whether it is another cart now.
fn change_in_memory(
    cart: &mut Cart,
    catalog: &Catalog,
    code: &str,
    change: Change,
) -> Result<bool, CartError> {
    let known = catalog.by_code(code);
    let at = known.and_then(|sku| cart.lines.iter().position(|line| line.sku == sku.id));
    let had = at.and_then(|at| cart.lines.get(at)).map_or(0, |line| line.quantity);
    let wanted = match change {
        Change::Add(more) => had.saturating_add(more.clamp(0, PIECES_MAX)),
        Change::Set(pieces) => pieces,
    };
    let wanted = wanted.clamp(0, PIECES_MAX);
    let is_buyable = known.is_some_and(|sku| sku.is_active);
    let Some(sku) = known.filter(|_| is_buyable || wanted == 0) else {
        return Err(CartError::UnknownSku(code.to_owned()));
    };
    let line = CartLine { sku: sku.id, quantity: wanted, seen_price_minor: sku.price.minor };
    match at {
        Some(at) if wanted == 0 => drop(cart.lines.remove(at)),
        Some(at) => cart.lines[at] = line,
        None if wanted == 0 => return Ok(false),
        None if cart.lines.len() >= LINES_MAX => return Err(CartError::Full),
        None => cart.lines.push(line),
    }
    Ok(true)
}

/// Replaces the codes that were typed in.
///
/// # Errors
/// If the database refuses.
pub fn set_coupons(
    tx: &mut Tx<'_>,
    holder: Holder,
    coupons: Vec<String>,
    now: Timestamp,
) -> Result<Option<Cart>, Error> {
    let Some(mut cart) = open(tx, holder)? else { return Ok(None) };
    cart.coupons = coupons;
    save(tx, &mut cart, now)?;
    Ok(Some(cart))
}

/// Hands what a guest has put into a cart to the customer who has just signed in: into the cart that
/// they left elsewhere, if there is one. Of what is in both, the larger quantity stays. Gives the
/// customer's cart.
///
/// # Errors
/// If the database refuses.
pub fn hand_over(
    tx: &mut Tx<'_>,
    guest: Option<CartId>,
    customer: CustomerId,
    now: Timestamp,
) -> Result<Option<CartId>, Error> {
    let guest = match guest {
        Some(id) => open(tx, Holder { cart: Some(id), customer: None })?,
        None => None,
    };
    let own = cart::open_of(tx, customer)?;
    let (Some(guest), Some(mut own)) = (guest.clone(), own.clone()) else {
        let Some(mut cart) = own.or(guest) else { return Ok(None) };
        if cart.customer.is_none() {
            cart.customer = Some(customer);
            save(tx, &mut cart, now)?;
        }
        return Ok(Some(cart.id));
    };
    for line in &guest.lines {
        let has_room = own.lines.len() < LINES_MAX;
        match own.lines.iter_mut().find(|own| own.sku == line.sku) {
            Some(own) => *own = if line.quantity > own.quantity { *line } else { *own },
            None if has_room => own.lines.push(*line),
            None => {}
        }
    }
    if own.coupons.is_empty() {
        own.coupons.clone_from(&guest.coupons);
    }
    save(tx, &mut own, now)?;
    cart::delete(tx, guest.id)?;
    Ok(Some(own.id))
}

fn empty(tx: &Tx<'_>, customer: Option<CustomerId>, now: Timestamp) -> Cart {
    Cart {
        id: tx.next_id(now),
        customer,
        channel: None,
        lines: Vec::new(),
        coupons: Vec::new(),
        order: None,
        version: 0,
        updated_at: now,
    }
}

fn save(tx: &mut Tx<'_>, cart: &mut Cart, now: Timestamp) -> Result<(), Error> {
    cart.version += 1;
    cart.updated_at = now;
    if cart::save(tx, cart)? { Ok(()) } else { Err(Error::Stale("a cart")) }
}

/// A cart as its buyer sees it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The latest first.
    pub lines: Vec<Content>,
    /// Prices times quantities of what can be bought.
    pub goods: Money,
}

/// One line of a cart with all that is known about it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What.
    pub sku: Arc<Sku>,
    /// How many pieces.
    pub quantity: i64,
    /// What one cost when its buyer last saw it, if that was another price.
    pub price_before: Option<Money>,
    /// Price times quantity.
    pub total: Money,
    /// Stock, and when it arrives.
    pub promised: Promised,
    /// What must be settled before it can be ordered.
    pub problem: Option<LineProblem>,
}

/// Why a line cannot be ordered as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineProblem {
    /// It is no longer on sale.
    NotOnSale,
    /// There is none now.
    SoldOut,
    /// There are only so many.
    OnlyLeft(i64),
    /// Its amount is too large to be added up, or of another currency.
    NotPriced,
}

impl Contents {
    /// Whether everything in it can be ordered as it is.
    pub fn can_check_out(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.problem.is_none())
    }

    /// All pieces.
    pub fn pieces(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

/// What is in a cart, as of now, for a destination such as `CN-31`.
///
/// # Errors
/// If the database refuses.
pub fn contents(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    lines: &[CartLine],
    region: &str,
    now: Timestamp,
) -> Result<Contents, Error> {
    let wanted: Vec<(SkuId, i64)> = lines.iter().map(|line| (line.sku, line.quantity)).collect();
    let promised = promise::of(tx, catalog, &wanted, region, now)?;
    let mut goods = Money::zero(catalog.shop.currency);
    let mut contents = Vec::with_capacity(lines.len());
    for line in lines.iter().rev() {
        let (Some(sku), Some(promised)) = (catalog.shared(line.sku), promised.get(&line.sku))
        else {
            continue;
        };
        let price = sku.price;
        let total = price.checked_mul(line.quantity);
        let sum = total.as_ref().ok().and_then(|total| goods.checked_add(*total).ok());
        let problem = match sum {
            _ if !sku.is_active => Some(LineProblem::NotOnSale),
            None => Some(LineProblem::NotPriced),
            Some(sum) => {
                goods = sum;
                shortage(promised, line.quantity)
            }
        };
        let seen = Money::new(line.seen_price_minor, price.currency);
        contents.push(Content {
            sku,
            quantity: line.quantity,
            price_before: (seen != price).then_some(seen),
            total: total.unwrap_or(price),
            promised: *promised,
            problem,
        });
    }
    Ok(Contents { lines: contents, goods })
}

fn shortage(promised: &Promised, pieces: i64) -> Option<LineProblem> {
    match promised.availability.available {
        _ if promised.can_order(pieces) => None,
        left @ 1.. => Some(LineProblem::OnlyLeft(left)),
        _ => Some(LineProblem::SoldOut),
    }
}
