//! The shop at `/`: what a buyer sees, from the home page to the order.

pub mod added;
pub mod cart;
pub mod checkout;
pub mod find_order;
pub mod home;
pub mod listing;
pub mod order;
pub mod orders;
pub mod payment;
pub mod problem;
pub mod product;
pub mod sign_in;
mod tile;

pub use crate::shell::shop::{Category, Frame};
pub use tile::{TILES, tile, tile_of};
