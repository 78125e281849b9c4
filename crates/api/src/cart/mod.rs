//! Carts that integrations keep: filling, quoting, and turning them into orders.

pub mod checkout;
pub mod edit;
pub mod quote;
pub mod view;

use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::cart::kept::{self, KeptCartError, Which};
use ordermill_app::cart::{CartError, LINES_MAX};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::CartId;
use ordermill_storage::cart::Cart;

use crate::auth::Caller;
use crate::etag;
use crate::gate::Needs;
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// The addresses of carts.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::Key(Scope::ReadOrders), Needs::Key(Scope::WriteOrders));
    routes
        .post("/api/v1/carts", write, edit::create_cart)
        .get("/api/v1/carts/{cart_id}", read, view::get_cart)
        .post("/api/v1/carts/{cart_id}/lines", write, edit::add_cart_line)
        .put("/api/v1/carts/{cart_id}/lines/{code}", write, edit::change_cart_line)
        .delete("/api/v1/carts/{cart_id}/lines/{code}", write, edit::remove_cart_line)
        .put("/api/v1/carts/{cart_id}/coupons", write, edit::set_cart_coupons)
        .post("/api/v1/carts/{cart_id}/quote", write, quote::quote_cart)
        .post("/api/v1/carts/{cart_id}/checkout", write, checkout::check_out_cart)
}

/// The cart of a path, if the caller may know of it.
pub(crate) async fn load(
    services: &Services,
    caller: &Caller,
    id: CartId,
) -> Result<Cart, Problem> {
    let which = Which { id, channel: caller.only_channel(), version: None };
    Ok(services.database().read(move |tx| kept::get(tx, which)).await?)
}

impl From<CartError> for Problem {
    fn from(error: CartError) -> Self {
        match error {
            CartError::UnknownSku(_) => {
                Self::invalid(vec![FieldError::new("/sku", "unknown_sku", error.to_string())])
            }
            CartError::Full => {
                let detail = format!("a cart has at most {LINES_MAX} lines");
                Self::new(StatusCode::CONFLICT, "too_many", detail)
            }
            CartError::Storage(error) => error.into(),
        }
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<KeptCartError> for Problem {
    fn from(error: KeptCartError) -> Self {
        match error {
            KeptCartError::NotFound(_) => {
                Self::new(StatusCode::NOT_FOUND, "cart_not_found", &error)
            }
            KeptCartError::Ordered(_) => Self::new(StatusCode::CONFLICT, "cart_ordered", &error),
            KeptCartError::Changed { .. } => etag::changed(&error),
            KeptCartError::Cart(error) => error.into(),
        }
    }
}
