//! Waves: planned work given to the floor of a location, batched and routed.

use std::num::NonZeroU32;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ordermill_app::Services;
use ordermill_app::wave::foresee::Known;
use ordermill_app::wave::plan::Cart;
use ordermill_app::wave::preview::{Count, preview};
use ordermill_app::wave::{FULFILLMENTS_MAX, ReleaseError, Wish, release};
use ordermill_base::Timestamp;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{CarrierId, LocationId, WaveId};
use ordermill_storage::wave::{self as stored, Progress};
use ordermill_storage::{Tx, carrier};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::carrier::view::ServiceKindView;
use crate::catalog::wrong;
use crate::created::{Created, created};
use crate::cursor;
use crate::gate::Needs;
use crate::idempotency::key_of;
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::Problem;
use crate::routes::Routes;

/// The addresses of waves.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::WholeKey(Scope::ReadStock), Needs::WholeKey(Scope::WriteOrders));
    routes
        .get("/api/v1/locations/{location_id}/waves", read, list_waves)
        .post("/api/v1/locations/{location_id}/waves", write, release_wave)
        .post("/api/v1/locations/{location_id}/waves/preview", write, preview_wave)
}

/// Work that was released together, and how far it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Wave)]
pub struct WaveView {
    /// Its key.
    #[schema(example = "wav_01k2ey4xh0000")]
    pub id: String,
    /// How many fulfillments it has.
    pub fulfillments: i64,
    /// How many pieces.
    pub pieces: i64,
    /// How many of them are picked.
    pub pieces_picked: i64,
    /// How many were not in their bins.
    pub pieces_short: i64,
    /// How many are still to be picked.
    pub pieces_left: i64,
    /// On how many pick lists.
    pub pick_lists: i64,
    /// How many of them are done.
    pub pick_lists_done: i64,
    /// How long the walks are together, in millimeters.
    pub walk_mm: i64,
    /// How long they would be one fulfillment at a time.
    pub walk_alone_mm: i64,
    /// When it was released, RFC 3339 in UTC.
    pub released_at: String,
}

impl From<&Progress> for WaveView {
    fn from(it: &Progress) -> Self {
        Self {
            id: it.wave.id.to_string(),
            fulfillments: it.wave.fulfillments,
            pieces: it.wave.pieces,
            pieces_picked: it.picked,
            pieces_short: it.short,
            pieces_left: it.left,
            pick_lists: it.wave.lists,
            pick_lists_done: it.lists_done,
            walk_mm: it.wave.walk_mm,
            walk_alone_mm: it.wave.walk_alone_mm,
            released_at: it.wave.released_at.to_string(),
        }
    }
}

/// Which work is released, and what fits on a cart.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWave {
    /// Only what should leave by then, RFC 3339.
    #[schema(max_length = 40, example = "2026-11-22T09:00:00Z")]
    pub ship_by: Option<String>,
    /// Only urgent work.
    #[serde(default)]
    pub urgent_only: bool,
    /// Only work of which everything lies in this zone.
    #[schema(max_length = 64, example = "A")]
    pub zone: Option<String>,
    /// Only work that this carrier would get: its code.
    #[schema(max_length = 64, example = "swift")]
    pub carrier: Option<String>,
    /// Only work that would be brought like this.
    pub service: Option<ServiceKindView>,
    /// How many fulfillments at most.
    #[schema(minimum = 1, maximum = 1000, example = 200)]
    pub fulfillments_max: i64,
    /// How many totes stand on a cart.
    #[schema(minimum = 1, maximum = 200, example = 12)]
    pub totes: u32,
    /// How many pieces go into a tote.
    #[schema(minimum = 1, maximum = 9999, example = 20)]
    pub pieces_per_tote: u32,
}

