//! What Ordermill does: use cases over transactions, permissions and background work. The only
//! crate that opens transactions; it names ports, never a partner.
//!
//! Start at [`Services`], which every front of the program works with, then at
//! [`order::place`] for the hot road and [`order::file`] for every other command on an order.

pub mod catalog;
pub mod order;
pub mod payment;
pub mod scheduler;
pub mod live;
pub mod order;
pub mod payment;
mod services;

pub use services::{Channels, Services};
pub mod access;
pub mod api_key;
pub mod order;
pub mod payment;
pub mod permission;
pub mod privacy;
pub mod session;
pub mod shopper;
pub mod staff;
mod throttle;
