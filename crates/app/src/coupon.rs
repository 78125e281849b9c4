//! Keeping coupons: what the console's pages do, and the demo.
//!
//! [`propose_coupon`] and [`propose_edit`] are what people do: one that is worth more than the shop's
//! limit waits for a second person. [`create_coupon`] and [`edit_coupon`] do it without asking.

use ordermill_base::{Currency, Money, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::coupon::{Coupon, normalized};
use ordermill_domain::ids::{CouponId, TaskId};
use ordermill_domain::pricing;
use ordermill_domain::pricing::coupon::Benefit;
use ordermill_domain::role::Permission;
use ordermill_domain::sku::Invalid;
use ordermill_domain::text::Text;
use ordermill_storage::coupon::{self, Stored, View};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};

use crate::approval::{self, AskError, Decision, Wish};
use crate::catalog::edit::EditError;
use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};

/// A coupon that waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CouponWish {
    /// The code.
    pub code: String,
    /// What buyers read.
    pub name: Text,
    /// What it gives, on what, when and how often.
    pub rule: pricing::Coupon,
    /// Whether it can be used.
    pub is_active: bool,
    /// The version that is to be changed; none: it is to be made.
    pub version: Option<i64>,
}

/// Why a coupon was neither made or changed nor asked for.
#[derive(Debug, thiserror::Error)]
pub enum ProposeCouponError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It needs a second person, and another change of it waits for one already.
    #[error("another change of the coupon waits for approval in task {0}")]
    AnotherWaits(TaskId),
    /// It cannot be so.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl From<Error> for ProposeCouponError {
    fn from(error: Error) -> Self {
        Self::Edit(error.into())
    }
}

/// Makes a coupon, or asks a second person if one use can take off more than the shop's limit.
///
/// # Errors
/// [`ProposeCouponError`]; nothing has changed then.
pub fn propose_coupon(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    new: Coupon,
) -> Result<Decision<Coupon>, ProposeCouponError> {
    let new = checked_new(tx, new)?;
    if is_decided_alone(tx, principal, &new)? {
        return Ok(Decision::Done(create_coupon(tx, act, new)?));
    }
    ask(tx, act, new, None)
}

/// Edits a coupon, or asks a second person as for a new one. Taking one out of use, or leaving it as
/// it is, takes nobody else.
///
/// # Errors
/// [`ProposeCouponError`]; nothing has changed then.
pub fn propose_edit(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: CouponId,
    version: i64,
    edit: impl FnOnce(&mut Coupon),
) -> Result<Decision<Coupon>, ProposeCouponError> {
    let (before, after) = checked_edit(tx, id, version, edit)?;
    let ended = Coupon { is_active: false, ..before.clone() };
    let is_harmless = after == before || after == ended;
    if is_decided_alone(tx, principal, &after)? || is_harmless {
        return Ok(Decision::Done(store_edit(tx, act, &before, after)?));
    }
    ask(tx, act, after, Some(version))
}

/// Makes or changes a coupon as it was approved.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    act: &Act,
    wish: &CouponWish,
) -> Result<Coupon, EditError> {
    let CouponWish { code, name, rule, is_active, version } = wish.clone();
    let id = rule.id;
    let wished = Coupon { code, name, rule, is_active, version: 1 };
    match version {
        None => create_coupon(tx, act, wished),
        Some(version) => edit_coupon(tx, act, id, version, |coupon| *coupon = wished),
    }
}

