//! Fulfillments: what each location ships of an order, from its plan until a carrier has it.
//!
//! Start at [`file`], which every command works on. Who plans fulfillments is [`crate::sourcing`]; how far
//! an order is, rolled up from them, is [`progress`].

pub mod cancel;
pub mod file;
pub mod progress;

pub use file::{FulfillmentFile, WorkError};
