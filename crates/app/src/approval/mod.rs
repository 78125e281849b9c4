//! Decisions that take two people: what one asks for, another approves or rejects.
//!
//! A use case that finds that its limit is passed calls [`ask`]: nothing changes but a task that
//! waits at the desk. [`approve`] does what was asked, once, in the transaction that closes the task;
//! [`reject`] closes it. Whoever asked does neither but may withdraw. What is asked, who decided and
//! why stand in the journal of the task.

mod decide;
mod once;

use ordermill_base::Id;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::TaskId;
use ordermill_domain::role::{Permission, Role};
use ordermill_domain::task::{Event, TaskKind};
use ordermill_storage::task::{self, Concern, Filter, Task};
use ordermill_storage::{Error, Tx, setting};
use serde::{Deserialize, Serialize};

use crate::catalog::ShopSettings;
use crate::catalog::settings::Kept as _;
use crate::coupon::CouponWish;
use crate::gift_card::GiftCardWish;
use crate::limits::LimitsWish;
use crate::payment::refund_order::RefundWish;
use crate::permission::{About, Access, Principal, authorize};
use crate::points::PointsWish;
use crate::price::PriceWish;
use crate::rule_table::RulesWish;
use crate::stock_desk::StockWish;

pub use decide::{ApprovalError, approve, collect, reject};
pub use once::{Decided, decide_once};

/// What a second person is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Money of an order is to go back.
    Refund(RefundWish),
    /// A coupon is to be made or changed.
    Coupon(CouponWish),
    /// Prices of a SKU are to change.
    Price(PriceWish),
    /// Stock is to be booked.
    Stock(StockWish),
    /// A gift card is to be issued, or set right.
    GiftCard(GiftCardWish),
    /// A buyer is to get points, or lose some.
    Points(PointsWish),
    /// One person is to decide more alone.
    Limits(LimitsWish),
    /// A version of rules is to be put in force.
    Rules(RulesWish),
}

/// A request, as its task keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What for.
    pub wish: Wish,
    /// Who asked.
    #[serde(with = "as_text")]
    pub requested_by: Actor,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// What became of something that may take two people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<T> {
    /// It is done.
    Done(T),
    /// A second person has to approve it; nothing has changed yet.
    AwaitsApproval(TaskId),
}

/// Why nobody was asked; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Something else waits for the same thing.
    #[error("another request about the same waits for approval in task {0}")]
    AnotherWaits(TaskId),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Wish {
    /// What it is about: of one thing, one request waits at a time.
    fn subject(&self) -> i64 {
        match self {
            Self::Refund(wish) => wish.payment.raw(),
            Self::Coupon(wish) => wish.rule.id.raw(),
            Self::Price(wish) => wish.sku.raw(),
            Self::Stock(wish) => wish.movement.raw(),
            Self::GiftCard(wish) => wish.card().raw(),
            Self::Points(wish) => wish.customer.raw(),
            Self::Rules(wish) => wish.subject().raw(),
            Self::Limits(_) => setting::id(ShopSettings::NAME).raw(),
        }
    }

    /// The right that its approver needs.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Refund(_) => Permission::ApproveLargeRefund,
            Self::Coupon(_)
            | Self::Price(_)
            | Self::GiftCard(_)
            | Self::Points(_)
            | Self::Limits(_)
            | Self::Rules(_) => Permission::ChangeRulesOverLimit,
            Self::Stock(_) => Permission::AdjustStockOverLimit,
        }
    }
}

impl Asked {
    /// Whether somebody may see it: whoever asked, and whoever may decide.
    pub fn is_seen_by(&self, principal: &Principal) -> bool {
        self.requested_by == principal.actor() || self.may_be_decided_by(principal)
    }

    /// Whether somebody may approve or reject it.
    pub fn may_be_decided_by(&self, principal: &Principal) -> bool {
        let about = About { has_reason: true, ..About::default() };
        let access = authorize(principal, self.wish.permission(), &about);
        self.requested_by != principal.actor() && access.is_ok_and(|it| it >= Access::WithSecond)
    }
}

/// Asks a second person. The same request of the same person again is the one that waits.
///
/// # Errors
/// [`AskError`]; nothing has changed then.
pub fn ask(tx: &mut Tx<'_>, act: &Act, wish: Wish) -> Result<TaskId, AskError> {
    let kind = TaskKind::SecondApproval;
    let subject_id = wish.subject();
    let asked = Asked { wish, requested_by: act.actor.clone(), reason: act.reason.clone() };
    let waiting = |tx: &mut Tx<'_>| task::find_open(tx, kind, subject_id);
    if let Some(waiting) = waiting(tx)? {
        let is_same = read(&waiting).is_some_and(|known| {
            known.wish == asked.wish && known.requested_by == asked.requested_by
        });
        return if is_same { Ok(waiting.id) } else { Err(AskError::AnotherWaits(waiting.id)) };
    }
    let detail = serde_json::to_string(&asked).map_err(Error::defect)?;
    let (role, priority) = (kind.owner(), 0);
    let concern = Concern { kind, subject_id, role, priority, detail: &detail, due_at: None };
    task::open_for(tx, concern, act.at)?;
    // Of two who ask at once, one finds the other's.
    let opened = waiting(tx)?.ok_or(Error::Stale("a request"))?;
    if opened.detail != detail {
        return Err(AskError::AnotherWaits(opened.id));
    }
    task::record(tx, act, opened.id, &Event::Asked)?;
    Ok(opened.id)
}

/// What a task asks for; none if it asks for no second person.
pub fn read(task: &Task) -> Option<Asked> {
    let is_one = task.kind == TaskKind::SecondApproval;
    is_one.then(|| serde_json::from_str(&task.detail).ok()).flatten()
}

/// What waits about a thing, if somebody has asked.
pub fn waiting_for(tx: &mut Tx<'_>, subject: impl Id) -> Result<Option<(TaskId, Asked)>, Error> {
    let open = task::of(tx, subject)?.into_iter().filter(|task| task.state.is_open());
    Ok(open.into_iter().find_map(|task| read(&task).map(|asked| (task.id, asked))))
}

/// Requests that wait, behind `after`, oldest first, at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    after: Option<TaskId>,
    limit: i64,
) -> Result<Vec<(Task, Asked)>, Error> {
    let kind = Some(TaskKind::SecondApproval);
    let filter = Filter { roles: Role::ALL.into(), assignee: None, kind };
    let found = task::list(tx, &filter, after, limit)?;
    Ok(found.into_iter().filter_map(|task| read(&task).map(|asked| (task, asked))).collect())
}

mod as_text {
    use ordermill_domain::actor::Actor;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(actor: &Actor, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(actor)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Actor, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
