//! Where payment gateways tell us what happened.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{MethodRouter, post};
use ordermill_app::Services;
use ordermill_app::payment::notice::ReceiveNoticeError;
use ordermill_ports::Headers;
use ordermill_ports::gateway::NoticeError;

use crate::params::PathText;
use crate::problem::Problem;

/// Bytes of a notice at most; the largest of a real gateway have a few thousand.
const NOTICE_BYTES_MAX: usize = 64 * 1024;

/// The route, with a limit of its own.
pub(crate) fn notices() -> MethodRouter<Services> {
    post(receive_notice).layer(DefaultBodyLimit::max(NOTICE_BYTES_MAX))
}

/// Take a gateway's notice.
///
/// For gateways only: the signature over the raw body is checked before anything else. A notice that
/// is answered with 204 is stored; whatever comes of it is our affair, and it need not be sent again.
#[utoipa::path(
    post, path = "/gateways/{gateway}/notices", tag = "partners", operation_id = "receive_notice",
    params(("gateway" = String, Path, description = "The gateway's name in our settings.", example = "sandbox")),
    request_body(content = String, description = "Whatever the gateway sends.", content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "It is stored."),
        (status = 400, description = "A header of the signature is missing or doubled.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The signature is not the gateway's, or not from now.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No gateway of this name is set up.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It could not be stored; send it again.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn receive_notice(
    State(services): State<Services>,
    PathText(gateway): PathText,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = body.map_err(|rejection| body_problem(&rejection))?;
    services.payments().receive_notice(&gateway, &as_received(&headers), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The headers that are text, for a signature or for the record.
pub(crate) fn as_received(headers: &HeaderMap) -> Headers {
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect()
}

pub(crate) fn body_problem(rejection: &BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is too large")
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "the body broke off"),
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ReceiveNoticeError> for Problem {
    fn from(error: ReceiveNoticeError) -> Self {
        match error {
            ReceiveNoticeError::UnknownGateway(_) => {
                Self::new(StatusCode::NOT_FOUND, "gateway_unknown", &error)
            }
            ReceiveNoticeError::NotBelieved(NoticeError::Header(_)) => {
                Self::new(StatusCode::BAD_REQUEST, "signature_header", &error)
            }
            ReceiveNoticeError::NotBelieved(
                NoticeError::Signature | NoticeError::Stale | NoticeError::Unreadable(_),
            ) => Self::new(StatusCode::UNAUTHORIZED, "signature_wrong", &error),
            ReceiveNoticeError::Storage(error) => error.into(),
        }
    }
}
