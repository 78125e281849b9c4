//! A form that is sent twice does its work once: each form that makes something has a key of its own.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::StaffId;
use ordermill_storage::idempotency::{self, KeyUse};
use ordermill_storage::{Error, Tx};

/// The key of a form, in the hands of one member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    principal: String,
    key: String,
}

/// What a key has made so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once<T> {
    /// Nothing.
    First,
    /// This.
    Before(T),
}

/// Keys are made by us; what is longer was not.
const CHARS_MAX: usize = 64;

impl Key {
    /// The key that a form of theirs came with. Two kinds of forms never meet: `form` is part of it.
    pub fn of_staff(staff: StaffId, form: &str, key: &str) -> Self {
        let key: String = key.chars().take(CHARS_MAX).collect();
        Self { principal: staff.to_string(), key: format!("{form}:{key}") }
    }

    /// What it has made before. An empty key is none and makes everything anew.
    pub fn look<T: Id>(&self, tx: &mut Tx<'_>) -> Result<Once<T>, Error> {
        if self.is_empty() {
            return Ok(Once::First);
        }
        let found = idempotency::find(tx, &[self.as_use()])?;
        Ok(found.first().map_or(Once::First, |used| Once::Before(T::from_raw(used.subject_id))))
    }

    /// Remembers what it has made.
    pub fn remember<T: Id>(&self, tx: &mut Tx<'_>, made: T, now: Timestamp) -> Result<(), Error> {
        if self.is_empty() { Ok(()) } else { idempotency::remember(tx, self.as_use(), made, now) }
    }

    fn is_empty(&self) -> bool {
        self.key.ends_with(':')
    }

    fn as_use(&self) -> KeyUse<'_> {
        // The form is the same or it has another key: there is no second body to compare.
        KeyUse { principal: &self.principal, key: &self.key, request_hash: b"form" }
    }
}
