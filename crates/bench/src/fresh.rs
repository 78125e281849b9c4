//! A fresh database for each measurement, gone when it is over.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use ordermill_storage::Address;

/// Where databases for measuring may be made. Existing ones are never touched.
#[derive(Debug, Clone)]
pub enum Target {
    /// SQLite files in a temporary folder, of this folder if one is named.
    Sqlite(Option<PathBuf>),
    /// Databases of a server that are made and dropped, given by the address of any of its
    /// databases.
    Postgres(String),
}

impl Target {
    /// `sqlite` or `postgres`.
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    /// Reads `sqlite`, `sqlite:FOLDER` or `postgres://…`.
    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            None if text == "sqlite" => Ok(Self::Sqlite(None)),
            Some(("sqlite", folder)) => Ok(Self::Sqlite(Some(folder.into()))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            _ => bail!("a bench takes sqlite, sqlite:FOLDER or postgres://USER@HOST/NAME"),
        }
    }
}

/// A database that goes away with this value.
#[derive(Debug)]
pub(crate) struct Fresh {
    /// As the product reads it.
    pub(crate) url: String,
    folder: tempfile::TempDir,
    dropped: Option<Dropped>,
}

#[derive(Debug)]
struct Dropped {
    server: String,
    name: String,
}

impl Fresh {
    pub(crate) fn new(target: &Target) -> Result<Self> {
        let base = match target {
            Target::Sqlite(Some(folder)) => folder.clone(),
            _ => std::env::temp_dir(),
        };
        let folder = tempfile::Builder::new().prefix("ordermill-bench-").tempdir_in(base)?;
        match target {
            Target::Sqlite(_) => {
                let url = format!("sqlite:{}", folder.path().join("ordermill.db").display());
                Ok(Self { url, folder, dropped: None })
            }
            Target::Postgres(server) => {
                static COUNT: AtomicU32 = AtomicU32::new(0);
                let count = COUNT.fetch_add(1, Ordering::Relaxed);
                let name = format!("ordermill_bench_{}_{count}", std::process::id());
                obey(server, &format!("CREATE DATABASE {name}"))?;
                let url = beside(server, &name);
                let dropped = Some(Dropped { server: server.clone(), name });
                Ok(Self { url, folder, dropped })
            }
        }
    }

    pub(crate) fn address(&self) -> Result<Address> {
        Ok(self.url.parse()?)
    }

    /// A folder of its own: with the file of SQLite, or for the key beside PostgreSQL.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets PostgreSQL look at what lies in its tables, as it does by itself within a minute: until then it plans
    /// lists as if a shop that was filled in seconds were empty.
    pub(crate) fn look_at_tables(&self) -> Result<()> {
        if self.dropped.is_some() { obey(&self.url, "ANALYZE") } else { Ok(()) }
    }

    /// How many bytes it takes on the disk.
    pub(crate) fn bytes(&self) -> Result<u64> {
        let Some(Dropped { server, name }) = &self.dropped else {
            let files = std::fs::read_dir(self.folder.path())?;
            return files.map(|file| Ok(file?.metadata()?.len())).sum();
        };
        let mut client = postgres::Client::connect(server, postgres::NoTls)?;
        let row = client.query_one("SELECT pg_database_size($1::text::name)", &[name])?;
        Ok(u64::try_from(row.get::<_, i64>(0))?)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(Dropped { server, name }) = &self.dropped {
            // What stays behind is a database of an obvious name on a server for measuring.
            drop(obey(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}

fn obey(server: &str, sql: &str) -> Result<()> {
    let mut client = postgres::Client::connect(server, postgres::NoTls)
        .context("the PostgreSQL server does not answer")?;
    Ok(client.batch_execute(sql)?)
}

/// The address of another database of the same server.
fn beside(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(b, q)| (b, Some(q)));
    let host = base.find("://").map_or(0, |at| at + 3);
    let end = base[host..].find('/').map_or(base.len(), |at| host + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &base[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server_keeps_user_host_and_settings() {
        assert_eq!(beside("postgres://me@[::1]:5432/shop", "b"), "postgres://me@[::1]:5432/b");
        assert_eq!(beside("postgres://localhost", "b"), "postgres://localhost/b");
        assert_eq!(beside("postgres://h/a?sslmode=off", "b"), "postgres://h/b?sslmode=off");
    }

    #[test]
    fn a_file_that_may_be_someones_database_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(Some(folder.path().to_owned()));
        let fresh = Fresh::new(&target).unwrap();
        assert!(fresh.folder.path().starts_with(folder.path()));
        assert_ne!(fresh.folder.path(), folder.path());
        assert!("mysql://x".parse::<Target>().is_err());
    }
}
