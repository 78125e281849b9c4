//! Keeping coupons: what the console's pages do, and the demo.
//!
//! The caller asks for the permission, as everywhere in the console; [`permission_for`] says which.

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::coupon::{Coupon, normalized};
use ordermill_domain::ids::CouponId;
use ordermill_domain::pricing::coupon::Benefit;
use ordermill_domain::role::Permission;
use ordermill_domain::sku::Invalid;
use ordermill_storage::coupon::{self, Stored, View};
use ordermill_storage::{Error, Tx};

use crate::catalog::edit::EditError;

/// What somebody must be allowed to make a coupon like this, or edit one into it: operations, and a
/// second person if one use can take off more than `limit_minor`, which is the shop's limit for
/// decisions of one person.
pub fn permission_for(coupon: &Coupon, limit_minor: i64) -> Permission {
    let most = match coupon.rule.benefit {
        Benefit::AmountOff(amount) => Some(amount.minor),
        Benefit::PercentOff { cap, .. } => cap.map(|cap| cap.minor),
        // Freight is never more than the freight.
        Benefit::FreeFreight { .. } => Some(0),
    };
    match most {
        Some(minor) if minor <= limit_minor => Permission::ChangeRules,
        // A percentage without a cap takes off more than any limit, if the order is large enough.
        _ => Permission::ChangeRulesOverLimit,
    }
}

/// Makes a coupon. Its id is a fresh one of [`Tx::next_id`]; its code is brought into the form in
/// which it is stored.
pub fn create_coupon(tx: &mut Tx<'_>, act: &Act, mut new: Coupon) -> Result<Coupon, EditError> {
    new.code = normalized(&new.code).unwrap_or(new.code);
    new.version = 1;
    new.check()?;
    if coupon::find_by_code(tx, &new.code)?.is_some() {
        return Err(EditError::Taken { what: "coupon", field: "code" });
    }
    coupon::insert(tx, act, &new)?;
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
    after.version = coupon::update(tx, act, &before, &after)?;
    Ok(after)
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
