//! Bodies: read with a limit, parsed with the path of what is wrong, never trusted beyond their type.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use ordermill_domain::card_number;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{FieldError, Problem};

/// Bytes of a JSON body at most.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A JSON body, with the digest by which a repeated request is recognized.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// The parsed body.
    pub value: T,
    /// SHA-256 of the bytes as received.
    pub digest: [u8; 32],
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        if !is_json(&request) {
            let detail = "send the body as application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
            } else {
                Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "the body broke off")
            }
        })?;
        let value = parse(&bytes)?;
        refuse_texts(&bytes)?;
        let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
        let digest = digest.as_ref().try_into().expect("SHA-256 has 32 bytes");
        Ok(Self { value, digest })
    }
}

/// A reason for the journal, as a body states it.
pub(crate) fn reason(text: String) -> Result<String, Problem> {
    if text.trim().is_empty() || text.chars().count() > 200 {
        let error = FieldError::new("/reason", "out_of_range", "1 to 200 characters");
        return Err(Problem::invalid(vec![error]));
    }
    Ok(text)
}

fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(axum::http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// Parses JSON; a wrong field is named by its JSON Pointer.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Keeping the path costs as much as parsing, so it is kept only when there is something to name.
    serde_json::from_slice(bytes).or_else(|_| parse_with_path(bytes))
}

fn parse_with_path<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            let pointer = pointer(error.path());
            let detail = without_position(&inner.to_string());
            Problem::invalid(vec![FieldError::new(pointer, "invalid", detail)])
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "malformed_json", inner)
        }
    })?;
    let malformed = |error| Problem::new(StatusCode::BAD_REQUEST, "malformed_json", error);
    deserializer.end().map_err(malformed)?;
    Ok(value)
}

/// Refuses a body in which some text holds the number of a payment card, which is not repeated in the
/// answer or the log, or a NUL, which not every database keeps.
fn refuse_texts(bytes: &[u8]) -> Result<(), Problem> {
    if !is_suspicious(bytes) {
        return Ok(());
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    let mut found = Vec::new();
    find_bad_texts(&value, &mut String::new(), &mut found);
    if found.is_empty() { Ok(()) } else { Err(Problem::invalid(found)) }
}

/// A quick look that misses nothing: 13 digits with nothing plain but blanks and dashes among them, a
/// full-width digit, or an escaped letter, which may be a digit or a NUL.
fn is_suspicious(bytes: &[u8]) -> bool {
    let mut digits = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'\\' if bytes.get(at + 1) == Some(&b'u') => return true,
            // U+FF10 to U+FF19.
            0xEF if matches!(bytes.get(at + 1..at + 3), Some([0xBC, 0x90..=0x99])) => return true,
            b' ' | b'-' | b'.' | b'\\' | 0x80.. => {}
            _ => digits = 0,
        }
        if digits >= 13 {
            return true;
        }
    }
    false
}

/// Fields that hold numbers by their nature.
const NUMBERS: [&str; 6] =
    ["gtin", "phone", "channel_order_id", "reference", "code", "postal_code"];

/// What machines read or make: labels of goods and parcels, ids of scans. Any sixteen digits may be one, and
/// nobody types a card there; refusing them would stop people at work.
const SCANNED: [&str; 5] = ["key", "lot", "scan", "serials", "waybills"];

fn find_bad_texts(value: &Value, pointer: &mut String, found: &mut Vec<FieldError>) {
    let mut inside = |step: &str, inner: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        find_bad_texts(inner, pointer, found);
        pointer.truncate(length);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| inside(name, inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, inner)| inside(&at.to_string(), inner));
        }
        Value::String(text) if text.contains('\0') => {
            let detail = "a text has no NUL character";
            found.push(FieldError::new(pointer.clone(), "invalid", detail));
        }
        Value::String(text) => {
            let is_name = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
            let name = pointer.rsplit('/').find(is_name).unwrap_or_default();
            let is_card = if SCANNED.contains(&name) {
                false
            } else if NUMBERS.contains(&name) {
                card_number::is_in_number(text)
            } else {
                card_number::is_in(text)
            };
            if is_card {
                let detail = "card numbers are not accepted; buyers pay at the gateway's page";
                found.push(FieldError::new(pointer.clone(), "card_number", detail));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment as S;
    path.iter()
        .map(|segment| match segment {
            S::Seq { index } => format!("/{index}"),
            S::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            S::Enum { variant } => format!("/{variant}"),
            S::Unknown => "/?".to_owned(),
        })
        .collect()
}

/// serde's words without the line and column, which mean nothing for a field that is named.
fn without_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only its presence matters here")]
        quantity: u32,
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let problem = parse::<Vec<Line>>(br#"[{"quantity": 1}, {"quantity": "x"}]"#).unwrap_err();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "/1/quantity"));
        let problem = parse::<Line>(br#"{"quantity": 1, "price": 0}"#).unwrap_err();
        assert_eq!(problem.status, 422);
    }

    #[test]
    fn card_numbers_are_refused_wherever_they_stand_and_not_repeated() {
        for text in [
            r#"{"note": "4111 1111 1111 1111"}"#,
            r#"{"lines": [{"a": "4111-1111-1111-1111"}]}"#,
            r#"{"note": "\u0034111111111111111"}"#,
            r#"{"note": "４１１１１１１１１１１１１１１１"}"#,
            r#"{"reference": "5555555555554444"}"#,
            r#"{"note": "王小姐的卡 4111　1111　1111　1111，谢谢"}"#,
        ] {
            let problem = refuse_texts(text.as_bytes()).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].code.as_str()), (422, "card_number"));
            let shown = serde_json::to_string(&problem).unwrap();
            assert!(!shown.contains("1111") && !shown.contains("4444"), "{shown}");
        }
        for text in [
            r#"{"note": "call 2580, floor 14"}"#,
            r#"{"phone": "+8613800138000", "gtin": "4006381333931"}"#,
            r#"{"channel_order_id": "820982911946154508"}"#,
            r#"{"note": "请放门口，谢谢！电话 13800138000"}"#,
            r#"{"waybills": ["4111111111111111"], "scans": [{"scan": "5555555555554444"}]}"#,
        ] {
            assert!(refuse_texts(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in ["", "{", "[1] 2", &"[".repeat(100_000)] {
            let problem = parse::<Value>(text.as_bytes()).unwrap_err();
            assert_eq!((problem.status, problem.code), (400, "malformed_json"), "{text:.9}");
        }
    }
}
