//! Sealing one field of one row, so that it opens only at the place it was sealed for.
//!
//! What is stored: version (1 byte), key id (4, big-endian), nonce (12), cipher text, tag (16): 33
//! bytes more than the plain text, whose length can be seen.
//!
//! The active data key does not encrypt. It gives each place, that is each (key id, table, column,
//! row), a key of its own, HMAC-SHA-256(data key, place), and that one encrypts with AES-256-GCM
//! and a random 96-bit nonce. This is why nonces are safe without counting messages: the bound of
//! random nonces, 2³² messages, holds for one field of one row, not for all orders of the year, so
//! no rotation is ever forced by volume. The place is associated data too: a cipher text moved to
//! another row, column or table, or given another key id, does not open.
//!
//! An old cipher text put back at *its own* place does open; the journal, not the seal, tells.

use zeroize::Zeroizing;

use crate::key::{KeyId, Purpose};
use crate::keyring::Keyring;
use crate::{Entropy, aead};

/// Where a sealed value lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The table's name, at most 255 bytes.
    pub table: &'static str,
    /// The column's name, at most 255 bytes.
    pub column: &'static str,
    /// The row's id.
    pub row: i64,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Too short to be a sealed value.
    #[error("sealed value is cut off")]
    Truncated,
    /// Written by a later version of the program, or not sealed at all.
    #[error("sealed value has unknown version {0}")]
    UnknownVersion(u8),
    /// The key is not in the keyring: another node may have rotated, load the rows again.
    #[error("sealed with {0}, which is not in the keyring")]
    UnknownKey(KeyId),
    /// The key was destroyed on purpose: show the value as erased.
    #[error("sealed with {0}, which was destroyed")]
    DestroyedKey(KeyId),
    /// Changed, or moved from another place.
    #[error("sealed value was changed or moved")]
    Tampered,
}

const VERSION: u8 = 1;
/// Version and key id.
const HEADER_LEN: usize = 1 + 4;

impl Keyring {
    /// Seals a value for its place with the active key.
    ///
    /// # Panics
    /// If the table's or the column's name is longer than 255 bytes.
    pub fn seal(&self, place: Place, plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let (id, data_key) = self.active(Purpose::Seal);
        let context = place.context(id);
        let key = data_key.hmac(&context);
        let mut sealed = Vec::with_capacity(HEADER_LEN + aead::OVERHEAD + plain.len());
        sealed.extend_from_slice(&context[..HEADER_LEN]);
        aead::seal_onto(&mut sealed, &key, &context, plain, entropy);
        sealed
    }

    /// Opens what was sealed for this place. The value is erased when dropped.
    ///
    /// # Errors
    /// If it is cut off, changed or moved, or its key is missing; see [`OpenError`].
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let id = Self::sealed_with(sealed)?;
        let data_key = self
            .secret(id, Purpose::Seal)
            .ok_or(OpenError::UnknownKey(id))?
            .ok_or(OpenError::DestroyedKey(id))?;
        let context = place.context(id);
        let key = data_key.hmac(&context);
        aead::open(&key, &context, &sealed[HEADER_LEN..]).ok_or(OpenError::Tampered)
    }

    /// Which key a value was sealed with, for the job that seals old values anew.
    ///
    /// # Errors
    /// If it is too short or of an unknown version.
    pub fn sealed_with(sealed: &[u8]) -> Result<KeyId, OpenError> {
        let (&[version, id @ ..], rest) =
            sealed.split_first_chunk::<HEADER_LEN>().ok_or(OpenError::Truncated)?;
        if version != VERSION {
            return Err(OpenError::UnknownVersion(version));
        }
        if rest.len() < aead::OVERHEAD {
            return Err(OpenError::Truncated);
        }
        Ok(KeyId::new(u32::from_be_bytes(id)))
    }
}

