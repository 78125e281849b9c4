//! What a cart would cost as an order.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::benefit::HandedIn;
use ordermill_app::quote::QuoteRequest;
use ordermill_domain::ids::CartId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::checkout::{not_ready, wanted};
use super::load;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::carrier::view::ServiceKindView;
use crate::gift_card::check_tries;
use crate::order::place::currency_of;
use crate::params::PathId;
use crate::problem::Problem;
use crate::quote::create::{DestinationBody, region_and_phone};
use crate::quote::view::QuoteView;

/// What a quote needs to know beside the cart.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteCartBody {
    /// Where to, as far as it is known.
    pub destination: DestinationBody,
    /// How it is to be brought: one of the services that a carrier of the shop offers to the destination,
    /// or there is no quote. It changes neither price nor dates.
    pub delivery_service: Option<ServiceKindView>,
    /// Three letters of ISO 4217; the shop's currency if left out.
    #[schema(example = "CNY", max_length = 3)]
    pub currency: Option<String>,
    /// The phone of a guest: limits for each customer are counted by it.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    /// Points of the cart's customer to pay with, at most.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub points: u64,
    /// Codes of gift cards, in the order in which they are spent.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub gift_cards: Vec<String>,
}

/// Quote a cart.
///
/// As a quote of its lines with its coupons. Changes nothing and holds nothing.
#[utoipa::path(
    post, path = "/api/v1/carts/{cart_id}/quote", tag = "carts", operation_id = "quote_cart",
    params(("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000")),
    request_body = QuoteCartBody,
    responses(
        (status = 200, description = "What it costs, and why.", body = QuoteView),
        (status = 409, description = "Something in the cart cannot be ordered as it is; errors points into the cart.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn quote_cart(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CartId>,
    body: JsonBody<QuoteCartBody>,
) -> Result<Json<QuoteView>, Problem> {
    let QuoteCartBody { destination, delivery_service, currency, phone, points, gift_cards } =
        body.value;
    let (region, phone) = region_and_phone(&destination, phone.as_deref())?;
    let currency = currency_of(currency.as_deref(), services.catalog().shop.currency)?;
    let cart = load(&services, &caller, id).await?;
    check_tries(&services, &caller, &gift_cards).await?;
    let request = QuoteRequest {
        channel: caller.channel(),
        customer: cart.customer,
        phone,
        currency,
        lines: wanted(&services, &cart),
        region,
        service_wish: delivery_service.map(Into::into),
        handed_in: HandedIn { coupons: cart.coupons, points, gift_cards },
    };
    let quoted = services.quote(&caller.act(&services), request).await;
    let quoted = quoted.map_err(|error| not_ready(error.into()))?;
    Ok(Json(QuoteView::of(&quoted, &services.catalog())))
}
