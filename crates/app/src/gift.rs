//! Keeping the rules about gifts (赠品): what the console and the API do.
//!
//! All of them are one setting, so that placing an order finds them in the catalog in memory. What they
//! give is decided by [`gifts_for`](ordermill_domain::pricing::gift::gifts_for).

use ordermill_domain::actor::Act;
use ordermill_domain::pricing::gift::{GiftRule, GiftRules};
use ordermill_domain::role::Permission;
use ordermill_domain::sku::Invalid;
use ordermill_storage::{Error, Tx, sku};

use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};

/// Why the rules stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum SaveGiftsError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Fields have values that they cannot have; each with the place of its rule in the list, if it is
    /// about one.
    #[error("{} fields of the gift rules are wrong", .0.len())]
    Invalid(Vec<(Option<usize>, Invalid)>),
    /// Somebody else has changed them since their author read them.
    #[error("the gift rules are at version {0} meanwhile")]
    Stale(i64),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What a gift is worth too much for one person alone; the limit itself takes two to change.
pub const ABOVE_LIMIT: &str = "worth no more than the shop's limit for one use of a coupon";
/// What a gift must be.
pub const ON_SALE: &str = "a SKU that is on sale and travels with everything: nothing hazardous";

/// The rules, and their version: 0 while nobody has made one.
pub fn read(tx: &mut Tx<'_>) -> Result<(GiftRules, i64), Error> {
    settings::read(tx)
}

/// Keeps the rules of which their author has seen this version. Gives the new one. What a new or changed
/// rule gives to one order is worth no more than one use of a coupon may take off alone.
///
/// # Errors
/// [`SaveGiftsError`]; nothing has changed then.
pub fn save(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    wanted: &GiftRules,
    version: i64,
) -> Result<i64, SaveGiftsError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let alone = authorize(principal, Permission::ChangeRulesOverLimit, &About::default());
    let has_limit = !matches!(alone, Ok(Access::Full));
    let (before, found) = read(tx)?;
    if found != version {
        return Err(SaveGiftsError::Stale(found));
    }
    let mut wrong = wanted.check();
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    for (at, rule) in wanted.0.iter().enumerate() {
        if before.get(rule.number) == Some(rule) || !rule.is_active {
            continue;
        }
        let flaw = flaw_of_gift(tx, rule, has_limit.then_some(&shop))?;
        wrong.extend(flaw.map(|expected| (Some(at), Invalid { field: "gift", expected })));
    }
    if !wrong.is_empty() {
        return Err(SaveGiftsError::Invalid(wrong));
    }
    Ok(settings::save(tx, act, wanted, version)?)
}

/// What is wrong with the goods of a rule, within the limits of a shop if they hold for its author.
fn flaw_of_gift(
    tx: &mut Tx<'_>,
    rule: &GiftRule,
    limits: Option<&ShopSettings>,
) -> Result<Option<&'static str>, Error> {
    let sku = sku::fetch(tx, rule.gift)?;
    let Some(sku) = sku.filter(|sku| sku.is_active && !sku.handling.is_hazardous) else {
        return Ok(Some(ON_SALE));
    };
    let worth = sku.price.minor.saturating_mul(rule.pieces.get());
    let is_above = limits.is_some_and(|shop| worth > shop.coupon_limit_minor);
    Ok(is_above.then_some(ABOVE_LIMIT))
}
