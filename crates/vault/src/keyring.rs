//! The keyring: data keys with ids, one active per purpose, old ones kept for reading.
//!
//! The [`RootKey`] wraps the data keys, which are stored as [`WrappedKey`] rows beside the data.
//! Each purpose has one active key. Rotating makes a new one and retires the old, which still
//! opens what it sealed; re-wrapping all rows under a new root key touches no data; destroying a
//! retired key makes everything sealed with it unreadable in every backup that holds no copy of
//! the row (crypto-shredding). A destroyed key leaves a row without its secret behind, so its id is
//! never given to another.
//!
//! A wrapped key is bound to its id and purpose. Nonces of wrapping are random: a root key would
//! have to wrap 2³² times before they came near their bound.

use std::collections::BTreeMap;

use ordermill_base::Timestamp;

use crate::key::{KeyId, KeyInfo, KeyState, Purpose, WrappedKey};
use crate::secret::Secret;
use crate::{Entropy, RootKey, aead};

/// All data keys, unwrapped. Cheap to share, changed only by the administration.
#[derive(Debug, Clone)]
pub struct Keyring {
    // Exactly one entry of each purpose is active.
    keys: BTreeMap<KeyId, Entry>,
}

/// Why stored rows do not make a keyring, or a key cannot be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// The row was wrapped under another root key, or was changed.
    #[error("{0} does not open with this root key")]
    WrongRootKey(KeyId),
    /// Two rows have the same id.
    #[error("{0} is stored twice")]
    Duplicate(KeyId),
    /// A purpose has no active key, or several.
    #[error("purpose {purpose} has {count} active keys instead of one")]
    NotOneActive {
        /// The purpose.
        purpose: Purpose,
        /// How many active keys it has.
        count: usize,
    },
    /// There is no such key.
    #[error("{0} is not in the keyring")]
    Unknown(KeyId),
    /// The key still seals new data: rotate first.
    #[error("{0} is active and cannot be destroyed before a rotation")]
    StillActive(KeyId),
}

#[derive(Debug, Clone)]
struct Entry {
    purpose: Purpose,
    created_at: Timestamp,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Active(Secret),
    Retired(Secret),
    Destroyed,
}

/// First byte of a wrapped key: AES-256-GCM under the root key.
const WRAP_VERSION: u8 = 1;

impl Keyring {
    /// A new keyring with one active key of each purpose.
    pub fn generate(entropy: &dyn Entropy, now: Timestamp) -> Self {
        let mut keyring = Self { keys: BTreeMap::new() };
        for purpose in Purpose::ALL {
            keyring.rotate(purpose, entropy, now);
        }
        keyring
    }

    /// The keyring of stored rows, in any order.
    ///
    /// # Errors
    /// If a row does not open with this root key, or the rows do not have exactly one active key of
    /// each purpose.
    pub fn from_rows(root: &RootKey, rows: &[WrappedKey]) -> Result<Self, KeyringError> {
        let mut keys = BTreeMap::new();
        for row in rows {
            let entry = Entry::unwrap(root, row).ok_or(KeyringError::WrongRootKey(row.id))?;
            if keys.insert(row.id, entry).is_some() {
                return Err(KeyringError::Duplicate(row.id));
            }
        }
        for purpose in Purpose::ALL {
            let active = |entry: &&Entry| {
                entry.purpose == purpose && matches!(entry.material, Material::Active(_))
            };
            match keys.values().filter(active).count() {
                1 => {}
                count => return Err(KeyringError::NotOneActive { purpose, count }),
            }
        }
        Ok(Self { keys })
    }

    /// All keys as rows to store, wrapped anew. With a new root key this is the change of the root
    /// key: replace all rows in one transaction.
    pub fn to_rows(&self, root: &RootKey, entropy: &dyn Entropy) -> Vec<WrappedKey> {
        self.keys.iter().map(|(&id, entry)| entry.wrap(id, root, entropy)).collect()
    }

    /// Makes a new active key of a purpose and retires the one before. Store the rows before the
    /// new key seals anything, and have other nodes load them.
    pub fn rotate(&mut self, purpose: Purpose, entropy: &dyn Entropy, now: Timestamp) -> KeyId {
        for entry in self.keys.values_mut().filter(|entry| entry.purpose == purpose) {
            if let Material::Active(secret) = &entry.material {
                entry.material = Material::Retired(secret.clone());
            }
        }
        let last = self.keys.last_key_value().map_or(0, |(id, _)| id.get());
        let id = KeyId::new(last.checked_add(1).expect("fewer than 2³² rotations"));
        let material = Material::Active(Secret::generate(entropy));
        self.keys.insert(id, Entry { purpose, created_at: now, material });
        id
    }

