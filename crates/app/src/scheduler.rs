//! The scheduler: what happens when a deadline is near, and when it is not met.
//!
//! Every node runs one. A node claims what has come up for a minute under a token; each deadline is
//! then one command of the writer, so that many share a flush of the disk. The command ends the
//! claim and does what the breach asks for in one transaction: a node that was paused while another
//! took over finds its token outgrown and changes nothing. A command that fails is put off with
//! growing pauses and, when it keeps failing, shown to a person; it never holds up the others.

use std::sync::Arc;
use std::time::Duration;

use ordermill_base::{Clock, Id, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::because::Because;
use ordermill_domain::deadline::{DeadlineKind, Event};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{CancelReason, Status};
use ordermill_domain::task::TaskKind;
use ordermill_storage::deadline::{Due, Stage};
use ordermill_storage::task::Concern;
use ordermill_storage::{Connection, Database, Error, Tx, deadline, order, task};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::choice::{self, Lapsed};
use crate::deadline::tell;
use crate::order::cancel::{CancelOrderError, cancel_order};
use crate::order::file::{FileError, OrderFile};
use crate::shipment::receipt::{Confirmed, confirm_by_time};

/// Deadlines that one claim takes at most.
pub const CLAIM_MAX: usize = 1_000;
/// How long a claim holds; what is not done by then may be taken by another node.
pub const CLAIM_HELD: Span = Span::seconds(60);
/// After so many failures a person is told.
const FAILURES_BEFORE_TASK: i64 = 5;
/// As urgent as a breach.
const FAILING_PRIORITY: i64 = 10;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Breaches that were acted on.
    pub breached: u64,
    /// Warnings that were given.
    pub warned: u64,
    /// Deadlines of things that no longer care: already paid, already ended.
    pub moot: u64,
    /// Claims that were met meanwhile, or lost to another node.
    pub lost: u64,
    /// Failures that were put off.
    pub failed: u64,
}

/// What became of one deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The breach was acted on.
    Breached,
    /// The warning was given.
    Warned,
    /// Its thing no longer cares.
    Moot,
    /// The claim is not ours any more; nothing was changed.
    Lost,
}

