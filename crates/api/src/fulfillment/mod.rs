//! Fulfillments: what each location ships of an order, and how far it is.

pub mod read;
pub mod view;

use ordermill_domain::api_key::Scope;

use crate::gate::Needs;
use crate::routes::Routes;

/// The addresses of fulfillments.
pub(crate) fn routes(routes: Routes) -> Routes {
    let whole = Needs::WholeKey(Scope::ReadOrders);
    routes
        .get("/api/v1/fulfillments", whole, read::list_fulfillments)
        .get("/api/v1/fulfillments/{fulfillment_id}", whole, read::get_fulfillment)
        .get(
            "/api/v1/orders/{order_id}/fulfillments",
            Needs::Key(Scope::ReadOrders),
            read::list_order_fulfillments,
        )
}
