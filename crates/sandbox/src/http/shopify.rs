//! The shop's Admin API in GraphQL, and the tester's look at what it was told.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Axum};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use ordermill_vault::signature::constant_time_eq;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ApiError;
use super::api::{under_faults, unreadable};
use crate::Sandbox;
use crate::fault::Call;
use crate::graphql::{self, Field, Unreadable};
use crate::shopify::{Fulfillment, NewOrder, Order, Taken};

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/shopify/admin/api/{version}/graphql.json", post(graphql))
        .route("/control/shopify/orders", get(orders).post(place))
        .route("/control/shopify/orders/{id}", get(order))
}

#[derive(Debug, Deserialize)]
struct GraphqlBody {
    query: String,
    #[serde(default)]
    variables: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FulfillmentInput {
    line_items_by_fulfillment_order: Vec<Part>,
    #[serde(default)]
    notify_customer: bool,
    #[serde(default)]
    tracking_info: TrackingInput,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    fulfillment_order_id: String,
    #[serde(default)]
    fulfillment_order_line_items: Vec<LineInput>,
}

#[derive(Debug, Deserialize)]
struct LineInput {
    id: String,
    quantity: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TrackingInput {
    company: String,
    number: String,
    url: String,
}

async fn graphql(
    Axum(sandbox): Axum<Sandbox>,
    Path(_version): Path<String>,
    headers: HeaderMap,
    body: Result<Json<GraphqlBody>, JsonRejection>,
) -> Response {
    let token = headers.get("x-shopify-access-token").and_then(|it| it.to_str().ok());
    let key = sandbox.config().api_key.as_bytes();
    if !token.is_some_and(|token| constant_time_eq(token.as_bytes(), key)) {
        let errors = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        return (StatusCode::UNAUTHORIZED, Json(json!({ "errors": errors }))).into_response();
    }
    let Json(body) = match body {
        Ok(body) => body,
        Err(rejection) => return unreadable(rejection).into_response(),
    };
    let field = match graphql::parse(&body.query, &body.variables) {
        Ok(field) => field,
        Err(error) => return not_understood(&error),
    };
    match field.name.as_str() {
        "order" => look(&sandbox, field).await,
        "fulfillmentCreate" => create(&sandbox, field).await,
        "fulfillmentTrackingInfoUpdate" => rename(&sandbox, field).await,
        other => not_understood(&Unreadable(format!("field '{other}' doesn't exist"))),
    }
}

async fn look(sandbox: &Sandbox, field: Field) -> Response {
    let id = field.arguments.get("id").and_then(Value::as_str).and_then(number_of);
    let reference = id.map_or_else(String::new, |id| id.to_string());
    under_faults(sandbox, Call::ShopLook, &reference, None, |_| {
        let shelf = sandbox.shelf();
        let order = id.and_then(|id| shelf.shopify.order(id));
        let whole = order.map_or(Value::Null, view);
        Ok(answer(&field, &whole))
    })
    .await
}

async fn create(sandbox: &Sandbox, field: Field) -> Response {
    let input = field.arguments.get("fulfillment").cloned().unwrap_or_default();
    let input: FulfillmentInput = match serde_json::from_value(input) {
        Ok(input) => input,
        Err(error) => return not_understood(&Unreadable(error.to_string())),
    };
    // One fulfillment order has all of an order here, and their numbers are the same.
    let [part] = &input.line_items_by_fulfillment_order[..] else {
        return user_error(&field, "One fulfillment order is fulfilled at a time here.");
    };
    let order = number_of(&part.fulfillment_order_id).unwrap_or_default();
    under_faults(sandbox, Call::ShopTell, &order.to_string(), None, |declined| {
        if declined {
            let why = "Invalid fulfillment order line item quantity requested.";
            return Ok(user_error(&field, why));
        }
        let taken = part.fulfillment_order_line_items.iter();
        let taken: Vec<Taken> = taken
            .map(|it| Taken { id: number_of(&it.id).unwrap_or(0), quantity: it.quantity })
            .collect();
        let TrackingInput { company, number, url } = &input.tracking_info;
        let parcel = Fulfillment {
            id: 0,
            numbers: vec![number.clone()],
            company: company.clone(),
            url: url.clone(),
            lines: Vec::new(),
            notified: input.notify_customer,
        };
        Ok(match sandbox.shelf().shopify.fulfill(order, &taken, parcel) {
            Ok(made) => {
                let made = json!({ "fulfillment": fulfillment(made), "userErrors": [] });
                answer(&field, &made)
            }
            Err(refusal) => user_error(&field, refusal.0),
        })
    })
    .await
}

#[derive(Debug, Deserialize)]
struct NumbersInput {
    numbers: Vec<String>,
}

async fn rename(sandbox: &Sandbox, field: Field) -> Response {
    let argument = |name: &str| field.arguments.get(name).cloned().unwrap_or_default();
    let input: NumbersInput = match serde_json::from_value(argument("trackingInfoInput")) {
        Ok(input) => input,
        Err(error) => return not_understood(&Unreadable(error.to_string())),
    };
    let id = argument("fulfillmentId").as_str().and_then(number_of).unwrap_or_default();
    let notified = argument("notifyCustomer") == json!(true);
    let order = {
        let shelf = sandbox.shelf();
        let of = |order: &&Order| order.fulfillments.iter().any(|it| it.id == id);
        shelf.shopify.orders().find(of).map_or(0, |order| order.id)
    };
    under_faults(sandbox, Call::ShopTell, &order.to_string(), None, |declined| {
        if declined {
            return Ok(user_error(&field, "Fulfillment cannot be updated."));
        }
        Ok(match sandbox.shelf().shopify.rename(id, input.numbers.clone(), notified) {
            Ok(known) => {
                let known = json!({ "fulfillment": fulfillment(known), "userErrors": [] });
                answer(&field, &known)
            }
            Err(refusal) => user_error(&field, refusal.0),
        })
    })
    .await
}

fn view(order: &Order) -> Value {
    let is_done = order.open.iter().all(|line| line.remaining == 0);
    let status = match (is_done, order.fulfillments.is_empty()) {
        (true, _) => "CLOSED",
        (false, true) => "OPEN",
        (false, false) => "IN_PROGRESS",
    };
    let line = |line: &crate::shopify::OpenLine| {
        json!({
            "id": gid("FulfillmentOrderLineItem", line.id),
            "totalQuantity": line.total,
            "remainingQuantity": line.remaining,
            "lineItem": { "id": gid("LineItem", line.line) },
        })
    };
    json!({
        "id": gid("Order", order.id),
        "fulfillments": order.fulfillments.iter().map(fulfillment).collect::<Vec<_>>(),
        "fulfillmentOrders": [{
            "id": gid("FulfillmentOrder", order.id),
            "status": status,
            "lineItems": order.open.iter().map(line).collect::<Vec<_>>(),
        }],
    })
}

fn fulfillment(it: &Fulfillment) -> Value {
    let info = |number| json!({ "company": it.company, "number": number, "url": it.url });
    let info: Vec<Value> = it.numbers.iter().map(info).collect();
    json!({ "id": gid("Fulfillment", it.id), "status": "SUCCESS", "trackingInfo": info })
}

fn user_error(field: &Field, message: &str) -> Response {
    let error = json!({ "field": ["fulfillment"], "message": message });
    answer(field, &json!({ "fulfillment": null, "userErrors": [error] }))
}

/// The answer with what it cost, as there.
fn answer(field: &Field, whole: &Value) -> Response {
    match graphql::select(field, whole) {
        Ok(asked) => {
            let status = json!({
                "maximumAvailable": 2000.0, "currentlyAvailable": 1990.0, "restoreRate": 100.0,
            });
            let cost = json!({
                "requestedQueryCost": 10, "actualQueryCost": 10, "throttleStatus": status,
            });
            let data = json!({ field.name.clone(): asked });
            Json(json!({ "data": data, "extensions": { "cost": cost } })).into_response()
        }
        Err(error) => not_understood(&error),
    }
}

fn not_understood(error: &Unreadable) -> Response {
    let error = json!({ "message": error.0, "extensions": { "code": "undefinedField" } });
    Json(json!({ "errors": [error] })).into_response()
}

fn gid(kind: &str, id: u64) -> String {
    format!("gid://shopify/{kind}/{id}")
}

fn number_of(gid: &str) -> Option<u64> {
    gid.strip_prefix("gid://shopify/")?.split_once('/')?.1.parse().ok()
}

async fn orders(Axum(sandbox): Axum<Sandbox>) -> Json<Vec<Order>> {
    Json(sandbox.shelf().shopify.orders().take(1_000).cloned().collect())
}

async fn order(Axum(sandbox): Axum<Sandbox>, Path(id): Path<u64>) -> Result<Json<Order>, ApiError> {
    let found = sandbox.shelf().shopify.order(id).cloned();
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such order");
    found.map(Json).ok_or_else(missing)
}

async fn place(
    Axum(sandbox): Axum<Sandbox>,
    body: Result<Json<NewOrder>, JsonRejection>,
) -> Result<(StatusCode, Json<Order>), ApiError> {
    let Json(new) = body.map_err(unreadable)?;
    if new.line_items.is_empty() || new.line_items.len() > 500 {
        return Err(ApiError::field("line_items"));
    }
    let order = sandbox.place_at_shopify(&new).map_err(|refusal| {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "full", refusal.to_string())
    })?;
    Ok((StatusCode::CREATED, Json(order)))
}
