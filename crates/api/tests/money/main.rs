//! Money over HTTP: the real router, a real sandbox gateway, real notices between them, and all
//! background work, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod canceling;
mod disputing;
mod kit;
mod messages;
mod notices;
mod paying;
mod quoting;
mod refunding;
mod shopify;
