//! Recheck: what was picked is compared with what was ordered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use ordermill_app::Services;
use ordermill_app::pack::Seen;
use ordermill_app::pack::recheck::{Difference, Findings, Recheck, RecheckError, send_back};
use ordermill_domain::actor::Act;
use ordermill_domain::fulfillment::Fulfillment;
use ordermill_domain::ids::FulfillmentId;
use ordermill_storage::{Tx, fulfillment};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::etag;
use crate::fulfillment::view::FulfillmentView;
use crate::params::{PathId, not_found};
use crate::problem::{FieldError, Problem};
use crate::sourcing::by_hand::ReasonBody;

/// What was seen at the bench.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Recheck)]
pub struct RecheckBody {
    /// The pieces that were scanned.
    #[schema(max_items = 500)]
    pub scanned: Vec<ScannedBody>,
    /// What all of it weighs without a box, in grams, if it was weighed.
    #[serde(default)]
    #[schema(maximum = 10_000_000)]
    pub weight_grams: Option<u32>,
    /// Goods and their packing are intact.
    pub is_intact: bool,
    /// What breaks was padded.
    #[serde(default)]
    pub is_reinforced: bool,
}

/// Pieces of one item.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScannedPieces)]
pub struct ScannedBody {
    /// The code of the SKU, or its GTIN.
    #[schema(max_length = 60, example = "TEA-01")]
    pub code: String,
    /// How many.
    #[schema(minimum = 1, maximum = 100_000)]
    pub quantity: i64,
}

const SCANNED_MAX: usize = 500;
const PIECES_MAX: i64 = 100_000;
const GRAMS_MAX: u32 = 10_000_000;

/// Recheck a fulfillment.
///
/// Everything that was picked is compared with what is to be shipped. If anything differs, nothing
/// changes and each difference is told.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/recheck", tag = "packing", operation_id = "recheck_fulfillment",
    params(("fulfillment_id" = String, Path, description = "The fulfillment's id.", example = "ful_01k2ey4xh0000")),
    request_body = RecheckBody,
    responses(
        (status = 200, description = "It is right, and can be packed.", body = FulfillmentView),
        (status = 409, description = "It is not picked, or rechecked already.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong, or what was picked is not what was ordered: each difference is an error.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn recheck_fulfillment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    body: JsonBody<RecheckBody>,
) -> Result<impl IntoResponse, Problem> {
    let body = body.value;
    let wrong = check(&body);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let findings = Findings {
        scanned: body.scanned.into_iter().map(|it| (it.code, it.quantity)).collect(),
        weight_grams: body.weight_grams,
        is_intact: body.is_intact,
        is_reinforced: body.is_reinforced,
    };
    let recheck = Recheck {
        catalog: services.catalog(),
        principal: caller.principal().clone(),
        act: caller.act(&services),
        seen: Seen { id, version: None },
        findings,
    };
    match services.database().submit(recheck).await? {
        Ok(work) => Ok(shown_as(&work)),
        Err(RecheckError::Bench(error)) => Err(error.into()),
        Err(RecheckError::Wrong(differences)) => {
            Err(Problem::invalid(differences.iter().map(told).collect()))
        }
    }
}

/// Send a fulfillment back to the pickers.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/send-back", tag = "packing", operation_id = "send_back_fulfillment",
    params(("fulfillment_id" = String, Path, description = "The fulfillment's id.", example = "ful_01k2ey4xh0000")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "The pickers have it again.", body = FulfillmentView),
        (status = 409, description = "It is not picked, or rechecked already.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn send_back_fulfillment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    body: JsonBody<ReasonBody>,
) -> Result<impl IntoResponse, Problem> {
    let why = reason(body.value.reason)?;
    let act = Act { reason: Some(why), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let seen = Seen { id, version: None };
    let work = move |tx: &mut Tx<'_>| send_back(tx, &principal, &act, seen);
    services.database().write(work).await?;
    shown(&services, id).await
}

/// The fulfillment as it is now, with its version.
pub(super) async fn shown(
    services: &Services,
    id: FulfillmentId,
) -> Result<impl IntoResponse + use<>, Problem> {
    let found = services.database().read(move |tx| fulfillment::fetch(tx, id)).await?;
    found.map(|work| shown_as(&work)).ok_or_else(|| not_found("fulfillment"))
}

fn shown_as(work: &Fulfillment) -> impl IntoResponse + use<> {
    let view = FulfillmentView::from(work);
    (StatusCode::OK, [etag::etag(view.version)], Json(view))
}

fn check(body: &RecheckBody) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    if body.scanned.len() > SCANNED_MAX {
        let expected = format!("at most {SCANNED_MAX} items");
        wrong.push(FieldError::new("/scanned", "out_of_range", expected));
    }
    for (at, scanned) in body.scanned.iter().take(SCANNED_MAX).enumerate() {
        if scanned.code.is_empty() || scanned.code.chars().count() > 60 {
            let field = format!("/scanned/{at}/code");
            wrong.push(FieldError::new(field, "out_of_range", "1 to 60 characters"));
        }
        if !(1..=PIECES_MAX).contains(&scanned.quantity) {
            let expected = format!("1 to {PIECES_MAX} pieces");
            wrong.push(FieldError::new(
                format!("/scanned/{at}/quantity"),
                "out_of_range",
                expected,
            ));
        }
    }
    if body.weight_grams.is_some_and(|grams| grams > GRAMS_MAX) {
        let expected = format!("at most {GRAMS_MAX} grams");
        wrong.push(FieldError::new("/weight_grams", "out_of_range", expected));
    }
    wrong
}

fn told(difference: &Difference) -> FieldError {
    match difference {
        Difference::UnknownCode { code } => {
            FieldError::new("/scanned", "unknown_code", format!("no SKU has the code {code}"))
        }
        Difference::Pieces { sku, scanned, ordered } => {
            let detail = format!("{scanned} pieces of {sku} were scanned, {ordered} are ordered");
            FieldError::new("/scanned", "pieces_differ", detail)
        }
        Difference::Weight { measured_grams, computed_grams } => {
            let detail = format!("{measured_grams} g were measured, {computed_grams} g computed");
            FieldError::new("/weight_grams", "weight_differs", detail)
        }
        Difference::NotIntact => {
            FieldError::new("/is_intact", "not_intact", "what is damaged is sent back")
        }
        Difference::NotReinforced { sku } => {
            let detail = format!("{sku} breaks, and is to be padded");
            FieldError::new("/is_reinforced", "not_reinforced", detail)
        }
    }
}
