//! The limits of what one person decides alone, as people change them: nobody raises one alone.
//!
//! Otherwise whoever wants to decide more alone would only have to say so first. Lowering takes effect
//! at once. As amounts are in the currency of the shop, changing that raises them, too.

use ordermill_base::Currency;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::TaskId;
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};

use crate::approval::{self, AskError, Wish};
use crate::catalog::edit::EditError;
use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};

/// What one person decides alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Of the amounts.
    pub currency: Currency,
    /// A refund, minor units.
    pub refund_minor: i64,
    /// What one use of a coupon takes off, or what goes on a gift card; minor units.
    pub coupon_minor: i64,
    /// A change of a price, percent.
    pub price_change_percent: i64,
    /// A correction of stock, pieces.
    pub stock_pieces: i64,
    /// A correction of a buyer's points.
    pub points: i64,
}

/// Limits that wait for a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsWish {
    /// What they were when it was asked; if they have changed since, nothing is approved.
    pub from: Limits,
    /// What they are to be.
    pub to: Limits,
}

/// Why the settings were not saved; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum SaveSettingsError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The limits need a second person, and others wait for one already.
    #[error("other limits wait for approval in task {0}")]
    AnotherWaits(TaskId),
    /// The database; stale if somebody else has changed the settings.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Limits {
    /// Those of the shop.
    pub const fn of(shop: &ShopSettings) -> Self {
        Self {
            currency: shop.currency,
            refund_minor: shop.refund_limit_minor,
            coupon_minor: shop.coupon_limit_minor,
            price_change_percent: shop.price_change_limit_percent,
            stock_pieces: shop.stock_limit_pieces,
            points: shop.points_limit,
        }
    }

    const fn put(self, shop: &mut ShopSettings) {
        shop.currency = self.currency;
        shop.refund_limit_minor = self.refund_minor;
        shop.coupon_limit_minor = self.coupon_minor;
        shop.price_change_limit_percent = self.price_change_percent;
        shop.stock_limit_pieces = self.stock_pieces;
        shop.points_limit = self.points;
    }

    /// As far as one person may go from here to there alone.
    fn lowered_to(self, to: Self) -> Self {
        if self.currency != to.currency {
            return self;
        }
        Self {
            currency: self.currency,
            refund_minor: self.refund_minor.min(to.refund_minor),
            coupon_minor: self.coupon_minor.min(to.coupon_minor),
            price_change_percent: self.price_change_percent.min(to.price_change_percent),
            stock_pieces: self.stock_pieces.min(to.stock_pieces),
            points: self.points.min(to.points),
        }
    }
}

/// Saves the settings of which the author has seen this version. Limits that are raised stay as they
/// are and wait for a second person; everything else is changed at once. Gives the request, if there
/// is one.
///
/// # Errors
/// [`SaveSettingsError`]; nothing has changed then.
pub fn save_by_hand(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    mut shop: ShopSettings,
    version: i64,
) -> Result<Option<TaskId>, SaveSettingsError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let (now, _) = settings::read::<ShopSettings>(tx)?;
    let (from, to) = (Limits::of(&now), Limits::of(&shop));
    let lowered = from.lowered_to(to);
    let needs_second = lowered != to
        && authorize(principal, Permission::ChangeRulesOverLimit, &About::default())?
            < Access::Full;
    if needs_second {
        lowered.put(&mut shop);
    }
    settings::save(tx, act, &shop, version)?;
    if !needs_second {
        return Ok(None);
    }
    match approval::ask(tx, act, Wish::Limits(LimitsWish { from: lowered, to })) {
        Ok(task) => Ok(Some(task)),
        Err(AskError::AnotherWaits(task)) => Err(SaveSettingsError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Sets limits that were approved.
pub(crate) fn carry_out(tx: &mut Tx<'_>, act: &Act, wish: &LimitsWish) -> Result<(), EditError> {
    let (mut shop, version) = settings::read::<ShopSettings>(tx)?;
    if Limits::of(&shop) != wish.from {
        let what = "limits";
        return Err(EditError::Changed { what, expected: version, found: version });
    }
    wish.to.put(&mut shop);
    settings::save(tx, act, &shop, version)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_lowers_limits_and_raises_none_not_even_by_another_currency() {
        let now = Limits::of(&ShopSettings::default());
        let lower = Limits { refund_minor: now.refund_minor - 1, ..now };
        assert_eq!(now.lowered_to(lower), lower);
        assert_eq!(lower.lowered_to(now), lower);
        let mixed = Limits { points: now.points + 1, stock_pieces: 0, ..now };
        assert_eq!(now.lowered_to(mixed), Limits { stock_pieces: 0, ..now });
        let dollars = Limits { currency: Currency::Usd, refund_minor: 0, ..now };
        assert_eq!(now.lowered_to(dollars), now);
    }
}
