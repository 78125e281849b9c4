//! The smallest words of the system: ids, money, quantities, moments and randomness.
//!
//! Nothing here reads a clock or rolls a die. A [`Timestamp`] and a [`Random`] are handed over as
//! arguments, so that a seed replays any history.

pub mod id;
pub mod money;
pub mod quantity;
pub mod random;
pub mod time;

pub use id::{Id, IdGenerator};
pub use money::{Currency, Money, MoneyError};
pub use quantity::Quantity;
pub use random::Random;
pub use time::{Clock, Span, Timestamp};