// No `_` arm: a new kind of failure is given its status here.
impl From<ReleaseError> for Problem {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::NotFound => not_found("location"),
            ReleaseError::Forbidden(_) => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", error.to_string())
            }
            ReleaseError::Nothing => {
                Self::new(StatusCode::CONFLICT, "nothing_to_release", error.to_string())
            }
            ReleaseError::Impossible => wrong("fulfillments_max", error.to_string()),
            ReleaseError::KeyReused => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "idempotency_key_reused", error.to_string())
            }
            ReleaseError::Busy => {
                Self::new(StatusCode::CONFLICT, "work_changed", error.to_string())
            }
            ReleaseError::Work(error) => error.into_storage().into(),
            ReleaseError::Storage(error) => error.into(),
        }
    }
}

/// Release a wave.
///
/// Takes planned work of the location, urgent work first, then what should leave first; claims its pieces
/// in their bins, joins walks and makes a pick list for each cart.
#[utoipa::path(
    post, path = "/api/v1/locations/{location_id}/waves", tag = "floor", operation_id = "release_wave",
    params(
        ("location_id" = String, Path, description = "Where.", example = "loc_01k2ey4xh0000"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 printable letters, kept for a day", min_length = 1, max_length = 128),
    ),
    request_body = NewWave,
    responses(
        (status = 201, description = "It is on the floor.", body = Created),
        (status = 409, description = "No such work waits.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn release_wave(
    State(services): State<Services>,
    caller: Caller,
    PathId(at): PathId<LocationId>,
    headers: HeaderMap,
    body: JsonBody<NewWave>,
) -> Result<Response, Problem> {
    let key = key_of(&headers, &caller, &format!("POST /locations/{at}/waves"), body.digest)?;
    let wish = wish_of(&services, body.value).await?;
    let known = known(&services).await?;
    let act = caller.act(&services);
    let wave =
        release(services.database(), caller.principal(), &act, at, (&wish, &known), Some(key))
            .await?;
    let is_replay = wave.released_at != act.at;
    Ok(created(&format!("/api/v1/locations/{at}/waves"), wave.id, is_replay))
}

/// What is known of goods and carriers beside the database.
async fn known(services: &Services) -> Result<Known, Problem> {
    let histories = services.carriers().histories().await?;
    Ok(Known { catalog: services.catalog(), histories })
}

async fn wish_of(services: &Services, new: NewWave) -> Result<Wish, Problem> {
    let ship_by: Option<Timestamp> = match &new.ship_by {
        None => None,
        Some(text) => {
            let moment: Result<jiff::Timestamp, _> = text.parse();
            Some(moment.map_err(|_| wrong("ship_by", "a moment in RFC 3339"))?.into())
        }
    };
    let in_range = |field, value: i64, most: i64| {
        let detail = format!("expected 1 to {most}");
        if (1..=most).contains(&value) { Ok(()) } else { Err(wrong(field, detail)) }
    };
    in_range("fulfillments_max", new.fulfillments_max, FULFILLMENTS_MAX)?;
    in_range("totes", new.totes.into(), 200)?;
    in_range("pieces_per_tote", new.pieces_per_tote.into(), 9_999)?;
    let pieces_per_tote = NonZeroU32::new(new.pieces_per_tote).unwrap_or(NonZeroU32::MIN);
    let carrier = match new.carrier {
        None => None,
        Some(code) => {
            let find = move |tx: &mut Tx<'_>| carrier::find_by_code(tx, &code);
            let found = services.database().read(find).await?;
            Some(found.ok_or_else(|| wrong("carrier", "no carrier has this code"))?.carrier.id)
        }
    };
    Ok(Wish {
        ship_by,
        is_urgent: new.urgent_only,
        zone: new.zone.unwrap_or_default(),
        carrier,
        service: new.service.map(Into::into),
        most: new.fulfillments_max,
        cart: Cart { totes: new.totes, pieces_per_tote },
    })
}

/// Work that waits, counted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaveCount {
    /// How many fulfillments.
    pub fulfillments: i64,
    /// How many of them should have left by now.
    pub late: i64,
    /// How many of them are urgent.
    pub urgent: i64,
    /// How many pieces.
    pub pieces: i64,
}

/// Work of one carrier, delivery service or zone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaveShare {
    /// The code of the carrier, service or zone; null for what no carrier takes, and what lies in several zones
    /// or without a bin.
    pub code: Option<String>,
    /// How much of it waits.
    #[serde(flatten)]
    pub count: WaveCount,
}

