//! Closing boxes, opening them again, and what was packed.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use ordermill_app::Services;
use ordermill_app::pack::close::{CloseError, Pack, open};
use ordermill_app::pack::{Seen, together};
use ordermill_domain::actor::Act;
use ordermill_domain::ids::FulfillmentId;
use ordermill_domain::package::{ContentError, Package};
use ordermill_storage::{Error, Tx, fulfillment, package};
use serde::Deserialize;
use utoipa::ToSchema;

use super::recheck::shown;
use super::view::{BoxBody, PackageView, boxes};
use crate::auth::Caller;
use crate::body::{JsonBody, reason};
use crate::params::{Page, PathId, not_found};
use crate::problem::{FieldError, Problem};
use crate::sourcing::by_hand::ReasonBody;

/// The boxes of a fulfillment.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Pack)]
pub struct PackBody {
    /// What was packed, box by box.
    #[schema(min_items = 1, max_items = 200)]
    pub boxes: Vec<BoxBody>,
    /// Says that somebody has looked, where size or weight differ from the books; no personal data.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub reason: Option<String>,
}

/// Pack a fulfillment.
///
/// The boxes together hold exactly what is to be shipped, of all that travels together. Each is shown to fit by the sizes and weights of
/// the catalog, unless a reason is stated.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/pack", tag = "packing", operation_id = "pack_fulfillment",
    params(("fulfillment_id" = String, Path, description = "The fulfillment's id.", example = "ful_01k2ey4xh0000")),
    request_body = PackBody,
    responses(
        (status = 200, description = "It is packed.", body = Page<PackageView>),
        (status = 409, description = "It is not rechecked, or packed already.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is wrong, or the boxes are not what is to be shipped.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn pack_fulfillment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    body: JsonBody<PackBody>,
) -> Result<Json<Page<PackageView>>, Problem> {
    let why = body.value.reason.map(reason).transpose()?;
    let found = services.database().snapshot(move |tx| together::read(tx, id)).await?;
    let together = found.ok_or_else(|| not_found("fulfillment"))?;
    let packed = boxes(&together, &body.value.boxes).map_err(Problem::invalid)?;
    let act = Act { reason: why, ..caller.act(&services) };
    let pack = Pack {
        catalog: services.catalog(),
        principal: caller.principal().clone(),
        act,
        // The numbers of lines are those of what was read just now.
        seen: Seen { id, version: Some(together.work.version()) },
        boxes: packed,
    };
    let mut packages = services.database().submit(pack).await??;
    packages.retain(|package| package.fulfillment == id);
    Ok(shown_as(&packages))
}

/// Open the boxes of a fulfillment again.
#[utoipa::path(
    post, path = "/api/v1/fulfillments/{fulfillment_id}/unpack", tag = "packing", operation_id = "unpack_fulfillment",
    params(("fulfillment_id" = String, Path, description = "The fulfillment's id.", example = "ful_01k2ey4xh0000")),
    request_body = ReasonBody,
    responses(
        (status = 200, description = "It can be packed anew.", body = crate::fulfillment::view::FulfillmentView),
        (status = 409, description = "It is not packed, or the carrier has it.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn unpack_fulfillment(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<FulfillmentId>,
    body: JsonBody<ReasonBody>,
) -> Result<impl IntoResponse, Problem> {
    let why = reason(body.value.reason)?;
    let act = Act { reason: Some(why), ..caller.act(&services) };
    let principal = caller.principal().clone();
    let seen = Seen { id, version: None };
    let work = move |tx: &mut Tx<'_>| open(tx, &principal, &act, seen);
    services.database().write(work).await?;
    shown(&services, id).await
}

/// List the packages of a fulfillment.
#[utoipa::path(
    get, path = "/api/v1/fulfillments/{fulfillment_id}/packages", tag = "packing", operation_id = "list_packages",
    params(("fulfillment_id" = String, Path, description = "The fulfillment's id.", example = "ful_01k2ey4xh0000")),
    responses((status = 200, description = "The closed packages, all of them.", body = Page<PackageView>)),
)]
pub async fn list_packages(
    State(services): State<Services>,
    PathId(id): PathId<FulfillmentId>,
) -> Result<Json<Page<PackageView>>, Problem> {
    packages(&services, id).await
}

async fn packages(
    services: &Services,
    id: FulfillmentId,
) -> Result<Json<Page<PackageView>>, Problem> {
    let read = move |tx: &mut Tx<'_>| {
        let work = fulfillment::fetch(tx, id)?;
        let packages = package::of_each(tx, &[id])?;
        Ok::<_, Error>(work.map(|_| packages))
    };
    let found = services.database().snapshot(read).await?;
    let found = found.ok_or_else(|| not_found("fulfillment"))?;
    Ok(shown_as(&found))
}

fn shown_as(packages: &[Package]) -> Json<Page<PackageView>> {
    Json(Page { items: packages.iter().map(PackageView::from).collect(), next: None })
}

impl From<CloseError> for Problem {
    fn from(error: CloseError) -> Self {
        let at = |number: u16, field: &str| format!("/boxes/{}/{field}", number.saturating_sub(1));
        let wrong = match &error {
            CloseError::UnknownMaterial(_) => {
                FieldError::new("/boxes", "unknown_material", error.to_string())
            }
            CloseError::DoesNotFit { number, .. } => {
                FieldError::new(at(*number, "contents"), "does_not_fit", error.to_string())
            }
            CloseError::Weight { number, .. } => {
                FieldError::new(at(*number, "gross_grams"), "weight_differs", error.to_string())
            }
            CloseError::Contents(ContentError::Empty { number }) => {
                FieldError::new(at(*number, "contents"), "empty", error.to_string())
            }
            CloseError::Contents(ContentError::Pieces { .. }) => {
                FieldError::new("/boxes", "pieces_differ", error.to_string())
            }
            CloseError::Contents(ContentError::Serials { .. }) => {
                FieldError::new("/boxes", "too_many_serials", error.to_string())
            }
            CloseError::Bench(_) => {
                let CloseError::Bench(error) = error else { unreachable!() };
                return error.into();
            }
        };
        Self::invalid(vec![wrong])
    }
}
