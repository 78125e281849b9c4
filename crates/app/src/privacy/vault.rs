//! The vault of a running node: its keyring, shared and swapped while in use.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use crate::payment::Sealer;
use ordermill_base::Timestamp;
use ordermill_storage::data_key::{self, StoredKey};
use ordermill_storage::{Error, Tx};
use ordermill_vault::{
    Entropy, KeyId, KeyState, Keyring, KeyringError, OpenError, Place, Purpose, RootKey,
    RootKeyError, UnknownWord, WrappedKey,
};
use zeroize::Zeroizing;

/// Seals, opens, indexes and signs. Clones share one keyring, which can be swapped under them.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    root: RootKey,
    entropy: Arc<dyn Entropy>,
    keyring: RwLock<Arc<Keyring>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Where the root key comes from.
#[derive(Clone)]
pub enum RootKeySource {
    /// A file of mode 0600, made at the first start.
    File(PathBuf),
    /// The key itself as base64, from the environment.
    Base64(Zeroizing<String>),
}

impl std::fmt::Debug for RootKeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Base64(_) => f.write_str("Base64([secret])"),
        }
    }
}

/// Why the vault cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no root key to work with.
    #[error("the root key cannot be used")]
    Root(#[from] RootKeyError),
    /// The stored keys and the root key do not fit together.
    #[error("the keyring cannot be opened")]
    Keyring(#[from] KeyringError),
    /// A stored key says something that this program does not know.
    #[error("a stored key cannot be read")]
    Unreadable(#[from] UnknownWord),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Vault {
    /// Opens the vault with the stored keys, or makes them, and the file of the root key, at the very
    /// first start. A new root key is never made beside keys that it could not open.
    ///
    /// # Errors
    /// If the root key is missing, exposed, malformed or another than that of the stored keys.
    pub fn open(
        tx: &mut Tx<'_>,
        source: &RootKeySource,
        entropy: Arc<dyn Entropy>,
        now: Timestamp,
    ) -> Result<Self, VaultError> {
        let rows = data_key::all_for_update(tx)?;
        let root = match source {
            RootKeySource::Base64(text) => RootKey::from_base64(text)?,
            RootKeySource::File(path) if rows.is_empty() => {
                RootKey::load_or_create(path, &*entropy)?
            }
            RootKeySource::File(path) => RootKey::load(path)?,
        };
        let keyring = if rows.is_empty() {
            let keyring = Keyring::generate(&*entropy, now);
            data_key::insert(tx, &stored(keyring.to_rows(&root, &*entropy)))?;
            keyring
        } else {
            unwrap(&root, rows)?
        };
        let keyring = RwLock::new(Arc::new(keyring));
        Ok(Self(Arc::new(Inner { root, entropy, keyring })))
    }

    /// A vault of its own with keys that are stored nowhere, for tests and simulations.
    pub fn in_memory(entropy: Arc<dyn Entropy>, now: Timestamp) -> Self {
        let root = RootKey::generate(&*entropy);
        let keyring = RwLock::new(Arc::new(Keyring::generate(&*entropy, now)));
        Self(Arc::new(Inner { root, entropy, keyring }))
    }

    /// The keys as they are now.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.0.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where unpredictable bytes come from.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.0.entropy
    }

    /// A secret that nobody chose, of so many letters: a first password.
    pub fn fresh_secret(&self, letters: usize) -> String {
        ordermill_vault::Token::generate(self.entropy()).as_str().chars().take(letters).collect()
    }

    /// Seals a value for its place.
    pub fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.keyring().seal(place, plain, self.entropy())
    }

    /// Opens a value at its place. The value is erased when dropped.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn open_at(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.keyring().open(place, sealed)
    }

    /// Loads the stored keys again: another node rotated them. Every node does this from time to
    /// time, and whenever a value names a key that it does not know.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn reload(&self, tx: &mut Tx<'_>) -> Result<(), VaultError> {
        let rows = data_key::all(tx)?;
        self.swap(unwrap(&self.0.root, rows)?);
        Ok(())
    }

    /// Changes the stored keys. The change is seen by [`Vault::adopt`] once it is durable.
    pub(crate) fn change<T>(
        &self,
        tx: &mut Tx<'_>,
        change: impl FnOnce(&mut Keyring, &dyn Entropy) -> Result<T, VaultError>,
    ) -> Result<(T, Keyring), VaultError> {
        let mut keyring = unwrap(&self.0.root, data_key::all_for_update(tx)?)?;
        let outcome = change(&mut keyring, self.entropy())?;
        data_key::save(tx, &stored(keyring.to_rows(&self.0.root, self.entropy())))?;
        Ok((outcome, keyring))
    }

    /// Uses other keys from now on.
    pub(crate) fn adopt(&self, keyring: Keyring) {
        self.swap(keyring);
    }

    /// The number of the key that seals now.
    pub(crate) fn sealing_key(&self) -> KeyId {
        let keyring = self.keyring();
        let mut sealing = keyring
            .keys()
            .filter(|key| key.purpose == Purpose::Seal && key.state == KeyState::Active);
        sealing.next().expect("a keyring has an active key of each purpose").id
    }

    fn swap(&self, keyring: Keyring) {
        *self.0.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }
}

impl Sealer for Vault {
    fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        Self::seal(self, place, plain)
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.open_at(place, sealed).map(|plain| plain.to_vec())
    }
}

fn unwrap(root: &RootKey, rows: Vec<StoredKey>) -> Result<Keyring, VaultError> {
    let rows: Result<Vec<WrappedKey>, VaultError> = rows
        .into_iter()
        .map(|row| {
            let word = || UnknownWord { what: "id", word: row.id.to_string() };
            Ok(WrappedKey {
                id: KeyId::new(u32::try_from(row.id).map_err(|_| word())?),
                purpose: Purpose::parse(&row.purpose)?,
                wrapped: row.wrapped,
                state: KeyState::parse(&row.state)?,
                created_at: row.created_at,
            })
        })
        .collect();
    Ok(Keyring::from_rows(root, &rows?)?)
}

fn stored(rows: Vec<WrappedKey>) -> Vec<StoredKey> {
    rows.into_iter()
        .map(|row| StoredKey {
            id: i64::from(row.id.get()),
            purpose: row.purpose.as_str().to_owned(),
            wrapped: row.wrapped,
            state: row.state.as_str().to_owned(),
            created_at: row.created_at,
        })
        .collect()
}
