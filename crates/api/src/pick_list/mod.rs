//! Pick lists: what is fetched on one walk, followed scan by scan by devices of others.
#![expect(
    unused_qualifications,
    reason = "paths written by the macro that describes the operation"
)]

pub mod scan;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ordermill_app::Services;
use ordermill_app::pick_list::{PickError, hand_back, stops, take};
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::{LocationId, PickListId, StaffId, WaveId};
use ordermill_domain::pick_list::{ListError, PickList, State as ListState, number};
use ordermill_storage::{Error, Tx, pick_list as stored, staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::body::JsonBody;
use crate::catalog::wrong;
use crate::cursor;
use crate::gate::Needs;
use crate::params::{Page, Params, PathId, limit, not_found};
use crate::problem::Problem;
use crate::routes::Routes;

/// The addresses of pick lists.
pub(crate) fn routes(routes: Routes) -> Routes {
    let (read, write) = (Needs::WholeKey(Scope::ReadStock), Needs::WholeKey(Scope::WriteOrders));
    routes
        .get("/api/v1/locations/{location_id}/pick-lists", read, list_pick_lists)
        .get("/api/v1/pick-lists/{pick_list_id}", read, get_pick_list)
        .post("/api/v1/pick-lists/{pick_list_id}/take", write, take_pick_list)
        .post("/api/v1/pick-lists/{pick_list_id}/hand-back", write, hand_back_pick_list)
        .post("/api/v1/pick-lists/{pick_list_id}/scans", write, scan::scan_pick_list)
}

/// What one person fetches on one walk.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PickList)]
pub struct PickListView {
    /// Its key.
    #[schema(example = "pkl_01k2ey4xh0000")]
    pub id: String,
    /// What people and printed lists call it.
    #[schema(example = "P-01K2EY4XH0000")]
    pub number: String,
    /// The wave that it was released with.
    #[schema(example = "wav_01k2ey4xh0000")]
    pub wave_id: String,
    /// `open`, `picking` or `done`.
    pub state: String,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picker_id: Option<String>,
    /// How many totes stand on the cart.
    pub totes: i64,
    /// How long the walk is, in millimeters.
    pub walk_mm: i64,
    /// Whether it is proven that there is no shorter one.
    pub is_shortest: bool,
    /// The stops in the order of the walk.
    pub lines: Vec<PickLineView>,
}

/// One stop.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PickLine)]
pub struct PickLineView {
    /// Its number on the list.
    pub line: i64,
    /// The label of the bin; absent if it lies somewhere without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// What.
    #[schema(example = "sku_01k2ey4xh0000")]
    pub sku_id: String,
    /// Of which lot; absent for goods without lots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The last day on which the lot may be sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// For which fulfillment.
    #[schema(example = "ful_01k2ey4xh0000")]
    pub fulfillment_id: String,
    /// Into which tote of the cart.
    pub tote: i64,
    /// How many pieces.
    pub quantity: i64,
    /// How many are in the tote.
    pub picked: i64,
    /// How many were not in the bin.
    pub short: i64,
    /// How many are no longer wanted.
    pub dropped: i64,
    /// `bin`, `item` or `lot`: what it asks for next.
    pub step: String,
}

fn view(list: &PickList, stops: Vec<ordermill_app::pick_list::Stop>) -> PickListView {
    let facts = list.facts();
    let line = |stop: ordermill_app::pick_list::Stop| PickLineView {
        line: stop.line.no,
        bin: Some(stop.bin).filter(|bin| !bin.is_empty()),
        sku_id: stop.line.sku.to_string(),
        lot: Some(stop.line.lot).filter(|lot| !lot.is_empty()),
        expires_on: stop.line.expires_on.map(|day| day.to_string()),
        fulfillment_id: stop.line.fulfillment.to_string(),
        tote: stop.line.tote,
        quantity: stop.line.quantity,
        picked: stop.line.picked,
        short: stop.line.short,
        dropped: stop.line.dropped,
        step: stop.line.step.code().to_owned(),
    };
    PickListView {
        id: facts.id.to_string(),
        number: number(facts.id),
        wave_id: facts.wave.to_string(),
        state: facts.state.code().to_owned(),
        picker_id: facts.picker.map(|picker| picker.to_string()),
        totes: facts.totes,
        walk_mm: facts.walk_mm,
        is_shortest: facts.is_shortest,
        lines: stops.into_iter().map(line).collect(),
    }
}

// No `_` arm: a new kind of failure is given its status here.
impl From<PickError> for Problem {
    fn from(error: PickError) -> Self {
        match error {
            PickError::NotFound => not_found("pick list"),
            PickError::Forbidden(_) => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", error.to_string())
            }
            PickError::List(ListError::Taken) => {
                Self::new(StatusCode::CONFLICT, "pick_list_taken", error.to_string())
            }
            PickError::KeyReused => {
                let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused");
                Self::new(status, code, error.to_string())
            }
            PickError::List(_) => {
                Self::new(StatusCode::CONFLICT, "pick_list_refuses", error.to_string())
            }
            PickError::Work(error) => error.into_storage().into(),
            PickError::Storage(error) => error.into(),
        }
    }
}

