//! What a creating call is answered: facts that never change, so that a repeat gets the same answer.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::approval::{Decided, Decision};
use ordermill_app::once::{Once, OnceError};
use ordermill_base::Id;
use serde::Serialize;
use utoipa::ToSchema;

use crate::approval;
use crate::problem::Problem;

/// Says that a call was a repeat and changed nothing.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Something new. Read it for the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Created {
    /// Its key.
    #[schema(example = "sku_01k2ey4xh0000")]
    pub id: String,
}

/// 201 with where it is. `is_replay` for the repeat of a call that made it before.
pub fn created(place: &str, id: impl Id, is_replay: bool) -> Response {
    let location = format!("{place}/{id}");
    let body = Json(Created { id: id.to_string() });
    answer((StatusCode::CREATED, [(header::LOCATION, location)], body), is_replay)
}

/// The answer to a call that something was made by, now or before.
pub fn created_once<I: Id, T>(place: &str, once: &Once<I, T>) -> Response {
    match once {
        Once::Made(id, _) => created(place, *id, false),
        Once::Before(id) => created(place, *id, true),
    }
}

/// The answer to a call that made something, or asked a second person for it, now or before.
pub async fn decided<I: Id>(
    services: &Services,
    place: &str,
    decided: Decided<I>,
) -> Result<Response, Problem> {
    match decided.decision {
        Decision::Done(id) => Ok(created(place, id, decided.is_replay)),
        Decision::AwaitsApproval(task) => {
            Ok(answer(approval::awaited(services, task).await?, decided.is_replay))
        }
    }
}

/// Marks a repeat.
pub fn answer(response: impl IntoResponse, is_replay: bool) -> Response {
    let mut response = response.into_response();
    if is_replay {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

impl<E: Into<Self>> From<OnceError<E>> for Problem {
    fn from(error: OnceError<E>) -> Self {
        match error {
            OnceError::KeyReused => {
                let detail = "the idempotency key was used for another request";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
            }
            OnceError::Other(error) => error.into(),
        }
    }
}
