//! The shop at `/`: what a buyer sees, from the home page to the order.

pub mod home;

pub use crate::shell::shop::{Category, Frame};
