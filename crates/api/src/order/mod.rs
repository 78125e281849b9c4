//! Orders.

pub mod cancel;
pub mod place;
pub mod read;
pub mod view;
