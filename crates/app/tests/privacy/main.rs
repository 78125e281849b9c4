//! Personal data: sealed, found, shown with a reason, and nowhere else; on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod canary;
mod keys;
mod kit;
mod looking;
mod risk;
