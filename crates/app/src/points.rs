//! Points of a buyer: the statement, and setting a balance right. They are earned and spent with
//! orders; see [`crate::benefit`]. The callers ask for the permission
//! [`ChangeRules`](ordermill_domain::role::Permission::ChangeRules).

use ordermill_domain::actor::Act;
use ordermill_domain::ids::CustomerId;
use ordermill_domain::points::{Account, PointsError};
use ordermill_storage::points::{self, Line};
use ordermill_storage::{Error, Tx};

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
