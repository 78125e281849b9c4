//! Staff, keys and buyers, and how each of them gets in, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod buyers;
mod kit;
mod rights;
mod signing_in;
