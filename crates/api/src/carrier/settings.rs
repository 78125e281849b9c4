//! The settings of shipping.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::carrier::Sender;
use ordermill_app::carrier::settings::{SaveShippingError, Shipping, read, save};
use ordermill_app::message::BuyerMessages;
use ordermill_base::Currency;
use ordermill_domain::carrier::choice::Policy;
use ordermill_storage::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::{TextView, check_texts};
use crate::etag::{self, IfMatch, etag};
use crate::money::{AmountBody, MoneyView};
use crate::problem::{FieldError, Problem};

/// Which messages buyers get; those about money are always sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BuyerMessages)]
pub struct MessagesBody {
    /// A parcel has left.
    pub shipped: bool,
    /// A courier brings it, or it waits to be collected.
    pub arriving: bool,
    /// It was delivered.
    pub delivered: bool,
    /// Its address is not found.
    pub address_problem: bool,
    /// The order is complete.
    pub completed: bool,
}

/// The settings of shipping.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ShippingSettings)]
pub struct ShippingView {
    /// The name on labels; the shop's own where it is empty.
    pub sender_name: TextView,
    /// The number that couriers call. Without one no label is made.
    pub phone: String,
    /// The number that buyers call.
    pub service_phone: String,
    /// What a day after the promised one is worth.
    pub late_day: MoneyView,
    /// What a thousandth of the service score is worth.
    pub score_point: MoneyView,
    /// Parcels worth as much are insured.
    pub insured_from: MoneyView,
    /// What buyers are told.
    pub messages: MessagesBody,
    /// Grows with every change; the value of `ETag`. 0: as it is without anybody setting it.
    pub version: i64,
}

/// The settings of shipping as they are to be. Amounts are in the shop's currency.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShippingSettingsEdit)]
pub struct ShippingBody {
    /// The name on labels; the shop's own where it is empty.
    #[serde(default)]
    pub sender_name: TextView,
    /// The number that couriers call. Without one no label is made.
    #[schema(max_length = 21, example = "+8657188888888")]
    pub phone: String,
    /// The number that buyers call; none if it is empty.
    #[schema(max_length = 21)]
    pub service_phone: String,
    /// What a day after the promised one is worth.
    pub late_day: AmountBody,
    /// What a thousandth of the service score is worth.
    pub score_point: AmountBody,
    /// Parcels worth as much are insured.
    pub insured_from: AmountBody,
    /// What buyers are told.
    pub messages: MessagesBody,
}

// No `_` arm: a new kind of failure is given its status here.
impl From<SaveShippingError> for Problem {
    fn from(error: SaveShippingError) -> Self {
        use SaveShippingError as E;
        match &error {
            E::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "forbidden", &error),
            E::Stale(_) => etag::changed(&error),
            E::Invalid(flaws) => Self::invalid(
                flaws
                    .iter()
                    .map(|flaw| {
                        let field = match flaw.field.as_str() {
                            "name" => "sender_name",
                            other => other.trim_end_matches("_minor"),
                        };
                        let detail = format!("expected {}", flaw.expected);
                        FieldError::new(format!("/{field}"), "out_of_range", detail)
                    })
                    .collect(),
            ),
            E::Storage(_) => match error {
                E::Storage(error) => error.into(),
                other => Self::internal(&other),
            },
        }
    }
}

impl ShippingView {
    fn of(shipping: &Shipping, version: i64, currency: Currency) -> Self {
        let Shipping { sender, policy, messages } = shipping;
        Self {
            sender_name: (&sender.name).into(),
            phone: sender.phone.clone(),
            service_phone: sender.service_phone.clone(),
            late_day: MoneyView::of(policy.late_day_minor, currency),
            score_point: MoneyView::of(policy.score_point_minor, currency),
            insured_from: MoneyView::of(policy.insured_from_minor, currency),
            messages: MessagesBody {
                shipped: messages.shipped,
                arriving: messages.arriving,
                delivered: messages.delivered,
                address_problem: messages.address_problem,
                completed: messages.completed,
            },
            version,
        }
    }
}

/// Read the settings of shipping.
#[utoipa::path(
    get, path = "/api/v1/shipping-settings", tag = "carriers", operation_id = "get_shipping_settings",
    responses((status = 200, description = "They; their version is in ETag.", body = ShippingView)),
)]
pub async fn get_shipping_settings(State(services): State<Services>) -> Result<Response, Problem> {
    let (shipping, version) = services.database().read(read).await?;
    let view = ShippingView::of(&shipping, version, services.catalog().shop.currency);
    Ok(([etag(version)], Json(view)).into_response())
}

/// Change the settings of shipping.
///
/// All of them at once.
#[utoipa::path(
    put, path = "/api/v1/shipping-settings", tag = "carriers", operation_id = "set_shipping_settings",
    params(("If-Match" = String, Header, description = "The ETag that was read.", example = "\"0\"")),
    request_body = ShippingBody,
    responses((status = 200, description = "As they are now.", body = ShippingView)),
)]
pub async fn set_shipping_settings(
    State(services): State<Services>,
    caller: Caller,
    IfMatch(version): IfMatch,
    body: JsonBody<ShippingBody>,
) -> Result<Response, Problem> {
    check_texts(&[("sender_name", Some(&body.value.sender_name))])?;
    let currency = services.catalog().shop.currency;
    let wanted = body.value.wanted(currency).map_err(Problem::invalid)?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let write = move |tx: &mut Tx<'_>| {
        let version = save(tx, &principal, &act, &wanted, version)?;
        Ok::<_, SaveShippingError>((wanted.clone(), version))
    };
    let (shipping, version) = services.database().write(write).await?;
    let view = ShippingView::of(&shipping, version, currency);
    Ok(([etag(version)], Json(view)).into_response())
}

impl ShippingBody {
    fn wanted(&self, currency: Currency) -> Result<Shipping, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut minor = |amount: &AmountBody, at: &str| match amount.read(at) {
            Ok(money) if money.currency == currency => money.minor,
            Ok(_) => {
                let detail = "expected the shop's currency";
                wrong.push(FieldError::new(format!("{at}/currency"), "invalid", detail));
                0
            }
            Err(error) => {
                wrong.push(error);
                0
            }
        };
        let policy = Policy {
            late_day_minor: minor(&self.late_day, "/late_day"),
            score_point_minor: minor(&self.score_point, "/score_point"),
            insured_from_minor: minor(&self.insured_from, "/insured_from"),
            ..Policy::default()
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let MessagesBody { shipped, arriving, delivered, address_problem, completed } =
            self.messages;
        Ok(Shipping {
            sender: Sender {
                name: self.sender_name.clone().into(),
                phone: self.phone.clone(),
                service_phone: self.service_phone.clone(),
            },
            policy,
            messages: BuyerMessages { shipped, arriving, delivered, address_problem, completed },
        })
    }
}
