//! What the business means: orders, stock, prices and payments as types, life cycles and rules.
//!
//! Everything here is a pure function of state, command and time. No I/O, no SQL, no HTTP, no clock:
//! those live in the crates that depend on this one.
//!
//! An aggregate ([`order::Order`], [`payment::Payment`], [`refund::Refund`],
//! [`reservation::Reservation`]) wraps its `Facts`, the plain values that are stored. Its methods
//! decide, give back the [event] of what happened, and change the facts only by applying
//! that event, so that folding a journal gives exactly what is stored.

pub mod actor;
pub mod address;
pub mod apart;
pub mod api_key;
pub mod because;
pub mod bulk;
pub mod card_number;
pub mod carrier;
pub mod category;
pub mod channel_order;
pub mod channel_report;
pub mod choice;
mod code;
pub mod coupon;
pub mod customer;
pub mod deadline;
pub mod dispute;
pub mod email;
pub mod event;
pub mod fulfillment;
pub mod gift_card;
pub mod hand_work;
pub mod ids;
pub mod image;
pub mod layout;
pub mod ledger;
pub mod location;
pub mod merge;
pub mod message;
pub mod note;
pub mod order;
pub mod outgoing;
pub mod package;
pub mod paper;
pub mod payment;
pub mod phone;
pub mod pick_list;
pub mod points;
pub mod pricing;
pub mod record;
pub mod refund;
pub mod reservation;
pub mod reveal;
pub mod risk;
pub mod role;
pub mod rule_table;
pub mod scan;
pub mod shipment;
pub mod sku;
pub mod sourcing;
pub mod staff;
pub mod stock;
pub mod task;
pub mod text;
pub mod webhook;

pub use code::UnknownCode;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