/// Which lists.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PickListQuery {
    /// `open`, `picking` or `done`; all if absent.
    #[param(max_length = 10)]
    pub state: Option<String>,
    /// Only those of a wave.
    #[param(max_length = 40)]
    pub wave_id: Option<String>,
    /// Where the last page ended: its `next`, unchanged.
    #[param(max_length = 100)]
    pub cursor: Option<String>,
    /// Things on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<i64>,
}

/// List the pick lists of a location.
///
/// Oldest first, each with its stops.
#[utoipa::path(
    get, path = "/api/v1/locations/{location_id}/pick-lists", tag = "floor", operation_id = "list_pick_lists",
    params(("location_id" = String, Path, description = "Where.", example = "loc_01k2ey4xh0000"), PickListQuery),
    responses((status = 200, description = "A page.", body = Page<PickListView>)),
)]
pub async fn list_pick_lists(
    State(services): State<Services>,
    PathId(at): PathId<LocationId>,
    Params(query): Params<PickListQuery>,
) -> Result<Json<Page<PickListView>>, Problem> {
    let limit = limit(query.limit)?;
    let state: Option<ListState> = query
        .state
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| wrong("state", "open, picking or done"))?;
    let wave: Option<WaveId> = query
        .wave_id
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| wrong("wave_id", "the id of a wave"))?;
    let after = query.cursor.as_deref().map(cursor::read::<PickListId>).transpose()?;
    let load = move |tx: &mut Tx<'_>| {
        let filter = stored::Filter { state, wave };
        let lists = stored::list(tx, at, filter, after, limit + 1)?;
        let with_stops = lists.into_iter().map(|list| {
            let stops = stops(tx, &list)?;
            Ok::<_, Error>((list, stops))
        });
        with_stops.collect::<Result<Vec<_>, Error>>()
    };
    let found = services.database().snapshot(load).await?;
    let cursor = |(last, _): &(PickList, _)| cursor::write(last.facts().id);
    Ok(Json(Page::of(found, limit, cursor, |(list, stops)| view(&list, stops))))
}

async fn seen(services: &Services, id: PickListId) -> Result<PickListView, Problem> {
    let load = move |tx: &mut Tx<'_>| {
        let Some(list) = stored::fetch(tx, id)? else { return Ok(None) };
        let stops = stops(tx, &list)?;
        Ok::<_, Error>(Some(view(&list, stops)))
    };
    let found = services.database().snapshot(load).await?;
    found.ok_or_else(|| not_found("pick list"))
}

/// Read a pick list.
#[utoipa::path(
    get, path = "/api/v1/pick-lists/{pick_list_id}", tag = "floor", operation_id = "get_pick_list",
    params(("pick_list_id" = String, Path, description = "Its id.", example = "pkl_01k2ey4xh0000")),
    responses((status = 200, description = "It, with its stops in the order of the walk.", body = PickListView)),
)]
pub async fn get_pick_list(
    State(services): State<Services>,
    PathId(id): PathId<PickListId>,
) -> Result<Json<PickListView>, Problem> {
    seen(&services, id).await.map(Json)
}

/// Who picks.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Picker {
    /// The member of staff.
    #[schema(max_length = 40, example = "stf_01k2ey4xh0000")]
    pub picker_id: String,
}

async fn picker(services: &Services, text: &str) -> Result<StaffId, Problem> {
    let expected = || wrong("picker_id", "the id of a member of staff");
    let id: StaffId = text.parse().map_err(|_| expected())?;
    let found = services.database().read(move |tx| staff::fetch(tx, id)).await?;
    found.map(|_| id).ok_or_else(expected)
}

/// Take a pick list.
///
/// In the name of a member of staff; taking it twice is taking it once.
#[utoipa::path(
    post, path = "/api/v1/pick-lists/{pick_list_id}/take", tag = "floor", operation_id = "take_pick_list",
    params(("pick_list_id" = String, Path, description = "Its id.", example = "pkl_01k2ey4xh0000")),
    request_body = Picker,
    responses(
        (status = 200, description = "It is theirs.", body = PickListView),
        (status = 409, description = "Someone else has it, or it is done.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn take_pick_list(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<PickListId>,
    body: JsonBody<Picker>,
) -> Result<Json<PickListView>, Problem> {
    let by = picker(&services, &body.value.picker_id).await?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let command = move |tx: &mut Tx<'_>| take(tx, &principal, &act, id, by);
    services.database().write(command).await?;
    seen(&services, id).await.map(Json)
}

/// Hand a pick list back.
///
/// What was picked stays in its totes.
#[utoipa::path(
    post, path = "/api/v1/pick-lists/{pick_list_id}/hand-back", tag = "floor", operation_id = "hand_back_pick_list",
    params(("pick_list_id" = String, Path, description = "Its id.", example = "pkl_01k2ey4xh0000")),
    request_body = Picker,
    responses((status = 200, description = "It waits for somebody.", body = PickListView)),
)]
pub async fn hand_back_pick_list(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<PickListId>,
    body: JsonBody<Picker>,
) -> Result<Json<PickListView>, Problem> {
    let by = picker(&services, &body.value.picker_id).await?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let command = move |tx: &mut Tx<'_>| hand_back(tx, &principal, &act, id, by);
    services.database().write(command).await?;
    seen(&services, id).await.map(Json)
}