/// What a wave would take.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WavePreview {
    /// What it would take.
    pub taken: WaveCount,
    /// What is asked for and more than it may have.
    pub left: WaveCount,
    /// By the carrier that the work would get.
    pub by_carrier: Vec<WaveShare>,
    /// By the delivery service that the work would get.
    pub by_service: Vec<WaveShare>,
    /// By zone.
    pub by_zone: Vec<WaveShare>,
}

impl From<Count> for WaveCount {
    fn from(count: Count) -> Self {
        let Count { fulfillments, late, urgent, pieces } = count;
        Self { fulfillments, late, urgent, pieces }
    }
}

/// Count what a wave would take.
///
/// Nothing is released or claimed. Carrier and delivery service are those that would be chosen by what buyers
/// wish and were promised, and today's prices and scores.
#[utoipa::path(
    post, path = "/api/v1/locations/{location_id}/waves/preview", tag = "floor", operation_id = "preview_wave",
    params(("location_id" = String, Path, description = "Where.", example = "loc_01k2ey4xh0000")),
    request_body = NewWave,
    responses((status = 200, description = "What it would take.", body = WavePreview)),
)]
pub async fn preview_wave(
    State(services): State<Services>,
    caller: Caller,
    PathId(at): PathId<LocationId>,
    body: JsonBody<NewWave>,
) -> Result<Json<WavePreview>, Problem> {
    let wish = wish_of(&services, body.value).await?;
    let (known, now) = (known(&services).await?, services.now());
    let found = preview(services.database(), caller.principal(), at, (&wish, &known), now).await?;
    let carriers = services.database().read(carrier::names).await?;
    let code = |id: Option<CarrierId>| {
        let found = carriers.iter().find(|it| Some(it.id) == id);
        found.map(|it| it.code.clone())
    };
    let by_carrier = found.by_carrier.into_iter();
    let by_service = found.by_service.into_iter();
    let by_zone = found.by_zone.into_iter();
    Ok(Json(WavePreview {
        taken: found.taken.into(),
        left: found.left.into(),
        by_carrier: by_carrier
            .map(|(id, count)| WaveShare { code: code(id), count: count.into() })
            .collect(),
        by_service: by_service
            .map(|(kind, count)| WaveShare {
                code: kind.map(|kind| kind.code().to_owned()),
                count: count.into(),
            })
            .collect(),
        by_zone: by_zone.map(|(code, count)| WaveShare { code, count: count.into() }).collect(),
    }))
}

/// List the waves of a location.
///
/// Newest first, each with how far it is.
#[utoipa::path(
    get, path = "/api/v1/locations/{location_id}/waves", tag = "floor", operation_id = "list_waves",
    params(("location_id" = String, Path, description = "Where.", example = "loc_01k2ey4xh0000"), PageQuery),
    responses((status = 200, description = "A page.", body = Page<WaveView>)),
)]
pub async fn list_waves(
    State(services): State<Services>,
    PathId(at): PathId<LocationId>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<WaveView>>, Problem> {
    let limit = limit(query.limit)?;
    let before = query.cursor.as_deref().map(cursor::read::<WaveId>).transpose()?;
    let found = services.database().read(move |tx| stored::list(tx, at, before, limit + 1)).await?;
    let cursor = |last: &Progress| cursor::write(last.wave.id);
    Ok(Json(Page::of(found, limit, cursor, |it| WaveView::from(&it))))
}
