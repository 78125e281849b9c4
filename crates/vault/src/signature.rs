//! Keyed hashes over messages of partners: the plain HMAC, and the forms in which shops and trackers
//! send them.
//!
//! What these prove is that the *body* came from who knows the secret. Headers beside it prove
//! nothing: which shop is meant must follow from the endpoint and its own secret.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use ring::{digest, hmac};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;

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

/// What AfterShip puts into `aftership-hmac-sha256`: base64 of HMAC-SHA-256 over the raw body.
pub fn sign_aftership(secret: &str, body: &[u8]) -> String {
    BASE64_STANDARD.encode(hmac_sha256(secret.as_bytes(), body))
}

/// Checks `aftership-hmac-sha256`, see [`sign_aftership`].
pub fn verify_aftership(secret: &str, header: &str, body: &[u8]) -> Result<(), WrongSignature> {
    verify_shopify(secret, header, body)
}

/// What EasyPost puts into `X-Hmac-Signature`: `hmac-sha256-hex=` and HMAC-SHA-256 over the raw body. The
/// secret is brought into the normal form NFKD first.
pub fn sign_easypost(secret: &str, body: &[u8]) -> String {
    let key: String = secret.nfkd().collect();
    format!("hmac-sha256-hex={}", hex(&hmac_sha256(key.as_bytes(), body)))
}

/// Checks `X-Hmac-Signature` of EasyPost, see [`sign_easypost`].
pub fn verify_easypost(secret: &str, header: &str, body: &[u8]) -> Result<(), WrongSignature> {
    equal(&sign_easypost(secret, body), header)
}

/// What 17TRACK puts into `sign`: SHA-256 over the raw body, `/` and the account's key, as hexadecimal. Not
/// a keyed hash, but what they send.
pub fn sign_17track(key: &str, body: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [body, b"/", key.as_bytes()] {
        context.update(part);
    }
    hex(context.finish().as_ref())
}

/// Checks `sign` of 17TRACK, see [`sign_17track`].
pub fn verify_17track(key: &str, header: &str, body: &[u8]) -> Result<(), WrongSignature> {
    equal(&sign_17track(key, body), header)
}

/// What 快递100 (kuaidi100) puts into `sign`: MD5 over `param` as it was sent, decoded, and the salt of the
/// subscription, as hexadecimal. Weak, but what they send: a salt that is long and ours alone is all that
/// keeps forgers out.
pub fn sign_kuaidi100(salt: &str, param: &str) -> String {
    let sum = Md5::new().chain_update(param.as_bytes()).chain_update(salt.as_bytes()).finalize();
    hex(sum.as_slice())
}

/// Checks `sign` of 快递100, see [`sign_kuaidi100`].
pub fn verify_kuaidi100(salt: &str, sign: &str, param: &str) -> Result<(), WrongSignature> {
    equal(&sign_kuaidi100(salt, param), sign)
}

/// Hexadecimal signatures are compared whatever their case.
fn equal(ours: &str, given: &str) -> Result<(), WrongSignature> {
    let given = given.trim().to_ascii_lowercase();
    if constant_time_eq(ours.as_bytes(), given.as_bytes()) { Ok(()) } else { Err(WrongSignature) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

    /// Values of `openssl dgst` over the same bytes.
    #[test]
    fn trackers_are_believed_by_their_own_signatures_alone() {
        // The é of the secret may be one letter or two; EasyPost means the same by both.
        let mac = "2b77ab9f4435a56a39713f2fa735e3ece5b5ec64f109503233e17033efc7f486";
        let header = format!("hmac-sha256-hex={mac}");
        assert_eq!(verify_easypost("s\u{e9}cret", &header, b"{}"), Ok(()));
        assert_eq!(verify_easypost("se\u{301}cret", &header, b"{}"), Ok(()));
        assert_eq!(verify_easypost("secret", &header, b"{}"), Err(WrongSignature));
        assert_eq!(verify_easypost("s\u{e9}cret", mac, b"{}"), Err(WrongSignature));

        let sign = "461a224c100d7b686157238995a9c7bd82a226ec5c8e51a4aa00518eb432f61f";
        assert_eq!(verify_17track("key", sign, b"{}"), Ok(()));
        assert_eq!(verify_17track("key", sign, b"{ }"), Err(WrongSignature));
        assert_eq!(verify_17track("other", sign, b"{}"), Err(WrongSignature));

        // printf '%s' '{}testsalt' | md5sum
        let sign = "24F6366A59BD13719791A208F94C2375";
        assert_eq!(verify_kuaidi100("testsalt", sign, "{}"), Ok(()));
        assert_eq!(verify_kuaidi100("testsalt", sign, "{}x"), Err(WrongSignature));
        assert_eq!(verify_kuaidi100("", sign, "{}"), Err(WrongSignature));
    }

    #[test]
    fn equality_is_of_all_bytes() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd"));
        assert!(!constant_time_eq(b"abc", b"abcd"));
    }
}
