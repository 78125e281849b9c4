//! Answering a dispute: with evidence, or by accepting it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::dispute::answer::{AnswerDispute, AnswerDisputeError, Saying};
use ordermill_app::order::place::Key;
use ordermill_domain::actor::Act;
use ordermill_domain::ids::DisputeId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::seen;
use super::view::DisputeDetailView;
use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::etag::{self, IfMatch};
use crate::idempotency;
use crate::params::{PathId, not_found};
use crate::problem::{FieldError, Problem};

/// What speaks for us.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubmitEvidence)]
pub struct EvidenceBody {
    /// In words for the bank. What the order tells (when it was shipped, with which waybill, when it was
    /// delivered and confirmed) is added.
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
}

/// Why a dispute is not contested.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AcceptDispute)]
pub struct AcceptBody {
    /// In words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Submit evidence to a dispute.
///
/// The decision is durable before the answer, and brought to the gateway by itself, once; until the gateway
/// has it, the dispute says `answer`. The same Idempotency-Key with the same body answers it once.
#[utoipa::path(
    post, path = "/api/v1/disputes/{dispute_id}/evidence", tag = "disputes", operation_id = "submit_evidence",
    params(
        ("dispute_id" = String, Path, description = "Its id.", example = "dsp_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = EvidenceBody,
    responses(
        (status = 200, description = "It is on its way.", body = DisputeDetailView),
        (status = 409, description = "It was answered, or has ended.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn submit_evidence(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<DisputeId>,
    IfMatch(version): IfMatch,
    headers: HeaderMap,
    body: JsonBody<EvidenceBody>,
) -> Result<Response, Problem> {
    let operation = format!("submit_evidence {id}");
    let key = idempotency::key_of(&headers, &caller, &operation, body.digest)?;
    let say = Saying::Evidence(body.value.text);
    let act = caller.act(&services);
    answer(&services, &caller, act, (id, version), say, key).await
}

/// Accept a dispute.
///
/// The money is gone without a contest. Decided, durable and brought to the gateway as evidence is.
#[utoipa::path(
    post, path = "/api/v1/disputes/{dispute_id}/accept", tag = "disputes", operation_id = "accept_dispute",
    params(
        ("dispute_id" = String, Path, description = "Its id.", example = "dsp_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = AcceptBody,
    responses(
        (status = 200, description = "It is on its way.", body = DisputeDetailView),
        (status = 409, description = "It was answered, or has ended.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn accept_dispute(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<DisputeId>,
    IfMatch(version): IfMatch,
    headers: HeaderMap,
    body: JsonBody<AcceptBody>,
) -> Result<Response, Problem> {
    let operation = format!("accept_dispute {id}");
    let key = idempotency::key_of(&headers, &caller, &operation, body.digest)?;
    let act = Act { reason: Some(reason(body.value.reason)?), ..caller.act(&services) };
    answer(&services, &caller, act, (id, version), Saying::Accept, key).await
}

async fn answer(
    services: &Services,
    caller: &Caller,
    act: Act,
    (id, version): (DisputeId, i64),
    say: Saying,
    key: Key,
) -> Result<Response, Problem> {
    let request = AnswerDispute { dispute: id, version: Some(version), say, key: Some(key) };
    services.payments().answer_dispute(caller.principal(), &act, request).await?;
    seen(services, id).await
}

// No `_` arm: a new kind of failure is given its status here.
impl From<AnswerDisputeError> for Problem {
    fn from(error: AnswerDisputeError) -> Self {
        use AnswerDisputeError as E;
        match error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::NotFound(_) => not_found("dispute"),
            E::Stale(_) => etag::changed(error),
            E::Words => {
                Self::invalid(vec![FieldError::new("/text", "out_of_range", error.to_string())])
            }
            E::Refused(_) => Self::new(StatusCode::CONFLICT, "dispute_answered", &error),
            E::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", &error)
            }
            E::Storage(error) => error.into(),
        }
    }
}
