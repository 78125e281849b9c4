//! Ids: time-ordered 64-bit integers made without a central counter.
//!
//! Layout, from the top: 1 bit zero, 41 bits of milliseconds since 2024-01-01 UTC, 10 bits of node,
//! 12 bits of sequence. Rows that arrive together lie together in every index, and any node can
//! make ids without asking another. Outside the code an id is text with a prefix (`ord_…`), so that
//! a misplaced one is seen at once; see [`id!`](crate::id!).

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Timestamp;

/// 2024-01-01T00:00:00Z in milliseconds of the Unix epoch; ids count from here until 2093.
const EPOCH_MS: i64 = 1_704_067_200_000;
const NODE_BITS: u32 = 10;
const SEQUENCE_BITS: u32 = 12;
const SEQUENCE_MASK: u64 = (1 << SEQUENCE_BITS) - 1;

/// The highest node number that fits into an id.
pub const NODE_MAX: u16 = (1 << NODE_BITS) - 1;

/// What every id type can do; implemented by [`id!`](crate::id!).
pub trait Id: Copy + Eq + Ord + std::hash::Hash + std::fmt::Display {
    /// The letters before the underscore in the written form.
    const PREFIX: &'static str;
    /// Wraps a raw value, as read from the database.
    fn from_raw(raw: i64) -> Self;
    /// The raw value, as stored.
    fn raw(self) -> i64;
}

/// Makes ids of one node. Never gives the same id twice, also when the clock is set back.
#[derive(Debug)]
pub struct IdGenerator {
    node: u64,
    /// Milliseconds since the epoch, then the sequence: the id without its node.
    last: AtomicU64,
}

impl IdGenerator {
    /// A generator for one node of the cluster.
    ///
    /// # Panics
    /// If `node` is above [`NODE_MAX`]: node numbers are handed out by the database's lease.
    pub const fn new(node: u16) -> Self {
        assert!(node <= NODE_MAX, "node number does not fit into an id");
        Self { node: node as u64, last: AtomicU64::new(0) }
    }

    /// Makes sure that every id from now on is above `id`, for example the newest one stored
    /// before a restart with a clock that was set back.
    pub fn continue_after(&self, id: i64) {
        let id = id.unsigned_abs();
        let ms = id >> (NODE_BITS + SEQUENCE_BITS);
        // The node stands above the sequence: within the millisecond of a higher node's id, no
        // sequence of ours is enough.
        let is_above_ours = (id >> SEQUENCE_BITS) & u64::from(NODE_MAX) > self.node;
        let sequence = if is_above_ours { SEQUENCE_MASK } else { id & SEQUENCE_MASK };
        let floor = (ms << SEQUENCE_BITS) | sequence;
        self.last.fetch_max(floor, Ordering::Relaxed);
    }

    /// The next id. Ids of one generator always grow; when a millisecond is used up, the sequence
    /// runs on into the next one.
    pub fn next<T: Id>(&self, now: Timestamp) -> T {
        let ms = now.as_millis().saturating_sub(EPOCH_MS).max(0).unsigned_abs();
        let floor = ms << SEQUENCE_BITS;
        let step = |last: u64| Some((last + 1).max(floor));
        let last = match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step) {
            Ok(last) | Err(last) => last,
        };
        let counter = (last + 1).max(floor);
        let (ms, sequence) = (counter >> SEQUENCE_BITS, counter & SEQUENCE_MASK);
        let raw = (ms << (NODE_BITS + SEQUENCE_BITS)) | (self.node << SEQUENCE_BITS) | sequence;
        T::from_raw(raw.cast_signed())
    }
}

