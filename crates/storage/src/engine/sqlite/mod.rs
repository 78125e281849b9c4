//! SQLite: one file in WAL mode, durable at every commit.

mod checkpoint;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, OpenFlags, params_from_iter};

use crate::Error;
use crate::value::{Row, Value};

/// Pages in the WAL before it is copied back. Larger ones make checkpoints longer.
const CHECKPOINT_PAGES: i64 = 2_000;
const STATEMENTS_KEPT: usize = 512;

/// Where the file is, and whether it is only read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SqliteFile {
    Path(PathBuf),
    /// A database in memory that all connections of this name share; without a name it is its one
    /// connection's own, and quicker. For tests and simulation.
    Memory(String),
}

/// One connection.
#[derive(Debug)]
pub(crate) struct SqliteSession {
    connection: rusqlite::Connection,
    /// Our `$n` texts with SQLite's `?n` beside them. To SQLite `$n` is a *name*, numbered by its
    /// first appearance, so that binding by position could swap values silently.
    texts: HashMap<String, String>,
}

impl SqliteSession {
    pub(crate) fn open(file: &SqliteFile, is_writer: bool) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let connection = match file {
            SqliteFile::Path(path) => rusqlite::Connection::open_with_flags(path, flags)?,
            SqliteFile::Memory(name) if name.is_empty() => {
                rusqlite::Connection::open_in_memory_with_flags(flags)?
            }
            SqliteFile::Memory(name) => rusqlite::Connection::open_with_flags(
                format!("file:{name}?mode=memory&cache=shared"),
                flags,
            )?,
        };
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        // A plan depends on the text alone. Otherwise SQLite prepares a statement again whenever a
        // parameter that might have mattered to its plan is bound to another value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
             PRAGMA cache_size = -16000;
             PRAGMA temp_store = MEMORY;
             PRAGMA foreign_keys = OFF;
             PRAGMA trusted_schema = OFF;"
        ))?;
        if !is_writer {
            connection.execute_batch("PRAGMA query_only = ON;")?;
        }
        Ok(Self { connection, texts: HashMap::new() })
    }

    /// Copies the whole database, page by page, while others read and write; `progress` hears how
    /// many of how many pages are done.
    pub(crate) fn backup(
        &self,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Error> {
        let mut target = rusqlite::Connection::open(to)?;
        let backup = rusqlite::backup::Backup::new(&self.connection, &mut target)?;
        loop {
            let step = backup.step(2_000)?;
            let state = backup.progress();
            let total = u64::try_from(state.pagecount).unwrap_or(0);
            progress(total - u64::try_from(state.remaining).unwrap_or(0), total);
            if step == rusqlite::backup::StepResult::Done {
                return Ok(());
            }
        }
    }

    pub(crate) fn run(&mut self, sql: &str) -> Result<(), Error> {
        match sql {
            "BEGIN" => self.prepared_own("BEGIN IMMEDIATE")?.execute(&[]).map(drop),
            "BEGIN READ" => self.prepared_own("BEGIN")?.execute(&[]).map(drop),
            // SQLite has rolled back by itself when the disk failed.
            "ROLLBACK" if self.connection.is_autocommit() => Ok(()),
            "COMMIT" | "ROLLBACK" => self.prepared_own(sql)?.execute(&[]).map(drop),
            _ => Ok(self.connection.execute_batch(sql)?),
        }
    }

    /// A statement of ours, `$1` …, ready to run for as many rows as there are.
    pub(crate) fn prepared(&mut self, sql: &str) -> Result<Prepared<'_>, Error> {
        let text = Self::translated(&mut self.texts, sql);
        Ok(Prepared(self.connection.prepare_cached(text)?))
    }

    /// As [`Self::prepared`], for a text that has SQLite's own placeholders already.
    pub(crate) fn prepared_own(&mut self, sql: &str) -> Result<Prepared<'_>, Error> {
        Ok(Prepared(self.connection.prepare_cached(sql)?))
    }

    fn translated<'t>(texts: &'t mut HashMap<String, String>, sql: &str) -> &'t str {
        if !texts.contains_key(sql) {
            texts.insert(sql.to_owned(), translate(sql));
        }
        &texts[sql]
    }
}

/// A statement that is looked up once and run for many rows.
pub(crate) struct Prepared<'s>(CachedStatement<'s>);

impl Prepared<'_> {
    pub(crate) fn execute(&mut self, params: &[Value<'_>]) -> Result<u64, Error> {
        Ok(self.0.execute(params_from_iter(params))? as u64)
    }

    pub(crate) fn query(
        &mut self,
        params: &[Value<'_>],
        push: &mut dyn FnMut(&mut Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut rows = self.0.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            push(&mut Row::sqlite(row))?;
        }
        Ok(())
    }
}

/// `$n` becomes `?n`. A `$` without a digit behind it (a JSON path in a literal) stays.
fn translate(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_place = letter == '$' && letters.peek().is_some_and(char::is_ascii_digit);
        text.push(if is_place { '?' } else { letter });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_numbers() {
        assert_eq!(
            translate("SET a = $2 WHERE b = $1 -- '$.x'"),
            "SET a = ?2 WHERE b = ?1 -- '$.x'"
        );
    }
}
