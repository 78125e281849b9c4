//! Disputes: a buyer's bank wants captured money back; we learn of it, keep money and goods together, and
//! answer.
//!
//! Start at [`news`]: whoever tells (a notice, the list that is [`read`](list) in case one was lost, the
//! answer to a call) ends there, and each piece of news counts once. [`answer`] is what finance does, and
//! [`tell`] brings it to the gateway as refunds are brought: intent first, then the call, then its answer.
//!
//! While a dispute is open its money is neither ours nor the buyer's ([`money`]): refunds that a person asks
//! for are refused, those that follow from something else wait for the end. Goods that have not left stay
//! until somebody decides ([`hold`]).

pub mod answer;
mod evidence;
pub mod hold;
mod list;
pub(crate) mod money;
pub(crate) mod news;
mod tell;

use ordermill_domain::ids::DisputeId;
use ordermill_domain::role::Permission;
use ordermill_storage::{Error, Tx, dispute, order};

use crate::permission::{About, Aspect, Forbidden, Principal, authorize};

pub use evidence::of_order as facts_of_order;

/// Whether they may see disputes: whoever sees the money of all orders.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn may_see(principal: &Principal) -> Result<(), Forbidden> {
    let about = About { aspect: Aspect::Money, ..About::default() };
    authorize(principal, Permission::ReadOrders, &about).map(drop)
}

/// Whether they may answer disputes: whoever pays out.
///
/// # Errors
/// [`Forbidden`] if not.
pub fn may_answer(principal: &Principal) -> Result<(), Forbidden> {
    authorize(principal, Permission::PayOut, &About::default()).map(drop)
}

/// A dispute whose order and itself are locked, in the order of all locks; `None` if there is none.
pub(crate) fn lock(
    tx: &mut Tx<'_>,
    id: DisputeId,
) -> Result<Option<ordermill_domain::dispute::Dispute>, Error> {
    let Some(unlocked) = dispute::fetch(tx, id)? else { return Ok(None) };
    order::fetch_for_update(tx, unlocked.facts().terms.order)?;
    dispute::fetch_for_update(tx, id)
}
