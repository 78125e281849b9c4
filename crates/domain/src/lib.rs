//! What the business means: orders, stock, prices and payments as types, life cycles and rules.
//!
//! Everything here is a pure function of state, command and time. No I/O, no SQL, no HTTP, no clock:
//! those live in the crates that depend on this one.

pub mod address;
pub mod ids;
pub mod phone;
pub mod pricing;
