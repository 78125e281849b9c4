//! Carts as the API shows them.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::cart::{Content, LineProblem, contents};
use ordermill_domain::address::Country;
use ordermill_domain::ids::CartId;
use ordermill_storage::cart::Cart;
use serde::Serialize;
use utoipa::ToSchema;

use super::load;
use crate::auth::Caller;
use crate::catalog::TextView;
use crate::etag::etag;
use crate::money::MoneyView;
use crate::params::PathId;
use crate::problem::Problem;

/// A cart, with the prices and the stock of now. Nothing in it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartView {
    /// Its key.
    #[schema(example = "crt_01k2ey4xh0000")]
    pub id: String,
    /// Whose, once known.
    pub customer_id: Option<String>,
    /// In the order in which they were put in.
    pub lines: Vec<CartLineView>,
    /// Prices times quantities of what can be bought, before discounts and freight.
    pub goods: MoneyView,
    /// Codes of coupons; the quote says what each does.
    pub coupons: Vec<String>,
    /// Whether everything in it can be ordered as it is.
    pub can_check_out: bool,
    /// The order that it has become; it changes no more.
    pub order_id: Option<String>,
    /// Grows with every change; the value of `ETag`.
    pub version: i64,
    /// When it last changed. Carts that never become an order are kept for 90 days.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CartLine)]
pub struct CartLineView {
    /// The SKU's code.
    pub sku: String,
    /// Its name.
    pub name: TextView,
    /// Pieces.
    pub quantity: i64,
    /// What one piece costs now, in the shop's currency.
    pub unit_price: MoneyView,
    /// What it cost when it was put in, if that was another price.
    pub price_before: Option<MoneyView>,
    /// Price times quantity.
    pub total: MoneyView,
    /// Pieces that can be sold now.
    pub available: i64,
    /// What must be settled before it can be ordered: `not_on_sale`, `sold_out`, `only_left` or
    /// `not_priced`.
    #[schema(example = "sold_out")]
    pub problem: Option<&'static str>,
}

/// Read a cart.
#[utoipa::path(
    get, path = "/api/v1/carts/{cart_id}", tag = "carts", operation_id = "get_cart",
    params(("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = CartView)),
)]
pub async fn get_cart(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CartId>,
) -> Result<Response, Problem> {
    shown(&services, load(&services, &caller, id).await?).await
}

/// A cart with its ETag.
pub(super) async fn shown(services: &Services, cart: Cart) -> Result<Response, Problem> {
    let view = view(services, &cart).await?;
    Ok(([etag(cart.version)], Json(view)).into_response())
}

async fn view(services: &Services, cart: &Cart) -> Result<CartView, Problem> {
    let (catalog, lines, now) = (services.catalog(), cart.lines.clone(), services.now());
    // Where to decides nothing that is shown here: the quote tells of dates.
    let to = Country::CHINA.code();
    let read = move |tx: &mut ordermill_storage::Tx<'_>| contents(tx, &catalog, &lines, to, now);
    let contents = services.database().read(read).await?;
    Ok(CartView {
        id: cart.id.to_string(),
        customer_id: cart.customer.map(|id| id.to_string()),
        goods: contents.goods.into(),
        can_check_out: cart.order.is_none() && contents.can_check_out(),
        // A page shows the latest first.
        lines: contents.lines.iter().rev().map(CartLineView::from).collect(),
        coupons: cart.coupons.clone(),
        order_id: cart.order.map(|id| id.to_string()),
        version: cart.version,
        updated_at: cart.updated_at.to_string(),
    })
}

impl From<&Content> for CartLineView {
    fn from(content: &Content) -> Self {
        let problem = content.problem.map(|problem| match problem {
            LineProblem::NotOnSale => "not_on_sale",
            LineProblem::SoldOut => "sold_out",
            LineProblem::OnlyLeft(_) => "only_left",
            LineProblem::NotPriced => "not_priced",
        });
        Self {
            sku: content.sku.code.clone(),
            name: (&content.sku.name).into(),
            quantity: content.quantity,
            unit_price: content.sku.price.into(),
            price_before: content.price_before.map(Into::into),
            total: content.total.into(),
            available: content.promised.availability.available,
            problem,
        }
    }
}