/// The moment in an id's upper bits: when the thing was made, to the millisecond.
pub fn made_at(id: impl Id) -> Timestamp {
    Timestamp::from_millis((id.raw() >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS)
}

/// The smallest raw id that something made at `at` or later can have: time filters become id ranges.
pub fn first_at(at: Timestamp) -> i64 {
    at.as_millis().saturating_sub(EPOCH_MS).clamp(0, (1 << 41) - 1) << (NODE_BITS + SEQUENCE_BITS)
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// Another kind of id, or no id at all.
    #[error("an id of this kind starts with {expected}_")]
    Prefix {
        /// What it should start with.
        expected: &'static str,
    },
    /// Too long, too short, or letters that are not in the alphabet.
    #[error("an id has 13 letters and digits after its prefix")]
    Digits,
}

/// Crockford's base 32, lower case: no i, l, o, u, so that it survives being read out.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 13;

/// Writes `raw` as 13 base-32 digits.
pub fn encode(raw: i64) -> [u8; DIGITS] {
    let mut rest = raw.cast_unsigned();
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    digits
}

/// Bytes of a written id at most: a prefix of up to ten letters, `_` and the digits.
pub const WRITTEN_MAX: usize = 24;

/// Writes an id as people see it, `ord_01k2ey4xh0000`, into `space`: ids are written several times for
/// every order, so it costs neither memory nor formatting.
///
/// # Panics
/// If the prefix has more than ten letters.
pub fn write<'s>(prefix: &'static str, raw: i64, space: &'s mut [u8; WRITTEN_MAX]) -> &'s str {
    let digits_at = prefix.len() + 1;
    let end = digits_at + DIGITS;
    space[..prefix.len()].copy_from_slice(prefix.as_bytes());
    space[prefix.len()] = b'_';
    space[digits_at..end].copy_from_slice(&encode(raw));
    str::from_utf8(&space[..end]).expect("a prefix and digits are ASCII")
}

/// Reads 13 base-32 digits; the inverse of [`encode`] for values that are not negative.
pub fn decode(text: &str) -> Option<i64> {
    if text.len() != DIGITS {
        return None;
    }
    let mut value: u64 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        value = value.checked_mul(32)?.checked_add(digit as u64)?;
    }
    i64::try_from(value).ok()
}

/// Reads the written form of an id; what the types made by [`id!`](crate::id!) use.
pub fn parse(prefix: &'static str, text: &str) -> Result<i64, ParseIdError> {
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(ParseIdError::Prefix { expected: prefix })?;
    decode(digits).ok_or(ParseIdError::Digits)
}

/// Defines one id type: `id! { /// An order. OrderId = "ord" }`.
#[macro_export]
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $crate::Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_raw(raw: i64) -> Self {
                Self(raw)
            }
            fn raw(self) -> i64 {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($crate::id::write($prefix, self.0, &mut [0; $crate::id::WRITTEN_MAX]))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::id::ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse($prefix, text).map(Self)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut space = [0; $crate::id::WRITTEN_MAX];
                serializer.serialize_str($crate::id::write($prefix, self.0, &mut space))
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = ::std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    id! {
        /// For tests.
        #[expect(unreachable_pub, reason = "id types are public where they are made")]
        ThingId = "thing"
    }

    #[test]
    fn ids_grow_also_when_the_clock_is_set_back() {
        let ids = IdGenerator::new(3);
        let noon = Timestamp::from_millis(1_795_000_000_000);
        let before: ThingId = ids.next(noon);
        let after: ThingId = ids.next(noon - crate::Span::hours(2));
        assert!(after > before);
    }

    #[test]
    fn a_millisecond_that_is_used_up_runs_into_the_next() {
        let ids = IdGenerator::new(NODE_MAX);
        let now = Timestamp::from_millis(1_795_000_000_000);
        let made: HashSet<ThingId> = (0..10_000).map(|_| ids.next(now)).collect();
        assert_eq!(made.len(), 10_000);
    }

    #[test]
    fn a_restart_continues_above_the_newest_stored_id() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let stored: ThingId = IdGenerator::new(7).next(now);
        let ids = IdGenerator::new(7);
        ids.continue_after(stored.raw());
        assert!(ids.next::<ThingId>(now - crate::Span::hours(2)) > stored);
    }

    #[test]
    fn a_node_continues_above_the_ids_of_higher_nodes_too() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let stored: ThingId = IdGenerator::new(9).next(now);
        let ids = IdGenerator::new(0);
        ids.continue_after(stored.raw());
        assert!(ids.next::<ThingId>(now) > stored);
    }

    #[test]
    fn written_ids_read_back_and_other_kinds_are_refused() {
        let id: ThingId = IdGenerator::new(1).next(Timestamp::from_millis(1_795_000_000_000));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            "ord_0000000000001".parse::<ThingId>(),
            Err(ParseIdError::Prefix { expected: "thing" })
        );
        assert_eq!("thing_zzzzzzzzzzzzz".parse::<ThingId>(), Err(ParseIdError::Digits));
    }

    #[test]
    fn the_moment_is_read_back_from_the_id() {
        let now = Timestamp::from_millis(1_795_000_000_123);
        let id: ThingId = IdGenerator::new(1).next(now);
        assert_eq!(made_at(id), now);
        assert!(first_at(now) <= id.raw());
    }
}
