//! Creating calls that happen once, however often they are repeated.
//!
//! The key, the digest of the request and what was made are stored in the transaction that makes it.
//! A repeat finds them and is told what was made; two at once meet at the key, and one of them runs
//! again as a repeat. (Orders have this built in: see [`crate::order::place`].)

use ordermill_base::{Id, Timestamp};
use ordermill_storage::idempotency::{self, KeyUse};
use ordermill_storage::{Error, Tx};

pub use crate::order::place::Key;

/// What a creating call has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once<I, T> {
    /// It was made now.
    Made(I, T),
    /// The same request made this before.
    Before(I),
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum OnceError<E> {
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Making it failed.
    #[error(transparent)]
    Other(E),
}

impl<E: From<Error>> From<Error> for OnceError<E> {
    fn from(error: Error) -> Self {
        Self::Other(error.into())
    }
}

/// Runs `make` unless the same request was here before. `make` gives the id of what it made, and
/// whatever else the first answer needs.
///
/// # Errors
/// If the key was used for another request, or `make` fails; the key is then free again.
pub fn once<I: Id, T, E: From<Error>>(
    tx: &mut Tx<'_>,
    key: &Key,
    now: Timestamp,
    make: impl FnOnce(&mut Tx<'_>) -> Result<(I, T), E>,
) -> Result<Once<I, T>, OnceError<E>> {
    let key = KeyUse { principal: &key.principal, key: &key.key, request_hash: &key.request_hash };
    if let Some(used) = idempotency::find(tx, &[key])?.first() {
        return if used.request_hash == key.request_hash {
            Ok(Once::Before(I::from_raw(used.subject_id)))
        } else {
            Err(OnceError::KeyReused)
        };
    }
    let (id, made) = make(tx).map_err(OnceError::Other)?;
    idempotency::remember(tx, key, id, now)?;
    Ok(Once::Made(id, made))
}
