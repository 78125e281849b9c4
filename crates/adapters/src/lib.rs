//! Our code for each partner: one module per partner, implementing a port.
//!
//! A partner's words, field names and quirks end here. What goes on is a type of
//! `ordermill-ports`; what comes back from a failing partner says whether anything happened.

pub mod breaker;
pub mod guard;
mod http;
pub mod sandbox_carrier;
pub mod sandbox_messages;
pub mod sandbox_pay;
pub mod shopify;
pub mod tracking;
pub mod webhook;

pub use breaker::Breaker;
pub use guard::Guard;
pub use http::ClientError;
