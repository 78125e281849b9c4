//! Prices, as people change them: a leap takes a second person.

use std::collections::BTreeMap;

use ordermill_base::{Currency, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{SkuId, TaskId};
use ordermill_domain::role::Permission;
use ordermill_domain::sku::Sku;
use ordermill_storage::{Error, Tx, sku};
use serde::{Deserialize, Serialize};

use crate::approval::{self, AskError, Wish};
use crate::catalog::edit::{self, EditError};
use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};

/// Prices of a SKU that wait for a second person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceWish {
    /// Whose.
    pub sku: SkuId,
    /// What they were when it was asked; if they have changed since, nothing is approved.
    pub from: Prices,
    /// What they are to be.
    pub to: Prices,
}

/// What a SKU costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// On the tag.
    pub price: Money,
    /// In other currencies, minor units of each.
    pub others: BTreeMap<Currency, i64>,
    /// Struck through beside it, in minor units of the currency of the price.
    pub list_price_minor: Option<i64>,
}

/// Why a SKU was not edited; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum EditByHandError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The prices need a second person, and others wait for one already.
    #[error("other prices wait for approval in task {0}")]
    AnotherWaits(TaskId),
    /// The catalog says no.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl From<Error> for EditByHandError {
    fn from(error: Error) -> Self {
        Self::Edit(error.into())
    }
}

impl Prices {
    /// Those of a SKU.
    pub fn of(sku: &Sku) -> Self {
        let (price, list_price_minor) = (sku.price, sku.list_price_minor);
        Self { price, others: sku.prices.clone(), list_price_minor }
    }

    fn put(&self, sku: &mut Sku) {
        sku.price = self.price;
        sku.prices.clone_from(&self.others);
        sku.list_price_minor = self.list_price_minor;
    }

    fn each(&self) -> impl Iterator<Item = (Currency, i64)> {
        let others = self.others.iter().map(|(currency, minor)| (*currency, *minor));
        std::iter::once((self.price.currency, self.price.minor)).chain(others)
    }

    /// Whether any price leaps by more than so many percent. A first price is no leap.
    fn leap_from(&self, before: &Self, percent: i64) -> bool {
        let is_leap = |(currency, after): (Currency, i64)| {
            let before = before.each().find(|(known, _)| *known == currency);
            before.is_some_and(|(_, before)| {
                let change = (i128::from(after) - i128::from(before)).abs();
                before > 0 && change * 100 > i128::from(before) * i128::from(percent)
            })
        };
        self.each().any(is_leap)
    }
}

/// Edits a SKU of which the author has seen this version. Prices that leap by more than the shop's
/// limit stay as they are and wait for a second person; everything else is changed at once. Gives
/// the SKU as it is now, and the request if there is one.
///
/// # Errors
/// [`EditByHandError`]; nothing has changed then.
pub fn edit_by_hand(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: SkuId,
    version: i64,
    change: impl FnOnce(&mut Sku),
) -> Result<(Sku, Option<TaskId>), EditByHandError> {
    let about = About { has_reason: act.reason.is_some(), ..About::default() };
    authorize(principal, Permission::ChangeRules, &about)?;
    let before = sku::fetch(tx, id)?.ok_or(EditError::NotFound("SKU"))?;
    let mut after = before.clone();
    change(&mut after);
    let (from, to) = (Prices::of(&before), Prices::of(&after));
    let mut asked = None;
    if is_over_limit(tx, &from, &to)? {
        let access = authorize(principal, Permission::ChangeRulesOverLimit, &about)?;
        if access < Access::Full {
            after.check().map_err(EditError::from)?;
            from.put(&mut after);
            asked = Some(PriceWish { sku: id, from, to });
        }
    }
    let saved = edit::edit_sku(tx, act, id, version, |sku| *sku = after)?;
    let asked = asked.map(|wish| approval::ask(tx, act, Wish::Price(wish)));
    match asked.transpose() {
        Ok(task) => Ok((saved, task)),
        Err(AskError::AnotherWaits(task)) => Err(EditByHandError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Whether prices leap by more than one person may decide alone.
pub(crate) fn is_over_limit(tx: &mut Tx<'_>, from: &Prices, to: &Prices) -> Result<bool, Error> {
    if from == to {
        return Ok(false);
    }
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    Ok(to.leap_from(from, shop.price_change_limit_percent))
}

/// Sets prices that were approved.
pub(crate) fn carry_out(tx: &mut Tx<'_>, act: &Act, wish: &PriceWish) -> Result<Sku, EditError> {
    let now = sku::fetch(tx, wish.sku)?.ok_or(EditError::NotFound("SKU"))?;
    if Prices::of(&now) != wish.from {
        let (what, found) = ("SKU", now.version);
        return Err(EditError::Changed { what, expected: found, found });
    }
    edit::edit_sku(tx, act, wish.sku, now.version, |sku| wish.to.put(sku))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(minor: i64, others: &[(Currency, i64)]) -> Prices {
        let price = Money::new(minor, Currency::Cny);
        Prices { price, others: others.iter().copied().collect(), list_price_minor: None }
    }

    #[test]
    fn a_leap_is_more_than_the_limit_in_any_currency_up_or_down() {
        let before = yuan(10_000, &[(Currency::Usd, 1_500)]);
        for (after, is_leap) in [
            (yuan(13_000, &[(Currency::Usd, 1_500)]), false),
            (yuan(13_001, &[(Currency::Usd, 1_500)]), true),
            (yuan(7_000, &[]), false),
            (yuan(6_999, &[]), true),
            (yuan(10_000, &[(Currency::Usd, 1_000)]), true),
            (yuan(10_000, &[(Currency::Usd, 1_500), (Currency::Eur, 9)]), false),
            (yuan(0, &[]), true),
            (yuan(i64::MAX, &[]), true),
        ] {
            assert_eq!(after.leap_from(&before, 30), is_leap, "{after:?}");
        }
        assert!(!yuan(5, &[]).leap_from(&yuan(0, &[]), 30), "a first price");
    }
}
