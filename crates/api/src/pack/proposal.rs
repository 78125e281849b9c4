//! The boxes that are proposed for a fulfillment.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::pack::proposal::{NoProposal, propose};
use ordermill_app::pack::together;
use ordermill_domain::ids::FulfillmentId;

use super::view::ProposalView;
use crate::params::{PathId, not_found};
use crate::problem::Problem;

/// Propose boxes for a fulfillment.
///
/// The cheapest set of the shop's materials that everything fits into, with the place of each piece; what
/// travels with it on other orders is packed with it. An
/// independent check has shown that it fits.
#[utoipa::path(
    get, path = "/api/v1/fulfillments/{fulfillment_id}/packing", tag = "packing", operation_id = "propose_packing",
    params(("fulfillment_id" = String, Path, description = "The fulfillment's id.", example = "ful_01k2ey4xh0000")),
    responses(
        (status = 200, description = "The boxes.", body = ProposalView),
        (status = 409, description = "Something fits into no box, or there is too much of it: it is packed by hand.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn propose_packing(
    State(services): State<Services>,
    PathId(id): PathId<FulfillmentId>,
) -> Result<Json<ProposalView>, Problem> {
    let found = services.database().snapshot(move |tx| together::read(tx, id)).await?;
    let together = found.ok_or_else(|| not_found("fulfillment"))?;
    let catalog = services.catalog();
    match propose(&catalog, &catalog.materials, &together.work) {
        Ok(proposal) => Ok(Json(ProposalView::of(&proposal, &together))),
        Err(
            error @ (NoProposal::TooMany
            | NoProposal::FitsNowhere { .. }
            | NoProposal::OutOfRange(_)),
        ) => Err(Problem::new(StatusCode::CONFLICT, "no_proposal", error)),
    }
}
