//! What Ordermill does: use cases over transactions, permissions and background work. The only
//! crate that opens transactions; it names ports, never a partner.
//!
//! Start at [`Services`], which every front of the program works with, then at
//! [`order::place`] for the hot road and [`order::file`] for every other command on an order.

pub mod access;
mod announced;
pub mod api_key;
pub mod approval;
pub mod availability;
pub mod backup;
pub mod benefit;
pub mod bulk;
pub mod carrier;
pub mod cart;
pub mod catalog;
pub mod channel;
pub mod check;
pub mod checkout;
pub mod choice;
pub mod coupon;
mod deadline;
pub mod dispute;
pub mod exchange;
pub mod figures;
pub mod fulfillment;
pub mod gift;
pub mod gift_card;
pub mod hand_work;
pub mod housekeeping;
pub mod layout;
pub mod limits;
pub mod links;
pub mod live;
pub mod merge;
pub mod message;
pub mod node;
pub mod once;
pub mod order;
pub mod overview;
pub mod pack;
pub mod payment;
pub mod permission;
pub mod pick_list;
pub mod points;
pub mod price;
pub mod privacy;
pub mod promise;
pub mod quote;
pub mod reader;
pub mod replenishment;
pub mod review;
pub mod risk;
pub mod rule_table;
pub mod scheduler;
mod services;
pub mod session;
pub mod shipment;
pub mod shopper;
pub mod sourcing;
pub mod staff;
pub mod stock;
pub mod stock_desk;
pub mod task;
mod throttle;
pub mod wave;
pub mod webhook;

pub use services::{Channels, Ground, Partners, Services};
