//! Starting a payment through the API.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::payment::start::{StartPaymentError, StartedPayment};
use ordermill_domain::api_key::Scope;
use ordermill_domain::payment::Payment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::order::read::own;
use crate::order::view::PaymentView;
use crate::params::PathText;
use crate::problem::{FieldError, Problem};

/// The letters of an address at most.
const URL_BYTES_MAX: usize = 2_000;

/// How an order is to be paid.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPaymentBody {
    /// Through which gateway; the first one that is set up if left out.
    #[schema(example = "sandbox", max_length = 40)]
    pub gateway: Option<String>,
    /// Where the buyer's browser goes afterwards, http or https; the shop's own page if left out.
    #[schema(max_length = 2000)]
    pub return_url: Option<String>,
}

/// A payment that stands, and where the buyer goes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StartedPaymentView {
    /// The payment.
    pub payment: PaymentView,
    /// The gateway's page for the buyer; absent while the gateway has not answered. It is asked again
    /// by itself: repeat the call after some seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
}

/// Start a payment.
///
/// Asks for what is still to be paid. Repeating the call gives the payment that is open; after one
/// has failed, it starts another.
#[utoipa::path(
    post, path = "/api/v1/orders/{order_id}/payments", tag = "payments", operation_id = "start_payment",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    request_body = StartPaymentBody,
    responses(
        (status = 200, description = "A payment stands.", body = StartedPaymentView),
        (status = 400, description = "Not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope payments:write.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The order is not to be paid online, or no longer.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is missing or wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The gateway refused; the payment has failed and may be started again.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, disk full or database away; nothing was changed.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn start_payment(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
    body: JsonBody<StartPaymentBody>,
) -> Result<Json<StartedPaymentView>, Problem> {
    caller.require(Scope::WritePayments)?;
    let StartPaymentBody { gateway, return_url } = body.value;
    if return_url.as_deref().is_some_and(|url| !is_web_address(url)) {
        let error = FieldError::new("/return_url", "invalid", "expected an http or https address");
        return Err(Problem::invalid(vec![error]));
    }
    let order = own(&services, &caller, &order_id).await?;
    let usual = || services.payments().gateways().usual().map(str::to_owned);
    let gateway = gateway.or_else(usual).ok_or_else(|| {
        Problem::new(StatusCode::CONFLICT, "no_gateway", "no payment gateway is set up")
    })?;
    let act = caller.act(&services);
    let started = services.start_payment(act, order, &gateway, return_url).await?;
    let (id, redirect_url) = match started {
        StartedPayment::Redirect { payment, url } => (payment, Some(url)),
        StartedPayment::Pending { payment } => (payment, None),
    };
    let read = move |tx: &mut ordermill_storage::Tx<'_>| ordermill_storage::payment::fetch(tx, id);
    let payment: Option<Payment> = services.database().read(read).await?;
    let payment = payment.ok_or(ordermill_storage::Error::Stale("a payment"))?;
    Ok(Json(StartedPaymentView { payment: PaymentView::from(&payment), redirect_url }))
}

fn is_web_address(url: &str) -> bool {
    let is_http = url.starts_with("http://") || url.starts_with("https://");
    is_http && url.len() <= URL_BYTES_MAX && url.parse::<axum::http::Uri>().is_ok()
}

// No `_` arm: a new kind of failure is given its status here.
impl From<StartPaymentError> for Problem {
    fn from(error: StartPaymentError) -> Self {
        match error {
            StartPaymentError::UnknownGateway(_) => {
                Self::invalid(vec![FieldError::new("/gateway", "unknown", error.to_string())])
            }
            StartPaymentError::OrderNotFound(_) => {
                Self::new(StatusCode::NOT_FOUND, "order_not_found", &error)
            }
            StartPaymentError::NotPayable(_) => {
                Self::new(StatusCode::CONFLICT, "not_payable", &error)
            }
            StartPaymentError::Refused { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "gateway_refused", &error)
            }
            StartPaymentError::Storage(error) => error.into(),
        }
    }
}
