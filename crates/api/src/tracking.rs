//! Where carriers and trackers tell us where parcels are.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use ordermill_app::Services;
use ordermill_app::shipment::push::ReceivePushError;
use ordermill_ports::tracking::Reply;

use crate::gateway::{as_received, body_problem};
use crate::params::{PathTexts, not_found};
use crate::problem::Problem;

/// Bytes of a push at most: the whole history of a parcel with hundreds of scans.
const PUSH_BYTES_MAX: usize = 512 * 1024;

/// The route, with a limit of its own.
pub(crate) fn pushes() -> MethodRouter<Services> {
    post(receive_tracking_push).layer(DefaultBodyLimit::max(PUSH_BYTES_MAX))
}

/// Take a push about parcels.
///
/// For carriers and trackers only: the signature is checked over the raw body in the partner's own way,
/// with the secret of the tracker in the address. What is taken is stored, and answered in the words
/// that the partner demands; it need not be sent again.
#[utoipa::path(
    post, path = "/hooks/tracking/{partner}/{tracker_id}", tag = "partners", operation_id = "receive_tracking_push",
    params(
        ("partner" = String, Path, description = "Who pushes: `easypost`, `aftership`, `kuaidi100`, `17track`.", example = "kuaidi100"),
        ("tracker_id" = String, Path, description = "Which of them.", example = "trk_01k2ey4xh0000"),
    ),
    request_body(content = String, description = "Whatever the partner sends.", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "It is stored; the body is what the partner wants to read.", body = String, content_type = "text/plain"),
        (status = 204, description = "It is stored."),
        (status = 401, description = "The signature is not the partner's, or not from now; a partner that wants to hear so in a document of its own gets that with 200.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such tracker.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It could not be stored; send it again.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn receive_tracking_push(
    State(services): State<Services>,
    PathTexts(partner, tracker): PathTexts,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|rejection| body_problem(&rejection))?;
    let tracker = tracker.parse().map_err(|_| not_found("tracker"))?;
    let headers = as_received(&headers);
    match services.carriers().receive_push(&partner, tracker, &headers, &body).await {
        Ok(reply) => Ok(answer(reply)),
        Err(ReceivePushError::NotBelieved(reply, _)) if reply.status == 200 => Ok(answer(reply)),
        Err(error @ ReceivePushError::NotBelieved(..)) => {
            Err(Problem::new(StatusCode::UNAUTHORIZED, "signature_wrong", &error))
        }
        Err(ReceivePushError::UnknownTracker) => Err(not_found("tracker")),
        Err(ReceivePushError::Storage(error)) => Err(error.into()),
    }
}

/// An answer in the partner's own words.
fn answer(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if reply.body.is_empty() {
        return status.into_response();
    }
    (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response()
}