    /// The first half of a rotation that other nodes take part in: makes a key that opens and does
    /// not seal yet. Once every node has loaded it, [`Keyring::activate`] it.
    pub fn prepare(&mut self, purpose: Purpose, entropy: &dyn Entropy, now: Timestamp) -> KeyId {
        let last = self.keys.last_key_value().map_or(0, |(id, _)| id.get());
        let id = KeyId::new(last.checked_add(1).expect("fewer than 2³² rotations"));
        let material = Material::Retired(Secret::generate(entropy));
        self.keys.insert(id, Entry { purpose, created_at: now, material });
        id
    }

    /// The second half: from now on this key seals, and the one before only opens.
    ///
    /// # Errors
    /// If the key is unknown or destroyed.
    pub fn activate(&mut self, id: KeyId) -> Result<(), KeyringError> {
        let entry = self.keys.get(&id).ok_or(KeyringError::Unknown(id))?;
        let purpose = entry.purpose;
        let Some(secret) = entry.material.secret().cloned() else {
            return Err(KeyringError::Unknown(id));
        };
        for entry in self.keys.values_mut().filter(|entry| entry.purpose == purpose) {
            if let Material::Active(secret) = &entry.material {
                entry.material = Material::Retired(secret.clone());
            }
        }
        if let Some(entry) = self.keys.get_mut(&id) {
            entry.material = Material::Active(secret);
        }
        Ok(())
    }

    /// Destroys a retired key: what it sealed is gone for good. Doing it again changes nothing.
    ///
    /// # Errors
    /// If the key is active or unknown.
    pub fn destroy(&mut self, id: KeyId) -> Result<(), KeyringError> {
        let entry = self.keys.get_mut(&id).ok_or(KeyringError::Unknown(id))?;
        if matches!(entry.material, Material::Active(_)) {
            return Err(KeyringError::StillActive(id));
        }
        entry.material = Material::Destroyed;
        Ok(())
    }

    /// All keys, oldest first, without their secrets.
    pub fn keys(&self) -> impl Iterator<Item = KeyInfo> {
        self.keys.iter().map(|(&id, entry)| KeyInfo {
            id,
            purpose: entry.purpose,
            state: entry.material.state(),
            created_at: entry.created_at,
        })
    }

    /// The key that seals, signs or indexes now.
    pub(crate) fn active(&self, purpose: Purpose) -> (KeyId, &Secret) {
        // The newest keys come first: the active one is among the last few.
        self.keys
            .iter()
            .rev()
            .find_map(|(&id, entry)| match &entry.material {
                Material::Active(secret) if entry.purpose == purpose => Some((id, secret)),
                _ => None,
            })
            .expect("a keyring has an active key of each purpose")
    }

    /// A key of this purpose by its id: `None` if there is none, `Some(None)` if destroyed.
    pub(crate) fn secret(&self, id: KeyId, purpose: Purpose) -> Option<Option<&Secret>> {
        let entry = self.keys.get(&id).filter(|entry| entry.purpose == purpose)?;
        Some(entry.material.secret())
    }

    /// All keys of a purpose that still exist, newest first.
    pub(crate) fn secrets(&self, purpose: Purpose) -> impl Iterator<Item = &Secret> {
        let of_purpose = self.keys.values().rev().filter(move |entry| entry.purpose == purpose);
        of_purpose.filter_map(|entry| entry.material.secret())
    }
}

impl Entry {
    fn unwrap(root: &RootKey, row: &WrappedKey) -> Option<Self> {
        let secret = || {
            let (&version, sealed) = row.wrapped.split_first()?;
            let bytes = (version == WRAP_VERSION).then(|| {
                aead::open(root.0.bytes(), &wrap_context(row.id, row.purpose), sealed)
            })??;
            Secret::from_slice(&bytes)
        };
        let material = match row.state {
            KeyState::Active => Material::Active(secret()?),
            KeyState::Retired => Material::Retired(secret()?),
            KeyState::Destroyed => Material::Destroyed,
        };
        Some(Self { purpose: row.purpose, created_at: row.created_at, material })
    }

    fn wrap(&self, id: KeyId, root: &RootKey, entropy: &dyn Entropy) -> WrappedKey {
        let mut wrapped = Vec::new();
        if let Some(secret) = self.material.secret() {
            wrapped.push(WRAP_VERSION);
            let context = wrap_context(id, self.purpose);
            aead::seal_onto(&mut wrapped, root.0.bytes(), &context, secret.bytes(), entropy);
        }
        let state = self.material.state();
        WrappedKey { id, purpose: self.purpose, wrapped, state, created_at: self.created_at }
    }
}

