//! Buyers: signing in with a code sent to a phone or a mailbox, and the links of guests.
//!
//! There are no passwords of buyers to steal. Who has the phone or the mailbox is the buyer; whether
//! someone bought here before is not told to whoever asks for a code.

mod find;
pub mod profile;
mod sign_in;

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::email::Email;
use ordermill_domain::ids::OrderId;
use ordermill_domain::phone::Phone;
use ordermill_vault::{Claim, IndexKind};

pub use find::{FindOrderError, find_order};
pub use profile::Profile;
pub use sign_in::{
    CODE_GOOD_FOR, CODES_PER_HOUR, EnterCodeError, RESEND_AFTER, RequestCodeError, SignedIn,
    TRIES_MAX, enter_code, request_code,
};

use crate::permission::{Buyer, Principal};
use crate::privacy::Vault;

/// What a buyer signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// A phone that receives text messages.
    Phone(Phone),
    /// A mailbox.
    Email(Email),
}

/// How long the link in a guest's mail opens the order.
pub const GUEST_LINK_GOOD_FOR: Span = Span::days(180);

/// What a link to a guest's order carries behind the order's id.
pub fn guest_token(vault: &Vault, order: OrderId, now: Timestamp) -> String {
    vault.keyring().sign_token(guest_claim(order), Some(now + GUEST_LINK_GOOD_FOR))
}

/// Whoever presents the token of an order's link; `None` if it is not one, or its time is over.
pub fn guest(vault: &Vault, order: OrderId, presented: &str, now: Timestamp) -> Option<Principal> {
    let checked = vault.keyring().verify_token(guest_claim(order), presented, now);
    checked.is_ok().then_some(Principal::Buyer(Buyer::Guest(order)))
}

fn guest_claim(order: OrderId) -> Claim {
    Claim { audience: "guest_order", id: order.raw() }
}

impl Contact {
    fn text(&self) -> String {
        match self {
            Self::Phone(phone) => phone.e164(),
            Self::Email(email) => email.as_str().to_owned(),
        }
    }

    const fn kind(&self) -> IndexKind {
        match self {
            Self::Phone(_) => IndexKind::Phone,
            Self::Email(_) => IndexKind::Email,
        }
    }

    /// The index to store.
    fn blind(&self, vault: &Vault) -> i64 {
        let blind = vault.keyring().blind_index(self.kind(), &self.text());
        blind.expect("a phone has digits and a mail address letters")
    }
}
