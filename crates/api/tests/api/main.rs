//! The API as integrators meet it: through HTTP, on both databases.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod approvals;
mod benefits;
mod carriers;
mod carts;
mod document;
mod floor;
mod fulfillments;
mod gift_rules;
mod idempotency;
mod kit;
mod layout;
mod limits;
mod merging;
mod missing;
mod objects;
mod packing;
mod reviews;
mod rules;
mod scopes;
mod to_the_door;
mod wishes;
