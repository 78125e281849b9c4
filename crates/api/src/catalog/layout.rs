//! The floor of a location: aisles, cross-aisles, bins.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::layout::{self, Seen};
use ordermill_domain::ids::LocationId;
use ordermill_domain::layout::{Layout, Plan, ZonePlan};
use ordermill_domain::location::Bin;
use ordermill_storage::{Error, Tx, location as stored};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wrong;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::cursor;
use crate::etag::{IfMatch, etag};
use crate::params::{Page, PageQuery, Params, PathId, limit, not_found};
use crate::problem::Problem;

/// Zones of one plan.
const ZONES_MAX: usize = 100;

/// The floor of a location. Lengths are millimeters from the left and from the front.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Layout)]
pub struct LayoutView {
    /// What it was drawn from.
    pub plan: PlanView,
    /// From left to right.
    pub aisles: Vec<AisleView>,
    /// How far from the front each cross-aisle is, the front first, the back last.
    pub cross_aisles_mm: Vec<i64>,
    /// Where on the front cross-aisle walks start.
    pub start_x_mm: i64,
    /// Where on the front cross-aisle walks end.
    pub end_x_mm: i64,
    /// How many bins stand on it.
    pub bins: usize,
    /// How many of them hold something.
    pub bins_in_use: usize,
    /// How many bins of the location stand nowhere on it.
    pub bins_without_place: usize,
    /// The version of the location; the value of `ETag`.
    pub version: i64,
}

/// An aisle.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Aisle)]
pub struct AisleView {
    /// Counted from 1 over the whole location.
    pub number: i64,
    /// The code of its zone.
    pub zone: String,
    /// How far from the left its middle is.
    pub x_mm: i64,
}

/// What a floor is drawn from: zones side by side, crossed by the same cross-aisles.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FloorPlan)]
pub struct PlanView {
    /// From left to right; zones of the location.
    #[schema(max_items = 100)]
    pub zones: Vec<ZonePlanView>,
    /// How many blocks lie behind each other: cross-aisles less one.
    #[schema(minimum = 1, maximum = 20, example = 2)]
    pub blocks: u32,
    /// How wide a bay is, along its aisle.
    #[schema(minimum = 100, maximum = 10_000, example = 1350)]
    pub bay_width_mm: u32,
    /// From the middle of an aisle to the middle of the next.
    #[schema(minimum = 500, maximum = 30_000, example = 3200)]
    pub aisle_pitch_mm: u32,
    /// How wide a cross-aisle is.
    #[schema(minimum = 500, maximum = 30_000, example = 2400)]
    pub cross_aisle_width_mm: u32,
    /// From a level to the next.
    #[schema(minimum = 50, maximum = 5_000, example = 450)]
    pub level_height_mm: u32,
    /// How bays are numbered: `street` (odd left, even right) or `sides` (each side on its own).
    #[schema(max_length = 10, example = "street")]
    pub numbering: String,
    /// In front of which aisle walks start, counted from 1.
    #[schema(minimum = 1, maximum = 200, example = 1)]
    pub start_aisle: u32,
    /// In front of which aisle walks end, counted from 1.
    #[schema(minimum = 1, maximum = 200, example = 1)]
    pub end_aisle: u32,
}

/// The part of a zone in a plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ZonePlan)]
pub struct ZonePlanView {
    /// Its code.
    #[schema(max_length = 64, example = "A")]
    pub zone: String,
    /// How many aisles.
    #[schema(minimum = 0, maximum = 200, example = 14)]
    pub aisles: u32,
    /// How many bays stand along an aisle, both sides together.
    #[schema(minimum = 1, maximum = 400, example = 12)]
    pub bays: u32,
    /// How many levels above each other.
    #[schema(minimum = 1, maximum = 20, example = 4)]
    pub levels: u32,
}

/// A shelf position.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Bin)]
pub struct BinView {
    /// Its key.
    #[schema(example = "bin_01k2ey4xh0000")]
    pub id: String,
    /// What its label says.
    #[schema(example = "A-03-12-2")]
    pub code: String,
    /// The code of its zone.
    pub zone: String,
    /// Its place on the walk through the location.
    pub position: i64,
    /// Where on the floor it stands; absent if nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceView>,
}

/// Where on the floor a bin stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = BinPlace)]
pub struct PlaceView {
    /// The number of its aisle.
    pub aisle: i64,
    /// How far from the front.
    pub y_mm: i64,
    /// `left` or `right`, seen from the front.
    pub side: String,
    /// Counted from 1, from the ground.
    pub level: i64,
    /// How high above the ground.
    pub height_mm: i64,
}

impl From<&Plan> for PlanView {
    fn from(it: &Plan) -> Self {
        let zone = |it: &ZonePlan| ZonePlanView {
            zone: it.zone.clone(),
            aisles: it.aisles,
            bays: it.bays,
            levels: it.levels,
        };
        Self {
            zones: it.zones.iter().map(zone).collect(),
            blocks: it.blocks,
            bay_width_mm: it.bay_width_mm,
            aisle_pitch_mm: it.aisle_pitch_mm,
            cross_aisle_width_mm: it.cross_aisle_width_mm,
            level_height_mm: it.level_height_mm,
            numbering: it.numbering.code().to_owned(),
            start_aisle: it.start_aisle,
            end_aisle: it.end_aisle,
        }
    }
}