impl Material {
    fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Active(secret) | Self::Retired(secret) => Some(secret),
            Self::Destroyed => None,
        }
    }

    fn state(&self) -> KeyState {
        match self {
            Self::Active(_) => KeyState::Active,
            Self::Retired(_) => KeyState::Retired,
            Self::Destroyed => KeyState::Destroyed,
        }
    }
}

fn wrap_context(id: KeyId, purpose: Purpose) -> Vec<u8> {
    let mut context = vec![WRAP_VERSION];
    context.extend_from_slice(&id.get().to_be_bytes());
    context.extend_from_slice(purpose.as_str().as_bytes());
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpenError, OsEntropy, Place, SeededEntropy};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const PLACE: Place = Place { table: "orders", column: "buyer", row: 7 };

    fn keyring() -> Keyring {
        Keyring::generate(&OsEntropy, NOW)
    }

    fn seal_key(keyring: &Keyring) -> KeyId {
        keyring.active(Purpose::Seal).0
    }

    #[test]
    fn rotation_keeps_old_data_readable_and_seals_with_the_new_key() {
        let mut keyring = keyring();
        let (old_key, old) = (seal_key(&keyring), keyring.seal(PLACE, b"Li Lei", &OsEntropy));
        let new_key = keyring.rotate(Purpose::Seal, &OsEntropy, NOW);
        let new = keyring.seal(PLACE, b"Han Meimei", &OsEntropy);

        assert_eq!(keyring.open(PLACE, &old).unwrap().as_slice(), b"Li Lei");
        assert_eq!(keyring.open(PLACE, &new).unwrap().as_slice(), b"Han Meimei");
        assert_eq!(Keyring::sealed_with(&old), Ok(old_key));
        assert_eq!(Keyring::sealed_with(&new), Ok(new_key));
        let states: Vec<(u32, &str, &str)> = keyring
            .keys()
            .map(|key| (key.id.get(), key.purpose.as_str(), key.state.as_str()))
            .collect();
        assert_eq!(
            states,
            [
                (1, "seal", "retired"),
                (2, "blind_index", "active"),
                (3, "token", "active"),
                (4, "seal", "active"),
            ]
        );
    }

    #[test]
    fn a_prepared_key_seals_only_once_it_is_activated() {
        let (root, mut keyring) = (RootKey::generate(&OsEntropy), keyring());
        let old = seal_key(&keyring);
        let fresh = keyring.prepare(Purpose::Seal, &OsEntropy, NOW);
        assert_eq!(seal_key(&keyring), old);
        // Another node has loaded the prepared key: it opens what the first seals from now on.
        let other = Keyring::from_rows(&root, &keyring.to_rows(&root, &OsEntropy)).unwrap();
        keyring.activate(fresh).unwrap();
        assert_eq!(seal_key(&keyring), fresh);
        let sealed = keyring.seal(PLACE, b"Li Lei", &OsEntropy);
        assert_eq!(other.open(PLACE, &sealed).unwrap().as_slice(), b"Li Lei");
        let sealed = other.seal(PLACE, b"Li Lei", &OsEntropy);
        assert_eq!(keyring.open(PLACE, &sealed).unwrap().as_slice(), b"Li Lei");
        assert!(Keyring::from_rows(&root, &keyring.to_rows(&root, &OsEntropy)).is_ok());
        let unknown = KeyId::new(99);
        assert_eq!(keyring.activate(unknown), Err(KeyringError::Unknown(unknown)));
    }

    #[test]
    fn stored_rows_give_the_keyring_back() {
        let (root, mut keyring) = (RootKey::generate(&OsEntropy), keyring());
        let old = keyring.seal(PLACE, b"Li Lei", &OsEntropy);
        keyring.rotate(Purpose::Seal, &OsEntropy, NOW);
        let new = keyring.seal(PLACE, b"Han Meimei", &OsEntropy);

        let mut rows = keyring.to_rows(&root, &OsEntropy);
        rows.reverse();
        let loaded = Keyring::from_rows(&root, &rows).unwrap();
        assert_eq!(loaded.open(PLACE, &old).unwrap().as_slice(), b"Li Lei");
        assert_eq!(loaded.open(PLACE, &new).unwrap().as_slice(), b"Han Meimei");
        assert!(loaded.keys().eq(keyring.keys()));
    }

    #[test]
    fn a_new_root_key_takes_over_without_touching_data() {
        let (old_root, new_root) = (RootKey::generate(&OsEntropy), RootKey::generate(&OsEntropy));
        let sealed_before = keyring();
        let sealed = sealed_before.seal(PLACE, b"Li Lei", &OsEntropy);
        let old_rows = sealed_before.to_rows(&old_root, &OsEntropy);

        let keyring = Keyring::from_rows(&old_root, &old_rows).unwrap();
        let new_rows = keyring.to_rows(&new_root, &OsEntropy);
        let after = Keyring::from_rows(&new_root, &new_rows).unwrap();
        assert_eq!(after.open(PLACE, &sealed).unwrap().as_slice(), b"Li Lei");
        assert_eq!(
            Keyring::from_rows(&old_root, &new_rows).map(drop),
            Err(KeyringError::WrongRootKey(KeyId::new(1)))
        );
    }

    #[test]
    fn a_destroyed_key_takes_its_data_with_it_and_its_id_stays_taken() {
        let (root, mut keyring) = (RootKey::generate(&OsEntropy), keyring());
        let (id, sealed) = (seal_key(&keyring), keyring.seal(PLACE, b"Li Lei", &OsEntropy));
        assert_eq!(keyring.destroy(id), Err(KeyringError::StillActive(id)));
        let second = keyring.rotate(Purpose::Seal, &OsEntropy, NOW);
        let third = keyring.rotate(Purpose::Seal, &OsEntropy, NOW);
        keyring.destroy(id).unwrap();
        keyring.destroy(id).unwrap();
        keyring.destroy(second).unwrap();
        assert_eq!(keyring.open(PLACE, &sealed).map(drop), Err(OpenError::DestroyedKey(id)));

        let rows = keyring.to_rows(&root, &OsEntropy);
        assert!(
            rows.iter().all(|row| row.wrapped.is_empty() == (row.id == id || row.id == second))
        );
        let mut loaded = Keyring::from_rows(&root, &rows).unwrap();
        assert_eq!(loaded.open(PLACE, &sealed).map(drop), Err(OpenError::DestroyedKey(id)));
        assert!(loaded.rotate(Purpose::Seal, &OsEntropy, NOW) > third);
        let missing = KeyId::new(99);
        assert_eq!(loaded.destroy(missing), Err(KeyringError::Unknown(missing)));
    }

    #[test]
    fn changed_or_swapped_rows_are_refused() {
        let root = RootKey::generate(&OsEntropy);
        let rows = keyring().to_rows(&root, &OsEntropy);
        let load = |rows: &[WrappedKey]| Keyring::from_rows(&root, rows).map(drop);

        for byte in 0..rows[0].wrapped.len() {
            let mut changed = rows.clone();
            changed[0].wrapped[byte] ^= 1;
            assert_eq!(load(&changed), Err(KeyringError::WrongRootKey(rows[0].id)), "{byte}");
        }
        let mut swapped = rows.clone();
        swapped[0].wrapped = rows[1].wrapped.clone();
        assert_eq!(load(&swapped), Err(KeyringError::WrongRootKey(rows[0].id)));
        let mut emptied = rows.clone();
        emptied[0].wrapped.clear();
        assert_eq!(load(&emptied), Err(KeyringError::WrongRootKey(rows[0].id)));
        let mut other_purpose = rows.clone();
        other_purpose[0].purpose = Purpose::Token;
        assert_eq!(load(&other_purpose), Err(KeyringError::WrongRootKey(rows[0].id)));
        let doubled = [&rows[..], &rows[..1]].concat();
        assert_eq!(load(&doubled), Err(KeyringError::Duplicate(rows[0].id)));
        assert_eq!(
            load(&rows[1..]),
            Err(KeyringError::NotOneActive { purpose: Purpose::Seal, count: 0 })
        );
    }

    /// Keys stored by an earlier build must load: never change the bytes, which another program
    /// computed.
    #[test]
    fn the_stored_form_of_a_key_stays() {
        let root = RootKey::from_base64("WsOJoww7A2P4NpeTTTGXwEfBaxDw05I7RbkF2sJObhk=").unwrap();
        let keyring = Keyring::generate(&SeededEntropy::from_seed(1), NOW);
        let rows = keyring.to_rows(&root, &SeededEntropy::from_seed(6));
        let hex: String = rows[0].wrapped.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "0100e0efadd9a564bd99df5139d76e19869252f388cc97f96978cddc1bf4052a5d\
             615e54ae6eadf9dbc778300a0fcf3bdcd998aec54aba0155acf872c3"
        );
    }

    #[test]
    fn printing_a_keyring_shows_no_secret() {
        let root = RootKey(Secret::from_slice(&[0xab; 32]).unwrap());
        let mut keyring = keyring();
        for entry in keyring.keys.values_mut() {
            entry.material = Material::Active(Secret::from_slice(&[0xab; 32]).unwrap());
        }
        let printed = format!("{keyring:?} {root:?} {keyring:#?} {root:#?}");
        assert!(printed.contains("[secret]"), "{printed}");
        assert!(!printed.contains("171") && !printed.contains("ab, ") && !printed.contains("q6ur"));
    }
}
