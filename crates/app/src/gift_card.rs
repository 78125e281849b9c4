//! Gift cards: issuing them, setting them right, and showing the last letters of their codes.
//!
//! A code is shown once, when the card is issued. What is stored is ciphertext, and a keyed index by
//! which a typed code is found. The callers ask for the permission: [`permission_for`] says which.

mod tries;

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::gift_card::{GiftCard, GiftCardError, Origin};
use ordermill_domain::ids::GiftCardId;
use ordermill_domain::ledger::{NotPostable, Posting};
use ordermill_domain::role::Permission;
use ordermill_storage::gift_card::{self, Stored};
use ordermill_storage::{Error, Tx, ledger};
use ordermill_vault::{Entropy, IndexKind, Place};
use zeroize::Zeroizing;

pub use self::tries::TryCodesError;
use crate::catalog::ShopSettings;
use crate::privacy::Vault;

/// Why a gift card was not issued or changed; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum GiftCardCommandError {
    /// No such card.
    #[error("gift card {0} not found")]
    NotFound(GiftCardId),
    /// Another card has this code.
    #[error("the code belongs to another gift card")]
    CodeTaken,
    /// A code of fewer than 8 letters and digits, or of more than 40.
    #[error("a code has 8 to 40 letters and digits")]
    Code,
    /// The amount cannot be.
    #[error(transparent)]
    Refused(#[from] GiftCardError),
    /// The books cannot take it.
    #[error(transparent)]
    Books(#[from] NotPostable),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What somebody must be allowed to put this much on a card, or to take it off: operations, and a second
/// person above the shop's limit for decisions of one person, which is an amount of its own currency.
pub fn permission_for(amount: Money, shop: &ShopSettings) -> Permission {
    let is_small = amount.currency == shop.currency
        && amount.minor.saturating_abs() <= shop.coupon_limit_minor;
    if is_small { Permission::ChangeRules } else { Permission::ChangeRulesOverLimit }
}

/// The card with this code, as typed.
pub fn find_gift_card(
    tx: &mut Tx<'_>,
    vault: &Vault,
    typed: &str,
) -> Result<Option<Stored>, Error> {
    for blind in vault.keyring().blind_index_candidates(IndexKind::GiftCard, typed) {
        if let Some(stored) = gift_card::find_by_blind(tx, blind)? {
            // Two codes may meet in one index by chance, so what was sealed decides.
            let code = opened(vault, &stored);
            if IndexKind::GiftCard.normalize(typed) == IndexKind::GiftCard.normalize(&code) {
                return Ok(Some(stored));
            }
        }
    }
    Ok(None)
}

/// Letters of codes: without those that are misread. Their number divides 256 evenly enough that a
/// byte picks one fairly after the rest is thrown away.
const LETTERS: &[u8] = b"ACDEFGHJKLMNPQRTUVWXY34679";
/// Letters of a code: 26 to the power of 16 is about 75 bits, far beyond guessing.
const LENGTH: usize = 16;

/// A fresh code in groups of four: `ACDE-4679-…`.
pub fn new_code(entropy: &dyn Entropy) -> Zeroizing<String> {
    let fair = 256 - 256 % LETTERS.len();
    let mut code = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / 4));
    let mut count = 0;
    while count < LENGTH {
        let mut byte = [0_u8];
        entropy.fill(&mut byte);
        if usize::from(byte[0]) >= fair {
            continue;
        }
        if count > 0 && count % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(LETTERS[usize::from(byte[0]) % LETTERS.len()]));
        count += 1;
    }
    code
}

/// Issues a card with this code, which [`new_code`] makes, and books what it is worth: sold for
/// money, or given away.
pub fn issue_gift_card(
    tx: &mut Tx<'_>,
    vault: &Vault,
    act: &Act,
    code: &str,
    amount: Money,
    origin: Origin,
) -> Result<GiftCardId, GiftCardCommandError> {
    let letters = IndexKind::GiftCard.normalize(code).unwrap_or_default();
    if !(8..=40).contains(&letters.len()) {
        return Err(GiftCardCommandError::Code);
    }
    let keyring = vault.keyring();
    for blind in keyring.blind_index_candidates(IndexKind::GiftCard, &letters) {
        if gift_card::find_by_blind(tx, blind)?.is_some() {
            return Err(GiftCardCommandError::CodeTaken);
        }
    }
    let blind = keyring.blind_index(IndexKind::GiftCard, &letters);
    let blind = blind.ok_or(GiftCardCommandError::Code)?;
    let id: GiftCardId = tx.next_id(act.at);
    let (card, event) = GiftCard::issue(id, amount, origin, act.at)?;
    let posting = match origin {
        Origin::Sold => Posting::gift_card_sold(amount)?,
        Origin::Granted => Posting::gift_card_granted(amount)?,
    };
    let sealed = vault.seal(place(id), letters.as_bytes());
    gift_card::insert(tx, act, &card, blind, &sealed, &event)?;
    ledger::post_apart(tx, &posting, act.at)?;
    Ok(id)
}

/// Sets the balance of a card right by this many minor units, which may be negative. The act states
/// the reason.
pub fn adjust_gift_card(
    tx: &mut Tx<'_>,
    act: &Act,
    id: GiftCardId,
    delta_minor: i64,
) -> Result<GiftCard, GiftCardCommandError> {
    let mut cards = gift_card::lock(tx, &[id])?;
    let changed = cards.change(act, id, |card| card.adjust(delta_minor));
    changed.ok_or(GiftCardCommandError::NotFound(id))??;
    cards.save(tx)?;
    let card = *cards.get(id).ok_or(GiftCardCommandError::NotFound(id))?;
    let amount = Money::new(delta_minor.abs(), card.balance().currency);
    let posting = if delta_minor > 0 {
        Posting::gift_card_granted(amount)?
    } else {
        Posting::gift_card_lowered(amount)?
    };
    ledger::post_apart(tx, &posting, act.at)?;
    Ok(card)
}

/// What may be shown of a card's code: its last four letters.
pub fn last_four(vault: &Vault, stored: &Stored) -> String {
    let code = opened(vault, stored);
    code.chars().skip(code.chars().count().saturating_sub(4)).collect()
}

/// The whole code, for whoever has just issued the card; empty if it does not open, as after its key
/// was destroyed.
pub fn opened(vault: &Vault, stored: &Stored) -> Zeroizing<String> {
    let plain = vault.open_at(place(stored.card.facts().id), &stored.code);
    let text = plain.ok().and_then(|plain| String::from_utf8(plain.to_vec()).ok());
    Zeroizing::new(text.unwrap_or_default())
}

fn place(id: GiftCardId) -> Place {
    Place { table: "gift_cards", column: "code", row: id.raw() }
}

#[cfg(test)]
mod tests {
    use ordermill_vault::SeededEntropy;

    use super::*;

    #[test]
    fn codes_are_distinct_and_easy_to_read_out() {
        let entropy = SeededEntropy::from_seed(7);
        let codes: std::collections::HashSet<String> =
            (0..1_000).map(|_| new_code(&entropy).to_string()).collect();
        assert_eq!(codes.len(), 1_000);
        for code in codes {
            assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
            assert!(!code.contains(['0', 'O', '1', 'I', '5', 'S', '8', 'B', '2', 'Z']), "{code}");
        }
    }
}
