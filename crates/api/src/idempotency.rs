//! The `Idempotency-Key` header: the same key and body give the same answer, the same key with
//! another body is refused.

use axum::http::{HeaderMap, StatusCode};
use ordermill_app::order::place::Key;

use crate::problem::Problem;

/// The header's name.
pub const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 128;

/// Reads the key of a creating call. It is asked for, because a client that repeats a call without
/// one cannot know what it has caused.
///
/// A key is written bare (`8e03978e-40d5…`) or as a string of RFC 8941 (`"8e03978e-40d5…"`).
pub fn key(headers: &HeaderMap, principal: &str, digest: [u8; 32]) -> Result<Key, Problem> {
    let bad = |code, detail: &str| Problem::new(StatusCode::BAD_REQUEST, code, detail);
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Err(bad("idempotency_key_required", "send an Idempotency-Key header"));
    };
    let key = value.to_str().ok().and_then(unquoted);
    let key = key.filter(|key| !key.is_empty() && key.len() <= KEY_BYTES_MAX);
    match (key, values.next()) {
        (Some(key), None) => Ok(Key { principal: principal.to_owned(), key, request_hash: digest }),
        _ => Err(bad(
            "idempotency_key_malformed",
            "an Idempotency-Key has 1 to 128 printable letters",
        )),
    }
}

/// As [`key`] for any operation: the fingerprint is of the operation and the body, so that one key
/// is never taken for a repeat of another call.
pub fn key_of(
    headers: &HeaderMap,
    caller: &crate::auth::Caller,
    operation: &str,
    body_digest: [u8; 32],
) -> Result<Key, Problem> {
    let mut text = operation.as_bytes().to_vec();
    text.push(b'\n');
    text.extend_from_slice(&body_digest);
    let digest = ring::digest::digest(&ring::digest::SHA256, &text);
    let digest = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
    key(headers, &caller.key_owner(), digest)
}

fn unquoted(text: &str) -> Option<String> {
    let text = text.trim();
    let Some(quoted) = text.strip_prefix('"') else {
        let is_bare = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        return is_bare.then(|| text.to_owned());
    };
    let mut key = String::with_capacity(quoted.len());
    let mut letters = quoted.chars();
    loop {
        match letters.next()? {
            '"' => return letters.next().is_none().then_some(key),
            '\\' => key.push(letters.next().filter(|letter| matches!(letter, '"' | '\\'))?),
            letter @ ' '..='~' => key.push(letter),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bare_or_quoted() {
        assert_eq!(unquoted("abc-1").as_deref(), Some("abc-1"));
        assert_eq!(unquoted(r#""a \"b\" c""#).as_deref(), Some(r#"a "b" c"#));
        for wrong in [r#""open"#, r#""a" b"#, "a b", r#""a\n""#, "a\"b"] {
            assert_eq!(unquoted(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_missing_or_doubled_key_is_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(key(&headers, "p", [0; 32]).unwrap_err().code, "idempotency_key_required");
        headers.append(HEADER, "a".parse().unwrap());
        assert!(key(&headers, "p", [0; 32]).is_ok());
        headers.append(HEADER, "b".parse().unwrap());
        assert_eq!(key(&headers, "p", [0; 32]).unwrap_err().code, "idempotency_key_malformed");
    }
}
