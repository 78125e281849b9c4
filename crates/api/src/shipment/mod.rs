//! Shipments: parcels with their labels, the lists on which carriers take them, their way, their receipt.

pub mod desk;
pub mod hand_over;
pub mod read;
pub mod receipt;
pub mod view;

use axum::http::StatusCode;
use ordermill_app::shipment::ShipmentError;
use ordermill_domain::api_key::Scope;

use crate::etag;
use crate::gate::Needs;
use crate::params::not_found;
use crate::problem::Problem;
use crate::routes::Routes;

/// The addresses of shipments.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::WholeKey(Scope::ReadOrders), Needs::WholeKey(Scope::WriteOrders));
    let (read_own, write_own) = (Needs::Key(Scope::ReadOrders), Needs::Key(Scope::WriteOrders));
    routes
        .get("/api/v1/shipments", read, read::list_shipments)
        .get("/api/v1/shipments/{shipment_id}", read, read::get_shipment)
        .get("/api/v1/orders/{order_id}/shipments", read_own, read::list_order_shipments)
        .post("/api/v1/shipments/{shipment_id}/plan", write, desk::plan_shipment)
        .post("/api/v1/shipments/{shipment_id}/end", write, desk::end_shipment)
        .get("/api/v1/locations/{location_id}/hand-over", read, hand_over::list_waiting_parcels)
        .post("/api/v1/locations/{location_id}/hand-over", write, hand_over::scan_parcels)
        .get("/api/v1/manifests", read, hand_over::list_manifests)
        .get("/api/v1/manifests/{manifest_id}", read, hand_over::get_manifest)
        .post("/api/v1/manifests/{manifest_id}/close", write, hand_over::close_manifest)
        .delete(
            "/api/v1/manifests/{manifest_id}/parcels/{shipment_id}",
            write,
            hand_over::take_parcel_off,
        )
        .post("/api/v1/orders/{order_id}/receipt", write_own, receipt::confirm_receipt)
        .post("/api/v1/orders/{order_id}/not-received", write_own, receipt::report_not_received)
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ShipmentError> for Problem {
    fn from(error: ShipmentError) -> Self {
        match error {
            ShipmentError::Forbidden(error) => Self::new(StatusCode::FORBIDDEN, "forbidden", error),
            ShipmentError::NotFound(_) => not_found("shipment"),
            ShipmentError::Refused(_) | ShipmentError::NothingToPlan(_) => {
                Self::new(StatusCode::CONFLICT, "step_not_allowed", error)
            }
            ShipmentError::Stale(_) => etag::changed(error),
            ShipmentError::Order(error) => error.into(),
            ShipmentError::Storage(error) => error.into(),
        }
    }
}
