//! One order's road from the checkout to the door, with a process that dies on it once, wherever it is told
//! to: before or after any transaction, before or after any call to a partner.
//!
//! Whoever got no answer asks again, and everybody goes on with what there is to do. Start at [`travel`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use ordermill_storage::Address;

use crate::model::Wrong;
use crate::shop::Shop;
use crate::{Settings, Trade};

/// What happens on the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing: it is paid, picked, packed, carried, and received.
    Straight,
    /// It is canceled when some of it lies in totes.
    Canceled,
    /// Pieces of it are not in their bin.
    Short,
    /// Its boxes are opened again when they have labels.
    Opened,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Straight, Self::Canceled, Self::Short, Self::Opened];

    /// The way of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| format!("{way:?}") == name)
    }
}

/// A road that was traveled to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traveled {
    /// Moments at which the process could have died.
    pub moments: u64,
    /// Whether it did.
    pub has_died: bool,
    /// Whether the buyer has the order in the end.
    pub is_completed: bool,
}

/// Places an order over an empty database and follows it to its end, which is compared with what it should
/// be: the books of the gateway and of carriers, too. The process dies at this moment, counted from 1.
///
/// # Errors
/// What is not as it should be, or the words of a panic.
pub fn travel(
    address: &Address,
    seed: u64,
    way: Way,
    dies_at: Option<u64>,
) -> Result<Traveled, Wrong> {
    let settings = Settings { batch_max: 1, ..Settings::of(Trade::Floor) };
    let traveled = catch_unwind(AssertUnwindSafe(|| {
        let mut shop = Shop::open(address, seed, &settings);
        shop.travel(way, dies_at)
    }));
    traveled.unwrap_or_else(|panic| Err(format!("a panic: {}", crate::words_of(&*panic))))
}
