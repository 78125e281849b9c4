//! What runs by itself: deadlines, readers of the journal, checks, backups; on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backorder;
mod backup;
mod bulk;
mod check;
mod housekeeping;
mod kit;
mod reader;
mod scheduler;
