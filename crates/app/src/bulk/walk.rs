//! The walk through the orders of bulk work: page by page, newest first.
//!
//! One node at a time walks, under a lease. Its token is written into the work, and every command asks
//! for it: a node that was paused while another took over finds its token outgrown and changes nothing.
//! Each order is a command of its own, so that a page shares one flush of the disk with whatever else
//! waits, and between two pages others go first.

use std::sync::Arc;
use std::time::Duration;

use ordermill_base::{Clock, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::bulk::{Refusal, StopCause, Work};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::Action;
use ordermill_storage::bulk::{self, Bulk, Turn};
use ordermill_storage::{Database, Error, Tx, lease, order};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::RUNNING_MAX;
use crate::access::staff_at_work;
use crate::order::file::FileError;
use crate::order::sight::Sight;
use crate::order::step::{self, Seen, StepError};
use crate::permission::Principal;
use crate::reader::is_passing;

/// Orders of one page.
pub const PAGE: usize = 50;
/// How long the lease holds without being renewed by the next round.
pub const LEASE_HELD: Span = Span::seconds(60);
/// Names the lease.
const LEASE: &str = "bulk";
/// Between two pages: what arrives meanwhile goes first.
const BREATH: Duration = Duration::from_millis(20);
/// Between a commit of this node, which may have started work, and the look for it.
const REST: Duration = Duration::from_millis(100);

/// Walks for one node.
#[derive(Debug)]
pub struct Walker {
    database: Database,
    /// Who walks, different for each process.
    holder: String,
}

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// It has handled so many orders, a page at most of each work that is under way.
    Walked(usize),
    /// Nothing is under way.
    Idle,
    /// Another node walks.
    Elsewhere,
}

/// Why an order was not handled; nothing of it stays.
#[derive(Debug, thiserror::Error)]
enum HandleError {
    #[error(transparent)]
    Step(#[from] StepError),
    /// The work has ended, or is another node's turn.
    #[error("it is not this node's turn any more")]
    Lost,
}

impl From<Error> for HandleError {
    fn from(error: Error) -> Self {
        Self::Step(error.into())
    }
}

impl Walker {
    /// Ready to walk; `holder` names this process among all that share the database.
    pub fn new(database: Database, holder: impl Into<String>) -> Self {
        Self { database, holder: holder.into() }
    }

    /// Walks until `stop` becomes true, or its sender is gone. Work that this node starts wakes it; for that of
    /// other nodes it looks by itself.
    pub async fn run(
        self,
        clock: Arc<dyn Clock>,
        mut random: Random,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut committed = self.database.committed();
        while !*stop.borrow_and_update() {
            committed.borrow_and_update();
            let poll = Duration::from_millis(500 + random.below(1_000));
            let (pause, is_woken) = match self.step(clock.now()).await {
                Ok(Round::Walked(_)) => (BREATH, false),
                Ok(Round::Idle) => (poll, true),
                Ok(Round::Elsewhere) => (poll, false),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "bulk work waits");
                    (Duration::from_millis(1_000 + random.below(1_000)), false)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = committed.changed(), if is_woken => {
                    if changed.is_err() { break }
                    tokio::time::sleep(REST).await;
                }
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
        let Self { database, holder } = self;
        let release = database.write(move |tx| lease::release(tx, LEASE, &holder)).await;
        // Without it another node takes over when the lease has run out.
        drop(release);
    }

    /// One page of each work that is under way.
    pub async fn step(&self, now: Timestamp) -> Result<Round, Error> {
        let limit = i64::try_from(RUNNING_MAX).unwrap_or(i64::MAX);
        if self.database.read(|tx| bulk::running(tx, 1)).await?.is_empty() {
            return Ok(Round::Idle);
        }
        let holder = self.holder.clone();
        let take = move |tx: &mut Tx<'_>| {
            let Some(token) = lease::acquire(tx, LEASE, &holder, now, LEASE_HELD)? else {
                return Ok(None);
            };
            bulk::take_turns(tx, token)?;
            Ok::<_, Error>(Some((token, bulk::running(tx, limit)?)))
        };
        let Some((token, running)) = self.database.write(take).await? else {
            return Ok(Round::Elsewhere);
        };
        let mut handled = 0;
        for bulk in running {
            handled += self.page(bulk, token, now).await?;
        }
        Ok(Round::Walked(handled))
    }

