//! PostgreSQL, or a database that speaks its protocol.

mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Statement};

use self::wire::Wire;
use crate::value::{Kept, Row, Value};
use crate::{Columns, Error, Insert};

/// One connection.
pub(crate) struct PostgresSession {
    wire: Wire,
    statements: HashMap<String, Known>,
    /// How a reader's statements are planned; a writer's are always planned once.
    planning: Option<Planning>,
}

/// Statements that find rows by keys are planned once; lists and sums for what is asked, every time. The
/// server is told when one kind follows on the other.
#[derive(Debug, Clone, Copy, Default)]
struct Planning {
    /// Whether it plans every statement for what is asked.
    anew: bool,
    /// As it was before this view of the database, and will be behind it.
    outside: bool,
    /// Whether nothing has been asked yet by whoever reads now.
    is_first: bool,
}

/// A statement that the server knows.
#[derive(Clone)]
struct Known {
    statement: Statement,
    /// Whether its best plan depends on what is looked for.
    is_list: bool,
}

impl Known {
    /// What goes on from a position reads on along one index, however much it is.
    fn is_list(sql: &str) -> bool {
        let goes_on = sql.contains("WHERE (xid, position) > ");
        !goes_on && ["LIMIT $", "COUNT(", "SUM(", "GROUP BY"].iter().any(|word| sql.contains(word))
    }
}

impl std::fmt::Debug for PostgresSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a session of PostgreSQL")
    }
}

impl PostgresSession {
    pub(crate) fn open(config: &Config, is_writer: bool) -> Result<Self, Error> {
        let mut wire = Wire::open(config)?;
        // Statements that find their rows by keys are planned once: left to itself the server plans those with
        // arrays every time, which takes longer than running them. A plan that is kept must not be one that was
        // made while its table was empty, and would go on reading all of it. Compiling does not pay either.
        let client = wire.client();
        wire.wait_for(client.batch_execute(
            "SET plan_cache_mode = force_generic_plan;
             SET enable_seqscan = off;
             SET jit = off;
             SET synchronous_commit = on;
             SET statement_timeout = '60s';
             SET idle_in_transaction_session_timeout = '60s';",
        ))?;
        let planning = (!is_writer).then(Planning::default);
        Ok(Self { wire, statements: HashMap::new(), planning })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.wire.is_closed()
    }

    /// Runs a statement without parameters. The beginning of a transaction goes with its first statement, and
    /// nobody waits for the end of a reader's.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), Error> {
        let is_reader = self.planning.is_some();
        match sql {
            "BEGIN READ" => {
                self.wire.forget();
                self.ahead("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            }
            "BEGIN" => {
                self.wire.forget();
                self.ahead("BEGIN");
            }
            "ROLLBACK" if is_reader => {
                self.ahead("ROLLBACK");
                self.wire.send();
            }
            other => {
                self.wire.know()?;
                let client = self.wire.client();
                self.wire.wait_for(client.batch_execute(other))?;
            }
        }
        if let Some(planning) = &mut self.planning {
            match sql {
                "BEGIN READ" => planning.outside = planning.anew,
                // What was set within is undone.
                "ROLLBACK" => planning.anew = planning.outside,
                _ => {}
            }
        }
        Ok(())
    }

    fn ahead(&mut self, sql: &'static str) {
        let client = self.wire.client();
        self.wire.go_ahead(async move { Ok(client.batch_execute(sql).await?) });
    }

    /// Somebody else reads from here on.
    pub(crate) fn begin_reading(&mut self) {
        self.wire.forget();
        if let Some(planning) = &mut self.planning {
            planning.is_first = true;
        }
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.prepared(sql)?;
        let client = self.wire.client();
        self.wire.wait_for(client.execute(&statement, &by_reference(params)))
    }

    pub(crate) fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        push: &mut dyn FnMut(&mut Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        let client = self.wire.client();
        let rows = self.wire.wait_for(client.query(&statement, &by_reference(params)))?;
        rows.iter().try_for_each(|row| push(&mut Row::postgres(row)))
    }

    pub(crate) fn execute_columns(&mut self, sql: &str, rows: &Columns) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let statement = self.prepared(sql)?;
        let arrays: Vec<_> = rows.arrays().collect();
        let params: Vec<_> = arrays.iter().map(|array| array.as_ref() as _).collect();
        let client = self.wire.client();
        self.wire.wait_for(client.execute(&statement, &params))
    }

