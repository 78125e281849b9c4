//! Disputes: what buyers' banks want back, and what we say to it.

pub mod answer;
pub mod read;
pub mod view;

use ordermill_domain::api_key::Scope;

use crate::gate::Needs;
use crate::routes::Routes;

/// The addresses of disputes.
pub(crate) fn routes(routes: Routes) -> Routes {
    // They are a matter of the shop's money: no key of one channel has a say in them.
    let (see, act) = (Needs::WholeKey(Scope::ReadOrders), Needs::WholeKey(Scope::WritePayments));
    routes
        .get("/api/v1/disputes", see, read::list_disputes)
        .get("/api/v1/disputes/{dispute_id}", see, read::get_dispute)
        .post("/api/v1/disputes/{dispute_id}/evidence", act, answer::submit_evidence)
        .post("/api/v1/disputes/{dispute_id}/accept", act, answer::accept_dispute)
        .get(
            "/api/v1/orders/{order_id}/disputes",
            Needs::Key(Scope::ReadOrders),
            read::list_of_order,
        )
}
