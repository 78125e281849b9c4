//! The sandbox gateway's adapter against the sandbox, over real HTTP on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails where its helpers do")]

mod calls;
mod disputes;
mod kit;
mod notices;
mod page;
mod storm;
