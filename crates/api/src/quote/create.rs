//! Asking what something would cost.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::benefit::HandedIn;
use ordermill_app::order::intake::{IntakeError, NewLine, region_near};
use ordermill_app::quote::{QuoteError, QuoteRequest};
use ordermill_domain::address::Country;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::ChannelId;
use ordermill_domain::phone::Phone;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::QuoteView;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::carrier::view::ServiceKindView;
use crate::gift_card::check_tries;
use crate::order::place::{LineBody, currency_of, customer_of, require_customer};
use crate::problem::{FieldError, Problem};

/// What somebody may want to buy.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteBody {
    /// Three letters of ISO 4217; the shop's currency if left out.
    #[schema(example = "CNY", max_length = 3)]
    pub currency: Option<String>,
    /// What, 1 to 200 lines.
    #[schema(min_items = 1, max_items = 200)]
    pub lines: Vec<LineBody>,
    /// Where to, as far as it is known.
    pub destination: DestinationBody,
    /// How it is to be brought: one of the services that a carrier of the shop offers to the destination,
    /// or there is no quote. It changes neither price nor dates.
    pub delivery_service: Option<ServiceKindView>,
    /// Who asks, as an id of this shop: points and limits for each customer need it.
    #[schema(example = "cus_01k2ey4xh0000", max_length = 40)]
    pub customer_id: Option<String>,
    /// The phone of a guest: limits for each customer are counted by it.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    /// Codes of coupons.
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
}

/// Where to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestinationBody {
    /// Two or three letters of ISO 3166, or its name.
    #[schema(example = "CN", max_length = 60)]
    pub country: String,
    /// Province or state, if it is known.
    #[serde(default)]
    #[schema(example = "上海市", max_length = 60)]
    pub province: String,
}

/// Quote an order.
///
/// The full calculation before buying: every line with its discounts and tax, the freight, what each
/// coupon, the points and each gift card do or why they do nothing, what is in stock, and when it
/// leaves and arrives. Changes nothing and holds nothing. Naming a customer, points or gift cards
/// needs the scope `orders:write` as well.
#[utoipa::path(
    post, path = "/api/v1/quotes", tag = "quotes", operation_id = "quote",
    request_body = QuoteBody,
    responses(
        (status = 200, description = "What it costs, and why.", body = QuoteView),
        (status = 400, description = "Not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope catalog:read, or orders:write for what needs it.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Fields are missing or wrong, or there is no price.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn quote(
    State(services): State<Services>,
    caller: Caller,
    body: JsonBody<QuoteBody>,
) -> Result<Json<QuoteView>, Problem> {
    caller.require(Scope::ReadCatalog)?;
    let request = body.value.into_request(&services, caller.channel())?;
    let HandedIn { points, gift_cards, .. } = &request.handed_in;
    if request.customer.is_some() || *points > 0 || !gift_cards.is_empty() {
        caller.require(Scope::WriteOrders)?;
    }
    require_customer(&services, request.customer).await?;
    check_tries(&services, &caller, &request.handed_in.gift_cards).await?;
    let quoted = services.quote(&caller.act(&services), request).await?;
    Ok(Json(QuoteView::of(&quoted, &services.catalog())))
}

/// Where to, as the pricing rules want it, and the phone of a body as E.164.
pub(crate) fn region_and_phone(
    DestinationBody { country, province }: &DestinationBody,
    phone: Option<&str>,
) -> Result<(String, Option<String>), Problem> {
    let region = region_near(country, province)
        .map_err(|issue| Problem::from(IntakeError::Fields(vec![issue])))?;
    let at = Country::parse(country).unwrap_or(Country::CHINA);
    let phone = phone.map(|phone| Phone::parse(phone, at)).transpose().map_err(|_| {
        let detail = "a phone number, national or with its country's code";
        Problem::invalid(vec![FieldError::new("/phone", "format", detail)])
    })?;
    Ok((region, phone.map(|phone| phone.e164())))
}

impl QuoteBody {
    fn into_request(
        self,
        services: &Services,
        channel: ChannelId,
    ) -> Result<QuoteRequest, Problem> {
        let (region, phone) = region_and_phone(&self.destination, self.phone.as_deref())?;
        let line = |LineBody { sku, quantity }| NewLine { sku, quantity };
        Ok(QuoteRequest {
            channel,
            customer: customer_of(self.customer_id.as_deref())?,
            phone,
            currency: currency_of(self.currency.as_deref(), services.catalog().shop.currency)?,
            lines: self.lines.into_iter().map(line).collect(),
            region,
            service_wish: self.delivery_service.map(Into::into),
            handed_in: HandedIn {
                coupons: self.coupons,
                points: self.points,
                gift_cards: self.gift_cards,
            },
        })
    }
}

impl From<QuoteError> for Problem {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Intake(error) => error.into(),
            QuoteError::Storage(error) => error.into(),
        }
    }
}
