//! Sourcing: why a location ships an order, deciding it by hand, and how it is decided.

pub mod by_hand;
pub mod explain;
pub mod settings;
pub mod split;
pub mod travel;

use ordermill_domain::api_key::Scope;

use crate::gate::Needs;
use crate::routes::Routes;

/// The addresses of sourcing.
pub(crate) fn routes(routes: Routes) -> Routes {
    let work = Needs::WholeKey(Scope::WriteWork);
    let rules = Needs::WholeKey(Scope::WriteRules);
    routes
        .get(
            "/api/v1/orders/{order_id}/sourcing",
            Needs::WholeKey(Scope::ReadOrders),
            explain::list_sourcing_decisions,
        )
        .post("/api/v1/orders/{order_id}/hurry", work, by_hand::hurry_order)
        .post("/api/v1/fulfillments/{fulfillment_id}/send-to", work, by_hand::send_to)
        .post("/api/v1/fulfillments/{fulfillment_id}/give-back", work, by_hand::give_back)
        .post("/api/v1/fulfillments/{fulfillment_id}/split", work, split::split_fulfillment)
        .post("/api/v1/orders/{order_id}/put-together", work, split::put_order_together)
        .post("/api/v1/locations/{location_id}/pool", work, by_hand::pool_location)
        .get("/api/v1/sourcing-settings", rules, settings::get_sourcing_settings)
        .put("/api/v1/sourcing-settings", rules, settings::edit_sourcing_settings)
}
