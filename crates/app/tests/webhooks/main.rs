//! Outgoing webhooks, from the journal to receivers that behave and receivers that do not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod delivering;
mod keeping;
mod kit;
mod misbehaving;
