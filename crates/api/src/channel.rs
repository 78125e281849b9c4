//! Sales channels: where they send us their orders, and the copies that we keep.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, post};
use ordermill_app::Services;
use ordermill_app::channel::inbox::ReceiveMessageError;
use ordermill_domain::api_key::Scope;
use ordermill_domain::channel_order::State as CopyState;
use ordermill_domain::ids::ChannelOrderId;
use ordermill_ports::channel::ReceiveError;
use ordermill_storage::channel_order::{self, ChannelOrder};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::cursor;
use crate::gate::Needs;
use crate::gateway::{as_received, body_problem};
use crate::params::{self, Page, Params, PathId, PathTexts, not_found};
use crate::problem::{FieldError, Problem};
use crate::routes::Routes;

/// Bytes of a message at most: an order of Shopify's with hundreds of lines has about one million.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Where channels speak to us, and what integrators see of it.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/channel-orders", Needs::Key(Scope::ReadOrders), list_channel_orders)
        .get(
            "/api/v1/channel-orders/{channel_order_id}/copy",
            Needs::Key(Scope::ReadContacts),
            get_channel_order_copy,
        )
        .post(
            "/api/v1/channel-orders/{channel_order_id}/retry",
            Needs::Key(Scope::WriteOrders),
            retry_channel_order,
        )
        .add("post", "/channels/{code}/{kind}", Needs::Nothing, messages())
}

/// The route of messages, with a limit of its own.
fn messages() -> MethodRouter<Services> {
    post(receive_message).layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
}

/// A channel's order and what has become of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelOrderView {
    /// Its key.
    #[schema(example = "cho_01k2ey4xh0000")]
    pub id: String,
    /// Where it came from.
    pub channel_id: String,
    /// The channel's own id.
    pub external_id: String,
    /// What the channel's buyer reads out.
    pub number: String,
    /// `waiting`, `placed`, `canceled` or `test`.
    pub state: String,
    /// The order that it became.
    pub order_id: Option<String>,
    /// What is missing before it can become one.
    pub missing: Vec<MissingView>,
    /// When the channel last changed what we have.
    #[schema(format = DateTime)]
    pub changed_at: String,
    /// When it came in first.
    #[schema(format = DateTime)]
    pub received_at: String,
}

/// Something that is missing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MissingView {
    /// Which part of the order.
    pub field: String,
    /// A stable code.
    pub code: String,
    /// What is expected.
    pub detail: String,
}

/// What a list of channels' orders shows.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CopiesQuery {
    /// `waiting`, `placed`, `canceled` or `test`; those that wait if left out.
    #[param(example = "waiting")]
    state: Option<String>,
    /// Where the last page ended.
    #[param(max_length = 100)]
    cursor: Option<String>,
    /// Orders on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// Which copy is shown.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CopyQuery {
    /// The newest copy instead of the first one.
    #[serde(default)]
    #[param(default = false)]
    newest: bool,
}

impl From<&ChannelOrder> for ChannelOrderView {
    fn from(copy: &ChannelOrder) -> Self {
        let missing = copy.problem.as_deref().and_then(|text| serde_json::from_str(text).ok());
        Self {
            id: copy.id.to_string(),
            channel_id: copy.channel.to_string(),
            external_id: copy.external_id.clone(),
            number: copy.number.clone(),
            state: copy.state.code().to_owned(),
            order_id: copy.order.map(|order| order.to_string()),
            missing: missing.unwrap_or_default(),
            changed_at: copy.changed_at.to_string(),
            received_at: copy.received_at.to_string(),
        }
    }
}

