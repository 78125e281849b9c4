//! Reading fulfillments: the open work of locations, one, those of an order.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_domain::fulfillment::{Fulfillment, State as WorkState};
use ordermill_domain::ids::{FulfillmentId, LocationId};
use ordermill_storage::fulfillment::{self as stored, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::FulfillmentView;
use crate::auth::Caller;
use crate::cursor;
use crate::etag::etag;
use crate::order::read::load;
use crate::params::{Page, Params, PathId, PathText, limit, not_found};
use crate::problem::{FieldError, Problem};

/// Which fulfillments, and which page of them.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Only those of this location.
    #[param(max_length = 40, example = "loc_01k2ey4xh0000")]
    location: Option<String>,
    /// Only those in this state: `planned`, `released`, `picking`, `picked`, `rechecked` or `packed`.
    #[param(max_length = 40, example = "planned")]
    state: Option<String>,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Fulfillments on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

impl ListQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let wrong = |field: &str, detail: String| FieldError::new(field, "invalid", detail);
        let location = self.location.as_deref().map(str::parse::<LocationId>).transpose();
        let state = self.state.as_deref().map(str::parse::<WorkState>).transpose();
        let state = state.ok().filter(|state| state.is_none_or(WorkState::is_open));
        match (location, state) {
            (Ok(location), Some(state)) => {
                Ok(Filter { location, states: state.into_iter().collect(), ..Filter::default() })
            }
            (location, state) => {
                let mut errors = Vec::new();
                if location.is_err() {
                    errors.push(wrong("location", "expected the id of a location".to_owned()));
                }
                if state.is_none() {
                    let open = WorkState::ALL.into_iter().filter(|state| state.is_open());
                    let codes: Vec<&str> = open.map(WorkState::code).collect();
                    errors.push(wrong("state", format!("expected one of {}", codes.join(", "))));
                }
                Err(Problem::invalid(errors))
            }
        }
    }
}

/// List open work.
///
/// What locations still have to do, the oldest first. What has left or ended stands with its order.
#[utoipa::path(
    get, path = "/api/v1/fulfillments", tag = "fulfillments", operation_id = "list_fulfillments",
    params(ListQuery),
    responses((status = 200, description = "A page.", body = Page<FulfillmentView>)),
)]
pub async fn list_fulfillments(
    State(services): State<Services>,
    Params(query): Params<ListQuery>,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let (filter, limit) = (query.filter()?, limit(query.limit)?);
    let after = query.cursor.as_deref().map(cursor::read::<FulfillmentId>).transpose()?;
    let list =
        move |tx: &mut ordermill_storage::Tx<'_>| stored::list(tx, &filter, after, limit + 1);
    let found = services.database().snapshot(list).await?;
    let cursor = |last: &Fulfillment| cursor::write(last.id());
    Ok(Json(Page::of(found, limit, cursor, |it| FulfillmentView::from(&it))))
}

/// Read a fulfillment.
#[utoipa::path(
    get, path = "/api/v1/fulfillments/{fulfillment_id}", tag = "fulfillments", operation_id = "get_fulfillment",
    params(("fulfillment_id" = String, Path, description = "Its id.", example = "ful_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = FulfillmentView)),
)]
pub async fn get_fulfillment(
    State(services): State<Services>,
    PathId(id): PathId<FulfillmentId>,
) -> Result<Response, Problem> {
    let found = services.database().snapshot(move |tx| stored::fetch(tx, id)).await?;
    let work = found.ok_or_else(|| not_found("fulfillment"))?;
    Ok(([etag(work.version())], Json(FulfillmentView::from(&work))).into_response())
}

/// List the fulfillments of an order.
///
/// The oldest first, those that were given back or canceled included.
#[utoipa::path(
    get, path = "/api/v1/orders/{order_id}/fulfillments", tag = "fulfillments", operation_id = "list_order_fulfillments",
    params(("order_id" = String, Path, description = "The order's id.", example = "ord_01k2ey4xh0000")),
    responses((status = 200, description = "All of them on one page.", body = Page<FulfillmentView>)),
)]
pub async fn list_order_fulfillments(
    State(services): State<Services>,
    caller: Caller,
    PathText(order_id): PathText,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    of_order(&services, &caller, &order_id).await
}

/// The fulfillments of an order, if the caller may know of it.
pub(crate) async fn of_order(
    services: &Services,
    caller: &Caller,
    order_id: &str,
) -> Result<Json<Page<FulfillmentView>>, Problem> {
    let id = load(services, caller, order_id).await?.stored.order.id();
    let found = services.database().snapshot(move |tx| stored::of(tx, id)).await?;
    let items = found.iter().map(FulfillmentView::from).collect();
    Ok(Json(Page { items, next: None }))
}
