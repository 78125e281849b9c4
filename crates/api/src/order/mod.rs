//! Orders.

pub mod cancel;
pub mod missing;
pub mod notes;
pub mod place;
pub mod read;
pub mod review;
pub mod substitute;
pub mod view;
