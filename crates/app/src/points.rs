//! Points of a buyer: the statement, and setting a balance right. They are earned and spent with
//! orders; see [`crate::benefit`].
//!
//! [`propose_points`] is what people and integrations do: more than the shop's limit waits for a second
//! person. [`adjust_points`] does it without asking.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::{CustomerId, TaskId};
use ordermill_domain::points::{Account, PointsError};
use ordermill_domain::role::Permission;
use ordermill_storage::points::{self, Line};
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};

use crate::approval::{self, AskError, Decision, Wish};
use crate::catalog::{ShopSettings, settings};
use crate::permission::{About, Access, Forbidden, Principal, authorize};

/// Points that come or go at once, at most.
pub const POINTS_AT_ONCE_MAX: i64 = 1_000_000;

/// Points that wait for a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsWish {
    /// Whose.
    pub customer: CustomerId,
    /// How many come, or go with a minus.
    pub points: i64,
}

/// Why points were neither adjusted nor asked for.
#[derive(Debug, thiserror::Error)]
pub enum ProposePointsError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// None at all, or more than at once.
    #[error("up to {POINTS_AT_ONCE_MAX} points, and not none")]
    OutOfRange,
    /// It needs a second person, and other points of the buyer wait for one already.
    #[error("other points of the buyer wait for approval in task {0}")]
    AnotherWaits(TaskId),
    /// The account says no.
    #[error(transparent)]
    Adjust(#[from] AdjustPointsError),
}

impl From<Error> for ProposePointsError {
    fn from(error: Error) -> Self {
        Self::Adjust(error.into())
    }
}

/// Why points were not adjusted; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AdjustPointsError {
    /// No such buyer.
    #[error("{0} not found")]
    NotFound(CustomerId),
    /// None at all, or more than there are.
    #[error(transparent)]
    Refused(#[from] PointsError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Gives a buyer points, or takes some away; or asks a second person if they are more than one person
/// decides alone. The act states the reason.
///
/// # Errors
/// [`ProposePointsError`]; nothing has changed then.
pub fn propose_points(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    customer: CustomerId,
    points: i64,
) -> Result<Decision<CustomerId>, ProposePointsError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    if points == 0 || points.saturating_abs() > POINTS_AT_ONCE_MAX {
        return Err(ProposePointsError::OutOfRange);
    }
    let (shop, _) = settings::read::<ShopSettings>(tx)?;
    let permission = match points.saturating_abs() > shop.points_limit {
        true => Permission::ChangeRulesOverLimit,
        false => Permission::ChangeRules,
    };
    if authorize(principal, permission, &About::default())? == Access::Full {
        adjust_points(tx, act, customer, points)?;
        return Ok(Decision::Done(customer));
    }
    if !crate::benefit::is_customer(tx, customer)? {
        return Err(AdjustPointsError::NotFound(customer).into());
    }
    // Points that could not go bother nobody.
    let mut account = points::fetch(tx, customer)?;
    account.adjust(points).map_err(AdjustPointsError::from)?;
    match approval::ask(tx, act, Wish::Points(PointsWish { customer, points })) {
        Ok(task) => Ok(Decision::AwaitsApproval(task)),
        Err(AskError::AnotherWaits(task)) => Err(ProposePointsError::AnotherWaits(task)),
        Err(AskError::Storage(error)) => Err(error.into()),
    }
}

/// Books points that were approved.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    act: &Act,
    wish: &PointsWish,
) -> Result<Account, AdjustPointsError> {
    adjust_points(tx, act, wish.customer, wish.points)
}

/// Gives a buyer points, or takes some away. The act states the reason.
pub fn adjust_points(
    tx: &mut Tx<'_>,
    act: &Act,
    customer: CustomerId,
    points: i64,
) -> Result<Account, AdjustPointsError> {
    if !crate::benefit::is_customer(tx, customer)? {
        return Err(AdjustPointsError::NotFound(customer));
    }
    let mut accounts = points::lock(tx, &[customer])?;
    let changed = accounts.change(act, customer, |account| account.adjust(points));
    changed.ok_or(AdjustPointsError::NotFound(customer))??;
    accounts.save(tx)?;
    accounts.get(customer).copied().ok_or(AdjustPointsError::NotFound(customer))
}

/// A buyer's points, with the newest movements: at most `limit` before the number `before`.
pub fn points_statement(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    before: Option<i64>,
    limit: i64,
) -> Result<(Account, Vec<Line>), Error> {
    let account = points::fetch(tx, customer)?;
    Ok((account, points::movements(tx, customer, before, limit)?))
}
