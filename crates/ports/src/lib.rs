//! What we ask of partners, in our words: one module per kind of partner.
//!
//! A port is a small object-safe trait with its requests, answers and errors. Use cases name ports
//! and never a partner; the crate `ordermill-adapters` has one module per partner behind them.
//! Partners are called between transactions, never inside one, so every call says in its error
//! whether it certainly did nothing or may have done everything.

use std::future::Future;
use std::pin::Pin;

pub mod carrier;
pub mod channel;
pub mod channel_desk;
pub mod gateway;
pub mod headers;
pub mod notifier;
pub mod tracking;
pub mod webhook;

pub use headers::Headers;

/// The answer to come of a call to a partner; boxed, so that the traits can be used as objects.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
