//! Problems: every answer that is not a success, as RFC 9457 describes it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What went wrong, for a program (`code`, `errors`) and for a person (`title`, `detail`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A stable address of the kind of problem; resolves to its description in the API's documents.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status again, for logs.
    pub status: u16,
    /// A stable code to program against.
    pub code: &'static str,
    /// What exactly went wrong here, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Each wrong field with its reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// How many seconds to wait before trying again.
    #[serde(skip)]
    pub retry_after_seconds: Option<u32>,
}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON Pointer into the body, or the name of a parameter.
    pub field: String,
    /// A stable code of the reason.
    pub code: String,
    /// The reason and what is expected, in English.
    pub detail: String,
}

impl FieldError {
    /// A field, a code and words.
    pub fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), code: code.into(), detail: detail.into() }
    }
}

impl Problem {
    /// A problem with the words of its cause.
    pub fn new(status: StatusCode, code: &'static str, detail: impl ToString) -> Self {
        Self {
            kind: format!("/api/problems#{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code,
            detail: Some(detail.to_string()).filter(|detail| !detail.is_empty()),
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// The body is understood, and some of its fields are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = "some fields are missing or wrong; nothing was changed";
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail);
        Self { errors, ..problem }
    }

    /// Something of ours failed. The cause is logged here, once, and not told to the client.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        let detail = "the request could not be completed; it is safe to try it again";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    fn busy(code: &'static str, detail: &str, retry_after_seconds: u32) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self { retry_after_seconds: Some(retry_after_seconds), ..problem }
    }
}

impl From<ordermill_storage::Error> for Problem {
    fn from(error: ordermill_storage::Error) -> Self {
        use ordermill_storage::Error as E;
        match &error {
            E::StorageFull => Self::busy("storage_full", "the disk is full; reading goes on", 10),
            E::Overloaded => {
                Self::busy("overloaded", "too much is waiting; nothing was changed", 1)
            }
            E::Unavailable(_) => {
                Self::busy("database_unavailable", "the database cannot be reached just now", 1)
            }
            E::Conflict => Self::busy("conflict", "the change kept losing a race; try again", 1),
            E::Stale(what) => {
                let detail = format!("{what} changed meanwhile; read it again");
                Self::new(StatusCode::CONFLICT, "stale", detail)
            }
            E::UniqueViolation { .. }
            | E::RuleViolation { .. }
            | E::Panicked
            | E::Unreadable { .. }
            | E::Defect(_)
            | E::Engine(_)
            | E::Address(_) => Self::internal(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after_seconds;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, content_type);
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
