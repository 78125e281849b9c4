//! Versions as HTTP knows them: `ETag` says which one was read, `If-Match` which one is changed.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};

use crate::problem::Problem;

/// The version that an edit was made from. An edit without it could undo somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

/// The value of `ETag` for a version.
pub fn etag(version: i64) -> (header::HeaderName, HeaderValue) {
    let value = format!("\"{version}\"");
    (header::ETAG, HeaderValue::try_from(value).expect("digits in quotes are a header's value"))
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else {
            let detail = "read the resource and send its ETag as If-Match";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return Err(Problem::new(status, "if_match_required", detail));
        };
        let version = value.to_str().ok().and_then(read).filter(|_| values.next().is_none());
        version.map(Self).ok_or_else(|| {
            let detail = "send one ETag as it came, in its quotes";
            Problem::new(StatusCode::BAD_REQUEST, "if_match_malformed", detail)
        })
    }
}

fn read(text: &str) -> Option<i64> {
    let digits = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

/// Somebody else has changed it since its author read it.
pub fn changed(error: impl ToString) -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "version_changed", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_is_written() {
        for version in [1, 7, i64::MAX] {
            assert_eq!(read(etag(version).1.to_str().unwrap()), Some(version));
        }
        for wrong in ["1", "", "\"\"", "\"a\"", "W/\"1\"", "\"1\", \"2\"", "*", "\"-1\""] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
