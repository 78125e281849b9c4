//! The pack bench: recheck, boxes, packages.

pub mod close;
pub mod label;
pub mod proposal;
pub mod recheck;
pub mod settings;
pub mod view;

use axum::http::StatusCode;
use ordermill_app::fulfillment::WorkError;
use ordermill_app::pack::BenchError;
use ordermill_domain::api_key::Scope;

use crate::etag;
use crate::gate::Needs;
use crate::params::not_found;
use crate::problem::Problem;
use crate::routes::Routes;

/// The addresses of the pack bench.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, work) = (Needs::WholeKey(Scope::ReadOrders), Needs::WholeKey(Scope::WriteWork));
    let rules = Needs::WholeKey(Scope::WriteRules);
    routes
        .post("/api/v1/fulfillments/{fulfillment_id}/recheck", work, recheck::recheck_fulfillment)
        .post(
            "/api/v1/fulfillments/{fulfillment_id}/send-back",
            work,
            recheck::send_back_fulfillment,
        )
        .get("/api/v1/fulfillments/{fulfillment_id}/packing", read, proposal::propose_packing)
        .post("/api/v1/fulfillments/{fulfillment_id}/pack", work, close::pack_fulfillment)
        .post("/api/v1/fulfillments/{fulfillment_id}/unpack", work, close::unpack_fulfillment)
        .get("/api/v1/fulfillments/{fulfillment_id}/packages", read, close::list_packages)
        .post("/api/v1/packages/{package_id}/label", work, label::ask_for_label)
        .get("/api/v1/packing-settings", rules, settings::get_packing_settings)
        .put("/api/v1/packing-settings", rules, settings::edit_packing_settings)
}

// No `_` arm: a new kind of failure is given its status here.
impl From<BenchError> for Problem {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Forbidden(forbidden) => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", forbidden)
            }
            BenchError::Stale(_) => etag::changed(&error),
            BenchError::Left(_) => Self::new(StatusCode::CONFLICT, "step_not_allowed", &error),
            BenchError::Work(WorkError::NotFound(_)) => not_found("fulfillment"),
            BenchError::Work(WorkError::Refused(refused)) => {
                Self::new(StatusCode::CONFLICT, "step_not_allowed", refused)
            }
            BenchError::Work(WorkError::Order(error)) => error.into(),
            BenchError::Work(WorkError::Storage(error)) => error.into(),
        }
    }
}