    /// Handles the next orders of one work. Gives how many.
    async fn page(&self, bulk: Bulk, token: i64, now: Timestamp) -> Result<usize, Error> {
        let turn = Turn { bulk: bulk.id, token };
        let act = Act {
            reason: Some(bulk.reason.clone()),
            // What is done with an order leads back to the work.
            request_id: Some(bulk.id.to_string()),
            ..Act::new(Actor::Staff(bulk.staff), now)
        };
        let (staff, asked) = (bulk.staff, act.clone());
        let principal = self
            .database
            .read(move |tx| staff_at_work(tx, staff))
            .await?
            .filter(|principal| step::check(principal, &asked).is_ok());
        let sight = principal.as_ref().and_then(|principal| Sight::of(principal).ok());
        let Some((principal, sight)) = principal.zip(sight) else {
            self.stop_for_right(turn, now).await?;
            return Ok(0);
        };
        let (filter, before) = (sight.narrow(bulk.filter.clone()), bulk.walked_to);
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let found =
            self.database.read(move |tx| order::list(tx, &filter, Some(before), limit)).await?;
        let seen: Vec<Seen> = found
            .iter()
            .map(|stored| Seen { id: stored.order.id(), version: stored.order.version() })
            .collect();
        let Some(refused) = self.handle_each(turn, &principal, &act, bulk.work, &seen).await?
        else {
            return Ok(0);
        };
        let walked_to = seen.last().map_or(before, |last| last.id);
        let is_last = seen.len() < PAGE;
        let note = move |tx: &mut Tx<'_>| note_page(tx, turn, walked_to, &refused, is_last, now);
        self.database.write(note).await?;
        Ok(seen.len())
    }

    /// Runs a command for each order. Gives those that refused; none if it is not our turn any more.
    async fn handle_each(
        &self,
        turn: Turn,
        principal: &Principal,
        act: &Act,
        work: Work,
        seen: &[Seen],
    ) -> Result<Option<Vec<(OrderId, Refusal)>>, Error> {
        let mut running = JoinSet::new();
        for &seen in seen {
            let (database, principal, act) =
                (self.database.clone(), principal.clone(), act.clone());
            running.spawn(async move {
                let command = move |tx: &mut Tx<'_>| handle(tx, turn, &principal, &act, work, seen);
                (seen.id, database.write(command).await)
            });
        }
        let (mut refused, mut is_ours) = (Vec::new(), true);
        while let Some(joined) = running.join_next().await {
            // The tasks neither panic nor are aborted; what did not report is looked at again.
            let (id, handled) = joined.map_err(|_| Error::Panicked)?;
            match handled {
                Ok(()) => {}
                Err(HandleError::Lost) => is_ours = false,
                Err(HandleError::Step(error)) => refused.push((id, refusal(id, error)?)),
            }
        }
        Ok(is_ours.then_some(refused))
    }

    async fn stop_for_right(&self, turn: Turn, now: Timestamp) -> Result<(), Error> {
        let end = move |tx: &mut Tx<'_>| {
            let Some(bulk) = bulk::fetch_for_update(tx, turn.bulk)? else { return Ok(()) };
            if bulk::walk(tx, turn, bulk.walked_to)? {
                let act = Act::new(Actor::system("bulk"), now);
                bulk::end(tx, &act, &bulk, Some(StopCause::RightLost))?;
            }
            Ok::<_, Error>(())
        };
        self.database.write(end).await
    }
}

/// Takes the step with one order and notes it, both or neither.
fn handle(
    tx: &mut Tx<'_>,
    turn: Turn,
    principal: &Principal,
    act: &Act,
    work: Work,
    seen: Seen,
) -> Result<(), HandleError> {
    if bulk::was_handled(tx, turn.bulk, seen.id)? {
        return Ok(());
    }
    match work {
        Work::Approve => step::take(tx, principal, act, seen, Action::Approve)?,
        Work::Cancel(reason) => step::cancel(tx, principal, act, seen, reason)?,
    }
    match bulk::note_handled(tx, turn, seen.id, None) {
        Ok(true) => Ok(()),
        Ok(false) | Err(Error::Stale(_)) => Err(HandleError::Lost),
        Err(error) => Err(error.into()),
    }
}

/// Notes the orders of a page that stayed as they were, and that the page was looked at.
fn note_page(
    tx: &mut Tx<'_>,
    turn: Turn,
    walked_to: OrderId,
    refused: &[(OrderId, Refusal)],
    is_last: bool,
    now: Timestamp,
) -> Result<(), Error> {
    if !bulk::walk(tx, turn, walked_to)? {
        return Ok(());
    }
    for (order, refusal) in refused {
        bulk::note_handled(tx, turn, *order, Some(*refusal))?;
    }
    if is_last && let Some(bulk) = bulk::fetch(tx, turn.bulk)? {
        bulk::end(tx, &Act::new(Actor::system("bulk"), now), &bulk, None)?;
    }
    Ok(())
}

/// Why an order stays as it is. What is no fault of the order's is an error: the page comes again.
fn refusal(id: OrderId, error: StepError) -> Result<Refusal, Error> {
    match error {
        StepError::Stale(_) | StepError::File(FileError::Storage(Error::Stale(_))) => {
            Ok(Refusal::Stale)
        }
        StepError::Taken(_) | StepError::NotTheirs(_) | StepError::File(FileError::Refused(_)) => {
            Ok(Refusal::State)
        }
        StepError::File(FileError::NotFound(_)) => Ok(Refusal::Missing),
        StepError::File(FileError::Storage(error)) if is_passing(&error) => Err(error),
        error => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(order.id = %id, error, "an order of bulk work could not be handled");
            Ok(Refusal::Failed)
        }
    }
}
