//! Orders: placing, canceling, and the file that every other command on an order works on.

pub mod cancel;
pub mod file;
pub mod place;
