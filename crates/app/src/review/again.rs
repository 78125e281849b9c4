//! A changed order is reviewed again.

use ordermill_domain::actor::Act;
use ordermill_domain::order::Review;
use ordermill_domain::order::review::{Step, Verdict};
use ordermill_storage::Tx;

use crate::order::file::{FileError, OrderFile};
use crate::rule_table::InForce;

/// Lets the rules look again at an order that was changed by this act: what they or a person found before
/// counts no more. What they hold is not given to the floor until a person has decided; what is on a floor
/// already goes on.
///
/// An order at which the rules have not looked yet is left alone, and so is one of which something has
/// left the building: no review keeps it back.
///
/// # Errors
/// If the order was intercepted: that is decided first.
pub(crate) fn again(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &mut OrderFile,
    rules: &InForce<Verdict>,
) -> Result<(), FileError> {
    if file.order().facts().review == Review::Pending || !file.order().is_reviewable() {
        return Ok(());
    }
    file.review(act, Step::Reopen)?;
    file.let_rules_decide(tx, act, rules)
}
