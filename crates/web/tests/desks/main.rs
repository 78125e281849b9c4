//! The console's desks: forms that are filled in and sent as a browser sends them, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod approvals;
mod bench;
mod bulk;
mod carriers;
mod catalog;
mod choices;
mod coupons;
mod floor;
mod gift_rules;
mod keeping;
mod kit;
mod live;
mod merging;
mod reviews;
mod rules;
mod sourcing;
mod substitutes;
mod wishes;
