//! Gift cards: issuing them, setting them right, and showing the last letters of their codes.
//!
//! A code is shown once, when the card is issued. What is stored is ciphertext, and a keyed index by
//! which a typed code is found. [`propose_card`] and [`propose_adjustment`] are what people and
//! integrations do: more than the shop's limit waits for a second person, and the code of a card that
//! was approved is handed to whoever asked for it ([`crate::approval::collect`]). [`issue_gift_card`] and
//! [`adjust_gift_card`] do it without asking.

mod tries;

use ordermill_base::{Id, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::gift_card::{GiftCard, GiftCardError, Origin};
use ordermill_domain::ids::{GiftCardId, TaskId};
use ordermill_domain::ledger::{NotPostable, Posting};
use ordermill_domain::role::Permission;
use ordermill_storage::gift_card::{self, Stored};
use ordermill_storage::{Error, Tx, ledger};
use ordermill_vault::{Entropy, IndexKind, Place};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::tries::TryCodesError;
use crate::approval::{self, AskError, Decision, Wish};
use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};
use crate::privacy::Vault;

/// A gift card, or a change of one, that waits for a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiftCardWish {
    /// A card is to be issued. Its code is made when it is.
    Issue {
        /// The id that it is to have.
        card: GiftCardId,
        /// What is to be on it.
        amount: Money,
        /// Where that money comes from.
        origin: Origin,
    },
    /// The balance of a card is to be set right.
    Adjust {
        /// Which card.
        card: GiftCardId,
        /// What comes onto it, or goes with a minus.
        amount: Money,
    },
}

/// A card that was just issued, for whoever hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCard {
    /// Which card.
    pub id: GiftCardId,
    /// What is on it.
    pub balance: Money,
    /// What its owner types.
    pub code: Zeroizing<String>,
}

/// Why nothing was done with a gift card, nor asked for.
#[derive(Debug, thiserror::Error)]
pub enum ProposeGiftCardError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It needs a second person, and another change of the card waits for one already.
    #[error("another change of the gift card waits for approval in task {0}")]
    AnotherWaits(TaskId),
    /// It cannot be so.
    #[error(transparent)]
    Command(#[from] GiftCardCommandError),
}

impl From<Error> for ProposeGiftCardError {
    fn from(error: Error) -> Self {
        Self::Command(error.into())
    }
}

impl GiftCardWish {
    /// Which card it is about.
    pub const fn card(&self) -> GiftCardId {
        match self {
            Self::Issue { card, .. } | Self::Adjust { card, .. } => *card,
        }
    }

    /// What comes onto it, or goes with a minus.
    pub const fn amount(&self) -> Money {
        match self {
            Self::Issue { amount, .. } | Self::Adjust { amount, .. } => *amount,
        }
    }
}

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

/// Issues a card with a fresh code, or asks a second person if more is to be on it than one person
/// decides alone. [`issued`] tells the code.
///
/// # Errors
/// [`ProposeGiftCardError`]; nothing has changed then.
pub fn propose_card(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    amount: Money,
    origin: Origin,
) -> Result<Decision<GiftCardId>, ProposeGiftCardError> {
    let card: GiftCardId = tx.next_id(act.at);
    // A card that could not be bothers nobody.
    GiftCard::issue(card, amount, origin, act.at).map_err(GiftCardCommandError::from)?;
    propose(tx, vault, principal, act, GiftCardWish::Issue { card, amount, origin })
}

/// Sets the balance of a card right, or asks a second person as for a new one. The act states the
/// reason.
///
/// # Errors
/// [`ProposeGiftCardError`]; nothing has changed then.
pub fn propose_adjustment(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    card: GiftCardId,
    amount: Money,
) -> Result<Decision<GiftCardId>, ProposeGiftCardError> {
    propose(tx, vault, principal, act, GiftCardWish::Adjust { card, amount })
}

fn propose(
    tx: &mut Tx<'_>,
    vault: &Vault,
    principal: &Principal,
    act: &Act,
    wish: GiftCardWish,
) -> Result<Decision<GiftCardId>, ProposeGiftCardError> {
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let permission = permission_for(wish.amount(), &shop);
    if authorize(principal, permission, &About::default())? == Access::Full {
        carry_out(tx, vault, act, &wish)?;
        return Ok(Decision::Done(wish.card()));
    }
    match approval::ask(tx, act, Wish::GiftCard(wish)) {
        Ok(task) => Ok(Decision::AwaitsApproval(task)),
        Err(AskError::AnotherWaits(task)) => Err(ProposeGiftCardError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Issues or changes a card as it was approved.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    vault: &Vault,
    act: &Act,
    wish: &GiftCardWish,
) -> Result<(), GiftCardCommandError> {
    match *wish {
        GiftCardWish::Issue { card, amount, origin } => {
            let code = new_code(vault.entropy());
            issue_as(tx, vault, act, card, &code, amount, origin)
        }
        GiftCardWish::Adjust { card, amount } => {
            adjust_gift_card(tx, act, card, amount.minor).map(drop)
        }
    }
}

/// A card with its whole code, for whoever has just issued it; `None` if there is none. The code is empty
/// if it does not open, as after its key was destroyed.
pub fn issued(tx: &mut Tx<'_>, vault: &Vault, id: GiftCardId) -> Result<Option<IssuedCard>, Error> {
    let stored = gift_card::fetch(tx, id)?;
    Ok(stored.map(|stored| {
        let code = Zeroizing::new(grouped(&opened(vault, &stored)));
        IssuedCard { id, balance: stored.card.balance(), code }
    }))
}

/// A code in groups of four, as people read it.
fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// What somebody must be allowed to put this much on a card, or to take it off: operations, and a second
/// person above the shop's limit for decisions of one person, which is an amount of its own currency.
fn permission_for(amount: Money, shop: &ShopSettings) -> Permission {
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
    let id: GiftCardId = tx.next_id(act.at);
    issue_as(tx, vault, act, id, code, amount, origin)?;
    Ok(id)
}

fn issue_as(
    tx: &mut Tx<'_>,
    vault: &Vault,
    act: &Act,
    id: GiftCardId,
    code: &str,
    amount: Money,
    origin: Origin,
) -> Result<(), GiftCardCommandError> {
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
    let (card, event) = GiftCard::issue(id, amount, origin, act.at)?;
    let posting = match origin {
        Origin::Sold => Posting::gift_card_sold(amount)?,
        Origin::Granted => Posting::gift_card_granted(amount)?,
    };
    let sealed = vault.seal(place(id), letters.as_bytes());
    gift_card::insert(tx, act, &card, blind, &sealed, &event)?;
    ledger::post_apart(tx, &posting, act.at)?;
    Ok(())
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

fn opened(vault: &Vault, stored: &Stored) -> Zeroizing<String> {
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
