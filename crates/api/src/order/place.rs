//! Placing an order through the API: for channels and integrations.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::order::intake::{Agreed, IntakeError, NewLine, NewOrder};
use ordermill_app::order::place::{Key, PlaceOrderError};
use ordermill_app::order::{PlacedFacts, PlacingError};
use ordermill_base::{Currency, Money};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{ChannelId, CustomerId};
use ordermill_domain::order::PaymentTerms;
use ordermill_domain::stock::Shortage;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::PlacedOrder;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::carrier::view::ServiceKindView;
use crate::created::answer;
use crate::gift_card::check_tries;
use crate::idempotency;
use crate::problem::{FieldError, Problem};

/// An order to be placed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrderBody {
    /// The channel's own id; an order comes in once by it.
    #[schema(min_length = 1, max_length = 100)]
    pub channel_order_id: Option<String>,
    /// Three letters of ISO 4217; the shop's currency if left out.
    #[schema(example = "CNY", max_length = 3)]
    pub currency: Option<String>,
    /// When the money comes.
    #[serde(default)]
    pub terms: Terms,
    /// What, 1 to 200 lines.
    #[schema(min_items = 1, max_items = 200)]
    pub lines: Vec<LineBody>,
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
    /// Whose order it is, as an id of this shop; a guest's if left out.
    #[schema(example = "cus_01k2ey4xh0000", max_length = 40)]
    pub customer_id: Option<String>,
    /// Codes of coupons. One that cannot be used refuses the order, unless an amount is agreed on
    /// below.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub coupons: Vec<String>,
    /// Points of the customer to pay with, at most.
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

/// When the money comes.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// Before anything ships.
    #[default]
    Prepaid,
    /// At the door.
    CashOnDelivery,
}

/// One line to be ordered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineBody {
    /// The SKU's code.
    #[schema(min_length = 1, max_length = 64)]
    pub sku: String,
    /// Pieces, 1 to 1,000,000.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
}

/// A recipient as the channel knows it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecipientBody {
    /// Who.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// A phone number, national or with its country's code.
    #[schema(min_length = 3, max_length = 40)]
    pub phone: String,
    /// Two or three letters of ISO 3166, or its name.
    #[schema(example = "CN", max_length = 60)]
    pub country: String,
    /// Province or state.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub province: String,
    /// City.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub city: String,
    /// District, where the country has them.
    #[serde(default)]
    #[schema(max_length = 60)]
    pub district: String,
    /// Street, house, unit: 1 to 4 lines.
    #[schema(min_items = 1, max_items = 4)]
    pub street: Vec<String>,
    /// Postal code, where the country has them.
    #[serde(default)]
    #[schema(max_length = 20)]
    pub postal_code: String,
}

impl From<RecipientBody> for RawRecipient {
    fn from(body: RecipientBody) -> Self {
        let RecipientBody { name, phone, country, province, city, district, street, postal_code } =
            body;
        let address = RawAddress { country, province, city, district, street, postal_code };
        Self { name, phone, address }
    }
}

impl PlaceOrderBody {
    fn into_new_order(
        self,
        channel: ChannelId,
        shop_currency: Currency,
        key: Key,
    ) -> Result<NewOrder, Problem> {
        let currency = currency_of(self.currency.as_deref(), shop_currency)?;
        let expected = (self.expected_total.as_deref(), self.expected_to_pay.as_deref());
        let agreed = agreed(expected, currency)?;
        let terms = self.terms.into();
        let line = |LineBody { sku, quantity }| NewLine { sku, quantity };
        Ok(NewOrder {
            channel,
            channel_order_id: self.channel_order_id,
            customer: customer_of(self.customer_id.as_deref())?,
            currency,
            terms,
            lines: self.lines.into_iter().map(line).collect(),
            recipient: self.recipient.into(),
            email: self.email,
            note: self.note,
            service_wish: self.delivery_service.map(Into::into),
            accepts_backorder: self.accepts_backorder,
            charges: None,
            coupons: self.coupons,
            points: self.points,
            gift_cards: self.gift_cards,
            agreed,
            key: Some(key),
            cart: None,
        })
    }
}

/// The currency that is named, or the shop's.
pub(crate) fn currency_of(
    code: Option<&str>,
    shop_currency: Currency,
) -> Result<Currency, Problem> {
    let Some(code) = code else { return Ok(shop_currency) };
    code.parse().map_err(|error: ordermill_base::money::UnknownCurrency| {
        Problem::invalid(vec![FieldError::new("/currency", "unknown", error.to_string())])
    })
}

/// The customer that is named.
pub(crate) fn customer_of(id: Option<&str>) -> Result<Option<CustomerId>, Problem> {
    id.map(str::parse).transpose().map_err(|_| unknown_customer())
}

fn unknown_customer() -> Problem {
    let detail = "there is no such customer";
    Problem::invalid(vec![FieldError::new("/customer_id", "unknown", detail)])
}

/// Refuses a customer who does not exist.
pub(crate) async fn require_customer(
    services: &Services,
    customer: Option<CustomerId>,
) -> Result<(), Problem> {
    match customer {
        Some(id) if !services.is_customer(id).await? => Err(unknown_customer()),
        _ => Ok(()),
    }
}

