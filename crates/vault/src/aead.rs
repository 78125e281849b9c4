//! Encryption that notices every change: AES-256-GCM with a random 96-bit nonce in front.
//!
//! Random nonces of 96 bits are safe for up to 2³² messages under one key (NIST SP 800-38D, 8.3).
//! Both callers stay far below: see [`crate::seal`] and [`crate::keyring`].

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::Entropy;
use crate::secret::Secret;

/// Bytes that are added to a plain text: the nonce before, the tag behind.
pub(crate) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;
const TAG_LEN: usize = 16;

/// Appends nonce, cipher text and tag to `out`.
pub(crate) fn seal_onto(
    out: &mut Vec<u8>,
    key: &[u8; Secret::LEN],
    associated: &[u8],
    plain: &[u8],
    entropy: &dyn Entropy,
) {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    out.reserve(OVERHEAD + plain.len());
    out.extend_from_slice(&nonce);
    let start = out.len();
    out.extend_from_slice(plain);
    let tag = cipher(key)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated),
            &mut out[start..],
        )
        .expect("a plain text is shorter than the 64 GiB of one message");
    out.extend_from_slice(tag.as_ref());
}

/// The plain text of nonce, cipher text and tag, or `None` if any bit is not as it was sealed.
pub(crate) fn open(
    key: &[u8; Secret::LEN],
    associated: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut buffer = Zeroizing::new(rest.to_vec());
    let plain_len = cipher(key)
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(associated),
            buffer.as_mut_slice(),
        )
        .ok()?
        .len();
    buffer.truncate(plain_len);
    Some(buffer)
}

fn cipher(key: &[u8; Secret::LEN]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key has 256 bits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 14 of McGrew and Viega, The Galois/Counter Mode of Operation: key, nonce and plain
    /// text all zero.
    #[test]
    fn the_published_vector_holds() {
        struct Zeros;
        impl Entropy for Zeros {
            fn fill(&self, out: &mut [u8]) {
                out.fill(0);
            }
        }
        let mut sealed = Vec::new();
        seal_onto(&mut sealed, &[0; 32], b"", &[0; 16], &Zeros);
        let (nonce, rest) = sealed.split_at(NONCE_LEN);
        assert_eq!(nonce, [0; 12]);
        let hex: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
        assert_eq!(open(&[0; 32], b"", &sealed).expect("opens").as_slice(), [0; 16]);
    }
}
