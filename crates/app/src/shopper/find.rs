//! A guest's order, found again by its number and the end of the phone number.

use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::OrderNumber;
use ordermill_storage::{Error, Tx, order};

use crate::Services;
use crate::session::Visitor;
use crate::throttle::{self, Guesser, Throttled};

/// Tries of one network address, and at one order, before they wait.
const FREE_TRIES_OF_ADDRESS: i64 = 20;
const FREE_TRIES_OF_ORDER: i64 = 5;

/// Why no order is shown.
#[derive(Debug, thiserror::Error)]
pub enum FindOrderError {
    /// No such order, or another phone: which one is not told.
    #[error("no such order of this phone")]
    NotFound,
    /// Too many tries; the next one is heard after this time.
    #[error("too many tries: wait {} seconds", .0.as_seconds() + 1)]
    Wait(Span),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<Throttled> for FindOrderError {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Wait(wait) => Self::Wait(wait),
            Throttled::Storage(error) => Self::Storage(error),
        }
    }
}

/// The order of this number, if the phone of its recipient ends with these four digits. A try is
/// counted before it is looked at.
///
/// # Errors
/// See [`FindOrderError`].
pub async fn find_order(
    services: &Services,
    number: &str,
    phone_end: &str,
    from: &Visitor,
    now: Timestamp,
) -> Result<OrderId, FindOrderError> {
    let vault = services.vault().clone();
    let id = OrderNumber::parse(number).map_err(|_| FindOrderError::NotFound)?.order_id();
    let address = Guesser::new(&vault, "find_order", &from.address, FREE_TRIES_OF_ADDRESS);
    let of_order = Guesser::new(&vault, "order_found", &id.to_string(), FREE_TRIES_OF_ORDER);
    let count = move |tx: &mut Tx<'_>| throttle::count(tx, &[address, of_order], now);
    services.database().write(count).await?;
    let stored = services.database().read(move |tx| order::fetch(tx, id)).await?;
    let contact = stored.and_then(|stored| vault.open_recipient(id, &stored.recipient).ok());
    let phone = contact.map(|contact| contact.recipient.phone);
    if phone.is_none_or(|phone| phone.last_four() != phone_end.trim()) {
        return Err(FindOrderError::NotFound);
    }
    services.database().write(move |tx| throttle::forget(tx, of_order)).await?;
    Ok(id)
}
