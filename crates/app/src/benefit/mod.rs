//! Benefits: coupons, points and gift cards that a buyer hands in with an order or a quote.
//!
//! [`look_up`] reads what they are worth; prices are made from that beside the writer. What an order
//! uses up is decided with the order ([`claim`]), and goes back when it ends ([`give_back`]).
//!
//! Coupons lower prices. Points and gift cards pay: each is a payment of the order that is captured
//! when the order is placed, and its refund goes back to where it came from.

pub mod claim;
pub(crate) mod give_back;

use ordermill_base::Currency;
use ordermill_domain::coupon::normalized;
use ordermill_domain::ids::{CouponId, CustomerId};
use ordermill_domain::points::Account;
use ordermill_domain::pricing::points::{PointsToSpend, SpendRule};
use ordermill_domain::pricing::{self, CouponUse, NotApplicable, Quote};
use ordermill_storage::{Error, Tx, coupon, customer, points};
use ordermill_vault::IndexKind;

use crate::gift_card::find_gift_card;
use crate::order::intake::{FieldIssue, issue};
use crate::privacy::Vault;

/// Coupons of one order at most, and gift cards.
pub const HANDED_IN_MAX: usize = 10;

/// What a buyer hands in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandedIn {
    /// Codes of coupons, as typed.
    pub coupons: Vec<String>,
    /// Points to pay with, at most; they need a customer.
    pub points: u64,
    /// Codes of gift cards, as typed, in the order in which they are spent.
    pub gift_cards: Vec<String>,
}

/// Who hands it in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holder {
    /// Someone who is signed in.
    pub customer: Option<CustomerId>,
    /// The blind index of a guest's phone, once it is known.
    pub phone_blind: Option<i64>,
}

/// What was found of it.
#[derive(Debug, Clone)]
pub struct Found {
    /// In the order in which they were handed in.
    pub coupons: Vec<FoundCoupon>,
    /// The buyer's points; none for a guest.
    pub account: Option<Account>,
    /// In the order in which they were handed in.
    pub gift_cards: Vec<FoundGiftCard>,
    /// How many points are to be spent at most.
    pub points: u64,
}

/// A coupon that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCoupon {
    /// The code as typed.
    pub typed: String,
    /// The coupon, if there is one that is in use.
    pub coupon: Option<ordermill_domain::coupon::Coupon>,
    /// How often all have used it.
    pub uses: u64,
    /// How often this buyer has.
    pub uses_by_buyer: u64,
    /// Whether this buyer has ordered before.
    pub has_ordered: bool,
}

/// A gift card that was handed in.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundGiftCard {
    /// The code as typed.
    pub typed: String,
    /// The card, if there is one.
    pub card: Option<pricing::GiftCard>,
}

impl std::fmt::Debug for FoundGiftCard {
    /// Without the code, which is worth money.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FoundGiftCard").field("card", &self.card).finish_non_exhaustive()
    }
}

/// Why a coupon was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouponRefusal {
    /// There is none of this code in use.
    #[error("there is no such coupon")]
    Unknown,
    /// Its rule, or another coupon, stands against it.
    #[error(transparent)]
    NotApplicable(#[from] NotApplicable),
}

impl CouponRefusal {
    /// The stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotApplicable(reason) => reason.code(),
        }
    }
}

/// What is too much of what is handed in.
pub(crate) fn check_counts(coupons: usize, gift_cards: usize, issues: &mut Vec<FieldIssue>) {
    for (field, count) in [("coupons", coupons), ("gift_cards", gift_cards)] {
        if count > HANDED_IN_MAX {
            issues.push(issue(field, "too_many", format!("at most {HANDED_IN_MAX}")));
        }
    }
}

impl Vault {
    /// By whom coupons are counted for a guest: the blind index of the phone.
    pub(crate) fn phone_blind(&self, e164: &str) -> Option<i64> {
        self.keyring().blind_index(IndexKind::Phone, e164)
    }
}

/// Reads what a buyer hands in, and what it is worth now.
pub fn look_up(
    tx: &mut Tx<'_>,
    vault: &Vault,
    handed_in: &HandedIn,
    holder: Holder,
) -> Result<Found, Error> {
    let account = match holder.customer {
        Some(customer) => Some(points::fetch(tx, customer)?),
        None => None,
    };
    let gift_cards = handed_in.gift_cards.iter().take(HANDED_IN_MAX);
    Ok(Found {
        coupons: look_up_coupons(tx, &handed_in.coupons, holder)?,
        account,
        gift_cards: gift_cards
            .map(|typed| look_up_card(tx, vault, typed))
            .collect::<Result<_, Error>>()?,
        points: handed_in.points,
    })
}

fn look_up_coupons(
    tx: &mut Tx<'_>,
    typed: &[String],
    holder: Holder,
) -> Result<Vec<FoundCoupon>, Error> {
    let typed = &typed[..typed.len().min(HANDED_IN_MAX)];
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let codes: Vec<String> = typed.iter().filter_map(|code| normalized(code)).collect();
    let stored = coupon::find_by_codes(tx, &codes)?;
    let buyer = claim::buyer_of(holder.customer, holder.phone_blind);
    let pairs: Vec<(CouponId, i64)> = stored.iter().map(|it| (it.coupon.id(), buyer)).collect();
    let is_known = holder.customer.is_some() || holder.phone_blind.is_some();
    let by_buyer =
        if is_known { coupon::uses_by(tx, &pairs)? } else { std::collections::HashMap::new() };
    let asks_for_first = stored.iter().any(|it| it.coupon.rule.first_order_only);
    let has_ordered =
        asks_for_first && coupon::has_ordered(tx, holder.customer, holder.phone_blind)?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(typed
        .iter()
        .map(|typed| {
            let code = normalized(typed);
            let found = stored.iter().find(|it| Some(&it.coupon.code) == code.as_ref());
            let found = found.filter(|it| it.coupon.is_active);
            let by_buyer = found.and_then(|it| by_buyer.get(&(it.coupon.id(), buyer)));
            FoundCoupon {
                typed: typed.clone(),
                uses: found.map_or(0, |it| count(it.uses)),
                uses_by_buyer: count(by_buyer.copied().unwrap_or(0)),
                has_ordered,
                coupon: found.map(|it| it.coupon.clone()),
            }
        })
        .collect())
}

