//! Decision tables: named conditions with an action each, compiled when saved, explained when used.
//!
//! Start at [`Table`]. A condition is written in a part of the Common Expression Language over a
//! [`Facts`] document whose [`Field`]s are declared once, by [`facts!`], for the check of the
//! conditions, for the values and for the documentation.
//!
//! Invariants: what compiles cannot name an unknown field, mix types, or work longer than
//! [`limits`] allow; a decision reads neither clock nor randomness and never panics.

mod check;
mod compile;
mod document;
pub mod limits;
pub mod order;
pub mod parcel;
mod reference;
pub mod sourcing;
mod table;

pub use compile::{Condition, ConditionError, Position, Reason};
pub use document::{Fact, Facts, Field, Prepared, Type, Value, told};
pub use reference::reference;
pub use table::{
    Considered, Decision, Definition, Evidence, HitPolicy, Name, Outcome, Rule, Table, TableError,
};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
