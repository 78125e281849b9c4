//! Goods that come in, lie in bins, are counted, moved and ordered again, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod booking;
mod keeping;
mod kit;
mod replenishment;
