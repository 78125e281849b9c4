//! The console at `/console`: what staff see, from the dashboard to the audit log.
//!
//! Lists are keyset-paged and keep their filters in the address; details say on top what to do
//! next; forms post and redirect, or come back with what was refused. A form that creates has a
//! hidden `key`, so that sending it twice is harmless; one that changes has the `version` it saw.

pub mod order;
pub mod orders;
#[cfg(any(test, feature = "samples"))]
pub(crate) mod samples;
pub mod sign_in;
pub mod trouble;

pub use crate::shell::console::{Frame, Section};
