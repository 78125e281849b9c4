//! Commands that make something once, however often they are repeated.
//!
//! The key, the digest of the request and what was made are stored in the transaction that makes it.
//! A repeat finds them and is told what was made; two at once meet at the key, and one of them runs
//! again as a repeat. Integrations send a key with each creating call, and each form that makes
//! something has one of its own. (Orders and refunds have this built in: see
//! [`crate::order::place`].)

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::StaffId;
use ordermill_storage::idempotency::{self, KeyUse};
use ordermill_storage::{Error, Tx};

pub use crate::order::place::Key;

/// What a command has come to.
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

impl<I: Id, T> Once<I, T> {
    /// What was made, now or before.
    pub fn id(&self) -> I {
        match self {
            Self::Made(id, _) | Self::Before(id) => *id,
        }
    }
}

/// Keys of forms are made by us; what is longer was not.
const FORM_KEY_CHARS_MAX: usize = 64;

impl Key {
    /// The key that a form of a member of staff came with; none if it is empty. Two kinds of forms
    /// never meet: `form` is part of it. `request` is all that was entered.
    pub fn of_form(staff: StaffId, form: &str, key: &str, request: &[u8]) -> Option<Self> {
        let key: String = key.chars().take(FORM_KEY_CHARS_MAX).collect();
        (!key.is_empty()).then(|| Self::new(staff.to_string(), format!("{form}:{key}"), request))
    }
}

/// Runs `make` unless the same request was here before; without a key, always. `make` gives the id of
/// what it made, and whatever else the first answer needs.
///
/// # Errors
/// If the key was used for another request, or `make` fails; the key is then free again.
pub fn once<'k, I: Id, T, E: From<Error>>(
    tx: &mut Tx<'_>,
    key: impl Into<Option<&'k Key>>,
    now: Timestamp,
    make: impl FnOnce(&mut Tx<'_>) -> Result<(I, T), E>,
) -> Result<Once<I, T>, OnceError<E>> {
    let key: Option<KeyUse<'_>> = key.into().map(Key::as_use);
    let used = match key {
        Some(key) => idempotency::find(tx, &[key])?.pop().map(|used| (used, key)),
        None => None,
    };
    if let Some((used, key)) = used {
        return if used.request_hash == key.request_hash {
            Ok(Once::Before(I::from_raw(used.subject_id)))
        } else {
            Err(OnceError::KeyReused)
        };
    }
    let (id, made) = match make(tx) {
        Ok(made) => made,
        // Beside this one, where writers run so, the same request has made it meanwhile; what it made
        // may be why this one is refused. The next try finds it.
        Err(_) if is_used(tx, key) => return Err(OnceError::Other(tx.lost_race().into())),
        Err(error) => return Err(OnceError::Other(error)),
    };
    if let Some(key) = key {
        idempotency::remember(tx, key, id, now)?;
    }
    Ok(Once::Made(id, made))
}

/// What the same request has made before; none if it is new.
///
/// # Errors
/// If the key was used for another request.
pub fn made_before<I: Id>(tx: &mut Tx<'_>, key: &Key) -> Result<Option<I>, OnceError<Error>> {
    let key = key.as_use();
    match idempotency::find(tx, &[key])?.pop() {
        Some(used) if used.request_hash != key.request_hash => Err(OnceError::KeyReused),
        Some(used) => Ok(Some(I::from_raw(used.subject_id))),
        None => Ok(None),
    }
}

fn is_used(tx: &mut Tx<'_>, key: Option<KeyUse<'_>>) -> bool {
    key.is_some_and(|key| idempotency::find(tx, &[key]).is_ok_and(|used| !used.is_empty()))
}
