//! The facade of SQL: one text for both engines, written with `$1`, read column by column.
//!
//! Functions of this crate take a [`Tx`], never a pool: the use case decides what belongs together.
//! Rows that are only added go through [`Tx::append`]; on PostgreSQL they are collected and sent as
//! one statement per table with arrays, before anything else is asked of the transaction, so that a
//! batch of commands costs round trips by the table and not by the row. On SQLite a statement costs
//! no round trip, and each row is written at once.

use ordermill_base::{Id, IdGenerator, Timestamp};

use crate::asked::{Asked, Read};
use crate::engine::postgres::PostgresSession;
use crate::engine::sqlite::{Prepared, SqliteSession};
use crate::value::{Row, Value};
use crate::{Columns, Error, Insert};

/// A transaction, or a reader's view.
#[derive(Debug)]
pub struct Tx<'c> {
    engine: Engine<'c>,
    ids: &'c IdGenerator,
    /// Rows of [`Tx::append`] that PostgreSQL has not seen yet, in the order of their tables' first.
    pending: Vec<(&'static Insert, Columns)>,
    /// Grows with every writing call: how the writer knows whether a refused command left traces.
    writes: u64,
    /// The gravest failure of a statement so far. On PostgreSQL it spoils the whole transaction.
    failure: Option<Failure>,
    /// Whether a lost race only means that all of it runs again, so that reading may go without
    /// locks.
    is_first_try: bool,
}

/// What a failed statement means for the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// The statement was refused.
    Statement,
    /// A unique key was taken: by a command that looked for it too early, or by a defect.
    Taken,
    /// A race was lost; the whole transaction may be run again.
    Conflict,
    /// The disk is full.
    Full,
    /// The disk or the connection failed.
    Lost,
}

impl Failure {
    fn of(error: &Error) -> Self {
        match error {
            Error::UniqueViolation { .. } => Self::Taken,
            Error::Conflict => Self::Conflict,
            Error::StorageFull => Self::Full,
            Error::Unavailable(_) | Error::Engine(_) => Self::Lost,
            _ => Self::Statement,
        }
    }
}

