//! Signed webhooks by the Standard Webhooks specification, version `v1`, to send and to receive.
//!
//! What is signed is `id.timestamp.body` with HMAC-SHA-256; the headers are `webhook-id`,
//! `webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and base64, several separated by
//! blanks while a secret is being replaced). A message is good for five minutes around its
//! timestamp, so within that time the receiver remembers ids and drops the second.
//!
//! ```
//! use ordermill_base::Timestamp;
//! use ordermill_vault::standard_webhooks::{Headers, WebhookSecret, sign, verify};
//!
//! let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! let now = Timestamp::from_millis(1_614_265_330_000);
//! let signature = sign(&[&secret], "msg_1", now, b"{}");
//! let headers = Headers { id: "msg_1", timestamp: "1614265330", signature: &signature };
//! verify(&[&secret], headers, b"{}", now)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ordermill_base::{Span, Timestamp};
use ring::hmac;
use zeroize::Zeroizing;

use crate::Entropy;

/// The secret shared with one endpoint.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// What the three headers of a received message say; an absent one is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, seconds since the epoch.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

/// Why a message is not accepted. To the sender all of these look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header is absent or not in its form.
    #[error("webhook header {0} is missing or malformed")]
    MalformedHeader(&'static str),
    /// Older than the tolerance: replayed, or a very late delivery.
    #[error("webhook is too old")]
    TooOld,
    /// From further ahead than the tolerance: one of the clocks is wrong.
    #[error("webhook is from the future")]
    TooNew,
    /// No signature was made with one of our secrets over this message.
    #[error("webhook signature does not match")]
    WrongSignature,
}

/// The text is not base64 of 16 to 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("webhook secret is not base64 of {} to {} bytes", SECRET_LEN.start(), SECRET_LEN.end())]
pub struct MalformedSecret;

/// How far a message's timestamp may be from now.
pub const TOLERANCE: Span = Span::minutes(5);

const PREFIX: &str = "whsec_";
/// The specification asks for 24 to 64 bytes; secrets of 16 are found in the field.
const SECRET_LEN: RangeInclusive<usize> = 16..=64;
const NEW_SECRET_LEN: usize = 32;

impl WebhookSecret {
    /// A new secret of 256 bits.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new(vec![0; NEW_SECRET_LEN]);
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// From the text a partner shows, with or without `whsec_`.
    pub fn parse(text: &str) -> Result<Self, MalformedSecret> {
        let text = text.trim();
        let base64 = text.strip_prefix(PREFIX).unwrap_or(text);
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(base64).map_err(|_| MalformedSecret)?);
        SECRET_LEN.contains(&bytes.len()).then_some(Self(bytes)).ok_or(MalformedSecret)
    }

    /// The text to show to the endpoint's owner, and to seal.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(&*self.0)))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> hmac::Context {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            context.update(part);
        }
        context
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret([secret])")
    }
}

/// The value of `webhook-signature` for a message about to be sent: one signature for each secret,
/// that is two while the endpoint changes over from one to the next.
///
/// # Panics
/// If the id is empty or contains a full stop, which would make the signed text ambiguous.
pub fn sign(secrets: &[&WebhookSecret], id: &str, sent_at: Timestamp, body: &[u8]) -> String {
    assert!(!id.is_empty() && !id.contains('.'), "an id without full stops");
    let timestamp = sent_at.as_seconds().to_string();
    let signature = |secret: &&WebhookSecret| {
        format!("v1,{}", BASE64_STANDARD.encode(secret.mac(id, &timestamp, body).sign()))
    };
    secrets.iter().map(signature).collect::<Vec<_>>().join(" ")
}

