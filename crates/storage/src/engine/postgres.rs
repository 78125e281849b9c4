//! PostgreSQL, or a database that speaks its protocol.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, NoTls, Statement};

use crate::value::{Row, Value};
use crate::{Columns, Error, Insert};

/// A parameter that holds a column of many rows.
type Array<'a> = Box<dyn ToSql + Sync + 'a>;

/// One connection.
pub(crate) struct PostgresSession {
    client: Client,
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
    fn is_list(sql: &str) -> bool {
        ["LIMIT $", "COUNT(", "SUM(", "GROUP BY"].iter().any(|word| sql.contains(word))
    }
}

impl std::fmt::Debug for PostgresSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a session of PostgreSQL")
    }
}

impl PostgresSession {
    pub(crate) fn open(config: &postgres::Config, is_writer: bool) -> Result<Self, Error> {
        let mut client = config.connect(NoTls)?;
        // Statements that find their rows by keys are planned once: left to itself the server plans those with
        // arrays every time, which takes longer than running them. A plan that is kept must not be one that was
        // made while its table was empty, and would go on reading all of it. Compiling does not pay either.
        client.batch_execute(
            "SET plan_cache_mode = force_generic_plan;
             SET enable_seqscan = off;
             SET jit = off;
             SET synchronous_commit = on;
             SET statement_timeout = '60s';
             SET idle_in_transaction_session_timeout = '60s';",
        )?;
        let planning = (!is_writer).then(Planning::default);
        Ok(Self { client, statements: HashMap::new(), planning })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn run(&mut self, sql: &str) -> Result<(), Error> {
        let text = match sql {
            "BEGIN READ" => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            other => other,
        };
        self.client.batch_execute(text)?;
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

    /// Somebody else reads from here on.
    pub(crate) fn begin_reading(&mut self) {
        if let Some(planning) = &mut self.planning {
            planning.is_first = true;
        }
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.prepared(sql)?;
        Ok(self.client.execute(&statement, &by_reference(params))?)
    }

    pub(crate) fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        push: &mut dyn FnMut(&mut Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        let rows = self.client.query(&statement, &by_reference(params))?;
        rows.iter().try_for_each(|row| push(&mut Row::postgres(row)))
    }

    pub(crate) fn execute_columns(&mut self, sql: &str, rows: &Columns) -> Result<u64, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        let statement = self.prepared(sql)?;
        self.execute_arrays(&statement, &rows.arrays().collect::<Vec<_>>())
    }

    /// Adds the rows of several tables as one statement.
    pub(crate) fn insert_all(&mut self, rows: &[(&Insert, Columns)]) -> Result<(), Error> {
        let statement = match rows {
            [] => return Ok(()),
            [(insert, _)] => self.prepared(insert.postgres())?,
            _ => self.prepared(&Insert::together(rows.iter().map(|(insert, _)| *insert)))?,
        };
        let arrays: Vec<Array<'_>> = rows.iter().flat_map(|(_, rows)| rows.arrays()).collect();
        self.execute_arrays(&statement, &arrays).map(drop)
    }

    fn execute_arrays(
        &mut self,
        statement: &Statement,
        arrays: &[Array<'_>],
    ) -> Result<u64, Error> {
        let params: Vec<_> =
            arrays.iter().map(|array| array.as_ref() as &(dyn ToSql + Sync)).collect();
        Ok(self.client.execute(statement, &params)?)
    }

    pub(crate) fn query_columns(
        &mut self,
        sql: &str,
        keys: &Columns,
        push: &mut dyn FnMut(&mut Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        let arrays: Vec<Array<'_>> = keys.arrays().collect();
        let params: Vec<_> =
            arrays.iter().map(|array| array.as_ref() as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(&statement, &params)?;
        rows.iter().try_for_each(|row| push(&mut Row::postgres(row)))
    }

    /// The statement, known to the server.
    fn prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        let known = match self.statements.get(sql) {
            Some(known) => known.clone(),
            None => {
                let statement = self.client.prepare(sql)?;
                let known = Known { statement, is_list: Known::is_list(sql) };
                self.statements.insert(sql.to_owned(), known.clone());
                known
            }
        };
        self.plan_for(known.is_list)?;
        Ok(known.statement)
    }

    /// Tells the server how to plan what comes: for lists from the first one on, until somebody else asks for
    /// something by its key.
    fn plan_for(&mut self, is_list: bool) -> Result<(), Error> {
        let Some(planning) = &mut self.planning else { return Ok(()) };
        let is_first = std::mem::take(&mut planning.is_first);
        if is_list == planning.anew || (!is_list && !is_first) {
            return Ok(());
        }
        self.client.batch_execute(if is_list {
            "SET plan_cache_mode = force_custom_plan; SET enable_seqscan = on"
        } else {
            "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"
        })?;
        planning.anew = is_list;
        Ok(())
    }
}

fn by_reference<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
