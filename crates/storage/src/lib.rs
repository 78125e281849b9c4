//! The only crate with SQL in it: schema, migrations, the writer, and one module of functions for
//! each subject, running on SQLite and on PostgreSQL.
//!
//! Start at [`Database`]: [`Database::write`] runs a command in a shared transaction and answers
//! when it is durable; [`Database::read`] asks something. Functions take the [`Tx`], never the pool.

pub mod api_key;
pub mod attempt;
pub mod audit;
pub mod bulk;
pub mod carrier;
pub mod cart;
pub mod category;
pub mod channel;
pub mod channel_order;
pub mod check;
mod columns;
pub mod coupon;
pub mod customer;
pub mod data_key;
mod database;
pub mod deadline;
pub mod delivery;
mod engine;
mod error;
pub mod fulfillment;
pub mod gift_card;
pub mod idempotency;
pub mod image;
pub mod import;
pub mod inbox;
pub mod incoming;
mod job;
pub mod journal;
pub mod label_request;
pub mod layout;
pub mod lease;
pub mod ledger;
pub mod location;
pub mod login_code;
pub mod manifest;
pub mod message;
mod migrate;
pub mod note;
pub mod order;
pub mod package;
pub mod payment;
pub mod points;
mod record;
pub mod refund;
pub mod reservation;
pub mod reveal;
pub mod review;
pub mod rule_table;
pub mod schema;
pub mod sealed;
pub mod session;
pub mod setting;
pub mod shipment;
pub mod sku;
pub mod staff;
mod stepper;
pub mod stock;
pub mod task;
pub mod tracking;
mod tx;
pub mod value;
pub mod webhook;
mod writer;

pub(crate) use columns::Columns;
pub use columns::Insert;
pub use database::{Database, Options, Stats};
pub use engine::connection::{Address, Connection};
pub use error::Error;
pub use job::BatchCommand;
pub use stepper::{Run, Stepper};
pub use tx::Tx;
pub use value::{Row, Value};
