//! The words of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::Settings;

/// An order management system: shop, console, API and background work in one program.
#[derive(Debug, Parser)]
#[command(name = "ordermill", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the shop, the console and the API, and do the background work
    Serve,
    /// Try everything on a merchant that is made up; its data stays in DATA [default: ./demo-data]
    Demo,
    /// Check the invariants of a database, also while it is in use; exits with 1 if one is broken
    Check,
    /// Look at the audit log's hash chain
    #[command(subcommand)]
    Audit(Audit),
    /// Copy a SQLite database into an empty folder while it is in use
    Backup {
        /// Where to; made if it is not there
        folder: PathBuf,
        /// Put the root key beside it: without the key a backup shows no personal data, to anyone
        #[arg(long)]
        with_root_key: bool,
    },
    /// Bring a backup into an empty data directory, after verifying it
    Restore {
        /// The backup's folder
        folder: PathBuf,
    },
    /// Make staff accounts and API keys from the machine itself
    #[command(subcommand)]
    Admin(Admin),
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verify every entry from the first to the last; names the first bad position
    Verify {
        /// A head that was published before, BLOCK:HASH; the chain must contain it
        #[arg(long)]
        head: Option<String>,
    },
}

/// What to make.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make an API key and print it, once
    ApiKey {
        /// What people call it
        #[arg(long)]
        name: String,
        /// What it may do, such as orders:write; may be given several times
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
    },
    /// Make the first administrator; the password is read from standard input
    Create {
        /// The name to sign in with
        login: String,
        /// What people call them
        #[arg(long)]
        name: Option<String>,
        /// Make one even if there is an administrator already
        #[arg(long)]
        even_if_one_exists: bool,
    },
}
