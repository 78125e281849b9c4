//! `ordermill backup` and `restore`, for SQLite. PostgreSQL has its own tools.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ordermill_app::backup::{self as copies, Restoring};
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
    let (mut proving, mut copying) = (Some(Progress::new("proving")), Progress::new("copying"));
    let verified = copies::restore(folder, &data, None, &mut |how_far| match how_far {
        Restoring::Proving(entries) => {
            proving.iter_mut().for_each(|bar| bar.at(entries, 0));
        }
        Restoring::Copying(bytes, total) => {
            drop(proving.take());
            copying.at(bytes, total);
        }
    })?;
    drop(copying);
    say(format_args!("{} holds {} sealed entries", data.display(), verified.entries));
    Ok(ExitCode::SUCCESS)
}
