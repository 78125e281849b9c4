//! Keeping carriers.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::carrier::setup::{KeepCarrierError, check_address, keep_by_hand, may_keep};
use ordermill_app::once::once;
use ordermill_domain::ids::CarrierId;
use ordermill_storage::carrier::{self, Stored};
use ordermill_storage::{Error, Tx};

use super::terms::CarrierBody;
use super::view::CarrierView;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::check_texts;
use crate::created::{Created, created_once};
use crate::etag::{IfMatch, etag};
use crate::idempotency::key_of;
use crate::params::{PathId, not_found};
use crate::problem::Problem;

fn shown(stored: &Stored) -> Response {
    ([etag(stored.carrier.version)], Json(CarrierView::from(stored))).into_response()
}

/// List carriers.
///
/// All of them, by code.
#[utoipa::path(
    get, path = "/api/v1/carriers", tag = "carriers", operation_id = "list_carriers",
    responses((status = 200, description = "All of them.", body = Vec<CarrierView>)),
)]
pub async fn list_carriers(
    State(services): State<Services>,
) -> Result<Json<Vec<CarrierView>>, Problem> {
    let all = services.database().read(carrier::list).await?;
    Ok(Json(all.iter().map(CarrierView::from).collect()))
}

/// Read a carrier.
#[utoipa::path(
    get, path = "/api/v1/carriers/{carrier_id}", tag = "carriers", operation_id = "get_carrier",
    params(("carrier_id" = String, Path, description = "Its id.", example = "car_01k2ey4xh0000")),
    responses((status = 200, description = "It; its version is in ETag.", body = CarrierView)),
)]
pub async fn get_carrier(
    State(services): State<Services>,
    PathId(id): PathId<CarrierId>,
) -> Result<Response, Problem> {
    let found = services.database().read(move |tx| carrier::fetch(tx, id)).await?;
    found.map(|it| shown(&it)).ok_or_else(|| not_found("carrier"))
}

/// Make a carrier.
#[utoipa::path(
    post, path = "/api/v1/carriers", tag = "carriers", operation_id = "create_carrier",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128)),
    request_body = CarrierBody,
    responses(
        (status = 201, description = "It is there.", body = Created),
        (status = 409, description = "Another one has the code.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn create_carrier(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody<CarrierBody>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, "POST /carriers", body.digest)?;
    check_texts(&[("name", Some(&body.value.name))])?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let id: CarrierId = services.database().ids().next(act.at);
    let (new, account) = body.value.read(id, 1).map_err(Problem::invalid)?;
    may_keep(&principal).map_err(KeepCarrierError::from)?;
    let account = check_address(&**services.messenger(), None, account).await?;
    let vault = services.vault().clone();
    let make = move |tx: &mut Tx<'_>| {
        once(tx, &key, act.at, |tx| {
            keep_by_hand(tx, &principal, &act, &vault, &new, &account).map(|()| (id, ()))
        })
    };
    let made = services.database().write(make).await?;
    services.catalog_changed().await;
    Ok(created_once("/api/v1/carriers", &made))
}

/// Change a carrier.
///
/// Everything at once; the account's secret stays if it is left out, and is entered again where the
/// protocol or the address of the account is another one. A carrier that is not active is
/// given no parcels; those that it has go on.
#[utoipa::path(
    put, path = "/api/v1/carriers/{carrier_id}", tag = "carriers", operation_id = "edit_carrier",
    params(
        ("carrier_id" = String, Path, description = "Its id.", example = "car_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag that was read.", example = "\"1\""),
    ),
    request_body = CarrierBody,
    responses(
        (status = 200, description = "As it is now.", body = CarrierView),
        (status = 409, description = "Another one has the code.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn edit_carrier(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<CarrierId>,
    IfMatch(version): IfMatch,
    body: JsonBody<CarrierBody>,
) -> Result<Response, Problem> {
    check_texts(&[("name", Some(&body.value.name))])?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let (wanted, account) = body.value.read(id, version).map_err(Problem::invalid)?;
    may_keep(&principal).map_err(KeepCarrierError::from)?;
    let known = services.database().read(move |tx| carrier::fetch(tx, id)).await?;
    let account = check_address(&**services.messenger(), known.as_ref(), account).await?;
    let vault = services.vault().clone();
    let edit = move |tx: &mut Tx<'_>| {
        if carrier::fetch(tx, id)?.is_none() {
            return Err(KeepCarrierError::NotFound(id));
        }
        keep_by_hand(tx, &principal, &act, &vault, &wanted, &account)?;
        let stored = carrier::fetch(tx, id)?;
        stored.ok_or(KeepCarrierError::Storage(Error::Stale("a carrier")))
    };
    let edited = services.database().write(edit).await?;
    services.catalog_changed().await;
    Ok(shown(&edited))
}
