//! Payments and refunds: starting, learning what became of them, and sending money back.

pub mod capture;
pub mod refund;
