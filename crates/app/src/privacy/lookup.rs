//! Finding orders by phone or e-mail while both are sealed.
//!
//! The index is filled by a reader of the journal, a moment after an order was placed, so that
//! random keys stay off the road of a new order.

use ordermill_base::Id;
use ordermill_domain::ids::OrderId;
use ordermill_domain::phone::Phone;
use ordermill_storage::{Tx, journal, order};
use ordermill_vault::{IndexKind, Keyring, OpenError};

use super::recipient::{ContactError, Reach};
use super::{Vault, VaultError};

/// The name of the journal's reader that calls [`contacts_of`].
pub const READER: &str = "contacts";

/// What the orders that were placed are found by: (blind index, order). An order that does not open
/// is logged and left out: it blocks nobody.
///
/// # Errors
/// If the database refuses, or keys cannot be loaded again.
pub fn contacts_of(
    tx: &mut Tx<'_>,
    vault: &Vault,
    entries: &[journal::Entry],
) -> Result<Vec<(i64, OrderId)>, VaultError> {
    let placed = entries.iter().filter(|entry| entry.kind == "order.placed");
    let ids: Vec<OrderId> = placed.map(|entry| OrderId::from_raw(entry.aggregate_id)).collect();
    let mut contacts = Vec::with_capacity(2 * ids.len());
    for (id, sealed) in order::recipients(tx, &ids)? {
        let mut opened = vault.open_reach(id, &sealed);
        if matches!(opened, Err(ContactError::Sealed(OpenError::UnknownKey(_)))) {
            vault.reload(tx)?;
            opened = vault.open_reach(id, &sealed);
        }
        match opened {
            Ok(reach) => {
                contacts.extend(indexes(&vault.keyring(), &reach).map(|blind| (blind, id)));
            }
            Err(error) => {
                tracing::warn!(order.id = %id, %error, "an order's recipient is not indexed");
            }
        }
    }
    // Neighbors on the page are written one after the other.
    contacts.sort_unstable();
    Ok(contacts)
}

/// Everything that an order is found by: phone, its last four digits, e-mail.
fn indexes(keyring: &Keyring, reach: &Reach) -> impl Iterator<Item = i64> {
    let phone = reach.recipient.phone.e164();
    let email = reach.email.as_ref().map(|email| email.as_str());
    let indexes = [
        keyring.blind_index(IndexKind::Phone, &phone),
        keyring.blind_index(IndexKind::PhoneTail, &phone),
        email.and_then(|email| keyring.blind_index(IndexKind::Email, email)),
    ];
    indexes.into_iter().flatten()
}

impl Vault {
    /// The index to ask [`ordermill_storage::order::Filter::contact`] for. A text with `@` is a mail
    /// address, four digits are the end of a phone number, anything else is a whole number. `None` if
    /// nothing is left to look for.
    pub fn contact_index(&self, asked: &str) -> Option<i64> {
        let keyring = self.keyring();
        if asked.contains('@') {
            return keyring.blind_index(IndexKind::Email, asked);
        }
        match IndexKind::Phone.normalize(asked)? {
            tail if tail.len() == 4 => keyring.blind_index(IndexKind::PhoneTail, &tail),
            // Landlines are typed with their trunk 0 and stored without.
            digits => match Phone::parse(asked, ordermill_domain::address::Country::CHINA) {
                Ok(phone) => keyring.blind_index(IndexKind::Phone, &phone.e164()),
                Err(_) => keyring.blind_index(IndexKind::Phone, &digits),
            },
        }
    }
}
