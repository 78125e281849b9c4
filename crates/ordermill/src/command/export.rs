//! `ordermill export`: catalog and stock to files, also while others work.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ordermill_app::exchange::{Format, Kind, export};
use ordermill_base::IdGenerator;
use ordermill_storage::Connection;

use super::terminal::say;
use crate::cli::Export;
use crate::config::Settings;

/// Writes one unchanging view of everything of a kind.
pub(crate) fn run(settings: &Settings, what: Export) -> anyhow::Result<ExitCode> {
    let (kind, path) = match &what {
        Export::Catalog { file } => (Kind::Catalog, file),
        Export::Stock { file } => (Kind::Stock, file),
    };
    let format = format_of(path).context("a file is called .csv or .xlsx")?;
    let ids = Arc::new(IdGenerator::new(0));
    let mut connection = Connection::open_reader(&settings.address()?, ids)?;
    let file = File::create_new(path)
        .with_context(|| format!("cannot make {}, or it is there already", path.display()))?;
    let written = connection.snapshot(|tx| export(tx, kind, format, BufWriter::new(file)));
    if written.is_err() {
        // Half a file is worse than none.
        drop(std::fs::remove_file(path));
    }
    written?;
    say(path.display());
    Ok(ExitCode::SUCCESS)
}

fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "xlsx" => Some(Format::Xlsx),
        _ => None,
    }
}
