//! `cargo xtask postgres -- COMMAND`: a command beside a throw-away PostgreSQL server.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use ordermill_faults::{Postgres, PostgresOptions};

use crate::machine::{self, Tool};

/// Where tests find the server.
pub(crate) const URL_VARIABLE: &str = "ORDERMILL_TEST_POSTGRES";
/// `off` makes a server fast and forgetful, `on` lets that of the test command sync its disk.
const FSYNC_VARIABLE: &str = "ORDERMILL_TEST_POSTGRES_FSYNC";

pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut options = options(true)?;
    let (own, rest) = match args.split_first() {
        Some((flag, rest)) if flag == "--no-fsync" => (true, rest),
        _ => (false, args),
    };
    options.fsync &= !own;
    let [separator, program, arguments @ ..] = rest else {
        bail!("usage: cargo xtask postgres [--no-fsync] -- COMMAND…");
    };
    if separator != "--" {
        bail!("expected -- before the command, not {separator:?}");
    }
    machine::provide(&[Tool::Postgres])?;
    let server = Postgres::start(options).context("cannot start PostgreSQL")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::inherit());
    command.env(URL_VARIABLE, server.url());
    command.envs([("PGHOST", "127.0.0.1"), ("PGUSER", "postgres"), ("PGDATABASE", "postgres")]);
    command.env("PGPORT", server.port().to_string());
    // In our process group: the terminal is the command's, and so is its Ctrl-C.
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program}: {status}");
    }
    Ok(())
}

/// A server for the whole test run, or none if the user has named one of their own. It does not sync its disk:
/// nothing that is tested on it cuts the power, and each database that goes would wait for all others to be synced.
pub(crate) fn for_tests() -> Result<Option<Postgres>> {
    if std::env::var_os(URL_VARIABLE).is_some() {
        println!("using the PostgreSQL server of {URL_VARIABLE}");
        return Ok(None);
    }
    Ok(Some(Postgres::start(options(false)?).context("cannot start PostgreSQL")?))
}

fn options(usual: bool) -> Result<PostgresOptions> {
    let fsync = match std::env::var(FSYNC_VARIABLE).as_deref() {
        Ok("off") => false,
        Ok("on") => true,
        Err(_) => usual,
        Ok(other) => bail!("{FSYNC_VARIABLE} is {other:?}; it can be on or off"),
    };
    Ok(PostgresOptions { fsync, ..PostgresOptions::default() })
}
