//! Tokens: random ones whose digest is stored, and signed ones that need no storage.
//!
//! A session, an API key or an invitation is a [`Token`]: 256 random bits, of which the database
//! keeps only the SHA-256, so a stolen table logs nobody in. (No slow hash: 256 bits cannot be
//! guessed.) A link in a mail, such as a guest's view of an order, is signed instead
//! ([`Keyring::sign_token`]): it states nothing and stores nothing, and is checked against the
//! order the link names. It cannot be taken back one by one; give it an end, and for anything that
//! must be revocable use a [`Token`].

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ordermill_base::Timestamp;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::key::{KeyId, Purpose};
use crate::keyring::Keyring;
use crate::{Entropy, secret::Secret};

/// 256 random bits as 43 characters that are safe in addresses, headers and cookies. Shown once.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

/// What is stored of a token: its SHA-256.
#[derive(Debug, Clone, Copy)]
pub struct TokenDigest([u8; 32]);

/// What a signed token or a code is good for: this audience, this thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The use, such as `guest_order`, at most 255 bytes. A token of one use is worth nothing in
    /// another.
    pub audience: &'static str,
    /// The id of the order, user or return it opens.
    pub id: i64,
}

/// Why a signed token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not ours, changed, for something else, or signed with a key that is gone.
    #[error("token is not valid")]
    Invalid,
    /// It was ours, and its time is over: offer a new one.
    #[error("token has expired")]
    Expired,
}

impl Token {
    /// A new token.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let secret = Secret::generate(entropy);
        Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(secret.bytes())))
    }

    /// The text to hand out, once.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What to store.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([secret])")
    }
}

impl TokenDigest {
    /// The digest of a text somebody presents, whatever it is. A prefix that marks the kind of
    /// token (`omk_…`) is part of the text.
    pub fn of(presented: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, presented.as_bytes()).as_ref());
        Self(bytes)
    }

    /// From the stored bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store, or to look up by.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are of the same token, in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

const VERSION: u8 = 1;
const MAC_LEN: usize = 16;
/// Version, key id, end, and the first 128 bits of the keyed hash.
const SIGNED_LEN: usize = 1 + 4 + 8 + MAC_LEN;

impl Keyring {
    /// A token of 39 characters that proves a claim until it expires, if ever.
    ///
    /// # Panics
    /// If the audience's name is longer than 255 bytes.
    pub fn sign_token(&self, claim: Claim, expires_at: Option<Timestamp>) -> String {
        let (id, key) = self.active(Purpose::Token);
        let mut bytes = [0; SIGNED_LEN];
        let (head, mac) = bytes.split_at_mut(SIGNED_LEN - MAC_LEN);
        head[0] = VERSION;
        head[1..5].copy_from_slice(&id.get().to_be_bytes());
        head[5..].copy_from_slice(&expires_at.map_or(NEVER, Timestamp::as_micros).to_be_bytes());
        mac.copy_from_slice(&claim.hmac(key, "signed token", head)[..MAC_LEN]);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Checks a presented token against the claim the request makes.
    pub fn verify_token(
        &self,
        claim: Claim,
        presented: &str,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        let mut bytes = [0; SIGNED_LEN];
        match BASE64_URL_SAFE_NO_PAD.decode_slice(presented, &mut bytes) {
            Ok(SIGNED_LEN) if bytes[0] == VERSION => {}
            _ => return Err(TokenError::Invalid),
        }
        let (head, mac) = bytes.split_at(SIGNED_LEN - MAC_LEN);
        let (id, end) = head[1..].split_first_chunk::<4>().ok_or(TokenError::Invalid)?;
        let id = KeyId::new(u32::from_be_bytes(*id));
        let key = self.secret(id, Purpose::Token).flatten().ok_or(TokenError::Invalid)?;
        let expected = claim.hmac(key, "signed token", head);
        if !bool::from(expected[..MAC_LEN].ct_eq(mac)) {
            return Err(TokenError::Invalid);
        }
        let end = i64::from_be_bytes(end.try_into().map_err(|_| TokenError::Invalid)?);
        if now.as_micros() >= end { Err(TokenError::Expired) } else { Ok(()) }
    }
}

/// The end of a token that does not expire.
const NEVER: i64 = i64::MAX;

impl Claim {
    /// The keyed hash of what `content` says about this claim; `kind` keeps links and codes apart.
    pub(crate) fn hmac(
        &self,
        key: &Secret,
        kind: &'static str,
        content: &[u8],
    ) -> Zeroizing<[u8; 32]> {
        let mut message = Zeroizing::new(Vec::with_capacity(64));
        for part in [kind, self.audience] {
            message.push(u8::try_from(part.len()).expect("a name of at most 255 bytes"));
            message.extend_from_slice(part.as_bytes());
        }
        message.extend_from_slice(&self.id.to_be_bytes());
        message.extend_from_slice(content);
        key.hmac(&message)
    }
}

#[cfg(test)]
mod tests {
    use ordermill_base::Span;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::{OsEntropy, SeededEntropy};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const ORDER: Claim = Claim { audience: "guest_order", id: 42 };

