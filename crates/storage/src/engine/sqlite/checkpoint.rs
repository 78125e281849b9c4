//! Checkpoints: copying the write-ahead log back into the file, beside the writer.
//!
//! Left alone, SQLite copies in the middle of the commit that makes the log long enough, and every
//! command of that commit waits for it. Here a thread of its own copies while the writer goes on, and
//! the writer copies only what it has added meanwhile. That last part must be the writer's: the log
//! begins anew only when all of it is copied, and behind a writer that never rests nobody else gets
//! that far.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use super::{CHECKPOINT_PAGES, SqliteFile, SqliteSession};
use crate::Error;

/// Times that the thread copies before the writer's turn. Each leaves less: what was added during it.
const PASSES: usize = 2;

/// Whose turn it is.
mod turn {
    /// Nobody's: the log is short.
    pub(super) const NOBODY: u8 = 0;
    /// The thread copies.
    pub(super) const THREAD: u8 = 1;
    /// The writer copies the rest behind its next commit.
    pub(super) const WRITER: u8 = 2;
}

impl SqliteSession {
    /// Starts the thread that copies what this connection writes to `path`. It ends with the
    /// connection.
    pub(crate) fn copy_beside(&mut self, path: PathBuf) -> Result<JoinHandle<()>, Error> {
        let turn = Arc::new(AtomicU8::new(turn::NOBODY));
        let (wake, woken) = crossbeam_channel::bounded::<()>(1);
        let copier = SqliteSession::open(&SqliteFile::Path(path), true)?;
        let of_thread = Arc::clone(&turn);
        let thread = std::thread::Builder::new()
            .name("checkpointer".to_owned())
            .spawn(move || {
                for () in woken {
                    for _ in 0..PASSES {
                        copier.checkpoint();
                    }
                    of_thread.store(turn::WRITER, Ordering::Release);
                }
            })
            .map_err(|error| Error::Engine(error.into()))?;
        let hook = move |log: &mut Wal, pages| {
            match turn.load(Ordering::Acquire) {
                turn::NOBODY if i64::from(pages) >= CHECKPOINT_PAGES => {
                    turn.store(turn::THREAD, Ordering::Release);
                    if wake.try_send(()).is_err() {
                        turn.store(turn::WRITER, Ordering::Release);
                    }
                }
                turn::WRITER => {
                    // A failure leaves the log as it is: long, and true.
                    drop(log.checkpoint_v2(CheckpointMode::PASSIVE));
                    turn.store(turn::NOBODY, Ordering::Release);
                }
                _ => {}
            }
            Ok(())
        };
        self.connection.wal_hook(Some(hook))?;
        Ok(thread)
    }

    /// Copies what can be copied without waiting for anybody.
    fn checkpoint(&self) {
        // A failure leaves the log as it is: long, and true.
        drop(self.connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_a_busy_writer_stays_short_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut writer = SqliteSession::open(&SqliteFile::Path(path.clone()), true).unwrap();
        let thread = writer.copy_beside(path.clone()).unwrap();
        writer.run("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)").unwrap();
        let mut longest = 0;
        for _ in 0..1_500 {
            writer.run("BEGIN").unwrap();
            for _ in 0..40 {
                writer.run("INSERT INTO t (b) VALUES (randomblob(4000))").unwrap();
            }
            writer.run("COMMIT").unwrap();
            let log = std::fs::metadata(path.with_extension("db-wal")).unwrap().len();
            longest = longest.max(log / 4_096);
        }
        let written = 1_500 * 40;
        assert!(longest < written / 3, "{longest} pages of {written}");
        drop(writer);
        thread.join().unwrap();
        let mut again = SqliteSession::open(&SqliteFile::Path(path), false).unwrap();
        let mut count = 0;
        again
            .prepared("SELECT COUNT(*), SUM(LENGTH(b)) FROM t")
            .unwrap()
            .query(&[], &mut |row| {
                count = row.int()?;
                assert_eq!(row.int()?, 4_000 * count);
                Ok(())
            })
            .unwrap();
        assert_eq!(count, i64::try_from(written).unwrap());
    }
}
