//! What nobody has is replaced by something else that is there: by service, or by the buyer who was asked, on
//! both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod kit;
mod moving;
mod replacing;
mod taking;