    fn keyring() -> Keyring {
        Keyring::generate(&SeededEntropy::from_seed(1), NOW)
    }

    #[test]
    fn a_token_is_known_again_by_its_digest_alone() {
        let (token, other) = (Token::generate(&OsEntropy), Token::generate(&OsEntropy));
        assert_eq!(token.as_str().len(), 43);
        let stored = TokenDigest::from_bytes(*token.digest().as_bytes());
        assert!(stored.matches(&TokenDigest::of(token.as_str())));
        assert!(!stored.matches(&other.digest()));
        assert!(!stored.matches(&TokenDigest::of("")));
    }

    /// The example of FIPS 180-2, B.1.
    #[test]
    fn the_digest_is_sha_256() {
        let hex: String =
            TokenDigest::of("abc").as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn printing_a_token_does_not_show_it() {
        let token = Token::generate(&OsEntropy);
        assert!(!format!("{token:?}{token:#?}").contains(token.as_str()));
    }

    #[test]
    fn a_guest_opens_their_order_and_no_other() {
        let keyring = keyring();
        let link = keyring.sign_token(ORDER, None);
        assert_eq!(link.len(), 39);
        assert_eq!(keyring.verify_token(ORDER, &link, NOW), Ok(()));
        for other in [Claim { id: 43, ..ORDER }, Claim { audience: "guest_return", ..ORDER }] {
            assert_eq!(keyring.verify_token(other, &link, NOW), Err(TokenError::Invalid));
        }
        let elsewhere = Keyring::generate(&OsEntropy, NOW);
        assert_eq!(elsewhere.verify_token(ORDER, &link, NOW), Err(TokenError::Invalid));
    }

    /// Links already mailed must keep working: never change the text, which another program
    /// computed.
    #[test]
    fn the_form_of_a_link_stays() {
        let link = keyring().sign_token(ORDER, Some(NOW + Span::hours(1)));
        assert_eq!(link, "AQAAAAMABgok7rHkAOpfZU_tPO2dJZhI8QriE10");
    }

    #[test]
    fn a_link_ends_at_its_time() {
        let (keyring, end) = (keyring(), NOW + Span::hours(1));
        let link = keyring.sign_token(ORDER, Some(end));
        assert_eq!(keyring.verify_token(ORDER, &link, end - Span::micros(1)), Ok(()));
        assert_eq!(keyring.verify_token(ORDER, &link, end), Err(TokenError::Expired));
    }

    #[test]
    fn links_survive_a_rotation_until_the_old_key_is_destroyed() {
        let mut keyring = keyring();
        let (old_key, link) = (keyring.active(Purpose::Token).0, keyring.sign_token(ORDER, None));
        keyring.rotate(Purpose::Token, &OsEntropy, NOW);
        assert_eq!(keyring.verify_token(ORDER, &link, NOW), Ok(()));
        keyring.destroy(old_key).unwrap();
        assert_eq!(keyring.verify_token(ORDER, &link, NOW), Err(TokenError::Invalid));
    }

    proptest! {
        #[test]
        fn a_changed_link_is_refused(at in any::<Index>(), replacement in "[A-Za-z0-9_-]") {
            let keyring = keyring();
            let mut link = keyring.sign_token(ORDER, Some(NOW + Span::hours(1)));
            let at = at.index(link.len());
            prop_assume!(link[at..=at] != replacement);
            link.replace_range(at..=at, &replacement);
            prop_assert_eq!(keyring.verify_token(ORDER, &link, NOW), Err(TokenError::Invalid));
        }

        #[test]
        fn arbitrary_text_is_refused_without_a_panic(text in ".{0,80}") {
            prop_assert!(keyring().verify_token(ORDER, &text, NOW).is_err());
        }
    }
}