/// Take a sales channel's message.
///
/// For channels only: the signature over the raw body is checked with the secret of the channel in the
/// address. A message that is answered with 204 is stored and need not be sent again.
#[utoipa::path(
    post, path = "/channels/{code}/{kind}", tag = "partners", operation_id = "receive_channel_message",
    params(
        ("code" = String, Path, description = "The channel's code.", example = "shopify-eu"),
        ("kind" = String, Path, description = "What speaks through it.", example = "shopify"),
    ),
    request_body(content = String, description = "Whatever the channel sends.", content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "It is stored."),
        (status = 400, description = "A header is missing or doubled.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The signature is not this channel's.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such channel.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "It could not be stored; send it again.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn receive_message(
    State(services): State<Services>,
    PathTexts(code, kind): PathTexts,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = body.map_err(|rejection| body_problem(&rejection))?;
    let headers = as_received(&headers);
    services.sales_channels().receive(&code, &kind, &headers, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List channels' orders.
#[utoipa::path(
    get, path = "/api/v1/channel-orders", tag = "channels", operation_id = "list_channel_orders",
    params(CopiesQuery),
    responses(
        (status = 200, description = "A page.", body = Page<ChannelOrderView>),
        (status = 422, description = "A parameter is wrong.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn list_channel_orders(
    State(services): State<Services>,
    caller: Caller,
    Params(query): Params<CopiesQuery>,
) -> Result<Json<Page<ChannelOrderView>>, Problem> {
    let state = query.state.as_deref().unwrap_or(CopyState::Waiting.code());
    let state = CopyState::from_code(state).map_err(|_| {
        let expected = "expected waiting, placed, canceled or test";
        Problem::invalid(vec![FieldError::new("state", "invalid", expected)])
    })?;
    let limit = params::limit(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::read::<ChannelOrderId>).transpose()?;
    let channel = caller.only_channel();
    let list = move |tx: &mut ordermill_storage::Tx<'_>| {
        channel_order::list(tx, state, channel, after, limit + 1)
    };
    let found: Vec<ChannelOrder> = services.database().read(list).await?;
    let cursor = |last: &ChannelOrder| cursor::write(last.id);
    Ok(Json(Page::of(found, limit, cursor, |copy| ChannelOrderView::from(&copy))))
}

/// Read the copy of a channel's order.
///
/// As it was received, byte for byte, with everything personal in it.
#[utoipa::path(
    get, path = "/api/v1/channel-orders/{channel_order_id}/copy", tag = "channels",
    operation_id = "get_channel_order_copy",
    params(
        ("channel_order_id" = String, Path, description = "Its id.", example = "cho_01k2ey4xh0000"),
        CopyQuery,
    ),
    responses(
        (status = 200, description = "The copy.", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "No such copy, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It was erased.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn get_channel_order_copy(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<ChannelOrderId>,
    Params(query): Params<CopyQuery>,
) -> Result<impl IntoResponse, Problem> {
    let copy = load(&services, &caller, id).await?;
    let raw = services.sales_channels().as_received(&copy, query.newest);
    let raw = raw.map_err(|error| Problem::new(StatusCode::GONE, "erased", error))?;
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, raw))
}

/// Try a channel's order again.
///
/// What was missing is there now: a SKU, stock, the rest of an address. It is tried by itself every
/// ten minutes, too.
#[utoipa::path(
    post, path = "/api/v1/channel-orders/{channel_order_id}/retry", tag = "channels",
    operation_id = "retry_channel_order",
    params(("channel_order_id" = String, Path, description = "Its id.", example = "cho_01k2ey4xh0000")),
    responses(
        (status = 202, description = "It is tried at once.", body = ChannelOrderView),
        (status = 404, description = "No such copy, or not yours to know of.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It does not wait any more.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn retry_channel_order(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<ChannelOrderId>,
) -> Result<(StatusCode, Json<ChannelOrderView>), Problem> {
    let copy = load(&services, &caller, id).await?;
    if !services.sales_channels().hurry(copy.id).await? {
        let detail = "it does not wait any more";
        return Err(Problem::new(StatusCode::CONFLICT, "not_waiting", detail));
    }
    Ok((StatusCode::ACCEPTED, Json(ChannelOrderView::from(&copy))))
}

async fn load(
    services: &Services,
    caller: &Caller,
    id: ChannelOrderId,
) -> Result<ChannelOrder, Problem> {
    let read = move |tx: &mut ordermill_storage::Tx<'_>| channel_order::fetch(tx, id);
    let copy: Option<ChannelOrder> = services.database().read(read).await?;
    let may_know =
        |copy: &ChannelOrder| caller.only_channel().is_none_or(|own| own == copy.channel);
    copy.filter(may_know).ok_or_else(|| not_found("order of a channel"))
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ReceiveMessageError> for Problem {
    fn from(error: ReceiveMessageError) -> Self {
        match error {
            ReceiveMessageError::UnknownChannel => {
                Self::new(StatusCode::NOT_FOUND, "channel_unknown", &error)
            }
            ReceiveMessageError::NotBelieved(ReceiveError::Header(_)) => {
                Self::new(StatusCode::BAD_REQUEST, "signature_header", &error)
            }
            ReceiveMessageError::NotBelieved(
                ReceiveError::Signature | ReceiveError::WrongAccount,
            ) => Self::new(StatusCode::UNAUTHORIZED, "signature_wrong", &error),
            ReceiveMessageError::Secrets(error) => Self::internal(&error),
            ReceiveMessageError::Storage(error) => error.into(),
        }
    }
}
