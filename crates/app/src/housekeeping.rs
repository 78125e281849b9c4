//! Housekeeping: what nobody needs any more goes, a little at a time.
//!
//! [`RULES`] says what goes and when. One node at a time does the work, under a lease; every
//! transaction removes at most [`BATCH`] rows of each kind, so that nobody waits behind a large one,
//! and a backlog goes in many of them with a breath in between. What is history stays: nothing here
//! touches the journal, orders, money or stock.

use std::sync::Arc;
use std::time::Duration;

use ordermill_base::{Clock, Random, Span, Timestamp};
use ordermill_storage::{
    Database, Error, Tx, attempt, cart, delivery, hand_work, idempotency, inbox, lease, login_code,
    pick_list, risk, rule_table, session, vehicle, webhook,
};
use tokio::sync::watch;

use crate::throttle;

/// Rows of one kind that one transaction removes at most.
pub const BATCH: u64 = 500;
/// How long the lease holds without being renewed by the next batch.
pub const LEASE_HELD: Span = Span::minutes(3);
/// Names the lease.
const LEASE: &str = "housekeeping";
/// Between two rounds; half of it more or less, so that nodes do not ask in step.
const EVERY: Duration = Duration::from_secs(60);
/// Between two batches of a backlog: what arrives meanwhile goes first.
const BREATH: Duration = Duration::from_millis(50);

/// What goes, and when.
pub struct Rule {
    /// What it is, for logs and documents.
    pub name: &'static str,
    /// How long it is kept after its time: after its last use, after its end.
    pub kept: Span,
    prune: Prune,
}

/// Removes what was over before a moment, at most so many; gives how many.
type Prune = fn(&mut Tx<'_>, Timestamp, i64) -> Result<u64, Error>;

/// Everything that goes.
pub const RULES: &[Rule] = &[
    // As docs/api.md promises: a repeat within a day changes nothing.
    Rule { name: "idempotency keys", kept: Span::days(1), prune: idempotency::prune },
    // As long as the browser remembers its cart. One that became an order stays as its proof.
    Rule { name: "carts", kept: Span::days(90), prune: cart::prune },
    Rule { name: "sessions", kept: Span::ZERO, prune: session::prune },
    // How many were sent in an hour limits the next one.
    Rule { name: "login codes", kept: Span::days(1), prune: login_code::prune },
    Rule { name: "tries", kept: throttle::QUIET, prune: attempt::prune },
    // A partner sends a notice again for days at most; one that comes later finds its work done.
    Rule { name: "messages of the inbox", kept: Span::days(30), prune: inbox::prune },
    // A device that lay in a drawer for so long has nothing to say any more.
    Rule { name: "answers to scans", kept: Span::days(7), prune: pick_list::prune_answers },
    Rule { name: "answers to hand scans", kept: Span::days(7), prune: hand_work::prune_answers },
    // A vehicle that says nothing for a day stands somewhere, or drives for somebody else.
    Rule { name: "vehicles", kept: Span::days(1), prune: vehicle::prune },
    Rule { name: "loads of vehicles", kept: Span::days(1), prune: vehicle::prune_loads },
    Rule { name: "webhook deliveries", kept: Span::days(30), prune: delivery::prune },
    Rule { name: "risk signals", kept: Span::ZERO, prune: risk::prune_signals },
    // Long enough to judge a version before it goes in force.
    Rule { name: "trials of rules", kept: Span::days(30), prune: rule_table::prune_trials },
    Rule {
        name: "previous webhook secrets",
        kept: Span::ZERO,
        // There are as many as endpoints: a few.
        prune: |tx, before, _| webhook::forget_previous_secrets(tx, before),
    },
];

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} after {} s", self.name, self.kept.as_seconds())
    }
}

/// What one transaction removed, in the order of [`RULES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept(pub Vec<u64>);

impl Swept {
    /// All rows together.
    pub fn rows(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Whether there may be more to remove.
    pub fn is_full(&self) -> bool {
        self.0.iter().any(|rows| *rows >= BATCH)
    }
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It removed this.
    Swept(Swept),
    /// Another node does it.
    Elsewhere,
}

/// Removes a batch of everything whose time is over.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<Swept, Error> {
    let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
    let rows = RULES.iter().map(|rule| (rule.prune)(tx, now - rule.kept, limit));
    Ok(Swept(rows.collect::<Result<_, _>>()?))
}

/// The housekeeping of one node.
#[derive(Debug)]
pub struct Housekeeping {
    database: Database,
    /// Who does it, different for each process.
    holder: String,
}

impl Housekeeping {
    /// Ready to work; `holder` names this process among all that share the database.
    pub fn new(database: Database, holder: impl Into<String>) -> Self {
        Self { database, holder: holder.into() }
    }

    /// One batch, if this node has the lease or can get it.
    pub async fn step(&self, now: Timestamp) -> Result<Step, Error> {
        let holder = self.holder.clone();
        self.database
            .write(move |tx| match lease::acquire(tx, LEASE, &holder, now, LEASE_HELD)? {
                Some(_) => sweep(tx, now).map(Step::Swept),
                None => Ok(Step::Elsewhere),
            })
            .await
    }

    /// Keeps house until `stop` becomes true, or its sender is gone.
    pub async fn run(
        self,
        clock: Arc<dyn Clock>,
        mut random: Random,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut removed = 0;
        while !*stop.borrow_and_update() {
            let pause = match self.step(clock.now()).await {
                Ok(Step::Swept(swept)) if swept.is_full() => {
                    removed += swept.rows();
                    BREATH
                }
                Ok(Step::Swept(swept)) => {
                    removed += swept.rows();
                    if removed > 0 {
                        tracing::debug!(rows = removed, "what nobody needs any more is gone");
                    }
                    removed = 0;
                    between_rounds(&mut random)
                }
                Ok(Step::Elsewhere) => between_rounds(&mut random),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "what nobody needs any more stays for now");
                    between_rounds(&mut random)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
        let holder = self.holder;
        // Out of courtesy to the next one; without it the lease runs out by itself.
        drop(self.database.write(move |tx| lease::release(tx, LEASE, &holder)).await);
    }
}

fn between_rounds(random: &mut Random) -> Duration {
    let half = u64::try_from(EVERY.as_millis() / 2).unwrap_or(u64::MAX);
    EVERY / 2 + Duration::from_millis(random.below(2 * half))
}