/// Why a deadline's command failed.
#[derive(Debug, thiserror::Error)]
pub enum RunDeadlineError {
    /// The order.
    #[error(transparent)]
    File(#[from] FileError),
    /// Canceling it.
    #[error(transparent)]
    Cancel(#[from] CancelOrderError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Runs the scheduler until `stop` becomes true, or its sender is gone. The pauses between runs
/// differ, so that nodes do not ask in step.
pub async fn run(
    database: Database,
    clock: Arc<dyn Clock>,
    mut random: Random,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow_and_update() {
        match run_due(&database, clock.now()).await {
            Ok(report) if report != Report::default() => {
                let Report { breached, warned, moot, lost, failed } = report;
                tracing::info!(breached, warned, moot, lost, failed, "deadlines were handled");
            }
            Ok(_) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "deadlines could not be handled");
            }
        }
        let pause = Duration::from_millis(500 + random.below(1_000));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// Handles everything that has come up by `now`.
pub async fn run_due(database: &Database, now: Timestamp) -> Result<Report, Error> {
    let mut report = Report::default();
    loop {
        let limit = CLAIM_MAX as i64;
        let due = database.write(move |tx| deadline::claim_due(tx, now, CLAIM_HELD, limit)).await?;
        let is_last = due.len() < CLAIM_MAX;
        let mut running = JoinSet::new();
        for due in due {
            let database = database.clone();
            running.spawn(async move {
                let command = due.clone();
                let handled = database.write(move |tx| handle(tx, &command, now)).await;
                (due, handled)
            });
        }
        let mut failed = Vec::new();
        while let Some(joined) = running.join_next().await {
            // The tasks neither panic nor are aborted; what did not report runs again when its
            // claim is over.
            let Ok((due, handled)) = joined else { continue };
            match handled {
                Ok(outcome) => report.count(outcome),
                Err(error) => failed.push((due, error.to_string())),
            }
        }
        if !failed.is_empty() {
            report.failed += failed.len() as u64;
            database.write(move |tx| put_off(tx, &failed, now)).await?;
        }
        if is_last {
            return Ok(report);
        }
    }
}

/// As [`run_due`], one by one on a connection in the calling thread, for simulation.
pub fn run_due_on(connection: &mut Connection, now: Timestamp) -> Result<Report, Error> {
    let mut report = Report::default();
    loop {
        let limit = CLAIM_MAX as i64;
        let due = connection.transact(|tx| deadline::claim_due(tx, now, CLAIM_HELD, limit))?;
        let is_last = due.len() < CLAIM_MAX;
        for due in due {
            match connection.transact(|tx| handle(tx, &due, now)) {
                Ok(outcome) => report.count(outcome),
                Err(error) => {
                    report.failed += 1;
                    let failed = [(due, error.to_string())];
                    connection.transact(|tx| put_off(tx, &failed, now))?;
                }
            }
        }
        if is_last {
            return Ok(report);
        }
    }
}

impl Report {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Breached => &mut self.breached,
            Outcome::Warned => &mut self.warned,
            Outcome::Moot => &mut self.moot,
            Outcome::Lost => &mut self.lost,
        } += 1;
    }
}

/// Ends one claimed deadline and does what it asks for, in this transaction.
pub fn handle(tx: &mut Tx<'_>, due: &Due, now: Timestamp) -> Result<Outcome, RunDeadlineError> {
    let because = Because::Due { deadline: due.kind, due_at: due.due_at };
    let act = Act { reason: Some(because.to_string()), ..Act::new(Actor::DEADLINE, now) };
    match (due.stage, due.kind) {
        (Stage::Warning, _) => warn(tx, &act, due),
        (Stage::Breach, DeadlineKind::Pay) => cancel_unpaid(tx, &act, due),
        (Stage::Breach, DeadlineKind::StockRelease) => release_stock(tx, &act, due),
        (Stage::Breach, DeadlineKind::ConfirmReceipt) => confirm_receipt(tx, &act, due),
        (Stage::Breach, DeadlineKind::BuyerChoice) => Ok(match choice::lapse(tx, &act, due)? {
            Lapsed::ToService => Outcome::Breached,
            Lapsed::Moot => Outcome::Moot,
            Lapsed::Lost => Outcome::Lost,
        }),
        (Stage::Breach, _) => escalate(tx, &act, due),
    }
}

/// D1: an order that is not paid in time is canceled. The order is locked first, as everywhere.
fn cancel_unpaid(tx: &mut Tx<'_>, act: &Act, due: &Due) -> Result<Outcome, RunDeadlineError> {
    let id = OrderId::from_raw(due.subject_id);
    let stored = order::fetch_for_update(tx, id)?.ok_or(FileError::NotFound(id))?;
    if !deadline::finish(tx, due)? {
        return Ok(Outcome::Lost);
    }
    let facts = stored.order.facts();
    if facts.status != Status::Placed || facts.milestones.paid_at.is_some() {
        return Ok(Outcome::Moot);
    }
    cancel_order(tx, act, id, CancelReason::Unpaid)?;
    Ok(Outcome::Breached)
}

/// D2: the stock of an order that is not paid in time is on sale again; the order stays payable.
fn release_stock(tx: &mut Tx<'_>, act: &Act, due: &Due) -> Result<Outcome, RunDeadlineError> {
    let mut file = OrderFile::load(tx, OrderId::from_raw(due.subject_id))?;
    if !deadline::finish(tx, due)? {
        return Ok(Outcome::Lost);
    }
    if file.order().status() != Status::Placed || !file.expire_holds(act)? {
        return Ok(Outcome::Moot);
    }
    file.save(tx)?;
    Ok(Outcome::Breached)
}

/// D16: nobody has said that anything is missing, so the buyer has it.
fn confirm_receipt(tx: &mut Tx<'_>, act: &Act, due: &Due) -> Result<Outcome, RunDeadlineError> {
    order::fetch_for_update(tx, OrderId::from_raw(due.subject_id))?;
    if !deadline::finish(tx, due)? {
        return Ok(Outcome::Lost);
    }
    Ok(match confirm_by_time(tx, act, due.subject_id)? {
        Confirmed::Completed => Outcome::Breached,
        Confirmed::Nothing => Outcome::Moot,
    })
}

/// Any other: whoever answers for it gets a task that cannot be overlooked.
fn escalate(tx: &mut Tx<'_>, act: &Act, due: &Due) -> Result<Outcome, RunDeadlineError> {
    if !deadline::finish(tx, due)? {
        return Ok(Outcome::Lost);
    }
    let event = Event::Breached { deadline: due.kind, due_at: due.due_at };
    deadline::record(tx, act, due.subject_id, &event)?;
    tell(tx, due, act.at)?;
    Ok(Outcome::Breached)
}

/// The journal tells everyone who listens; a person is told where a person must act. That D1 and D2
/// come near is the buyer's concern alone.
fn warn(tx: &mut Tx<'_>, act: &Act, due: &Due) -> Result<Outcome, RunDeadlineError> {
    if !deadline::finish(tx, due)? {
        return Ok(Outcome::Lost);
    }
    let event = Event::Warned { deadline: due.kind, due_at: due.due_at };
    deadline::record(tx, act, due.subject_id, &event)?;
    if !matches!(due.kind, DeadlineKind::Pay | DeadlineKind::StockRelease) {
        tell(tx, due, act.at)?;
    }
    Ok(Outcome::Warned)
}

/// Puts failed ones off, longer each time, and tells a person about those that keep failing.
fn put_off(tx: &mut Tx<'_>, failed: &[(Due, String)], now: Timestamp) -> Result<(), Error> {
    for (due, error) in failed {
        deadline::postpone(tx, due, now + pause_after(due.attempts), error)?;
        if due.attempts + 1 == FAILURES_BEFORE_TASK {
            let detail = serde_json::json!({ "deadline": due.kind, "error": error }).to_string();
            let kind = TaskKind::FailingDeadline;
            let concern = Concern {
                kind,
                subject_id: due.subject_id,
                role: kind.owner(),
                priority: FAILING_PRIORITY,
                detail: &detail,
                due_at: None,
            };
            task::open_for(tx, concern, now)?;
        }
    }
    Ok(())
}

/// 5 seconds after the first failure, then twice as long each time, an hour at most.
fn pause_after(failures_before: i64) -> Span {
    let doublings = failures_before.clamp(0, 10);
    Span::seconds((5 << doublings).min(3_600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_an_hour() {
        let pauses: Vec<i64> = (0..12).map(|n| pause_after(n).as_seconds()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600]);
    }
}