/// What the buyer was told: `expected_total` and `expected_to_pay` of a body.
pub(crate) fn agreed(
    (total, to_pay): (Option<&str>, Option<&str>),
    currency: Currency,
) -> Result<Agreed, Problem> {
    let minor = |field: &str, amount: Option<&str>| {
        let parsed = amount.map(|amount| Money::parse(amount, currency)).transpose();
        let parsed = parsed.map_err(|error| {
            Problem::invalid(vec![FieldError::new(field, "format", error.to_string())])
        })?;
        Ok::<_, Problem>(parsed.map(|money| money.minor))
    };
    Ok(Agreed {
        total_minor: minor("/expected_total", total)?,
        to_pay_minor: minor("/expected_to_pay", to_pay)?,
        arrives_by_on: None,
    })
}

impl From<Terms> for PaymentTerms {
    fn from(terms: Terms) -> Self {
        match terms {
            Terms::Prepaid => Self::Prepaid,
            Terms::CashOnDelivery => Self::CashOnDelivery,
        }
    }
}

/// Place an order.
///
/// Prices it, holds its stock and arms the deadline to pay, durably before the answer. The same
/// Idempotency-Key with the same body gives the same answer again.
#[utoipa::path(
    post, path = "/api/v1/orders", tag = "orders", operation_id = "place_order",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day")),
    request_body = PlaceOrderBody,
    responses(
        (status = 201, description = "It stands.", body = PlacedOrder),
        (status = 400, description = "Not JSON, or no key.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:write.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not enough stock, the price has changed, or a coupon, points or a gift card were used up a moment ago.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields are missing or wrong, or the key was used for another body.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, disk full or database away; nothing was changed.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn place_order(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<PlaceOrderBody>,
) -> Result<Response, Problem> {
    caller.require(Scope::WriteOrders)?;
    let key = idempotency::key(&headers, &caller.key_owner(), body.digest)?;
    let currency = services.catalog().shop.currency;
    let new = body.value.into_new_order(caller.channel(), currency, key)?;
    require_customer(&services, new.customer).await?;
    check_tries(&services, &caller, &new.gift_cards).await?;
    let codes: Vec<String> = new.lines.iter().map(|line| line.sku.clone()).collect();
    match services.place_order(caller.act(&services), new).await {
        Ok(placed) => Ok(placed_answer(placed)),
        Err(PlacingError::Place(PlaceOrderError::OutOfStock(short))) => {
            Err(out_of_stock(&short, &codes, &services))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a call is answered that has placed an order.
pub(crate) fn placed_answer(placed: PlacedFacts) -> Response {
    let PlacedFacts { id, total, to_pay, placed_at, token, is_replay } = placed;
    let location = format!("/api/v1/orders/{id}");
    let view = PlacedOrder::of(id, total, to_pay, placed_at, token);
    let response = (StatusCode::CREATED, [(header::LOCATION, location)], Json(view));
    answer(response, is_replay)
}

/// What is short, at the lines that want it; `codes` are the SKUs of the lines.
pub(crate) fn out_of_stock(short: &[Shortage], codes: &[String], services: &Services) -> Problem {
    let catalog = services.catalog();
    let errors = codes.iter().enumerate().filter_map(|(index, code)| {
        let sku = catalog.by_code(code)?.id;
        let short = short.iter().find(|short| short.sku == sku)?;
        let detail = format!("{} are wanted, {} are there", short.wanted, short.available);
        Some(FieldError::new(format!("/lines/{index}/quantity"), "out_of_stock", detail))
    });
    let errors = errors.collect();
    let problem = Problem::new(StatusCode::CONFLICT, "out_of_stock", "not enough stock");
    Problem { errors, ..problem }
}

impl From<PlacingError> for Problem {
    fn from(error: PlacingError) -> Self {
        match error {
            PlacingError::Intake(error) => error.into(),
            PlacingError::Place(error) => error.into(),
            PlacingError::Storage(error) => error.into(),
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Fields(issues) => Self::invalid(
                issues
                    .into_iter()
                    .map(|issue| {
                        let pointer = format!("/{}", issue.field.replace('.', "/"));
                        FieldError::new(pointer, issue.code, issue.detail)
                    })
                    .collect(),
            ),
            IntakeError::Price(problem) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "cannot_be_priced", problem)
            }
            IntakeError::PriceChanged { total, to_pay } => {
                let amount = |money: Money| format!("{} {}", money.to_decimal(), money.currency);
                let errors = [("/expected_total", total), ("/expected_to_pay", to_pay)];
                let errors = errors.map(|(at, now)| FieldError::new(at, "changed", amount(now)));
                let problem = Self::new(StatusCode::CONFLICT, "price_changed", &error);
                Self { errors: errors.into(), ..problem }
            }
        }
    }
}

impl From<PlaceOrderError> for Problem {
    fn from(error: PlaceOrderError) -> Self {
        match &error {
            PlaceOrderError::OutOfStock(_) => {
                Self::new(StatusCode::CONFLICT, "out_of_stock", &error)
            }
            PlaceOrderError::BenefitGone(_) => {
                Self::new(StatusCode::CONFLICT, "benefit_gone", &error)
            }
            PlaceOrderError::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", &error)
            }
            PlaceOrderError::Refused(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "order_refused", &error)
            }
        }
    }
}
