//! What orders of the same hand are known by, without anybody reading it.

use ordermill_domain::address::suspicion;
use ordermill_domain::risk::Marks;
use ordermill_vault::{IndexKind, Keyring};

use crate::privacy::OrderContact;

/// The marks of an order's recipient.
pub(crate) fn of(keyring: &Keyring, contact: &OrderContact) -> Marks {
    let recipient = &contact.recipient;
    let address = &recipient.address;
    // Spelling differs; what is left of it does not.
    let place = format!("{}{}", address.region(), address.street().concat());
    let suspicions = suspicion::of_recipient(recipient).len();
    Marks {
        phone: keyring.blind_index(IndexKind::Phone, &recipient.phone.e164()),
        address: keyring.blind_index(IndexKind::Address, &place),
        suspicions: i64::try_from(suspicions).unwrap_or(i64::MAX),
    }
}
