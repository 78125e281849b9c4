//! One order, and lists of orders.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use ordermill_app::Services;
use ordermill_app::order::detail::OrderDetail;
use ordermill_base::Timestamp;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{ChannelId, OrderId};
use ordermill_domain::order::Status;
use ordermill_storage::order;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::{OrderSummary, OrderView};
use crate::auth::Caller;
use crate::cursor;
use crate::params::PathText;
use crate::problem::{FieldError, Problem};

/// Orders on one page at most.
const LIMIT_MAX: i64 = 200;

/// What a list of orders shows.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Only orders in this state.
    #[param(example = "placed")]
    status: Option<String>,
    /// Only orders that still wait for their money (`true`) or have it (`false`).
    unpaid: Option<bool>,
    /// Placed at this moment or later, RFC 3339.
    #[param(format = DateTime)]
    placed_from: Option<String>,
    /// Placed before this moment, RFC 3339.
    #[param(format = DateTime)]
    placed_before: Option<String>,
    /// Where the last page ended.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Orders on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// A page of orders, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderPage {
    /// The orders.
    pub items: Vec<OrderSummary>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl ListQuery {
    fn filter(&self) -> Result<order::Filter, Problem> {
        let wrong = |field: &str, detail: String| {
            Problem::invalid(vec![FieldError::new(field, "invalid", detail)])
        };
        let moment = |field: &str, text: &Option<String>| -> Result<Option<Timestamp>, Problem> {
            let parse = |text: &String| {
                text.parse().map_err(|_| {
                    wrong(field, "expected a moment such as 2026-11-22T08:00:00Z".to_owned())
                })
            };
            text.as_ref().map(parse).transpose()
        };
        let status = self.status.as_deref().map(str::parse::<Status>).transpose();
        let status = status.map_err(|_| {
            let codes: Vec<&str> = Status::ALL.iter().map(|status| status.code()).collect();
            wrong("status", format!("expected one of {}", codes.join(", ")))
        })?;
        Ok(order::Filter {
            statuses: status.into_iter().collect(),
            is_unpaid: self.unpaid,
            placed_from: moment("placed_from", &self.placed_from)?,
            placed_before: moment("placed_before", &self.placed_before)?,
            ..order::Filter::default()
        })
    }
}

/// List orders.
///
/// Newest first, by cursor: a page never shows an order twice, whatever is placed meanwhile.
#[utoipa::path(
    get, path = "/api/v1/orders", tag = "orders", operation_id = "list_orders",
    params(ListQuery),
    responses(
        (status = 200, description = "A page.", body = OrderPage),
        (status = 400, description = "A parameter cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:read.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn list_orders(
    State(services): State<Services>,
    caller: Caller,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<OrderPage>, Problem> {
    caller.require(Scope::ReadOrders)?;
    let Query(query) = query.map_err(|rejection| {
        Problem::new(StatusCode::BAD_REQUEST, "parameters_unreadable", rejection.body_text())
    })?;
    let mut filter = query.filter()?;
    filter.channel = caller.only_channel();
    let limit = query.limit.unwrap_or(50);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let error = FieldError::new("limit", "out_of_range", "expected 1 to 200");
        return Err(Problem::invalid(vec![error]));
    }
    let before = query.cursor.as_deref().map(cursor::read::<OrderId>).transpose()?;
    let load =
        move |tx: &mut ordermill_storage::Tx<'_>| order::list(tx, &filter, before, limit + 1);
    let mut found = services.database().read(load).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
    if has_more {
        found.pop();
    }
    let next = found.last().filter(|_| has_more).map(|last| cursor::write(last.order.id()));
    let items = found.iter().map(OrderSummary::of).collect();
    Ok(Json(OrderPage { items, next }))
}

/// Read an order.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}", tag = "orders", operation_id = "get_order",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses(
        (status = 200, description = "The order; its version is in ETag.", body = OrderView),
        (status = 401, description = "No key of this API.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks the scope orders:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such order, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded, or the database is away.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = [])),
)]
pub async fn get_order(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<impl IntoResponse, Problem> {
    caller.require(Scope::ReadOrders)?;
    let detail = load(&services, &caller, &order_id).await?;
    let etag = format!("\"{}\"", detail.stored.order.version());
    Ok(([(header::ETAG, etag)], Json(OrderView::from(&detail))))
}

/// The order of a path, if there is one and the caller may know of it.
pub(crate) async fn load(
    services: &Services,
    caller: &Caller,
    order_id: &str,
) -> Result<OrderDetail, Problem> {
    let id: OrderId = order_id.parse().map_err(|_| not_found(order_id))?;
    let detail = services.database().snapshot(move |tx| OrderDetail::load(tx, id)).await?;
    let may_know = |detail: &OrderDetail| knows(caller, detail.stored.order.facts().channel);
    detail.filter(may_know).ok_or_else(|| not_found(order_id))
}

/// As [`load`], for who goes on with its id alone.
pub(crate) async fn own(
    services: &Services,
    caller: &Caller,
    order_id: &str,
) -> Result<OrderId, Problem> {
    let id: OrderId = order_id.parse().map_err(|_| not_found(order_id))?;
    let channel = services.database().read(move |tx| order::channel_of(tx, id)).await?;
    let known = channel.filter(|channel| knows(caller, *channel));
    known.map(|_| id).ok_or_else(|| not_found(order_id))
}

/// Whether a caller may know of the orders of a channel.
fn knows(caller: &Caller, channel: ChannelId) -> bool {
    caller.only_channel().is_none_or(|own| own == channel)
}

fn not_found(order_id: &str) -> Problem {
    let detail = format!("no order {}", order_id.escape_debug());
    Problem::new(StatusCode::NOT_FOUND, "order_not_found", detail)
}