impl PlanView {
    fn into_plan(self) -> Result<Plan, Problem> {
        if self.zones.len() > ZONES_MAX {
            return Err(wrong("zones", format!("at most {ZONES_MAX} zones")));
        }
        let numbering = self.numbering.parse();
        let numbering = numbering.map_err(|_| wrong("numbering", "street or sides"))?;
        let zone = |it: ZonePlanView| ZonePlan {
            zone: it.zone,
            aisles: it.aisles,
            bays: it.bays,
            levels: it.levels,
        };
        Ok(Plan {
            zones: self.zones.into_iter().map(zone).collect(),
            blocks: self.blocks,
            bay_width_mm: self.bay_width_mm,
            aisle_pitch_mm: self.aisle_pitch_mm,
            cross_aisle_width_mm: self.cross_aisle_width_mm,
            level_height_mm: self.level_height_mm,
            numbering,
            start_aisle: self.start_aisle,
            end_aisle: self.end_aisle,
        })
    }
}

impl LayoutView {
    fn of(seen: &Seen, layout: &Layout) -> Self {
        let (placed, without) = layout.placed(&seen.bins);
        let aisles = layout.aisles.iter().map(|aisle| AisleView {
            number: aisle.number,
            zone: aisle.zone.clone(),
            x_mm: aisle.x_mm,
        });
        Self {
            plan: (&layout.plan).into(),
            aisles: aisles.collect(),
            cross_aisles_mm: layout.cross_aisles_mm.clone(),
            start_x_mm: layout.start_x_mm,
            end_x_mm: layout.end_x_mm,
            bins: placed.len(),
            bins_in_use: placed.iter().filter(|it| seen.contents.contains_key(&it.id)).count(),
            bins_without_place: without.len(),
            version: seen.location.version,
        }
    }
}

impl From<&Bin> for BinView {
    fn from(it: &Bin) -> Self {
        let place = it.place.map(|place| PlaceView {
            aisle: place.aisle,
            y_mm: place.y_mm,
            side: place.side.code().to_owned(),
            level: place.level,
            height_mm: place.height_mm,
        });
        Self {
            id: it.id.to_string(),
            code: it.code.clone(),
            zone: it.zone.clone(),
            position: it.position,
            place,
        }
    }
}

fn shown(seen: Option<Seen>) -> Result<Response, Problem> {
    let seen = seen.ok_or_else(|| not_found("location"))?;
    let layout = seen.layout.as_ref().ok_or_else(|| not_found("layout"))?;
    Ok(([etag(seen.location.version)], Json(LayoutView::of(&seen, layout))).into_response())
}

/// Read the floor of a location.
///
/// A location whose floor has not been drawn has none.
#[utoipa::path(
    get, path = "/api/v1/locations/{location_id}/layout", tag = "catalog", operation_id = "get_layout",
    params(("location_id" = String, Path, description = "Its id.", example = "loc_01k2ey4xh0000")),
    responses((status = 200, description = "It; the version of the location is in ETag.", body = LayoutView)),
)]
pub async fn get_layout(
    State(services): State<Services>,
    PathId(id): PathId<LocationId>,
) -> Result<Response, Problem> {
    shown(services.database().snapshot(move |tx| layout::see(tx, id)).await?)
}

/// Draw the floor of a location.
///
/// Takes the place of what was drawn before. Bins keep their keys and their stock: those whose labels
/// are drawn get their places, new ones are set up, and the others stand nowhere on the floor.
#[utoipa::path(
    put, path = "/api/v1/locations/{location_id}/layout", tag = "catalog", operation_id = "draw_layout",
    params(
        ("location_id" = String, Path, description = "Its id.", example = "loc_01k2ey4xh0000"),
        ("If-Match" = String, Header, description = "The ETag of the location that was read.", example = "\"1\""),
    ),
    request_body = PlanView,
    responses((status = 200, description = "As it is now.", body = LayoutView)),
)]
pub async fn draw_layout(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<LocationId>,
    IfMatch(version): IfMatch,
    body: JsonBody<PlanView>,
) -> Result<Response, Problem> {
    let plan = body.value.into_plan()?;
    let act = caller.act(&services);
    let work = move |tx: &mut Tx<'_>| layout::draw(tx, &act, id, version, &plan);
    services.database().write(work).await?;
    services.catalog_changed().await;
    shown(services.database().snapshot(move |tx| layout::see(tx, id)).await?)
}

/// List the bins of a location.
///
/// In the order of their labels.
#[utoipa::path(
    get, path = "/api/v1/locations/{location_id}/bins", tag = "catalog", operation_id = "list_bins",
    params(("location_id" = String, Path, description = "Its id.", example = "loc_01k2ey4xh0000"), PageQuery),
    responses((status = 200, description = "A page.", body = Page<BinView>)),
)]
pub async fn list_bins(
    State(services): State<Services>,
    PathId(id): PathId<LocationId>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<BinView>>, Problem> {
    let limit = limit(query.limit)?;
    // A label is its own cursor: it is unique at its location.
    let after = cursor::checked(query.cursor.as_deref().unwrap_or_default())?.to_owned();
    let read = move |tx: &mut Tx<'_>| {
        let Some(_) = stored::fetch(tx, id)? else { return Ok(None) };
        Ok::<_, Error>(Some(stored::bins(tx, id, &after, limit + 1)?))
    };
    let found = services.database().snapshot(read).await?;
    let found = found.ok_or_else(|| not_found("location"))?;
    Ok(Json(Page::of(found, limit, |last: &Bin| last.code.clone(), |it| BinView::from(&it))))
}
