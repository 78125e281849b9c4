//! A database whose writer runs when it is told to, in the caller's thread: for simulation.
//!
//! Commands wait in the same queue and run through the same writer as on its own thread, so that a
//! seed replays what was decided together, what was run a second time, and what a crash took away.

use std::sync::Arc;

use crossbeam_channel::Receiver;
use ordermill_base::IdGenerator;

use crate::Connection;
use crate::database::ReadJob;
use crate::job::Job;
use crate::writer::{BATCH_MAX, Outcome, rehearse, run_batch};

/// The writer and the reader of a [`Database::stepped`](crate::Database::stepped), run by hand.
#[derive(Debug)]
pub struct Stepper {
    connection: Connection,
    commands: Receiver<Box<dyn Job>>,
    reads: Receiver<ReadJob>,
}

/// How the writer runs a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// At once.
    Once,
    /// The first try is rolled back before its commit, as after a race with another node.
    Twice,
}

impl Stepper {
    pub(crate) fn new(
        connection: Connection,
        commands: Receiver<Box<dyn Job>>,
        reads: Receiver<ReadJob>,
    ) -> Self {
        Self { connection, commands, reads }
    }

    /// Whether anything waits.
    pub fn is_idle(&self) -> bool {
        self.commands.is_empty() && self.reads.is_empty()
    }

    /// Whether a command waits.
    pub fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    /// Answers the questions that wait, then runs at most `batch_max` commands as one batch, and
    /// answers them after the commit. Gives how many commands there were.
    ///
    /// # Panics
    /// If the disk or the connection fails: that is not what this is for.
    pub fn step(&mut self, batch_max: usize, run: Run) -> usize {
        for question in self.reads.try_iter() {
            question(&mut self.connection);
        }
        let batch: Vec<_> = self.commands.try_iter().take(batch_max.min(BATCH_MAX)).collect();
        let count = batch.len();
        if count == 0 {
            return 0;
        }
        let batch = if run == Run::Twice { rehearse(&mut self.connection, batch) } else { batch };
        let outcome = run_batch(&mut self.connection, batch);
        assert!(matches!(outcome, Outcome::Answered), "a stepped database does not fail");
        count
    }

    /// The connection, for commands that run alone.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The process dies: what waits is gone. Gives the connection with what was committed, as the
    /// next process finds it.
    #[must_use]
    pub fn crash(self, node: u16) -> Connection {
        self.connection.with_ids(Arc::new(IdGenerator::new(node)))
    }
}