/// Which engine runs, for the few statements that must differ.
#[derive(Debug)]
pub(crate) enum Engine<'c> {
    Sqlite(&'c mut SqliteSession),
    Postgres(&'c mut PostgresSession),
}

/// Two texts for one thing, where the engines must differ: SQLite runs it row by row, PostgreSQL
/// once with an array per column.
#[derive(Debug)]
pub(crate) struct PerRow<'t> {
    pub(crate) sqlite: &'t str,
    pub(crate) postgres: &'t str,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(engine: Engine<'c>, ids: &'c IdGenerator) -> Self {
        Self { engine, ids, pending: Vec::new(), writes: 0, failure: None, is_first_try: false }
    }

    /// As [`Tx::new`], for the first try of a batch that is run again if it loses a race.
    pub(crate) fn first_try(mut self) -> Self {
        self.is_first_try = true;
        self
    }

    /// Whether another writer may run at the same time, and losing a race to it is no harm: then
    /// rows need no locks as long as writing notices the race.
    pub(crate) fn may_lose_races(&self) -> bool {
        self.is_first_try && self.is_postgres()
    }

    /// The error of a race that was noticed by rows that are missing, or are there already: all of the
    /// command is done again.
    pub fn lost_race(&mut self) -> Error {
        self.failure = self.failure.max(Some(Failure::Conflict));
        Error::Conflict
    }

    /// An id for a row that this transaction makes. On SQLite, where one writer runs after another,
    /// these also grow in the order of the commits.
    pub fn next_id<T: Id>(&self, now: Timestamp) -> T {
        self.ids.next(now)
    }

    /// Makes the ids of this transaction, also while an [`Appender`] holds it.
    pub(crate) fn ids(&self) -> &'c IdGenerator {
        self.ids
    }

    /// Whether this is PostgreSQL, for texts that stand side by side.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// How many writing calls there were so far.
    pub(crate) fn writes(&self) -> u64 {
        self.writes
    }

    /// The gravest failure since the last call.
    pub(crate) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    fn note<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        noted(&mut self.failure, result)
    }

    /// Runs a statement that changes rows and gives their number.
    pub fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, Error> {
        self.flush()?;
        self.writes += 1;
        let result = match &mut self.engine {
            Engine::Sqlite(session) => session.prepared(sql).and_then(|mut it| it.execute(params)),
            Engine::Postgres(session) => session.execute(sql, params),
        };
        self.note(result)
    }

    /// All rows of an answer, each through `read`. Every list that calls this has a limit.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.flush()?;
        let mut all = Vec::new();
        let mut push = |row: &mut Row<'_>| {
            all.push(read(row)?);
            Ok(())
        };
        let result = match &mut self.engine {
            Engine::Sqlite(session) => {
                session.prepared(sql).and_then(|mut it| it.query(params, &mut push))
            }
            Engine::Postgres(session) => session.query(sql, params, &mut push),
        };
        self.note(result)?;
        Ok(all)
    }

    /// As [`Tx::query`], for a statement that changes rows and gives them back.
    pub fn query_write<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.writes += 1;
        self.query(sql, params, read)
    }

    /// The first row of an answer, if there is one.
    pub fn query_opt<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    /// The one row of an answer that always has one, such as a count.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.query_opt(sql, params, read)?.ok_or(Error::Stale("a row that is always there"))
    }

    /// Adds a row. On PostgreSQL it travels with its neighbors and with the next statement, so a violated key
    /// shows there.
    pub fn append(&mut self, insert: &'static Insert, values: &[Value<'_>]) -> Result<(), Error> {
        self.appender(insert)?.push(values)
    }

    /// As [`Tx::append`], for many rows of one table.
    pub(crate) fn appender(&mut self, insert: &'static Insert) -> Result<Appender<'_>, Error> {
        let rows = match &mut self.engine {
            Engine::Sqlite(session) => {
                let prepared = session.prepared_own(insert.sqlite());
                AppendTo::Sqlite(noted(&mut self.failure, prepared)?)
            }
            Engine::Postgres(_) => {
                let found = self.pending.iter().position(|(known, _)| std::ptr::eq(*known, insert));
                let index = found.unwrap_or_else(|| {
                    self.pending.push((insert, Columns::new(insert.kinds())));
                    self.pending.len() - 1
                });
                AppendTo::Postgres(&mut self.pending[index].1)
            }
        };
        Ok(Appender { rows, writes: &mut self.writes, failure: &mut self.failure })
    }

    /// Lets what [`Tx::append`] has collected go with the next statement.
    fn flush(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let Engine::Postgres(session) = &mut self.engine else { return Ok(()) };
        let mut rows = std::mem::take(&mut self.pending);
        rows.retain(|(_, rows)| !rows.is_empty());
        let result = session.insert_all(rows);
        self.note(result)
    }

    /// Waits until everything that was written is there.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        self.flush()?;
        let Engine::Postgres(session) = &mut self.engine else { return Ok(()) };
        let result = session.settle();
        self.note(result)
    }

    /// Forgets what was collected, before a rollback.
    pub(crate) fn discard_pending(&mut self) {
        self.pending.clear();
    }

    /// Changes many rows: statement by statement on SQLite, as one statement on PostgreSQL. Gives
    /// the number of changed rows.
    pub(crate) fn execute_each(&mut self, sql: &PerRow<'_>, rows: &Columns) -> Result<u64, Error> {
        self.flush()?;
        self.writes += 1;
        let result = match &mut self.engine {
            Engine::Sqlite(session) => session.prepared(sql.sqlite).and_then(|mut statement| {
                let mut values = Vec::with_capacity(rows.width());
                (0..rows.len()).try_fold(0, |sum, index| {
                    rows.row(index, &mut values);
                    Ok(sum + statement.execute(&values)?)
                })
            }),
            Engine::Postgres(session) => session.execute_columns(sql.postgres, rows),
        };
        self.note(result)
    }

    /// Runs a statement whose count nobody asks for. On PostgreSQL it goes with the next one, which is told if it
    /// is refused.
    pub(crate) fn change(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), Error> {
        if !self.is_postgres() {
            return self.execute(sql, params).map(drop);
        }
        self.flush()?;
        self.writes += 1;
        let Engine::Postgres(session) = &mut self.engine else { return Ok(()) };
        let result = session.execute_ahead(sql, params);
        self.note(result)
    }

    /// As [`Tx::change`], for many rows: statement by statement on SQLite, as one on PostgreSQL.
    pub(crate) fn change_each(&mut self, sql: &PerRow<'_>, rows: Columns) -> Result<(), Error> {
        self.change_rows(sql, rows, None)
    }

    /// As [`Tx::change_each`], where each row must find the one it changes.
    ///
    /// # Errors
    /// [`Error::Stale`] of `what` if one does not; on PostgreSQL with a later statement, at the latest when all
    /// is to be committed.
    pub(crate) fn change_every(
        &mut self,
        sql: &PerRow<'_>,
        rows: Columns,
        what: &'static str,
    ) -> Result<(), Error> {
        self.change_rows(sql, rows, Some(what))
    }

    fn change_rows(
        &mut self,
        sql: &PerRow<'_>,
        rows: Columns,
        what: Option<&'static str>,
    ) -> Result<(), Error> {
        if !self.is_postgres() {
            let changed = self.execute_each(sql, &rows)?;
            return match what {
                Some(what) if changed != rows.len() as u64 => Err(Error::Stale(what)),
                _ => Ok(()),
            };
        }
        self.flush()?;
        self.writes += 1;
        let Engine::Postgres(session) = &mut self.engine else { return Ok(()) };
        let result = session.execute_columns_ahead(sql.postgres, rows, what);
        self.note(result)
    }

    /// As [`Tx::query_each`], for a statement that changes rows and gives them back.
    pub(crate) fn query_each_write<T>(
        &mut self,
        sql: &PerRow<'_>,
        keys: &Columns,
        read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.writes += 1;
        self.query_each(sql, keys, read)
    }

    /// Reads the rows of many keys: key by key on SQLite, as one statement with an array per key
    /// column on PostgreSQL. The order of the answer is that of the keys only on SQLite.
    pub(crate) fn query_each<T>(
        &mut self,
        sql: &PerRow<'_>,
        keys: &Columns,
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.flush()?;
        let mut all = Vec::with_capacity(keys.len());
        let mut push = |row: &mut Row<'_>| {
            all.push(read(row)?);
            Ok(())
        };
        let result = match &mut self.engine {
            Engine::Sqlite(session) => session.prepared(sql.sqlite).and_then(|mut statement| {
                let mut values = Vec::with_capacity(keys.width());
                (0..keys.len()).try_for_each(|index| {
                    keys.row(index, &mut values);
                    statement.query(&values, &mut push)
                })
            }),
            Engine::Postgres(_) if keys.is_empty() => Ok(()),
            Engine::Postgres(session) => session.query_columns(sql.postgres, keys, &mut push),
        };
        self.note(result)?;
        Ok(all)
    }

    /// As [`Tx::query`], without waiting for the answer; what is asked meanwhile goes with it.
    pub(crate) fn ask<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Asked<T>, Error> {
        if !self.is_postgres() {
            return self.query(sql, params, read).map(Asked::here);
        }
        self.flush()?;
        let Engine::Postgres(session) = &mut self.engine else {
            return Ok(Asked::here(Vec::new()));
        };
        let result = session.ask(sql, params);
        Ok(Asked::on_their_way(self.note(result)?, read))
    }

    /// As [`Tx::ask`], for a statement that changes rows and gives them back.
    pub(crate) fn ask_write<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        read: Read<T>,
    ) -> Result<Asked<T>, Error> {
        self.writes += 1;
        self.ask(sql, params, read)
    }

    /// As [`Tx::query_each`], without waiting for the answer; what is asked meanwhile goes with it.
    pub(crate) fn ask_each<T>(
        &mut self,
        sql: &PerRow<'_>,
        keys: Columns,
        read: Read<T>,
    ) -> Result<Asked<T>, Error> {
        if !self.is_postgres() || keys.is_empty() {
            return self.query_each(sql, &keys, read).map(Asked::here);
        }
        self.flush()?;
        let Engine::Postgres(session) = &mut self.engine else {
            return Ok(Asked::here(Vec::new()));
        };
        let result = session.ask_columns(sql.postgres, keys);
        Ok(Asked::on_their_way(self.note(result)?, read))
    }

    /// Runs statements without parameters, such as `SAVEPOINT`, or a whole migration.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), Error> {
        self.flush()?;
        let result = match &mut self.engine {
            Engine::Sqlite(session) => session.run(sql),
            Engine::Postgres(session) => session.run(sql),
        };
        self.note(result)
    }
}

/// Adds rows to one table, each as [`Tx::append`] does.
pub(crate) struct Appender<'t> {
    rows: AppendTo<'t>,
    writes: &'t mut u64,
    failure: &'t mut Option<Failure>,
}

enum AppendTo<'t> {
    Sqlite(Prepared<'t>),
    Postgres(&'t mut Columns),
}

impl Appender<'_> {
    pub(crate) fn push(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        *self.writes += 1;
        match &mut self.rows {
            AppendTo::Sqlite(insert) => noted(self.failure, insert.execute(values)).map(drop),
            AppendTo::Postgres(columns) => {
                columns.push(values);
                Ok(())
            }
        }
    }
}

/// Remembers the gravest failure.
fn noted<T>(failure: &mut Option<Failure>, result: Result<T, Error>) -> Result<T, Error> {
    if let Err(error) = &result {
        *failure = (*failure).max(Some(Failure::of(error)));
    }
    result
}
