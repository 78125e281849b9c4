//! One-time codes: six digits sent by text message or mail to prove a phone or an address.
//!
//! A code has only a million values, so a plain digest of it could be reversed by trying them all:
//! what is stored is keyed ([`Keyring::code_digest`]). The caller limits tries and lifetime; five
//! tries leave a guesser a chance of 1 in 200,000.

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::blind_index::ascii_digit;
use crate::key::{KeyId, Purpose};
use crate::keyring::Keyring;
use crate::{Claim, Entropy};

/// Six random digits.
#[derive(Clone)]
pub struct OneTimeCode(Zeroizing<String>);

impl OneTimeCode {
    /// A new code; all of `000000` to `999999` are equally likely.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        const VALUES: u32 = 1_000_000;
        // Draws from the last, incomplete million of the range are thrown away.
        const LIMIT: u32 = u32::MAX - u32::MAX % VALUES;
        let mut bytes = Zeroizing::new([0; 4]);
        loop {
            entropy.fill(&mut bytes[..]);
            let draw = u32::from_le_bytes(*bytes);
            if draw < LIMIT {
                return Self(Zeroizing::new(format!("{:06}", draw % VALUES)));
            }
        }
    }

    /// The digits to send.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode([secret])")
    }
}

const KIND: &str = "one-time code";

impl Keyring {
    /// What to store of a code that was sent for a claim: key id and keyed hash, 36 bytes.
    pub fn code_digest(&self, claim: Claim, code: &OneTimeCode) -> Vec<u8> {
        let (id, key) = self.active(Purpose::Token);
        let mut digest = id.get().to_be_bytes().to_vec();
        digest.extend_from_slice(&claim.hmac(key, KIND, code.as_str().as_bytes())[..]);
        digest
    }

    /// Whether what somebody typed is the code stored for this claim. Blanks and full-width digits
    /// are taken as meant.
    pub fn verify_code(&self, claim: Claim, typed: &str, stored: &[u8]) -> bool {
        let Some((id, expected)) = stored.split_first_chunk::<4>() else { return false };
        let id = KeyId::new(u32::from_be_bytes(*id));
        let (Some(Some(key)), Some(digits)) = (self.secret(id, Purpose::Token), six_digits(typed))
        else {
            return false;
        };
        claim.hmac(key, KIND, digits.as_bytes()).ct_eq(expected).into()
    }
}

/// The six digits somebody typed, however spaced; `None` if it is anything else.
pub(crate) fn six_digits(typed: &str) -> Option<Zeroizing<String>> {
    let typed = typed.chars().filter(|character| !character.is_whitespace() && *character != '-');
    let digits: Zeroizing<String> = Zeroizing::new(typed.map(ascii_digit).collect::<Option<_>>()?);
    (digits.len() == 6).then_some(digits)
}

#[cfg(test)]
mod tests {
    use ordermill_base::Timestamp;

    use super::*;
    use crate::{OsEntropy, SeededEntropy};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const LOGIN: Claim = Claim { audience: "login", id: 7 };

    #[test]
    fn the_code_that_was_sent_is_accepted_however_it_is_typed() {
        let keyring = Keyring::generate(&OsEntropy, NOW);
        let code = OneTimeCode(Zeroizing::new("012345".to_owned()));
        let stored = keyring.code_digest(LOGIN, &code);
        for typed in ["012345", " 012 345 ", "012-345", "０１２３４５"] {
            assert!(keyring.verify_code(LOGIN, typed, &stored), "{typed}");
        }
        for typed in ["", "12345", "0123456", "012346", "0x2345", "012345a"] {
            assert!(!keyring.verify_code(LOGIN, typed, &stored), "{typed}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_claim_only() {
        let keyring = Keyring::generate(&OsEntropy, NOW);
        let code = OneTimeCode::generate(&OsEntropy);
        let stored = keyring.code_digest(LOGIN, &code);
        for claim in [Claim { id: 8, ..LOGIN }, Claim { audience: "pickup", ..LOGIN }] {
            assert!(!keyring.verify_code(claim, code.as_str(), &stored));
        }
        assert!(!keyring.verify_code(LOGIN, code.as_str(), &stored[..35]));
        assert!(!keyring.verify_code(LOGIN, code.as_str(), &[]));
    }

    #[test]
    fn a_code_sent_before_a_rotation_is_accepted_after_it() {
        let mut keyring = Keyring::generate(&OsEntropy, NOW);
        let code = OneTimeCode::generate(&OsEntropy);
        let stored = keyring.code_digest(LOGIN, &code);
        keyring.rotate(Purpose::Token, &OsEntropy, NOW);
        assert!(keyring.verify_code(LOGIN, code.as_str(), &stored));
    }

    /// Chi-squared over the first digit: 9 degrees of freedom, 27.9 at p = 0.001.
    #[test]
    fn all_first_digits_are_equally_likely() {
        let entropy = SeededEntropy::from_seed(3);
        let mut counts = [0_i64; 10];
        for _ in 0..10_000 {
            let code = OneTimeCode::generate(&entropy);
            assert_eq!(code.as_str().len(), 6);
            counts[usize::from(code.as_str().as_bytes()[0] - b'0')] += 1;
        }
        let squares: i64 = counts.iter().map(|count| (count - 1_000).pow(2)).sum();
        assert!(squares < 27_900, "{counts:?}");
    }

    #[test]
    fn printing_a_code_does_not_show_it() {
        let code = OneTimeCode::generate(&OsEntropy);
        assert!(!format!("{code:?}").contains(code.as_str()));
    }
}
