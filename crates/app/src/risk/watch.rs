//! The watchlist, as people keep it: put on with a reason and an end, appealed, upheld, lifted.

use ordermill_base::{Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::{OrderId, WatchId};
use ordermill_domain::risk::{
    InvalidTransition, SubjectKind, WATCHED_DAYS_MAX, WORDS_CHARS_MAX, WatchEntry, WatchState,
    WatchStep,
};
use ordermill_domain::role::Permission;
use ordermill_storage::risk::{self, Stored};
use ordermill_storage::{Error, Tx, order};

use super::subjects;
use crate::permission::{About, Forbidden, Principal, authorize};

/// Why the watchlist stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such order or entry.
    #[error("there is no such thing")]
    NotFound,
    /// The order has no such subject: a guest has no account, and marks come a moment later.
    #[error("the order has no {0} that is known")]
    NoSubject(SubjectKind),
    /// They are watched already.
    #[error("they are watched already")]
    Watched(WatchId),
    /// Why is not said, or in too many words.
    #[error("why is said in 1 to {WORDS_CHARS_MAX} characters")]
    Words,
    /// The time is not one of a watch.
    #[error("somebody is watched for 1 to {WATCHED_DAYS_MAX} days")]
    Days,
    /// Somebody else changed it since it was read.
    #[error("the entry is at version {0} now")]
    Changed(i64),
    /// It has no such step from where it stands.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Whom to watch: the buyer, the phone or the address of an order, so that nobody types a number into a
/// list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whom {
    /// The order.
    pub order: OrderId,
    /// Which of its three.
    pub kind: SubjectKind,
    /// For how many days.
    pub days: i64,
}

/// Puts somebody on the watchlist; the act says why. Gives the entry.
///
/// # Errors
/// [`WatchError`]; nothing has changed then.
pub fn put(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    whom: Whom,
) -> Result<WatchId, WatchError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let reason = words(act.reason.as_deref().unwrap_or_default())?;
    if !(1..=WATCHED_DAYS_MAX).contains(&whom.days) {
        return Err(WatchError::Days);
    }
    let stored = order::fetch(tx, whom.order)?.ok_or(WatchError::NotFound)?;
    let marks = risk::marks_of(tx, whom.order)?;
    let all = subjects(stored.order.facts().customer, marks.as_ref());
    let subject = all.into_iter().find(|subject| subject.kind == whom.kind);
    let subject = subject.ok_or(WatchError::NoSubject(whom.kind))?;
    if let Some(known) = risk::find_watch(tx, subject, act.at)? {
        return Err(WatchError::Watched(known.entry.id));
    }
    let entry = WatchEntry {
        id: tx.next_id(act.at),
        subject,
        kind: whom.kind,
        reason,
        state: WatchState::Watched,
        expires_at: act.at + Span::days(whom.days),
        appeal: String::new(),
        version: 1,
    };
    risk::insert_watch(tx, act, &Stored { entry: entry.clone(), order: whom.order })?;
    Ok(entry.id)
}

/// Moves an entry on that they have seen at this version; an appeal says why in `text`.
///
/// # Errors
/// [`WatchError`]; nothing has changed then.
pub fn step(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    (id, version): (WatchId, i64),
    step: WatchStep,
    text: &str,
) -> Result<(), WatchError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    let before = risk::fetch_watch(tx, id)?.ok_or(WatchError::NotFound)?.entry;
    if before.version != version {
        return Err(WatchError::Changed(before.version));
    }
    let mut after = WatchEntry { state: before.state.after(step)?, ..before.clone() };
    if step == WatchStep::Appeal {
        after.appeal = words(text)?;
    }
    risk::update_watch(tx, act, &before, &after)?;
    Ok(())
}

/// Whether an entry counts at this moment.
pub fn is_in_force(entry: &WatchEntry, now: Timestamp) -> bool {
    entry.state.is_watching() && entry.expires_at > now
}

fn words(text: &str) -> Result<String, WatchError> {
    let text = text.trim();
    let is_right = (1..=WORDS_CHARS_MAX).contains(&text.chars().count());
    if is_right { Ok(text.to_owned()) } else { Err(WatchError::Words) }
}
