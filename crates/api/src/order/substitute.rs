//! Pieces of an order that nobody has, replaced by something else that is there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::order::substitute::{Offer, SubstituteError, offers, substitute_by_hand};
use ordermill_base::Money;
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::SkuId;
use ordermill_storage::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::{load, own};
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::money::MoneyView;
use crate::params::{PathTexts, not_found};
use crate::problem::{FieldError, Problem};

/// Something that can be sent now in place of the missing pieces of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Substitute {
    /// What.
    #[schema(example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// How many pieces of it would be sent: as many as are missing.
    #[schema(minimum = 1)]
    pub quantity: i64,
    /// How many pieces of it can be sold now.
    pub available: i64,
    /// What its line would cost: never more than the missing pieces.
    pub total: MoneyView,
    /// What would go back to the buyer.
    pub refund: MoneyView,
}

impl From<Offer> for Substitute {
    fn from(offer: Offer) -> Self {
        let Offer { line, available, refund } = offer;
        Self {
            sku_id: line.sku.to_string(),
            quantity: line.quantity.get(),
            available,
            total: Money::new(line.total_minor, refund.currency).into(),
            refund: refund.into(),
        }
    }
}

/// What can be sent in place of the missing pieces of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Substitutes {
    /// The best first, as the catalog has it, at most 10; none if no piece waits for stock.
    pub substitutes: Vec<Substitute>,
}

/// List what can be sent now in place of the missing pieces of a line.
///
/// These are the substitutes that the catalog names for the SKU, are on sale in the currency of the order,
/// and of which enough pieces can be sold.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/lines/{line_no}/substitutes", tag = "orders", operation_id = "list_substitutes",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("line_no" = u16, Path, description = "Which line of the order, from 1.", example = 1),
    ),
    responses((status = 200, description = "The substitutes.", body = Substitutes)),
)]
pub async fn list_substitutes(
    State(services): State<Services>,
    caller: Caller,
    PathTexts(order_id, line_no): PathTexts,
) -> Result<Json<Substitutes>, Problem> {
    let line_no: u16 = line_no.parse().map_err(|_| not_found("line"))?;
    let order = load(&services, &caller, &order_id).await?;
    let catalog = services.catalog();
    let read = move |tx: &mut Tx<'_>| offers(tx, &catalog, (&order.stored, &order.lines), line_no);
    let found = services.database().read(read).await?;
    Ok(Json(Substitutes { substitutes: found.into_iter().map(Substitute::from).collect() }))
}

/// By what missing pieces are replaced, and why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstituteBody {
    /// What is sent in their place, one of the substitutes of what is missing.
    #[schema(max_length = 40, example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// Why, in words for the journal; no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// What replacing has led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Substituted {
    /// The line of what is sent in place.
    pub line_no: u16,
    /// What goes back to the buyer.
    pub refunded: MoneyView,
}

/// Send something else in place of the pieces of a line that wait for stock.
///
/// They are canceled, and as many pieces of the substitute are allocated on a new line. What it costs less
/// goes back; it never costs more.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/lines/{line_no}/substitute", tag = "orders", operation_id = "substitute_pieces",
    params(
        ("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000"),
        ("line_no" = u16, Path, description = "Which line of the order, from 1.", example = 1),
    ),
    request_body = SubstituteBody,
    responses(
        (status = 200, description = "They are replaced.", body = Substituted),
        (status = 409, description = "No piece of the line waits for stock, it is a gift, it is more than one may send back alone, or too few pieces of the substitute can be sold.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It is no substitute of what is missing, or is not sold.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn substitute_pieces(
    State(services): State<Services>,
    caller: Caller,
    PathTexts(order_id, line_no): PathTexts,
    body: JsonBody<SubstituteBody>,
) -> Result<Json<Substituted>, Problem> {
    caller.require(Scope::WritePayments)?;
    let line_no: u16 = line_no.parse().map_err(|_| not_found("line"))?;
    let reason = crate::body::reason(body.value.reason)?;
    let sku: SkuId = body.value.sku_id.parse().map_err(|_| no_substitute("a SKU's id"))?;
    let order = own(&services, &caller, &order_id).await?;
    let act = Act { reason: Some(reason), ..caller.act(&services) };
    let (principal, catalog) = (caller.principal().clone(), services.catalog());
    let write = move |tx: &mut Tx<'_>| {
        substitute_by_hand(tx, &catalog, &principal, &act, order, (line_no, sku))
    };
    let done = services.database().write(write).await?;
    services.payments().hurry();
    Ok(Json(Substituted { line_no: done.line_no, refunded: done.refunded.into() }))
}

fn no_substitute(why: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError::new("/sku_id", "invalid_substitute", why)])
}

// No `_` arm: a new kind of failure is given its status here.
impl From<SubstituteError> for Problem {
    fn from(error: SubstituteError) -> Self {
        use SubstituteError as E;
        let code = match &error {
            E::Forbidden(_) => return Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::NotASubstitute(_) | E::NotSold(_) => return no_substitute(error.to_string()),
            E::AboveLimit { .. } => "above_limit",
            E::NothingMissing(_) => "nothing_missing",
            E::Gift(_) => "not_replaceable",
            E::NotEnough { .. } => "substitute_sold_out",
            E::ToBeReviewed(_) => "held_by_review",
            E::File(_) | E::Refund(_) => return of_defect(error),
        };
        Self::new(StatusCode::CONFLICT, code, &error)
    }
}

fn of_defect(error: SubstituteError) -> Problem {
    match error {
        SubstituteError::File(error) => error.into(),
        error => Problem::internal(&error),
    }
}