impl Place {
    /// Header and place as one unambiguous string of bytes: every part has a fixed or a stated
    /// length.
    fn context(&self, id: KeyId) -> Vec<u8> {
        let (table, column) = (self.table.as_bytes(), self.column.as_bytes());
        let name_len = |name: &[u8]| u8::try_from(name.len()).expect("a name of at most 255 bytes");
        let mut context = Vec::with_capacity(HEADER_LEN + 2 + table.len() + column.len() + 8);
        context.push(VERSION);
        context.extend_from_slice(&id.get().to_be_bytes());
        for name in [table, column] {
            context.push(name_len(name));
            context.extend_from_slice(name);
        }
        context.extend_from_slice(&self.row.to_be_bytes());
        context
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Timestamp;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::{OsEntropy, SeededEntropy};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn keyring() -> Keyring {
        Keyring::generate(&SeededEntropy::from_seed(1), NOW)
    }

    fn any_place() -> impl Strategy<Value = Place> {
        const NAMES: &[&str] = &["orders", "order", "orderss", "buyer", "phone", ""];
        (select(NAMES), select(NAMES), any::<i64>()).prop_map(|(table, column, row)| Place {
            table,
            column,
            row,
        })
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_at_its_place(place in any_place(), plain in vec(any::<u8>(), 0..600)) {
            let keyring = keyring();
            let sealed = keyring.seal(place, &plain, &OsEntropy);
            prop_assert_eq!(sealed.len(), plain.len() + 33);
            let opened = keyring.open(place, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), &plain);
        }

        #[test]
        fn a_moved_value_does_not_open(from in any_place(), to in any_place()) {
            prop_assume!(from != to);
            let keyring = keyring();
            let sealed = keyring.seal(from, b"Li Lei", &OsEntropy);
            prop_assert_eq!(keyring.open(to, &sealed).map(drop), Err(OpenError::Tampered));
        }

        #[test]
        fn any_flipped_bit_is_noticed(plain in vec(any::<u8>(), 0..100), bit in any::<Index>()) {
            let (keyring, place) = (keyring(), Place { table: "orders", column: "buyer", row: 1 });
            let mut sealed = keyring.seal(place, &plain, &OsEntropy);
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            let error = keyring.open(place, &sealed).map(drop).unwrap_err();
            match bit / 8 {
                0 => prop_assert!(matches!(error, OpenError::UnknownVersion(_))),
                1..HEADER_LEN => prop_assert!(matches!(error, OpenError::UnknownKey(_))),
                _ => prop_assert_eq!(error, OpenError::Tampered),
            }
        }

        #[test]
        fn a_cut_off_value_never_opens(plain in vec(any::<u8>(), 0..100), keep in any::<Index>()) {
            let (keyring, place) = (keyring(), Place { table: "orders", column: "buyer", row: 1 });
            let sealed = keyring.seal(place, &plain, &OsEntropy);
            let keep = keep.index(sealed.len());
            let error = keyring.open(place, &sealed[..keep]).map(drop).unwrap_err();
            let short = keep < HEADER_LEN + aead::OVERHEAD;
            prop_assert_eq!(error, if short { OpenError::Truncated } else { OpenError::Tampered });
        }

        #[test]
        fn arbitrary_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
            let place = Place { table: "orders", column: "buyer", row: 1 };
            prop_assert!(keyring().open(place, &bytes).is_err());
        }
    }

    #[test]
    fn a_value_relabeled_with_another_key_does_not_open() {
        let (mut keyring, place) = (keyring(), Place { table: "orders", column: "buyer", row: 1 });
        let mut sealed = keyring.seal(place, b"Li Lei", &OsEntropy);
        let other = keyring.rotate(Purpose::Seal, &OsEntropy, NOW);
        sealed[1..HEADER_LEN].copy_from_slice(&other.get().to_be_bytes());
        assert_eq!(keyring.open(place, &sealed).map(drop), Err(OpenError::Tampered));

        // A key of another purpose is no key for opening.
        let token_key = keyring.active(Purpose::Token).0;
        sealed[1..HEADER_LEN].copy_from_slice(&token_key.get().to_be_bytes());
        assert_eq!(keyring.open(place, &sealed).map(drop), Err(OpenError::UnknownKey(token_key)));
    }

    #[test]
    fn the_same_value_sealed_twice_looks_different() {
        let (keyring, place) = (keyring(), Place { table: "orders", column: "buyer", row: 1 });
        let seal = || keyring.seal(place, b"Li Lei", &OsEntropy);
        assert_ne!(seal(), seal());
    }

    /// Data sealed by an earlier build must open with this one: never change the bytes, which another
    /// program computed from the format's description.
    #[test]
    fn the_stored_format_stays() {
        let place = Place { table: "orders", column: "buyer", row: 42 };
        let sealed = keyring().seal(place, b"Li Lei", &SeededEntropy::from_seed(2));
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "0100000001ce56971cde355897421efc0b3efd1a994dc79a74d17c0e120bc1dc4e188c2575fcbf"
        );
    }
}
