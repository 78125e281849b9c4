//! Making carts and changing what is in them.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::cart::kept::{self, KeptCartError, NewCart, Which};
use ordermill_app::cart::{CartError, Change, LINES_MAX, PIECES_MAX};
use ordermill_app::once::{Once, once};
use ordermill_domain::ids::CartId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::load;
use super::view::{CartView, shown};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::created::{Created, answer, created_once};
use crate::etag::IfMatch;
use crate::idempotency::key_of;
use crate::order::place::{customer_of, require_customer};
use crate::params::{PathId, PathIds, not_found};
use crate::problem::{FieldError, Problem};

/// Coupons of one cart at most, as of one order.
const COUPONS_MAX: usize = 10;
const COUPON_CHARS_MAX: usize = 64;

/// A cart to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCartBody {
    /// Whose, as an id of this shop; a guest's if left out.
    #[schema(example = "cus_01k2ey4xh0000", max_length = 40)]
    pub customer_id: Option<String>,
    /// What is in it.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub lines: Vec<CartLineBody>,
    /// Codes of coupons.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub coupons: Vec<String>,
}

/// Pieces of a SKU for a cart.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartLineBody {
    /// The SKU's code.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// Pieces.
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: i64,
}

/// How many pieces of a line there are to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeCartLineBody {
    /// Pieces.
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: i64,
}

/// The coupons of a cart.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartCouponsBody {
    /// All of their codes; none takes them out.
    #[schema(max_items = 10)]
    pub coupons: Vec<String>,
}

fn check_quantity(at: &str, quantity: i64, errors: &mut Vec<FieldError>) {
    if !(1..=PIECES_MAX).contains(&quantity) {
        let detail = format!("1 to {PIECES_MAX} pieces");
        errors.push(FieldError::new(format!("{at}/quantity"), "out_of_range", detail));
    }
}

fn check_coupons(coupons: &[String], errors: &mut Vec<FieldError>) {
    if coupons.len() > COUPONS_MAX {
        errors.push(FieldError::new("/coupons", "too_many", format!("at most {COUPONS_MAX}")));
    }
    for (index, code) in coupons.iter().enumerate() {
        if code.trim().is_empty() || code.chars().count() > COUPON_CHARS_MAX {
            let detail = format!("1 to {COUPON_CHARS_MAX} characters");
            errors.push(FieldError::new(format!("/coupons/{index}"), "out_of_range", detail));
        }
    }
}

fn refuse(errors: Vec<FieldError>) -> Result<(), Problem> {
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// Make a cart.
///
/// It may be empty. What it holds is not reserved: an order does that.
#[utoipa::path(
    post, path = "/api/v1/carts", tag = "carts", operation_id = "create_cart",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = CreateCartBody,
    responses((status = 201, description = "It is there.", body = Created)),
)]
pub async fn create_cart(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<CreateCartBody>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /carts", body.digest)?;
    let CreateCartBody { customer_id, lines, coupons } = body.value;
    let catalog = services.catalog();
    let mut errors = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let at = format!("/lines/{index}");
        check_quantity(&at, line.quantity, &mut errors);
        if catalog.by_code(&line.sku).is_none_or(|sku| !sku.is_active) {
            let detail = "no SKU with this code is on sale";
            errors.push(FieldError::new(format!("{at}/sku"), "unknown_sku", detail));
        }
    }
    if lines.len() > LINES_MAX {
        errors.push(FieldError::new("/lines", "too_many", format!("at most {LINES_MAX} lines")));
    }
    check_coupons(&coupons, &mut errors);
    refuse(errors)?;
    let customer = customer_of(customer_id.as_deref())?;
    require_customer(&services, customer).await?;
    let lines = lines.into_iter().map(|line| (line.sku, line.quantity)).collect();
    let new = NewCart { channel: caller.channel(), customer, lines, coupons };
    let now = services.now();
    let make = move |tx: &mut ordermill_storage::Tx<'_>| {
        once(tx, &key, now, |tx| {
            let cart = kept::create(tx, &catalog, &new, now)?;
            Ok::<_, CartError>((cart.id, ()))
        })
    };
    let made = services.database().write(make).await?;
    Ok(created_once("/api/v1/carts", &made))
}