/// Accepts a message if one of its `v1` signatures was made with one of our secrets, and its
/// timestamp is within [`TOLERANCE`]. `body` is the raw body, before any parsing.
pub fn verify(
    secrets: &[&WebhookSecret],
    headers: Headers<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), WebhookError> {
    if headers.id.is_empty() {
        return Err(WebhookError::MalformedHeader("webhook-id"));
    }
    let seconds: i64 = headers
        .timestamp
        .parse()
        .map_err(|_| WebhookError::MalformedHeader("webhook-timestamp"))?;
    let tolerance = TOLERANCE.as_seconds();
    let age = now.as_seconds().saturating_sub(seconds);
    if age > tolerance {
        return Err(WebhookError::TooOld);
    }
    if age < -tolerance {
        return Err(WebhookError::TooNew);
    }
    let presented = || {
        let of_v1 = headers.signature.split(' ').filter_map(|text| text.strip_prefix("v1,"));
        of_v1.filter_map(|base64| BASE64_STANDARD.decode(base64).ok())
    };
    let is_ours = secrets.iter().any(|secret| {
        let expected = secret.mac(headers.id, headers.timestamp, body).sign();
        presented().any(|mac| crate::signature::constant_time_eq(expected.as_ref(), &mac))
    });
    if is_ours { Ok(()) } else { Err(WebhookError::WrongSignature) }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::OsEntropy;

    // The vector published in the tests of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT_AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const OTHER: &str = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn verdict(headers: Headers<'_>, body: &[u8], now: i64) -> Result<(), WebhookError> {
        verify(&[&WebhookSecret::parse(SECRET).unwrap()], headers, body, at(now))
    }

    fn headers() -> Headers<'static> {
        Headers { id: ID, timestamp: "1614265330", signature: SIGNATURE }
    }

    #[test]
    fn the_published_vector_is_made_and_accepted() {
        let secret = WebhookSecret::parse(SECRET).unwrap();
        assert_eq!(sign(&[&secret], ID, at(SENT_AT), BODY), SIGNATURE);
        assert_eq!(verdict(headers(), BODY, SENT_AT), Ok(()));
        let bare = WebhookSecret::parse(&SECRET[PREFIX.len()..]).unwrap();
        assert_eq!(verify(&[&bare], headers(), BODY, at(SENT_AT)), Ok(()));
    }

    #[test]
    fn one_right_signature_among_several_is_enough() {
        let signature = format!("{OTHER} v1a,AAAA {SIGNATURE} {OTHER}");
        let headers = Headers { signature: &signature, ..headers() };
        assert_eq!(verdict(headers, BODY, SENT_AT), Ok(()));
    }

    #[test]
    fn a_wrong_signature_is_refused_in_every_form() {
        let v9 = SIGNATURE.replace("v1,", "v9,");
        let bare = SIGNATURE.replace("v1,", "");
        for signature in [OTHER, "v1,", "", "v1,not base64", &SIGNATURE[..20], &v9, &bare] {
            let headers = Headers { signature, ..headers() };
            assert_eq!(
                verdict(headers, BODY, SENT_AT),
                Err(WebhookError::WrongSignature),
                "{signature}"
            );
        }
    }

    #[test]
    fn a_message_is_good_for_five_minutes_around_its_timestamp() {
        for (age, expected) in [
            (-301, Err(WebhookError::TooNew)),
            (-300, Ok(())),
            (300, Ok(())),
            (301, Err(WebhookError::TooOld)),
        ] {
            assert_eq!(verdict(headers(), BODY, SENT_AT + age), expected, "{age}");
        }
    }

    #[test]
    fn whatever_is_signed_cannot_be_changed() {
        let wrong = Err(WebhookError::WrongSignature);
        let later = Headers { timestamp: "1614265331", ..headers() };
        assert_eq!(verdict(later, BODY, SENT_AT), wrong);
        assert_eq!(verdict(Headers { id: "msg_other", ..headers() }, BODY, SENT_AT), wrong);
        assert_eq!(verdict(headers(), br#"{"test":2432232314}"#, SENT_AT), wrong);
    }

    #[test]
    fn missing_and_malformed_headers_are_named() {
        let malformed = |name| Err(WebhookError::MalformedHeader(name));
        let no_id = Headers { id: "", ..headers() };
        assert_eq!(verdict(no_id, BODY, SENT_AT), malformed("webhook-id"));
        for timestamp in ["", "hello", "1614265330.5", "99999999999999999999"] {
            let headers = Headers { timestamp, ..headers() };
            assert_eq!(verdict(headers, BODY, SENT_AT), malformed("webhook-timestamp"));
        }
        let far = Headers { timestamp: "-9223372036854775808", ..headers() };
        assert_eq!(verdict(far, BODY, SENT_AT), Err(WebhookError::TooOld));
    }

    #[test]
    fn during_a_change_of_secret_old_and_new_receivers_accept() {
        let (old, new) = (WebhookSecret::generate(&OsEntropy), WebhookSecret::generate(&OsEntropy));
        let signature = sign(&[&new, &old], ID, at(SENT_AT), BODY);
        let headers = Headers { signature: &signature, ..headers() };
        for secrets in [&[&old][..], &[&new], &[&old, &new]] {
            assert_eq!(verify(secrets, headers, BODY, at(SENT_AT)), Ok(()));
        }
        let stranger = WebhookSecret::generate(&OsEntropy);
        let refused = verify(&[&stranger], headers, BODY, at(SENT_AT));
        assert_eq!(refused, Err(WebhookError::WrongSignature));
        assert_eq!(verify(&[], headers, BODY, at(SENT_AT)), Err(WebhookError::WrongSignature));
    }

    #[test]
    fn a_secret_has_a_text_form_and_is_never_printed() {
        let secret = WebhookSecret::generate(&OsEntropy);
        let text = secret.to_text();
        assert_eq!(WebhookSecret::parse(&text).unwrap().to_text(), text);
        assert_eq!(format!("{secret:?}"), "WebhookSecret([secret])");
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "whsk_AAAA"] {
            assert!(WebhookSecret::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_is_accepted_whatever_the_body(body in vec(any::<u8>(), 0..300)) {
            let secret = WebhookSecret::parse(SECRET).unwrap();
            let signature = sign(&[&secret], ID, at(SENT_AT), &body);
            let headers = Headers { signature: &signature, ..headers() };
            prop_assert_eq!(verify(&[&secret], headers, &body, at(SENT_AT)), Ok(()));
        }
    }
}
