//! `ordermill backup` and `restore`, for SQLite. PostgreSQL has its own tools.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ordermill_app::backup as copies;
use ordermill_base::IdGenerator;
use ordermill_storage::Connection;

use super::terminal::{Progress, say};
use crate::config::Settings;

/// Copies the database into an empty folder while others work on it, and verifies the copy.
pub(crate) fn backup(
    settings: &Settings,
    folder: &Path,
    with_root_key: bool,
) -> anyhow::Result<ExitCode> {
    let ids = Arc::new(IdGenerator::new(0));
    let connection = Connection::open_reader(&settings.address()?, ids)?;
    let key = settings.data_dir().join(copies::ROOT_KEY_FILE);
    let mut progress = Progress::new("copying");
    let key = with_root_key.then_some(key.as_path());
    let verified =
        copies::backup(&connection, key, folder, &mut |done, total| progress.at(done, total))?;
    drop(progress);
    say(format_args!("{} holds {} sealed entries", folder.display(), verified.entries));
    Ok(ExitCode::SUCCESS)
}

/// Verifies a backup and makes it the database of an empty data directory.
pub(crate) fn restore(settings: &Settings, folder: &Path) -> anyhow::Result<ExitCode> {
    let data = settings.data_dir();
    let verified = copies::restore(folder, &data, None)?;
    say(format_args!("{} holds {} sealed entries", data.display(), verified.entries));
    Ok(ExitCode::SUCCESS)
}
