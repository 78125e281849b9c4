//! Handing in a file of orders.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use ordermill_app::Services;
use ordermill_app::exchange::orders::{Format, OrderFile, import_orders as take_in};
use ordermill_app::exchange::{ImportError, Limits};
use ordermill_domain::api_key::Scope;
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use utoipa::IntoParams;

use super::read::{ImportView, load};
use crate::auth::Caller;
use crate::problem::Problem;

/// Bytes of a file at most; `ordermill import` takes larger ones.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// Files that are taken in at once: each is in memory as long as it is read.
const AT_ONCE: usize = 2;
/// From the first byte to the last.
const UPLOADED_WITHIN: Duration = Duration::from_secs(120);
/// Whoever hands in a file waits so long for the end of it, and asks again after that.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Room for files that are being taken in.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// What a file is called.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FileQuery {
    /// For people who look at the report.
    #[param(max_length = 200, example = "market-2026-11-22.csv")]
    #[serde(default)]
    name: String,
}

/// Hand in a file of orders.
///
/// Orders come in once by the channel's order id, so a file may be handed in again at any time:
/// after an interruption it goes on where it was, otherwise it changes nothing. Orders that cannot
/// be taken in are told by line, and the others are in. A file that is not done within ten seconds
/// is answered with 202 and goes on.
#[utoipa::path(
    post, path = "/api/v1/imports/orders", tag = "imports", operation_id = "import_orders",
    params(FileQuery),
    request_body(
        description = "One order a line in JSON, or a sheet with one row for each line of an order; at most 16 MiB.",
        content((String = "application/x-ndjson"), (String = "text/csv")),
    ),
    responses(
        (status = 200, description = "All of it has been looked at.", body = ImportView),
        (status = 202, description = "It is being taken in; ask the address in Location.", body = ImportView),
        (status = 400, description = "The body broke off, or a parameter cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:write.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body took too long.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Neither lines of JSON nor a sheet.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The file as a whole is no good.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Other files are being taken in, or overloaded, disk full or database away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub(crate) async fn import_orders(
    State(services): State<Services>,
    caller: Caller,
    Extension(places): Extension<Places>,
    query: Result<Query<FileQuery>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    caller.require(Scope::WriteOrders)?;
    let Query(FileQuery { name }) = query.map_err(|rejection| {
        Problem::new(StatusCode::BAD_REQUEST, "parameters_unreadable", rejection.body_text())
    })?;
    let format = format_of(request.headers())?;
    let Ok(place) = places.0.try_acquire_owned() else {
        let detail = "other files are being taken in";
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        return Err(Problem { retry_after_seconds: Some(10), ..problem });
    };
    let bytes = body(request).await?;
    let limits = Limits { bytes: FILE_BYTES_MAX as u64, ..Limits::default() };
    let name = name.chars().take(200).collect();
    let file =
        OrderFile { channel: caller.channel(), format, name, input: Cursor::new(bytes), limits };
    let (act, taker) = (caller.act(&services), services.clone());
    let (begun, mut beginning) = mpsc::channel(1);
    let mut taking = tokio::task::spawn_blocking(move || {
        let _place = place;
        let taken = take_in(&taker, &act, file, &mut |taken| {
            // Only the first is waited for.
            let _ = begun.try_send(taken.import);
        });
        if let Err(error) = &taken {
            tracing::warn!(error = error as &dyn std::error::Error, "a file was not taken in");
        }
        taken
    });
    let status = match tokio::time::timeout(ANSWERED_WITHIN, &mut taking).await {
        Ok(done) => {
            done.map_err(|error| Problem::internal(&error))?.map_err(Problem::from)?;
            StatusCode::OK
        }
        Err(_goes_on) => StatusCode::ACCEPTED,
    };
    let id = beginning.recv().await.ok_or_else(Problem::not_begun)?;
    let view = load(&services, &caller, &id.to_string()).await?;
    let location = format!("/api/v1/imports/{id}");
    Ok((status, [(header::LOCATION, location)], Json(view)).into_response())
}

fn format_of(headers: &HeaderMap) -> Result<Format, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match media_type.to_ascii_lowercase().as_str() {
        "application/x-ndjson" | "application/jsonl" => Ok(Format::JsonLines),
        "text/csv" => Ok(Format::Csv),
        _ => {
            let detail = "send the file as application/x-ndjson or text/csv";
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_file_of_orders", detail))
        }
    }
}

async fn body(request: Request) -> Result<Bytes, Problem> {
    let reading = Bytes::from_request(request, &());
    let read = tokio::time::timeout(UPLOADED_WITHIN, reading).await.map_err(|_| {
        let detail = "the file did not arrive within two minutes";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
    })?;
    read.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("a file has at most {FILE_BYTES_MAX} bytes; split it");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "the body broke off")
        }
    })
}

impl Problem {
    fn not_begun() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the file was not taken in; try again")
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::TooMuch { .. }
            | ImportError::Empty
            | ImportError::Header(_)
            | ImportError::Unreadable(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "file_refused", &error)
            }
            ImportError::Io(error) => Self::internal(&error),
            ImportError::Storage(error) => error.into(),
        }
    }
}
