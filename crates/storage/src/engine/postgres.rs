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
    statements: HashMap<String, Statement>,
}

impl std::fmt::Debug for PostgresSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a session of PostgreSQL")
    }
}

impl PostgresSession {
    pub(crate) fn open(config: &postgres::Config, is_writer: bool) -> Result<Self, Error> {
        let mut client = config.connect(NoTls)?;
        // A writer's statements find their rows by keys, and a plan of one may be kept: but not one
        // that was made while its table was empty, and would go on reading all of it. Lists are
        // planned for what is asked, every time. Compiling takes longer than any of them.
        let planning = if is_writer {
            "SET enable_seqscan = off;"
        } else {
            "SET plan_cache_mode = force_custom_plan;"
        };
        client.batch_execute(&format!(
            "{planning}
             SET jit = off;
             SET synchronous_commit = on;
             SET statement_timeout = '60s';
             SET idle_in_transaction_session_timeout = '60s';"
        ))?;
        Ok(Self { client, statements: HashMap::new() })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn run(&mut self, sql: &str) -> Result<(), Error> {
        let text = if sql == "BEGIN READ" {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            sql
        };
        Ok(self.client.batch_execute(text)?)
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

    fn prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

fn by_reference<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