/// Put pieces into a cart.
///
/// So many more of a SKU; of one there are 999 at most. A repeat with the same Idempotency-Key puts
/// nothing in and shows the cart as it is now.
#[utoipa::path(
    post, path = "/api/v1/carts/{cart_id}/lines", tag = "carts", operation_id = "add_cart_line",
    params(
        ("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = CartLineBody,
    responses(
        (status = 200, description = "The cart as it is now.", body = CartView),
        (status = 409, description = "It has become an order, or is full.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn add_cart_line(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CartId>,
    headers: HeaderMap,
    body: JsonBody<CartLineBody>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, &format!("POST /carts/{id}/lines"), body.digest)?;
    let CartLineBody { sku, quantity } = body.value;
    let mut errors = Vec::new();
    check_quantity("", quantity, &mut errors);
    refuse(errors)?;
    let which = Which { id, channel: caller.only_channel(), version: None };
    let (catalog, now) = (services.catalog(), services.now());
    let add = move |tx: &mut ordermill_storage::Tx<'_>| {
        once(tx, &key, now, |tx| {
            let change = (sku.as_str(), Change::Add(quantity));
            let cart = kept::change_line(tx, &catalog, which, change, now)?;
            Ok::<_, KeptCartError>((cart.id, cart))
        })
    };
    match services.database().write(add).await? {
        Once::Made(_, cart) => shown(&services, cart).await,
        Once::Before(id) => {
            let cart = load(&services, &caller, id).await?;
            Ok(answer(shown(&services, cart).await?, true))
        }
    }
}

/// Change how many pieces of a line there are.
///
/// Takes the line in if there is none. Repeating it is harmless.
#[utoipa::path(
    put, path = "/api/v1/carts/{cart_id}/lines/{code}", tag = "carts", operation_id = "change_cart_line",
    params(
        ("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000"),
        ("code" = String, Path, description = "The SKU's code.", example = "CER-BOWL-11"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = ChangeCartLineBody,
    responses(
        (status = 200, description = "The cart as it is now.", body = CartView),
        (status = 409, description = "It has become an order, or is full.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn change_cart_line(
    State(services): State<Services>,
    caller: Caller,
    PathIds(id, code): PathIds<CartId, String>,
    IfMatch(version): IfMatch,
    body: JsonBody<ChangeCartLineBody>,
) -> Result<Response, Problem> {
    let mut errors = Vec::new();
    check_quantity("", body.value.quantity, &mut errors);
    refuse(errors)?;
    let which = Which { id, channel: caller.only_channel(), version: Some(version) };
    set_line(&services, which, code, body.value.quantity).await
}

/// Take a line out of a cart.
///
/// What is not in it is out of it already.
#[utoipa::path(
    delete, path = "/api/v1/carts/{cart_id}/lines/{code}", tag = "carts", operation_id = "remove_cart_line",
    params(
        ("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000"),
        ("code" = String, Path, description = "The SKU's code.", example = "CER-BOWL-11"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    responses(
        (status = 200, description = "The cart as it is now.", body = CartView),
        (status = 409, description = "It has become an order.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn remove_cart_line(
    State(services): State<Services>,
    caller: Caller,
    PathIds(id, code): PathIds<CartId, String>,
    IfMatch(version): IfMatch,
) -> Result<Response, Problem> {
    let which = Which { id, channel: caller.only_channel(), version: Some(version) };
    set_line(&services, which, code, 0).await
}

async fn set_line(
    services: &Services,
    which: Which,
    code: String,
    quantity: i64,
) -> Result<Response, Problem> {
    let (catalog, now) = (services.catalog(), services.now());
    let set = move |tx: &mut ordermill_storage::Tx<'_>| {
        kept::change_line(tx, &catalog, which, (&code, Change::Set(quantity)), now)
    };
    match services.database().write(set).await {
        Ok(cart) => shown(services, cart).await,
        // Here the code stands in the address.
        Err(KeptCartError::Cart(CartError::UnknownSku(_))) => Err(not_found("SKU on sale")),
        Err(error) => Err(error.into()),
    }
}

/// Say which coupons a cart has.
///
/// Codes are kept as they come; the quote says what each does, and the checkout refuses one that
/// cannot be used unless an amount is agreed on.
#[utoipa::path(
    put, path = "/api/v1/carts/{cart_id}/coupons", tag = "carts", operation_id = "set_cart_coupons",
    params(
        ("cart_id" = String, Path, description = "Its id.", example = "crt_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = CartCouponsBody,
    responses(
        (status = 200, description = "The cart as it is now.", body = CartView),
        (status = 409, description = "It has become an order.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn set_cart_coupons(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CartId>,
    IfMatch(version): IfMatch,
    body: JsonBody<CartCouponsBody>,
) -> Result<Response, Problem> {
    let mut errors = Vec::new();
    check_coupons(&body.value.coupons, &mut errors);
    refuse(errors)?;
    let which = Which { id, channel: caller.only_channel(), version: Some(version) };
    let (coupons, now) = (body.value.coupons, services.now());
    let set = move |tx: &mut ordermill_storage::Tx<'_>| {
        kept::set_coupons(tx, which, coupons.clone(), now)
    };
    let cart = services.database().write(set).await?;
    shown(&services, cart).await
}
