//! Changing keys while everything runs.
//!
//! A rotation makes a new key, which seals from then on, and then seals old values anew in batches. A
//! row that someone changes meanwhile is already under the new key, and is left alone. Whoever is
//! interrupted goes on by starting again: rows already done are skipped by what stands in front of
//! them.

use ordermill_base::{Span, Timestamp};
use ordermill_storage::sealed::{self, Resealed, SEALED, SealedColumn};
use ordermill_storage::{Database, Error};
use ordermill_vault::{KeyId, KeyInfo, Keyring, Place, Purpose};
use tokio::sync::watch;

use super::{Vault, VaultError};

/// How far a rotation has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RotationProgress {
    /// Values sealed anew so far.
    pub resealed: u64,
    /// Values that do not open, and were left as they are.
    pub unreadable: u64,
}

/// Why keys could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Values are still sealed with it: rotate first, or they would be lost.
    #[error("{values} values are still sealed with {key}")]
    StillUsed {
        /// The key.
        key: KeyId,
        /// How many values.
        values: i64,
    },
    /// Blind indexes are made from this kind of key; changing it means indexing everything anew.
    #[error("the key of blind indexes is not rotated online")]
    BlindIndex,
    /// The keys do not allow it, or the database refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<Error> for RotationError {
    fn from(error: Error) -> Self {
        Self::Vault(error.into())
    }
}

/// How long other processes need to learn of a change of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling(Span);

impl Settling {
    /// No other process works on the database.
    pub const NOBODY_ELSE: Self = Self(Span::ZERO);
    /// Others may: each loads its keys every [`RELOADED_EVERY`].
    pub const OTHERS: Self = Self(Span::seconds(2 * RELOADED_EVERY.as_seconds()));

    /// Others load their keys so often.
    pub const fn of(span: Span) -> Self {
        Self(span)
    }

    /// How long.
    pub const fn span(self) -> Span {
        self.0
    }
}

/// How often a node loads its keys again.
pub const RELOADED_EVERY: Span = Span::seconds(10);

/// Loads the keys again and again, so that this node knows a key before another seals with it. Ends
/// when `stop` becomes true or its sender is gone.
pub async fn follow_keys(database: Database, vault: Vault, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        tokio::select! {
            () = tokio::time::sleep(RELOADED_EVERY.to_std()) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
        let reloading = vault.clone();
        if let Err(error) = database.read(move |tx| reloading.reload(tx)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the keys were not loaded");
        }
    }
}

/// How many values are sealed anew in one transaction.
const BATCH: i64 = 500;

/// All keys, oldest first, without their secrets.
pub fn keys(vault: &Vault) -> Vec<KeyInfo> {
    vault.keyring().keys().collect()
}

/// Makes a new key for this purpose and, for [`Purpose::Seal`], seals all old values with it, telling
/// how far it has come after each batch. Gives the new key.
///
/// For a process that has the database alone; see [`rotate_keys_with`] for one that has not.
///
/// # Errors
/// If keys or rows cannot be stored. The new key then stays; [`reseal`] goes on.
pub async fn rotate_keys(
    database: &Database,
    vault: &Vault,
    purpose: Purpose,
    now: Timestamp,
    progress: impl FnMut(RotationProgress) + Send,
) -> Result<KeyId, RotationError> {
    rotate_keys_with(database, vault, purpose, now, Settling::NOBODY_ELSE, progress).await
}

/// As [`rotate_keys`] while other processes work on the database: first all of them learn of the new
/// key, then it seals, and when all of them have learned that too, old values are sealed anew. Nobody
/// ever meets a value of a key that they do not know.
///
/// # Errors
/// As [`rotate_keys`].
pub async fn rotate_keys_with(
    database: &Database,
    vault: &Vault,
    purpose: Purpose,
    now: Timestamp,
    settling: Settling,
    progress: impl FnMut(RotationProgress) + Send,
) -> Result<KeyId, RotationError> {
    if purpose == Purpose::BlindIndex {
        return Err(RotationError::BlindIndex);
    }
    let changing = vault.clone();
    let (key, keyring) = database
        .write(move |tx| {
            changing.change(tx, |keyring, entropy| Ok(keyring.prepare(purpose, entropy, now)))
        })
        .await?;
    vault.adopt(keyring);
    tokio::time::sleep(settling.0.to_std()).await;
    let changing = vault.clone();
    let ((), keyring) = database
        .write(move |tx| changing.change(tx, |keyring, _| Ok(keyring.activate(key)?)))
        .await?;
    vault.adopt(keyring);
    tokio::time::sleep(settling.0.to_std()).await;
    if purpose == Purpose::Seal {
        reseal(database, vault, progress).await?;
    }
    Ok(key)
}

/// Seals everything with the active key that is sealed with another, from the first row on. Also how
/// an interrupted rotation goes on.
pub async fn reseal(
    database: &Database,
    vault: &Vault,
    mut progress: impl FnMut(RotationProgress) + Send,
) -> Result<RotationProgress, RotationError> {
    let active = vault.sealing_key();
    let mut done = RotationProgress::default();
    for column in SEALED {
        let mut after = i64::MIN;
        loop {
            let rows = database
                .read(move |tx| sealed::not_under(tx, column, active.get(), after, BATCH))
                .await?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            let read = rows.len() as u64;
            let (keyring, vault) = (vault.keyring(), vault.clone());
            let fresh = tokio::task::spawn_blocking(move || {
                rows.into_iter()
                    .filter_map(|(id, old)| resealed(&keyring, &vault, column, id, old))
                    .collect::<Vec<Resealed>>()
            })
            .await
            .map_err(|_| Error::Panicked)?;
            done.unreadable += read - fresh.len() as u64;
            let replaced = database.write(move |tx| sealed::replace(tx, column, &fresh)).await?;
            done.resealed += replaced;
            progress(done);
        }
    }
    Ok(done)
}

fn resealed(
    keyring: &Keyring,
    vault: &Vault,
    column: &SealedColumn,
    id: i64,
    old: Vec<u8>,
) -> Option<Resealed> {
    let place = Place { table: column.table, column: column.column, row: id };
    match keyring.open(place, &old) {
        Ok(plain) => {
            let fresh = keyring.seal(place, &plain, vault.entropy());
            Some(Resealed { id, old, fresh })
        }
        Err(error) => {
            let SealedColumn { table, column, .. } = column;
            tracing::warn!(table, column, row = id, %error, "a sealed value does not open");
            None
        }
    }
}

/// Destroys a retired key that seals nothing any more. What a backup still holds under it is then
/// gone for good.
///
/// # Errors
/// If values are still sealed with it, or it is active or unknown.
pub async fn destroy_key(
    database: &Database,
    vault: &Vault,
    key: KeyId,
) -> Result<(), RotationError> {
    let changing = vault.clone();
    let keyring = database
        .write(move |tx| {
            let values = sealed::count_under(tx, key.get())?;
            if values > 0 {
                return Err(RotationError::StillUsed { key, values });
            }
            let ((), keyring) = changing.change(tx, |keyring, _| Ok(keyring.destroy(key)?))?;
            Ok(keyring)
        })
        .await?;
    vault.adopt(keyring);
    Ok(())
}
