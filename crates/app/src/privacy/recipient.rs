//! Who receives an order: sealed, opened, masked.

use ordermill_base::Id;
use ordermill_domain::address::Recipient;
use ordermill_domain::email::Email;
use ordermill_domain::ids::OrderId;
use ordermill_domain::phone::Phone;
use ordermill_vault::{OpenError, Place};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Vault;

/// Everything personal about an order, as it is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderContact {
    /// Name, phone and address.
    pub recipient: Recipient,
    /// Where the buyer gets mail about the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// What the buyer wrote to us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// As much of an [`OrderContact`] as it takes to find its order; the address is not even parsed.
#[derive(Deserialize)]
pub(super) struct Reach {
    pub(super) recipient: ReachByPhone,
    #[serde(default)]
    pub(super) email: Option<Email>,
}

/// The phone alone.
#[derive(Deserialize)]
pub(super) struct ReachByPhone {
    pub(super) phone: Phone,
}

/// What anyone who may read an order sees of its recipient (GB/T 41833).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedRecipient {
    /// `林**`.
    pub name: String,
    /// `138******21`.
    pub phone: String,
    /// `浙江省杭州市西湖区文三路****`.
    pub address: String,
    /// `浙江省杭州市西湖区`.
    pub region: String,
    /// `l***@example.com`.
    pub email: Option<String>,
    /// Whether the buyer wrote something; what, takes a reason to see.
    pub has_note: bool,
}

/// Why an order's recipient cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// It does not open; see [`OpenError`].
    #[error("the recipient does not open")]
    Sealed(#[from] OpenError),
    /// It opens and is not a recipient: a defect, or a later version's.
    #[error("the recipient cannot be read")]
    Unreadable,
}

impl ContactError {
    /// Whether it was destroyed on purpose, so that it is shown as erased.
    pub const fn is_erased(self) -> bool {
        matches!(self, Self::Sealed(OpenError::DestroyedKey(_)))
    }
}

// Personal; printed as what may be shown to anyone.
impl std::fmt::Debug for OrderContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OrderContact").field(&self.masked()).finish()
    }
}

impl OrderContact {
    /// A recipient without mail address and note.
    pub const fn new(recipient: Recipient) -> Self {
        Self { recipient, email: None, note: None }
    }

    /// What anyone who may read the order sees.
    pub fn masked(&self) -> MaskedRecipient {
        MaskedRecipient {
            name: self.recipient.name.masked(),
            phone: self.recipient.phone.masked(),
            address: self.recipient.address.masked(),
            region: self.recipient.address.region(),
            email: self.email.as_ref().map(Email::masked),
            has_note: self.note.is_some(),
        }
    }
}

impl Vault {
    /// Seals what is personal about an order; goes into [`crate::order::place::PlaceOrder::recipient`].
    pub fn seal_recipient(&self, order: OrderId, contact: &OrderContact) -> Vec<u8> {
        let plain = Zeroizing::new(
            serde_json::to_vec(contact).expect("a contact is plain values with text keys"),
        );
        self.seal(place(order), &plain)
    }

    /// Opens what is personal about an order. For labels and partners; people go through
    /// [`super::reveal()`].
    ///
    /// # Errors
    /// If it does not open, or is none.
    pub fn open_recipient(
        &self,
        order: OrderId,
        sealed: &[u8],
    ) -> Result<OrderContact, ContactError> {
        let plain = self.open_at(place(order), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| ContactError::Unreadable)
    }

    /// Opens what it takes to find the order by its contacts.
    pub(super) fn open_reach(&self, order: OrderId, sealed: &[u8]) -> Result<Reach, ContactError> {
        let plain = self.open_at(place(order), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| ContactError::Unreadable)
    }

    /// What anyone who may read the order sees.
    ///
    /// # Errors
    /// As [`Vault::open_recipient`].
    pub fn mask_recipient(
        &self,
        order: OrderId,
        sealed: &[u8],
    ) -> Result<MaskedRecipient, ContactError> {
        Ok(self.open_recipient(order, sealed)?.masked())
    }
}

fn place(order: OrderId) -> Place {
    Place { table: "orders", column: "recipient", row: order.raw() }
}