fn look_up_card(tx: &mut Tx<'_>, vault: &Vault, typed: &str) -> Result<FoundGiftCard, Error> {
    let found = find_gift_card(tx, vault, typed)?;
    let card = found.map(|stored| {
        let (id, balance) = (stored.card.facts().id, stored.card.balance());
        pricing::GiftCard { id, balance }
    });
    Ok(FoundGiftCard { typed: typed.to_owned(), card })
}

impl Found {
    /// Nothing was handed in.
    pub fn nothing() -> Self {
        Self { coupons: Vec::new(), account: None, gift_cards: Vec::new(), points: 0 }
    }

    /// The coupons as prices are made from them.
    pub fn coupon_uses(&self) -> Vec<CouponUse<'_>> {
        let used = |found: &FoundCoupon| (found.uses, found.uses_by_buyer, found.has_ordered);
        self.coupons
            .iter()
            .filter_map(|found| {
                let (uses, uses_by_customer, has_ordered) = used(found);
                let coupon = &found.coupon.as_ref()?.rule;
                Some(CouponUse { coupon, uses, uses_by_customer, has_ordered })
            })
            .collect()
    }

    /// The gift cards that can pay in this currency, each once.
    pub fn cards_in(&self, currency: Currency) -> Vec<pricing::GiftCard> {
        let mut cards: Vec<pricing::GiftCard> = Vec::new();
        for card in self.gift_cards.iter().filter_map(|found| found.card) {
            if card.balance.currency == currency && !cards.iter().any(|it| it.id == card.id) {
                cards.push(card);
            }
        }
        cards
    }

    /// The points that the buyer wants to pay with, if they can be.
    pub fn points_to_spend<'r>(&self, rule: Option<&'r SpendRule>) -> Option<PointsToSpend<'r>> {
        let balance = self.account.map_or(0, |account| account.balance());
        let balance = u64::try_from(balance).unwrap_or(0);
        let rule = rule.filter(|_| self.points > 0)?;
        Some(PointsToSpend { rule, points: self.points, balance })
    }

    /// Everything of it that does not exist or cannot be used in this currency at all.
    pub(crate) fn check(
        &self,
        currency: Currency,
        rule: Option<&SpendRule>,
        issues: &mut Vec<FieldIssue>,
    ) {
        for (index, _) in self.coupons.iter().enumerate().filter(|(_, it)| it.coupon.is_none()) {
            let reason = CouponRefusal::Unknown;
            issues.push(issue(format!("coupons.{index}"), reason.code(), reason.to_string()));
        }
        if self.points > 0 && self.account.is_none() {
            issues.push(issue("points", "no_customer", "points need a customer"));
        } else if self.points > 0 && rule.is_none() {
            issues.push(issue("points", "not_spendable", "points cannot be spent here"));
        }
        for (index, found) in self.gift_cards.iter().enumerate() {
            let field = || format!("gift_cards.{index}");
            let is_earlier = |card: &pricing::GiftCard| {
                let earlier = self.gift_cards[..index].iter().filter_map(|it| it.card);
                earlier.into_iter().any(|it| it.id == card.id)
            };
            match &found.card {
                None => issues.push(issue(field(), "unknown", "there is no such gift card")),
                Some(card) if card.balance.currency != currency => {
                    let held = card.balance.currency;
                    issues.push(issue(field(), "other_currency", format!("the card is in {held}")));
                }
                Some(card) if is_earlier(card) => {
                    issues.push(issue(field(), "twice", "the card is named twice"));
                }
                Some(_) => {}
            }
        }
    }

    /// Coupons that a price left out for their own sake, so that the buyer would pay more than
    /// expected without being told.
    pub(crate) fn check_left_out(&self, quote: &Quote, issues: &mut Vec<FieldIssue>) {
        for (index, found) in self.coupons.iter().enumerate() {
            let Some(reason) = found.refusal(quote) else { continue };
            if !matches!(reason, CouponRefusal::NotApplicable(reason) if reason.is_harmless()) {
                let field = format!("coupons.{index}");
                issues.push(issue(field, reason.code(), reason.to_string()));
            }
        }
    }
}

impl FoundCoupon {
    /// Why a price was made without it; `None` if it was used.
    pub fn refusal(&self, quote: &Quote) -> Option<CouponRefusal> {
        let Some(coupon) = &self.coupon else { return Some(CouponRefusal::Unknown) };
        let left_out = quote.not_applied.iter().find(|it| it.coupon == coupon.id());
        left_out.map(|it| CouponRefusal::NotApplicable(it.reason))
    }
}

/// Whether a customer exists: integrations name them.
pub(crate) fn is_customer(tx: &mut Tx<'_>, id: CustomerId) -> Result<bool, Error> {
    Ok(customer::fetch(tx, id)?.is_some())
}
