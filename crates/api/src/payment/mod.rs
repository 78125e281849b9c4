//! Payments of an order: starting one, reading them, asking their gateway.

pub mod check;
pub mod read;
pub mod start;
