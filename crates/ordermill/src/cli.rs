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
    /// Check the invariants of a database, also while it is in use
    Check,
    /// Look at the audit log's hash chain
    #[command(subcommand)]
    Audit(Audit),
    /// Copy a SQLite database to a file while it is in use
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Bring a backup back into an empty data directory
    Restore {
        /// The backup
        file: PathBuf,
    },
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verify every entry from the first to the last
    Verify,
}
