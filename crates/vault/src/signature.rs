//! Keyed hashes over messages of partners: the plain HMAC and the form Shopify sends.
//!
//! What these prove is that the *body* came from who knows the secret. Headers beside it prove
//! nothing: which shop is meant must follow from the endpoint and its own secret.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use subtle::ConstantTimeEq as _;

/// The signature does not belong to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not match")]
pub struct WrongSignature;

/// HMAC-SHA-256.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    out.copy_from_slice(tag.as_ref());
    out
}

/// Checks an HMAC-SHA-256 in constant time.
pub fn verify_hmac_sha256(key: &[u8], message: &[u8], mac: &[u8]) -> Result<(), WrongSignature> {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), message, mac).map_err(|_| WrongSignature)
}

/// Whether two secrets are equal. The time taken tells their lengths at most.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Checks `X-Shopify-Hmac-Sha256`, base64 of HMAC-SHA-256 over the raw body, before it is parsed.
pub fn verify_shopify(secret: &str, header: &str, body: &[u8]) -> Result<(), WrongSignature> {
    let mac = BASE64_STANDARD.decode(header.trim()).map_err(|_| WrongSignature)?;
    verify_hmac_sha256(secret.as_bytes(), body, &mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_published_vector_holds() {
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(verify_hmac_sha256(b"Jefe", b"what do ya want for nothing?", &mac), Ok(()));
        assert_eq!(verify_hmac_sha256(b"Jefe", b"what do ya want", &mac), Err(WrongSignature));
        assert_eq!(verify_hmac_sha256(b"Jefe", b"", &mac[..16]), Err(WrongSignature));
    }

    /// The value was computed with `openssl dgst -sha256 -hmac hush -binary | base64`.
    #[test]
    fn a_body_from_shopify_is_accepted_as_it_came_and_not_otherwise() {
        let (body, header) =
            (br#"{"id":820982911946154508}"#, "qBvrsZF7RfB1iS6BX6IHqJTp5L911P7intnPeTPsH0I=");
        assert_eq!(verify_shopify("hush", header, body), Ok(()));
        let reformatted = br#"{"id": 820982911946154508}"#;
        for (secret, header, body) in [
            ("hush!", header, &body[..]),
            ("hush", header, reformatted),
            ("hush", "", body),
            ("hush", "not base64", body),
            ("hush", &header[..20], body),
        ] {
            assert_eq!(verify_shopify(secret, header, body), Err(WrongSignature), "{header}");
        }
    }

    #[test]
    fn equality_is_of_all_bytes() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd"));
        assert!(!constant_time_eq(b"abc", b"abcd"));
    }
}
