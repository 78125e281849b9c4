//! The label of a package, asked for again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::shipment::ask_again::{AskAgainError, ask_again};
use ordermill_app::shipment::label::Wanted;
use ordermill_domain::ids::PackageId;
use ordermill_storage::Tx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::params::{PathId, not_found};
use crate::problem::Problem;

/// A label that is asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LabelAsked {
    /// The shipment that it is, or will be once the carrier has made it.
    #[schema(example = "shp_01k2ey4xh0000")]
    pub shipment_id: String,
    /// Whether it was there, or asked for, before.
    pub was_asked: bool,
}

/// Ask for the label of a package again.
///
/// For a box that no carrier has taken: what they have refused before is forgotten, and each is looked at
/// anew. A label that stands, or is asked for just now, is not asked for twice, so this may be repeated.
#[utoipa::path(
    post, path = "/api/v1/packages/{package_id}/label", tag = "packing", operation_id = "ask_for_label",
    params(("package_id" = String, Path, description = "The package's id.", example = "pkg_01k2ey4xh0000")),
    responses(
        (status = 200, description = "A carrier is asked.", body = LabelAsked),
        (status = 409, description = "No carrier takes it, or it does not wait for one.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn ask_for_label(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<PackageId>,
) -> Result<Json<LabelAsked>, Problem> {
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let carriers = services.carriers().clone();
    let known = carriers.known().await?;
    let ask = move |tx: &mut Tx<'_>| ask_again(tx, &principal, &act, &carriers, &known, id);
    let wanted = services.database().write(ask).await?;
    services.carriers().hurry();
    let asked = |id, was_asked| Ok(Json(LabelAsked { shipment_id: format!("{id}"), was_asked }));
    match wanted {
        Wanted::Asked(id) => asked(id, false),
        Wanted::Known(id) => asked(id, true),
        Wanted::NobodyTakesIt(_) => {
            let why = "no carrier takes the package as things are";
            Err(Problem::new(StatusCode::CONFLICT, "no_carrier", why))
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<AskAgainError> for Problem {
    fn from(error: AskAgainError) -> Self {
        match error {
            AskAgainError::Forbidden(error) => Self::new(StatusCode::FORBIDDEN, "forbidden", error),
            AskAgainError::NotFound(_) => not_found("package"),
            AskAgainError::NotWaiting(_) => {
                Self::new(StatusCode::CONFLICT, "step_not_allowed", error)
            }
            AskAgainError::Storage(error) => error.into(),
        }
    }
}
