//! Backups of a SQLite database: taken while it is in use, proven, and restored beside nothing.
//!
//! A backup is a folder with `ordermill.db`, and with `root.key` only when that is asked for: whoever
//! has both can read everything, so the key is better kept apart. It appears under its name when it
//! is complete and on the disk, never before. PostgreSQL is backed up with its own tools.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ordermill_base::IdGenerator;
use ordermill_storage::audit::{self, Head, Verified, VerifyError};
use ordermill_storage::{Address, Connection, Error};

/// The database in a backup, and in a restored data directory.
pub const DATABASE_FILE: &str = "ordermill.db";
/// The root key in a backup that was asked to have it.
pub const ROOT_KEY_FILE: &str = "root.key";

/// Bytes of a file that are copied between two looks at how far it is.
const COPIED_AT_ONCE: usize = 1 << 20;

/// Why a backup was not taken, proven or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something already, and it is not overwritten.
    #[error("{0} exists and is not empty")]
    Occupied(PathBuf),
    /// No backup is there.
    #[error("{0} is no backup")]
    NoBackup(PathBuf),
    /// The file is damaged.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// The audit chain in it does not hold, or is not the one that was published.
    #[error("the audit chain of the copy does not hold")]
    Audit(#[from] VerifyError),
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// How far a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restoring {
    /// The audit chain of the backup holds up to so many entries; how many there are is known at the
    /// end.
    Proving(u64),
    /// So many of so many bytes are copied.
    Copying(u64, u64),
}

fn at(path: &Path) -> impl Fn(io::Error) -> BackupError + '_ {
    move |source| BackupError::File { path: path.to_owned(), source }
}

/// Copies the database of `connection` into the new folder `to`, while others read and write it,
/// with the file of the root key if one is given; then proves the copy. `progress` hears how many of
/// how many pages are copied.
pub fn backup(
    connection: &Connection,
    root_key: Option<&Path>,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, BackupError> {
    refuse_occupied(to)?;
    let partial = beside(to, ".partial");
    remove(&partial)?;
    fs::create_dir_all(&partial).map_err(at(&partial))?;
    let database = partial.join(DATABASE_FILE);
    connection.backup(&database, progress)?;
    let verified = verify_file(&database, None, &mut |_| ())?;
    sync(&database)?;
    if let Some(root_key) = root_key {
        copy(root_key, &partial.join(ROOT_KEY_FILE), &mut |_| ())?;
    }
    move_into_place(&partial, to)?;
    Ok(verified)
}

/// Proves a backup: its file is whole, its audit chain holds, and contains the `published` head if
/// one is given.
pub fn verify(backup: &Path, published: Option<&Head>) -> Result<Verified, BackupError> {
    prove(backup, published, &mut |_| ())
}

fn prove(
    backup: &Path,
    published: Option<&Head>,
    progress: &mut dyn FnMut(u64),
) -> Result<Verified, BackupError> {
    let database = backup.join(DATABASE_FILE);
    if !database.is_file() {
        return Err(BackupError::NoBackup(backup.to_owned()));
    }
    verify_file(&database, published, progress)
}

/// Proves a backup and makes a data directory of it, which must not be there or be empty. The root
/// key comes along if the backup has it; without it, put it there before the first start. `progress`
/// hears how far it is.
pub fn restore(
    backup: &Path,
    data: &Path,
    published: Option<&Head>,
    progress: &mut dyn FnMut(Restoring),
) -> Result<Verified, BackupError> {
    refuse_occupied(data)?;
    let verified = prove(backup, published, &mut |entries| progress(Restoring::Proving(entries)))?;
    let partial = beside(data, ".partial");
    remove(&partial)?;
    fs::create_dir_all(&partial).map_err(at(&partial))?;
    let database = backup.join(DATABASE_FILE);
    let size = fs::metadata(&database).map_err(at(&database))?.len();
    let mut copied = |bytes| progress(Restoring::Copying(bytes, size));
    copy(&database, &partial.join(DATABASE_FILE), &mut copied)?;
    let root_key = backup.join(ROOT_KEY_FILE);
    if root_key.is_file() {
        copy(&root_key, &partial.join(ROOT_KEY_FILE), &mut |_| ())?;
    }
    move_into_place(&partial, data)?;
    Ok(verified)
}

fn verify_file(
    database: &Path,
    published: Option<&Head>,
    progress: &mut dyn FnMut(u64),
) -> Result<Verified, BackupError> {
    let address = Address::sqlite(database);
    let mut connection = Connection::open(&address, Arc::new(IdGenerator::new(0)))?;
    let problems =
        connection.read(|tx| tx.query("PRAGMA integrity_check(10)", &[], |row| row.text()));
    let problems = match problems {
        Ok(problems) => problems,
        // A file that is no database at all cannot even be asked.
        Err(error) => return Err(BackupError::Damaged(error.to_string())),
    };
    if problems != ["ok"] {
        return Err(BackupError::Damaged(problems.join("; ")));
    }
    let mut so_far = |verified: &Verified| progress(verified.entries.unsigned_abs());
    Ok(connection.read(|tx| audit::verify(tx, published, &mut so_far))?)
}

fn refuse_occupied(folder: &Path) -> Result<(), BackupError> {
    match fs::read_dir(folder).map(Iterator::count) {
        Ok(0) => Ok(()),
        Ok(_) => Err(BackupError::Occupied(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(BackupError::Occupied(folder.to_owned()))
        }
        Err(error) => Err(at(folder)(error)),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Clears what an interrupted attempt has left.
fn remove(partial: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(partial)(error)),
        _ => Ok(()),
    }
}

/// Copies a file durably, readable by its owner alone. `progress` hears how many bytes are copied.
fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(u64)) -> Result<(), BackupError> {
    let mut source = File::open(from).map_err(at(from))?;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut target = options.open(to).map_err(at(to))?;
    let (mut chunk, mut copied) = (vec![0; COPIED_AT_ONCE], 0);
    loop {
        let count = source.read(&mut chunk).map_err(at(from))?;
        if count == 0 {
            break;
        }
        target.write_all(&chunk[..count]).map_err(at(to))?;
        copied += count as u64;
        progress(copied);
    }
    target.flush().map_err(at(to))?;
    target.sync_all().map_err(at(to))
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// A name is durable only once its folder is.
fn move_into_place(partial: &Path, to: &Path) -> Result<(), BackupError> {
    sync(partial)?;
    fs::rename(partial, to).map_err(at(to))?;
    match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => sync(Path::new(".")),
    }
}
