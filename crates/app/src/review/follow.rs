//! What follows from a review that moved, whoever moved it: holds, the clock of D3, the task.

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::{DeadlineKind, on_review};
use ordermill_domain::ids::TaskId;
use ordermill_domain::order::review::{Hold, HoldReason, Pace};
use ordermill_domain::order::{Event, Order, Review};
use ordermill_domain::task::TaskKind;
use ordermill_storage::task::Task;
use ordermill_storage::{Error, Tx, deadline, review, task};
use serde::{Deserialize, Serialize};

use crate::catalog::{ShopSettings, settings};
use crate::deadline::settle;

/// What the task of a review says.
#[derive(Default, Serialize, Deserialize)]
struct Detail {
    /// Why the order is held.
    reasons: Vec<HoldReason>,
    /// What was left of the time to decide when the buyer was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_seconds: Option<i64>,
    /// The whole time to decide, if it was stretched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    span_seconds: Option<i64>,
}

/// Why the order of a review's task is held.
pub fn reasons(task: &Task) -> Vec<HoldReason> {
    let detail: Option<Detail> = serde_json::from_str(&task.detail).ok();
    detail.map(|detail| detail.reasons).unwrap_or_default()
}

/// Writes what follows from an event of this order, which has the given sequence.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    act: &Act,
    order: &Order,
    sequence: i64,
    event: &Event,
) -> Result<(), Error> {
    let (from, to) = match *event {
        Event::Reviewed { from, to, .. } => (from, Some(to)),
        Event::Canceled { .. } => (order.facts().review, None),
        _ => return Ok(()),
    };
    for hold in Hold::placed_by(event, sequence, act.at) {
        review::insert_hold(tx, order.id(), &hold)?;
    }
    match (from.is_held(), to) {
        (true, Some(Review::NeedsBuyer)) => pause(tx, order, act.at),
        (true, Some(Review::ManualPending)) => go_on(tx, order, act.at),
        (true, to) => {
            review::lift_holds(tx, order.id(), act.at)?;
            deadline::meet(tx, order.id(), DeadlineKind::Review)?;
            let outcome = to.map_or("canceled", Review::code);
            settle(tx, order.id(), DeadlineKind::Review, outcome, act.at)?;
            task::close(tx, TaskKind::Review, order.id(), outcome, act.at)
        }
        (false, Some(to)) if to.is_held() => start(tx, order, event, to, act.at),
        (false, _) => Ok(()),
    }
}

/// A person must decide, in the time of D3.
fn start(
    tx: &mut Tx<'_>,
    order: &Order,
    event: &Event,
    held: Review,
    at: Timestamp,
) -> Result<(), Error> {
    let mut reasons: Vec<HoldReason> =
        Hold::placed_by(event, 0, at).map(|hold| hold.reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let usual = DeadlineKind::Review.rule().span;
    let span = if on_review(held).is_some() { Some(span_now(tx, usual)?) } else { None };
    let due_at = span.map(|span| at + span);
    if let Some((span, due_at)) = span.zip(due_at) {
        arm(tx, order, due_at, span, at)?;
    }
    let span_seconds = span.filter(|span| *span != usual).map(Span::as_seconds);
    let detail = written(&Detail { reasons, left_seconds: None, span_seconds })?;
    task::open(tx, TaskKind::Review, order.id(), &detail, due_at, at)
}

/// The time that a review has which is queued now: more while the desk is behind ([`Pace`]).
///
/// [`Pace`]: ordermill_domain::order::review::Pace
fn span_now(tx: &mut Tx<'_>, usual: Span) -> Result<Span, Error> {
    let pace = settings::read::<ShopSettings>(tx)?.0.review_pace;
    let open = task::count_open(tx, TaskKind::Review, pace.count_max(usual))?;
    Ok(pace.span(usual, open))
}

/// The buyer is asked: the clock stands still. Time that is over, and nobody has said so yet, is said
/// to be over when the clock goes on.
fn pause(tx: &mut Tx<'_>, order: &Order, at: Timestamp) -> Result<(), Error> {
    let deadlines = deadline::of(tx, order.id())?;
    let open = deadlines.iter().find(|(kind, ..)| *kind == DeadlineKind::Review);
    let left_seconds = open.map(|(_, due_at, _)| due_at.since(at).as_seconds().max(1));
    if left_seconds.is_some() {
        deadline::meet(tx, order.id(), DeadlineKind::Review)?;
        // What is breached stays so until somebody decides; a warning is taken back.
        settle(tx, order.id(), DeadlineKind::Review, "needs_buyer", at)?;
    }
    match restate(tx, order, |detail| detail.left_seconds = left_seconds)? {
        Some(id) => task::set_due(tx, id, None),
        None => Ok(()),
    }
}

/// The buyer has answered: the clock goes on with what was left. What was breached already is so once.
fn go_on(tx: &mut Tx<'_>, order: &Order, at: Timestamp) -> Result<(), Error> {
    let (mut left_seconds, mut span_seconds) = (None, None);
    let take = |detail: &mut Detail| {
        (left_seconds, span_seconds) = (detail.left_seconds.take(), detail.span_seconds);
    };
    let Some(id) = restate(tx, order, take)? else { return Ok(()) };
    let due_at = at + Span::seconds(left_seconds.unwrap_or(0));
    task::set_due(tx, id, Some(due_at))?;
    let span = span_seconds.map_or(DeadlineKind::Review.rule().span, Span::seconds);
    if left_seconds.is_some() { arm(tx, order, due_at, span, at) } else { Ok(()) }
}

/// Arms D3. The warning keeps its distance from the breach; one whose time is over is not given.
fn arm(
    tx: &mut Tx<'_>,
    order: &Order,
    due_at: Timestamp,
    span: Span,
    at: Timestamp,
) -> Result<(), Error> {
    let rule = DeadlineKind::Review.rule();
    let warn_at = rule.warn_after.map(|usual_warn| {
        let warn_after = Pace::warn_after(span, rule.span, usual_warn);
        due_at - Span::seconds(span.as_seconds() - warn_after.as_seconds())
    });
    let warn_at = warn_at.filter(|warn| *warn > at);
    deadline::arm(tx, order.id(), DeadlineKind::Review, due_at, warn_at)
}

/// Says anew what the open task is about. Gives the task, if it is open.
fn restate(
    tx: &mut Tx<'_>,
    order: &Order,
    change: impl FnOnce(&mut Detail),
) -> Result<Option<TaskId>, Error> {
    let open = task::find_open(tx, TaskKind::Review, order.id().raw())?;
    let Some(open) = open else { return Ok(None) };
    let known = serde_json::from_str(&open.detail);
    let mut detail = known.unwrap_or_default();
    change(&mut detail);
    task::raise(tx, open.id, 0, &written(&detail)?)?;
    Ok(Some(open.id))
}

fn written(detail: &Detail) -> Result<String, Error> {
    serde_json::to_string(detail).map_err(|error| Error::Defect(error.into()))
}
