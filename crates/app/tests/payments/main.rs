//! Payments against the sandbox gateway, over real HTTP on loopback, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod crashes;
mod disputes;
mod kit;
mod notices;
mod refund_histories;
mod refunds;
mod starting;
mod storm;
