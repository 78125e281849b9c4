//! Time-based one-time passwords for the second step of a login (RFC 6238 over RFC 4226).
//!
//! SHA-1, six digits, 30 seconds: the only form every authenticator app understands. SHA-1's
//! collisions do not touch HMAC. Written here rather than taken from a crate: it is one keyed hash
//! and a remainder, while the part that matters, that a code works only once, is ours to keep
//! anyway.

use std::fmt;

use ordermill_base::Timestamp;
use ring::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::Entropy;
use crate::one_time_code::six_digits;

/// The secret shared with an authenticator app: 160 bits, stored sealed.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

/// Why a code is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TotpError {
    /// Not a code of this moment, nor of the ones right before and after.
    #[error("code is wrong")]
    Wrong,
    /// A right code that was used before.
    #[error("code was already used")]
    Replayed,
}

const STEP_SECONDS: i64 = 30;
const SECRET_LEN: usize = 20;

impl TotpSecret {
    /// A new secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut secret = Zeroizing::new(vec![0; SECRET_LEN]);
        entropy.fill(&mut secret);
        Self(secret)
    }

    /// From the opened column; `None` below the 128 bits that RFC 4226 asks for.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= 16).then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// The bytes to seal.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret to type into an app that cannot scan.
    pub fn to_base32(&self) -> Zeroizing<String> {
        base32(&self.0)
    }

    /// The `otpauth://` address for the QR code an app scans.
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let (issuer, account) = (percent_encode(issuer), percent_encode(account));
        let secret = self.to_base32();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            *secret
        ))
    }

    /// Checks a typed code and gives the step it belongs to, which the caller stores as
    /// `last_used_step` in the transaction of the login: a code is good once.
    ///
    /// Clocks may be one step (30 s) apart.
    pub fn verify(
        &self,
        typed: &str,
        now: Timestamp,
        last_used_step: Option<i64>,
    ) -> Result<i64, TotpError> {
        let typed = six_digits(typed).ok_or(TotpError::Wrong)?;
        let current = now.as_seconds().div_euclid(STEP_SECONDS);
        let matches = |step: &i64| self.code(*step).as_bytes().ct_eq(typed.as_bytes()).into();
        let steps = [current, current - 1, current + 1].into_iter().filter(matches);
        let mut verdict = Err(TotpError::Wrong);
        for step in steps {
            if last_used_step.is_none_or(|last| step > last) {
                return Ok(step);
            }
            verdict = Err(TotpError::Replayed);
        }
        verdict
    }

    /// The code of a step, that is of the 30 seconds from `step * 30` seconds after the epoch on.
    pub fn code(&self, step: i64) -> Zeroizing<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let hash = tag.as_ref();
        // RFC 4226, 5.3: the last four bits choose which four bytes are taken, without their sign.
        let offset = usize::from(hash[hash.len() - 1] & 0xf);
        let [a, b, c, d] = [hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]];
        let number = u32::from_be_bytes([a & 0x7f, b, c, d]);
        Zeroizing::new(format!("{:06}", number % 1_000_000))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret([secret])")
    }
}

/// RFC 4648, section 6, without padding, which authenticator apps do not want.
fn base32(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 8 / 5 + 1));
    for chunk in bytes.chunks(5) {
        let mut group = Zeroizing::new([0; 8]);
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(*group);
        let characters = (chunk.len() * 8).div_ceil(5);
        for index in 0..characters {
            let five = (bits >> (35 - 5 * index)) & 0x1f;
            text.push(char::from(ALPHABET[usize::try_from(five).unwrap_or_default()]));
        }
    }
    text
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ordermill_base::Span;

    use super::*;
    use crate::OsEntropy;

    fn rfc_secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").expect("160 bits")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_counter_vectors_hold() {
        let codes: Vec<String> = (0..10).map(|step| rfc_secret().code(step).to_string()).collect();
        assert_eq!(
            codes,
            [
                "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
                "399871", "520489"
            ]
        );
    }

    /// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn the_time_vectors_hold() {
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(rfc_secret().verify(&eight[2..], at(seconds), None), Ok(seconds / 30));
        }
    }

    #[test]
    fn clocks_may_be_one_step_apart_and_no_more() {
        let (secret, now) = (rfc_secret(), at(1_111_111_111));
        let step = 1_111_111_111 / 30;
        let code = secret.code(step);
        for (drift, verdict) in [
            (Span::seconds(-60), Err(TotpError::Wrong)),
            (Span::seconds(-30), Ok(step)),
            (Span::ZERO, Ok(step)),
            (Span::seconds(30), Ok(step)),
            (Span::seconds(60), Err(TotpError::Wrong)),
        ] {
            assert_eq!(secret.verify(&code, now + drift, None), verdict, "{drift:?}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_an_older_one_is_not_good_after_it() {
        let (secret, now) = (rfc_secret(), at(1_111_111_111));
        let step = 1_111_111_111 / 30;
        let used = secret.verify(&secret.code(step), now, Some(step - 5));
        assert_eq!(used, Ok(step));
        let again = |code: &str| secret.verify(code, now, Some(step));
        assert_eq!(again(&secret.code(step)), Err(TotpError::Replayed));
        assert_eq!(again(&secret.code(step - 1)), Err(TotpError::Replayed));
        assert_eq!(again(&secret.code(step + 1)), Ok(step + 1));
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        for typed in ["", "12345", "abcdef", "1234567", "-12345"] {
            assert_eq!(rfc_secret().verify(typed, at(59), None), Err(TotpError::Wrong), "{typed}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_vectors_hold() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(*base32(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn the_address_for_the_app_is_well_formed() {
        assert_eq!(
            *rfc_secret().uri("Ordermill 演示", "li.lei@example.com"),
            "otpauth://totp/Ordermill%20%E6%BC%94%E7%A4%BA:li.lei%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Ordermill%20%E6%BC%94%E7%A4%BA&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_stored_secret_comes_back_and_is_never_printed() {
        let secret = TotpSecret::generate(&OsEntropy);
        let back = TotpSecret::from_bytes(secret.as_bytes()).expect("160 bits");
        assert_eq!(secret.code(1), back.code(1));
        assert!(TotpSecret::from_bytes(&[1; 15]).is_none());
        assert_eq!(format!("{secret:?}"), "TotpSecret([secret])");
    }
}