    /// Adds the rows of several tables as one statement, with whatever is asked next: a refusal shows there.
    pub(crate) fn insert_all(
        &mut self,
        rows: Vec<(&'static Insert, Columns)>,
    ) -> Result<(), Error> {
        let statement = match rows.as_slice() {
            [] => return Ok(()),
            [(insert, _)] => self.prepared(insert.postgres())?,
            _ => self.prepared(&Insert::together(rows.iter().map(|(insert, _)| *insert)))?,
        };
        let client = self.wire.client();
        self.wire.go_ahead(async move {
            let arrays: Vec<_> = rows.iter().flat_map(|(_, rows)| rows.arrays()).collect();
            let params: Vec<_> = arrays.iter().map(|array| array.as_ref() as _).collect();
            client.execute(&statement, &params).await?;
            Ok(())
        });
        Ok(())
    }

    /// Runs a statement with whatever is asked next.
    pub(crate) fn execute_ahead(&mut self, sql: &str, params: &[Value<'_>]) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        let client = self.wire.client();
        let params: Vec<Kept> = params.iter().map(|value| Kept::from(*value)).collect();
        self.wire.go_ahead(async move {
            let values: Vec<_> = params.iter().map(Kept::value).collect();
            client.execute(&statement, &by_reference(&values)).await?;
            Ok(())
        });
        Ok(())
    }

    /// As [`Self::execute_columns`], with whatever is asked next. If `what` is told, each row must change one
    /// of the table's.
    pub(crate) fn execute_columns_ahead(
        &mut self,
        sql: &str,
        rows: Columns,
        what: Option<&'static str>,
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = self.prepared(sql)?;
        let client = self.wire.client();
        let call = async move {
            let arrays: Vec<_> = rows.arrays().collect();
            let params: Vec<_> = arrays.iter().map(|array| array.as_ref() as _).collect();
            let changed = client.execute(&statement, &params).await?;
            match what {
                Some(what) if changed != rows.len() as u64 => Err(Error::Stale(what)),
                _ => Ok(()),
            }
        };
        if what.is_some() {
            self.wire.go_ahead_if(call)
        } else {
            self.wire.go_ahead(call)
        }
        Ok(())
    }

    /// Asks with whatever is asked next; the rows are there once that is answered.
    pub(crate) fn ask(&mut self, sql: &str, params: &[Value<'_>]) -> Result<Slot, Error> {
        let statement = self.prepared(sql)?;
        let client = self.wire.client();
        let params: Vec<Kept> = params.iter().map(|value| Kept::from(*value)).collect();
        let slot = Slot::default();
        let rows = Arc::clone(&slot);
        self.wire.go_ahead(async move {
            let values: Vec<_> = params.iter().map(Kept::value).collect();
            fill(&rows, client.query(&statement, &by_reference(&values)).await?);
            Ok(())
        });
        Ok(slot)
    }

    /// As [`Self::ask`], for the rows of many keys.
    pub(crate) fn ask_columns(&mut self, sql: &str, keys: Columns) -> Result<Slot, Error> {
        let statement = self.prepared(sql)?;
        let client = self.wire.client();
        let slot = Slot::default();
        let rows = Arc::clone(&slot);
        self.wire.go_ahead(async move {
            let arrays: Vec<_> = keys.arrays().collect();
            let params: Vec<_> = arrays.iter().map(|array| array.as_ref() as _).collect();
            fill(&rows, client.query(&statement, &params).await?);
            Ok(())
        });
        Ok(slot)
    }

    /// Waits for what was sent ahead.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        self.wire.wait_for(async { Ok(()) })
    }

    pub(crate) fn query_columns(
        &mut self,
        sql: &str,
        keys: &Columns,
        push: &mut dyn FnMut(&mut Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        let arrays: Vec<_> = keys.arrays().collect();
        let params: Vec<_> = arrays.iter().map(|array| array.as_ref() as _).collect();
        let client = self.wire.client();
        let rows = self.wire.wait_for(client.query(&statement, &params))?;
        rows.iter().try_for_each(|row| push(&mut Row::postgres(row)))
    }

    /// The statement, known to the server.
    fn prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        let known = match self.statements.get(sql) {
            Some(known) => known.clone(),
            None => {
                let client = self.wire.client();
                let statement = self.wire.wait_for(client.prepare(sql))?;
                let known = Known { statement, is_list: Known::is_list(sql) };
                self.statements.insert(sql.to_owned(), known.clone());
                known
            }
        };
        self.plan_for(known.is_list);
        Ok(known.statement)
    }

    /// Tells the server how to plan what comes: for lists from the first one on, until somebody else asks for
    /// something by its key.
    fn plan_for(&mut self, is_list: bool) {
        let Some(planning) = &mut self.planning else { return };
        let is_first = std::mem::take(&mut planning.is_first);
        if is_list == planning.anew || (!is_list && !is_first) {
            return;
        }
        planning.anew = is_list;
        self.ahead(if is_list {
            "SET plan_cache_mode = force_custom_plan; SET enable_seqscan = on"
        } else {
            "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"
        });
    }
}

/// Where the rows of an answer will be.
pub(crate) type Slot = Arc<Mutex<Option<Vec<tokio_postgres::Row>>>>;

fn fill(slot: &Slot, rows: Vec<tokio_postgres::Row>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(rows);
}

fn by_reference<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
