//! Who is asking: turns a cookie's token or an API key into a [`Principal`], quickly and revocably.
//!
//! What was looked up is trusted for [`TRUSTED_FOR`] at most. Changes of staff, sessions and keys go
//! through [`Access::administer`], after which this node trusts nothing it knew; other nodes follow
//! when their time is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::StaffId;
use ordermill_storage::session::{Holder, Session};
use ordermill_storage::{Database, Error, Tx, api_key, session, staff};
use ordermill_vault::TokenDigest;
use ordermill_vault::password::{self, Verdict, WeakPassword};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::permission::{Buyer, KeyHolder, Principal, StaffMember};
use crate::privacy::Vault;
use crate::session::Door;

/// How long a node trusts what it looked up: the longest that a revoked right still works elsewhere.
pub const TRUSTED_FOR: Span = Span::seconds(30);

/// How coarse "last seen" and "last used" are, so that a visit is not a write.
const SEEN_EVERY: Span = Span::minutes(5);

/// How many principals a node remembers.
const KNOWN_MAX: usize = 20_000;

/// How many passwords are hashed at once: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// How long a password waits for its turn before the caller is told to come back.
const HASH_TURN: Duration = Duration::from_secs(5);

/// Looks up who is asking.
#[derive(Debug)]
pub struct Access {
    database: Database,
    vault: Vault,
    known: Mutex<Known>,
    hashing: Semaphore,
}

#[derive(Debug, Default)]
struct Known {
    /// Grows when everything is forgotten: what was read before is then not remembered.
    version: u64,
    principals: HashMap<[u8; 32], (Principal, Timestamp)>,
}

/// Why a password was not hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// It may not be chosen.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// Too many wait for their turn; come back in some seconds.
    #[error("too many passwords wait to be checked")]
    Overloaded,
    /// What is stored is no hash: a defect.
    #[error("the stored password cannot be read")]
    Unreadable,
}

impl Access {
    /// Over a database with its vault.
    pub fn new(database: Database, vault: Vault) -> Self {
        let (known, hashing) = (Mutex::default(), Semaphore::new(HASHES_AT_ONCE));
        Self { database, vault, known, hashing }
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The vault.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Who has this token of a session, if it is one that has not ended.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of_session(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Principal>, Error> {
        let digest = *TokenDigest::of(token).as_bytes();
        let (version, known) = self.recall(&digest, now);
        if known.is_some() {
            return Ok(known);
        }
        let found = self.database.read(move |tx| holder_of(tx, &digest, now)).await?;
        let Some((principal, session)) = found else { return Ok(None) };
        if now.since(session.seen_at).as_micros() >= SEEN_EVERY.as_micros() {
            self.note(move |tx| session::touch(tx, &digest, now)).await;
        }
        let until = (now + TRUSTED_FOR).min(session.expires_at);
        self.remember(version, digest, &principal, until, now);
        Ok(Some(principal))
    }

    /// Who has this API key, if it is worth something.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of_api_key(
        &self,
        presented: &str,
        now: Timestamp,
    ) -> Result<Option<Principal>, Error> {
        let digest = *TokenDigest::of(presented).as_bytes();
        let (version, known) = self.recall(&digest, now);
        if known.is_some() {
            return Ok(known);
        }
        let found = self.database.read(move |tx| api_key::find(tx, &digest)).await?;
        let Some(key) = found.filter(|key| key.revoked_at.is_none()) else { return Ok(None) };
        let is_due = key
            .last_used_at
            .is_none_or(|used| now.since(used).as_micros() >= SEEN_EVERY.as_micros());
        if is_due {
            let id = key.id;
            self.note(move |tx| api_key::touch(tx, id, now)).await;
        }
        let holder = KeyHolder { id: key.id, scopes: key.scopes, channel: key.channel };
        let principal = Principal::ApiKey(Arc::new(holder));
        self.remember(version, digest, &principal, now + TRUSTED_FOR, now);
        Ok(Some(principal))
    }

    /// Notes when somebody was last seen. What cannot be noted keeps nobody out: reading goes on while the disk
    /// is full.
    async fn note(&self, seen: impl FnMut(&mut Tx<'_>) -> Result<(), Error> + Send + 'static) {
        if let Err(error) = self.database.write(seen).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "that somebody was seen is not noted");
        }
    }

    /// Changes staff, sessions or keys; on this node the change counts from the next request on.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn administer<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let result = self.database.write(work).await;
        // Also after an error: whether the change became durable may be unknown.
        let mut known = self.lock();
        known.version += 1;
        known.principals.clear();
        result
    }

    /// The hash to store of a new password, made on a thread that may block.
    ///
    /// # Errors
    /// If it may not be chosen, or too many wait.
    pub async fn hash_password(&self, new: Zeroizing<String>) -> Result<String, PasswordError> {
        let vault = self.vault.clone();
        let hashed = self.in_turn(move || password::hash(&new, vault.entropy())).await?;
        Ok(hashed?)
    }

    /// Compares a password with a stored hash; without one the same time is taken.
    pub(crate) async fn verify_password(
        &self,
        typed: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        let verdict = self.in_turn(move || password::verify(&typed, stored.as_deref())).await?;
        verdict.map_err(|_| PasswordError::Unreadable)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = tokio::time::timeout(HASH_TURN, self.hashing.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(PasswordError::Overloaded) };
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Overloaded)
    }

    fn recall(&self, digest: &[u8; 32], now: Timestamp) -> (u64, Option<Principal>) {
        let known = self.lock();
        let principal = known
            .principals
            .get(digest)
            .filter(|(_, until)| now < *until)
            .map(|(principal, _)| principal.clone());
        (known.version, principal)
    }

    fn remember(
        &self,
        version: u64,
        digest: [u8; 32],
        principal: &Principal,
        until: Timestamp,
        now: Timestamp,
    ) {
        let mut known = self.lock();
        if known.version != version {
            return;
        }
        if known.principals.len() >= KNOWN_MAX {
            known.principals.retain(|_, (_, until)| now < *until);
            if known.principals.len() >= KNOWN_MAX {
                known.principals.clear();
            }
        }
        known.principals.insert(digest, (principal.clone(), until));
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose session this is, with their rights as they are now.
fn holder_of(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(Principal, Session)>, Error> {
    let Some(session) = session::fetch(tx, digest)? else { return Ok(None) };
    let idle = now.since(session.seen_at).as_micros();
    if now >= session.expires_at || idle >= Door::of(session.holder).idle().as_micros() {
        return Ok(None);
    }
    let principal = match session.holder {
        Holder::Customer(id) => Principal::Buyer(Buyer::Customer(id)),
        Holder::Staff(id) => match staff_at_work(tx, id)? {
            Some(principal) => principal,
            None => return Ok(None),
        },
    };
    Ok(Some((principal, session)))
}

/// A member of staff with their rights as they are now; none if they do not work here any more.
pub(crate) fn staff_at_work(tx: &mut Tx<'_>, id: StaffId) -> Result<Option<Principal>, Error> {
    let found = staff::fetch(tx, id)?.filter(|staff| staff.facts().is_active);
    Ok(found.map(|staff| {
        let facts = staff.facts();
        Principal::Staff(Arc::new(StaffMember {
            id,
            name: facts.name.clone(),
            roles: facts.roles.clone(),
            location: facts.location,
        }))
    }))
}
