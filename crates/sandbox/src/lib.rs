//! A payment gateway and carriers to try things with, and a phone and a mailbox to read login codes
//! from.
//!
//! The sandbox is a separate HTTP server that behaves as real gateways do: an API with idempotency
//! keys, a hosted page where the buyer pays, signed notices with a retry plan. And as real
//! gateways do on bad days it misbehaves, but on request: see [`fault`]. Its own [`Books`] say what
//! it really charged and sent back, so that a test can compare that with what was owed.
//!
//! Its [`Carriers`] take parcels and bring them to the door, or late, damaged, back, or nowhere. Its
//! [`Shopify`] is a shop that is told which parcels have left.
//!
//! Start at [`Sandbox`]. Nothing is kept on disk, everything is bounded, and by default it talks
//! to loopback addresses only.

pub mod books;
pub mod carriers;
mod config;
mod dispute;
pub mod fault;
mod graphql;
mod http;
pub mod messages;
pub mod notice;
mod post_office;
mod road;
mod sandbox;
mod server;
pub mod shopify;

pub use books::Books;
pub use carriers::Carriers;
pub use config::Config;
pub use sandbox::Sandbox;
pub use server::{Running, serve};
pub use shopify::Shopify;
