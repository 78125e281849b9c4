//! What Ordermill does: use cases over transactions, permissions and background work. The only
//! crate that opens transactions; it names ports, never a partner.
//!
//! Start at [`Services`], which every front of the program works with, then at
//! [`order::place`] for the hot road and [`order::file`] for every other command on an order.

pub mod access;
pub mod api_key;
pub mod backup;
pub mod catalog;
pub mod live;
pub mod order;
pub mod payment;
pub mod permission;
pub mod privacy;
pub mod check;
pub mod node;
pub mod order;
pub mod payment;
pub mod reader;
pub mod scheduler;
mod services;
pub mod session;
pub mod shopper;
pub mod staff;
mod throttle;

pub use services::{Channels, Services};
pub mod availability;
pub mod catalog;
pub mod exchange;
pub mod order;
pub mod payment;
pub mod replenishment;
pub mod scheduler;
pub mod stock;