fn ask(
    tx: &mut Tx<'_>,
    act: &Act,
    coupon: Coupon,
    version: Option<i64>,
) -> Result<Decision<Coupon>, ProposeCouponError> {
    let Coupon { code, name, rule, is_active, .. } = coupon;
    let wish = CouponWish { code, name, rule, is_active, version };
    match approval::ask(tx, act, Wish::Coupon(wish)) {
        Ok(task) => Ok(Decision::AwaitsApproval(task)),
        Err(AskError::AnotherWaits(task)) => Err(ProposeCouponError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Whether somebody may decide a coupon without a second person.
fn is_decided_alone(
    tx: &mut Tx<'_>,
    principal: &Principal,
    coupon: &Coupon,
) -> Result<bool, ProposeCouponError> {
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let permission = permission_for(coupon, shop.currency, shop.coupon_limit_minor);
    Ok(authorize(principal, permission, &About::default())? == Access::Full)
}

/// What somebody must be allowed to make a coupon like this: a second person is needed if one use
/// can take off more than `limit_minor` of the shop's currency, or anything in another one.
fn permission_for(coupon: &Coupon, currency: Currency, limit_minor: i64) -> Permission {
    let most = match coupon.rule.benefit {
        Benefit::AmountOff(amount) => Some(amount),
        Benefit::PercentOff { cap, .. } => cap,
        // Freight is never more than the freight.
        Benefit::FreeFreight { .. } => Some(Money::zero(currency)),
    };
    match most {
        Some(most) if most.currency == currency && most.minor <= limit_minor => {
            Permission::ChangeRules
        }
        // A percentage without a cap takes off more than any limit, if the order is large enough.
        _ => Permission::ChangeRulesOverLimit,
    }
}

/// Makes a coupon. Its id is a fresh one of [`Tx::next_id`]; its code is brought into the form in
/// which it is stored.
pub fn create_coupon(tx: &mut Tx<'_>, act: &Act, new: Coupon) -> Result<Coupon, EditError> {
    let new = checked_new(tx, new)?;
    coupon::insert(tx, act, &new)?;
    Ok(new)
}

fn checked_new(tx: &mut Tx<'_>, mut new: Coupon) -> Result<Coupon, EditError> {
    new.code = normalized(&new.code).unwrap_or(new.code);
    new.version = 1;
    new.check()?;
    if coupon::find_by_code(tx, &new.code)?.is_some() {
        return Err(EditError::Taken { what: "coupon", field: "code" });
    }
    Ok(new)
}

/// Edits a coupon of which the author has seen this version. Gives it as it is now. Limits are never
/// set below what was used already.
pub fn edit_coupon(
    tx: &mut Tx<'_>,
    act: &Act,
    id: CouponId,
    version: i64,
    edit: impl FnOnce(&mut Coupon),
) -> Result<Coupon, EditError> {
    let (before, after) = checked_edit(tx, id, version, edit)?;
    store_edit(tx, act, &before, after)
}

fn store_edit(
    tx: &mut Tx<'_>,
    act: &Act,
    before: &Coupon,
    mut after: Coupon,
) -> Result<Coupon, EditError> {
    after.version = coupon::update(tx, act, before, &after)?;
    Ok(after)
}

/// A coupon as it is and as it is to be, if it may be so.
fn checked_edit(
    tx: &mut Tx<'_>,
    id: CouponId,
    version: i64,
    edit: impl FnOnce(&mut Coupon),
) -> Result<(Coupon, Coupon), EditError> {
    let stored = coupon::fetch_for_update(tx, id)?.ok_or(EditError::NotFound("coupon"))?;
    let before = stored.coupon;
    if before.version != version {
        let (what, expected, found) = ("coupon", version, before.version);
        return Err(EditError::Changed { what, expected, found });
    }
    let mut after = before.clone();
    edit(&mut after);
    after.rule.id = id;
    after.version = before.version;
    after.code = normalized(&after.code).unwrap_or(after.code);
    after.check()?;
    let owner = coupon::find_by_code(tx, &after.code)?.map(|stored| stored.coupon.id());
    if owner.is_some_and(|owner| owner != id) {
        return Err(EditError::Taken { what: "coupon", field: "code" });
    }
    let is_below = |max: Option<u64>, used: i64| {
        max.is_some_and(|max| i64::try_from(max).is_ok_and(|max| max < used))
    };
    if is_below(after.rule.uses_max, stored.uses) {
        let expected = "not less than it was used already";
        return Err(vec![Invalid { field: "uses_max", expected }].into());
    }
    let per_customer = after.rule.uses_per_customer_max;
    if per_customer != before.rule.uses_per_customer_max
        && is_below(per_customer, coupon::uses_by_one_max(tx, id)?)
    {
        let (field, expected) =
            ("uses_per_customer_max", "not less than one customer has used it already");
        return Err(vec![Invalid { field, expected }].into());
    }
    Ok((before, after))
}

/// Takes a coupon into use, or out of it. Orders that have used it keep it.
pub fn set_coupon_active(
    tx: &mut Tx<'_>,
    act: &Act,
    id: CouponId,
    version: i64,
    is_active: bool,
) -> Result<Coupon, EditError> {
    edit_coupon(tx, act, id, version, |coupon| coupon.is_active = is_active)
}

/// Where a coupon stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be used.
    Active,
    /// Its time has not come.
    Planned,
    /// Its time is over.
    Ended,
    /// All uses are taken.
    UsedUp,
    /// It was taken out of use.
    Inactive,
}

/// Where a coupon stands at a moment.
pub fn standing(stored: &Stored, now: Timestamp) -> Standing {
    let rule = &stored.coupon.rule;
    let is_used_up = |max: u64| u64::try_from(stored.uses).is_ok_and(|uses| uses >= max);
    if !stored.coupon.is_active {
        Standing::Inactive
    } else if rule.valid_until.is_some_and(|until| now >= until) {
        Standing::Ended
    } else if rule.uses_max.is_some_and(is_used_up) {
        Standing::UsedUp
    } else if rule.valid_from.is_some_and(|from| now < from) {
        Standing::Planned
    } else {
        Standing::Active
    }
}

/// Coupons of a view whose code begins like this, newest first: at most `limit` of those before
/// `before`.
pub fn list_coupons(
    tx: &mut Tx<'_>,
    view: View,
    code: &str,
    now: Timestamp,
    before: Option<CouponId>,
    limit: i64,
) -> Result<Vec<Stored>, Error> {
    let prefix = if code.trim().is_empty() {
        String::new()
    } else {
        match normalized(code) {
            Some(prefix) => prefix,
            None => return Ok(Vec::new()),
        }
    };
    coupon::list(tx, view, &prefix, now, before, limit)
}
