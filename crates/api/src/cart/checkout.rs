//! Turning a cart into an order, once.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::order::PlacingError;
use ordermill_app::order::intake::{NewLine, NewOrder};
use ordermill_app::order::place::PlaceOrderError;
use ordermill_domain::ids::CartId;
use ordermill_storage::cart::Cart;
use serde::Deserialize;
use utoipa::ToSchema;

use super::load;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::carrier::view::ServiceKindView;
use crate::gift_card::check_tries;
use crate::idempotency::key_of;
use crate::order::place::{RecipientBody, Terms, agreed, currency_of, out_of_stock, placed_answer};
use crate::order::view::PlacedOrder;
use crate::params::PathId;
use crate::problem::{FieldError, Problem};

/// What an order needs to know beside the cart.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOutBody {
    /// Three letters of ISO 4217; the shop's currency if left out.
    #[schema(example = "CNY", max_length = 3)]
    pub currency: Option<String>,
    /// When the money comes.
    #[serde(default)]
    pub terms: Terms,
    /// To whom.
    pub recipient: RecipientBody,
    /// Where to write to.
    #[schema(max_length = 254)]
    pub email: Option<String>,
    /// The buyer's wishes.
    #[schema(max_length = 500)]
    pub note: Option<String>,
    /// How it is to be brought: one of the services that a carrier of the shop offers to the destination,
    /// or the order is refused. As the shop sees fit, to the door, if left out.
    pub delivery_service: Option<ServiceKindView>,
    /// The buyer waits if stock runs out before the money comes.
    #[serde(default)]
    pub accepts_backorder: bool,
    /// Points of the cart's customer to pay with, at most.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub points: u64,
    /// Codes of gift cards, in the order in which they are spent.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub gift_cards: Vec<String>,
    /// What the order costs, as the quote said. If that has changed, the order is refused and the
    /// problem `price_changed` names the new amount.
    #[schema(example = "658.00", max_length = 24)]
    pub expected_total: Option<String>,
    /// What is left to pay behind points and gift cards, as the quote said.
    #[schema(example = "608.00", max_length = 24)]
    pub expected_to_pay: Option<String>,
}

/// Order what is in a cart.
///
/// As placing an order with its lines, its coupons and its customer. A cart becomes one order, whatever
/// keys its checkouts have: later ones are told of that order.
#[utoipa::path(
    post, path = "/api/v1/carts/{cart_id}/checkout", tag = "carts", operation_id = "check_out_cart",
    params(
        ("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = CheckOutBody,
    responses(
        (status = 201, description = "The order stands.", body = PlacedOrder),
        (status = 409, description = "Something in the cart cannot be ordered as it is (errors points into the cart), there is not enough stock, the price has changed, or a coupon, points or a gift card were used up a moment ago.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn check_out_cart(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CartId>,
    headers: HeaderMap,
    body: JsonBody<CheckOutBody>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, &format!("POST /carts/{id}/checkout"), body.digest)?;
    let it = body.value;
    let currency = currency_of(it.currency.as_deref(), services.catalog().shop.currency)?;
    let expected = (it.expected_total.as_deref(), it.expected_to_pay.as_deref());
    let agreed = agreed(expected, currency)?;
    let cart = load(&services, &caller, id).await?;
    check_tries(&services, &caller, &it.gift_cards).await?;
    let lines = wanted(&services, &cart);
    let codes: Vec<String> = lines.iter().map(|line| line.sku.clone()).collect();
    let new = NewOrder {
        customer: cart.customer,
        terms: it.terms.into(),
        email: it.email,
        note: it.note,
        service_wish: it.delivery_service.map(Into::into),
        accepts_backorder: it.accepts_backorder,
        coupons: cart.coupons,
        points: it.points,
        gift_cards: it.gift_cards,
        agreed,
        key: Some(key),
        cart: Some(cart.id),
        ..NewOrder::new(caller.channel(), currency, lines, it.recipient.into())
    };
    match services.place_order(caller.act(&services), new).await {
        Ok(placed) => Ok(placed_answer(placed)),
        Err(PlacingError::Place(PlaceOrderError::OutOfStock(short))) => {
            Err(out_of_stock(&short, &codes, &services))
        }
        Err(error) => Err(not_ready(error.into())),
    }
}

/// The lines of a cart, to be ordered.
pub(super) fn wanted(services: &Services, cart: &Cart) -> Vec<NewLine> {
    let catalog = services.catalog();
    let line = |line: &ordermill_storage::cart::CartLine| {
        let sku = catalog.sku(line.sku)?.code.clone();
        Some(NewLine { sku, quantity: line.quantity })
    };
    cart.lines.iter().filter_map(line).collect()
}

/// What is wrong with the cart and not with the body is said of the cart, once the body is right.
pub(super) fn not_ready(mut problem: Problem) -> Problem {
    let is_of_cart = |error: &FieldError| {
        let mut steps = error.field.split('/').skip(1);
        matches!(steps.next(), Some("lines" | "coupons"))
    };
    if problem.code != "invalid_fields" {
        return problem;
    }
    if !problem.errors.iter().all(is_of_cart) {
        problem.errors.retain(|error| !is_of_cart(error));
        return problem;
    }
    let detail = "something in the cart cannot be ordered as it is";
    Problem {
        errors: problem.errors,
        ..Problem::new(StatusCode::CONFLICT, "cart_not_ready", detail)
    }
}
